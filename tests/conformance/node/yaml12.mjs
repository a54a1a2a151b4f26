// Reads YAML files with a YAML 1.2 core-schema reader and prints what it understood, with types, one JSON value for each file.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { text as read } from 'node:stream/consumers';

// A long list does not fit the pipe at once, and readFileSync(0) then fails with EAGAIN.
const stdin = () => read(process.stdin);

const { parseAllDocuments } = createRequire(path.join(process.argv[2], 'package.json'))('yaml');

function typed(value) {
  if (value instanceof Map) return { m: [...value].map(([k, v]) => [typed(k), typed(v)]) };
  if (Array.isArray(value)) return { s: value.map(typed) };
  if (value === null || value === undefined) return { v: ['null', ''] };
  const kind = { string: 'str', bigint: 'int', number: 'float', boolean: 'bool' }[typeof value] ?? typeof value;
  return { v: [kind, String(value)] };
}

const answers = JSON.parse(await stdin()).map((file) => {
  const documents = parseAllDocuments(readFileSync(file, 'utf8'), { version: '1.2', schema: 'core', intAsBigInt: true });
  const fault = documents.flatMap((d) => [...d.errors, ...d.warnings])[0];
  if (fault) return { file, error: fault.message };
  return { file, documents: documents.map((d) => typed(d.toJS({ mapAsMap: true }))) };
});
process.stdout.write(JSON.stringify(answers));
