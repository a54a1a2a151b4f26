// Validates workflow files with GitHub's own language service, which wraps the parser and the expression engine that GitHub runs.
// Reads a JSON list of paths on stdin, writes a JSON list of {file, line, severity, message}.
import { readFileSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import path from 'node:path';
import { text as read } from 'node:stream/consumers';

// A long list does not fit the pipe at once, and readFileSync(0) then fails with EAGAIN.
const stdin = () => read(process.stdin);

// The packages import their .json files without the attribute that Node demands.
registerHooks({
  load(url, context, next) {
    return url.endsWith('.json') ? next(url, { ...context, importAttributes: { type: 'json' } }) : next(url, context);
  },
});

const home = process.argv[2];
const load = (name) => import(pathToFileURL(path.join(home, 'node_modules', name)).href);
const { validate } = await load('@actions/languageservice/dist/index.js');
const { TextDocument } = createRequire(path.join(home, 'package.json'))('vscode-languageserver-textdocument');

const SEVERITY = { 1: 'error', 2: 'warning', 3: 'information', 4: 'hint' };
const findings = [];
for (const file of JSON.parse(await stdin())) {
  const text = readFileSync(file, 'utf8');
  // The service tells a workflow from an action by its path, so a planted file gets a workflow's path too.
  const uri = 'file:///repo/.github/workflows/' + path.basename(file).replace(/\.ya?ml$/, '') + '.yml';
  const document = TextDocument.create(uri, 'yaml', 1, text);
  for (const one of await validate(document)) {
    findings.push({ file, line: one.range.start.line + 1, severity: SEVERITY[one.severity] ?? 'error', message: one.message });
  }
}
process.stdout.write(JSON.stringify(findings));
