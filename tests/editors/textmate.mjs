// Tokenizes every case with the TextMate grammar, by the engine of VS Code, and compares each character with what mlpipe reads
// there: keyword of which place, comment, text, or none of these. TOOLS CASES GRAMMAR are the arguments.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [tools, casesFile, grammarFile] = process.argv.slice(2);
const require = createRequire(join(tools, "package.json"));
const { Registry, INITIAL, parseRawGrammar } = require("vscode-textmate");
const onig = require("vscode-oniguruma");

await onig.loadWASM(readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm")).buffer);
const registry = new Registry({
  onigLib: Promise.resolve({
    createOnigScanner: (patterns) => new onig.OnigScanner(patterns),
    createOnigString: (text) => new onig.OnigString(text),
  }),
  loadGrammar: async () => parseRawGrammar(readFileSync(grammarFile, "utf8"), grammarFile),
});
const grammar = await registry.loadGrammar("source.mlpipe");

// What mlpipe reads, for each character.
function wanted(test) {
  const bytes = Buffer.from(test.text, "utf8");
  const at = (byte) => bytes.subarray(0, byte).toString("utf8").length;
  const marks = new Array(test.text.length).fill("");
  const mark = (from, to, what) => marks.fill(what, at(from), at(to));
  for (const [from, to, place] of test.keywords) mark(from, to, `keyword of ${place}`);
  for (const [from, to] of test.strings) mark(from, to, "text");
  for (const [from, to] of test.comments) mark(from, to, "comment");
  return marks;
}

// What the grammar says.
function given(test) {
  const marks = [];
  let state = INITIAL;
  for (const line of test.text.split("\n")) {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, state);
    state = ruleStack;
    const own = new Array(line.length + 1).fill("");
    for (const { startIndex, endIndex, scopes } of tokens) {
      const place = scopes.map((s) => /^keyword\.control\.(.+)\.mlpipe$/.exec(s)?.[1]).find(Boolean);
      const has = (start) => scopes.some((s) => s.startsWith(start));
      const illegal = has("invalid.") ? "invalid" : "";
      own.fill(has("comment.") ? "comment" : has("string.") ? "text" : place ? `keyword of ${place}` : illegal, startIndex, endIndex);
    }
    marks.push(...own.slice(0, line.length + 1));
  }
  return marks;
}

let wrong = 0;
const cases = JSON.parse(readFileSync(casesFile, "utf8"));
for (const test of cases) {
  const [should, does] = [wanted(test), given(test)];
  const place = [...test.text].length && should.findIndex((mark, i) => /\S/.test(test.text[i]) && mark !== does[i]);
  if (place >= 0) {
    wrong += 1;
    const line = test.text.slice(0, place).split("\n").length;
    const shown = test.text.split("\n")[line - 1];
    console.log(`${test.name}:${line}: ${JSON.stringify(test.text[place])} is ${should[place] || "nothing"}, not ${does[place] || "nothing"}: ${shown}`);
  }
}
console.log(`textmate: ${cases.length} cases, ${wrong} wrong`);
process.exit(wrong || cases.length < 200 ? 1 : 0);
