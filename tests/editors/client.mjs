// The extension without VS Code: its manifest names what is there, and it starts, restarts and stops the real language server.
// TOOLS EXTENSION MLPIPE VERSION are the arguments. `vscode` and the transport are stand-ins; the program is not.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import Module, { createRequire } from "node:module";
import { join } from "node:path";

const [tools, extension, mlpipe, version] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const manifest = JSON.parse(readFileSync(join(extension, "package.json"), "utf8"));

// Anything, as deep as one looks: what the real client needs of `vscode` to be loaded.
const anything = () => new Proxy(class {}, { get: (own, name) => (name in own ? own[name] : anything()), apply: () => anything() });

const shown = [];
const handlers = {};
const settings = { path: mlpipe };
const disposable = { dispose() {} };
const vscode = {
  commands: { registerCommand: (name, run) => ((handlers[name] = run), disposable) },
  window: { showErrorMessage: (text) => shown.push(text) },
  workspace: {
    getConfiguration: () => ({ get: (name) => settings[name] }),
    createFileSystemWatcher: (glob) => ({ glob, dispose() {} }),
    onDidChangeConfiguration: (run) => ((handlers.changed = run), disposable),
  },
};

const clients = [];
class LanguageClient {
  constructor(id, name, server, options) {
    Object.assign(this, { id, name, server, options });
    clients.push(this);
  }

  async start() {
    const { command, args, transport } = this.server.run;
    assert.equal(transport, undefined, "a transport makes the real client add an option");
    this.process = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.ended = new Promise((done) => this.process.once("close", done));
    const failed = new Promise((_, reject) => this.process.once("error", reject));
    const answer = new Promise((resolve) => {
      let text = "";
      this.process.stdout.on("data", (data) => {
        text += data;
        const found = /Content-Length: \d+[^]*?\r\n\r\n([^]*)$/.exec(text);
        try {
          resolve(JSON.parse(found[1]));
        } catch {
          // Not whole yet.
        }
      });
    });
    this.send({ id: 1, method: "initialize", params: { processId: process.pid, rootUri: null, capabilities: {} } });
    this.answer = await Promise.race([answer, failed]);
    this.send({ method: "initialized", params: {} });
  }

  send(message) {
    const text = JSON.stringify({ jsonrpc: "2.0", ...message });
    this.process.stdin.on("error", () => {});
    this.process.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  async dispose() {
    if (this.process.pid === undefined) throw new Error("it never started");
    this.send({ id: 2, method: "shutdown" });
    this.send({ method: "exit" });
    this.code = await this.ended;
  }
}

const load = Module._load;
let client = { LanguageClient };
Module._load = (name, ...rest) => {
  if (name === "vscode") return client ? vscode : anything();
  if (name === "vscode-languageclient/node" && client) return client;
  return load(name, ...rest);
};

// The real client of the pinned version has what the extension calls.
client = undefined;
const real = createRequire(join(tools, "package.json"))("vscode-languageclient/node");
for (const name of ["start", "dispose"]) assert.equal(typeof real.LanguageClient.prototype[name], "function", name);
client = { LanguageClient };

assert.equal(manifest.version, version, "the extension has the version of the crate");
const { languages, grammars, configuration, commands } = manifest.contributes;
for (const path of [manifest.main, languages[0].configuration, grammars[0].path, "README.md"]) {
  assert.ok(existsSync(join(extension, path)), `${path} is not there`);
}
assert.deepEqual(languages[0].extensions, [".mlpipe"]);
assert.equal(grammars[0].language, languages[0].id);
const indent = JSON.parse(readFileSync(join(extension, languages[0].configuration), "utf8"));
new RegExp(indent.wordPattern, "u");
const more = new RegExp(indent.indentationRules.increaseIndentPattern);
assert.ok(more.test("gate a {") && more.test("gate a { # why") && !more.test("gate a { run 1 }") && !more.test("# {"));

const { activate, deactivate } = require(join(extension, "extension.js"));
const context = { subscriptions: [] };
await activate(context);
assert.deepEqual(Object.keys(handlers).sort(), ["changed", commands[0].command].sort());
assert.deepEqual(shown, []);
assert.equal(clients[0].server.run.command, mlpipe);
assert.ok(clients[0].answer.result.capabilities.textDocumentSync, JSON.stringify(clients[0].answer));
assert.equal(clients[0].options.documentSelector[0].language, languages[0].id);

await handlers["mlpipe.restart"]();
assert.equal(clients.length, 2);
assert.equal(clients[0].code, 0, "the old server ended by itself");

settings.path = "no-such-mlpipe";
await handlers.changed({ affectsConfiguration: (name) => assert.ok(name in configuration.properties) ?? true });
await handlers["mlpipe.restart"]();
assert.equal(clients[1].code, 0);
assert.ok(shown.length >= 1 && shown[0].includes("`no-such-mlpipe lsp` does not start"), shown.join("\n"));

settings.path = mlpipe;
await handlers["mlpipe.restart"]();
await deactivate();
assert.equal(clients.at(-1).code, 0);
console.log(`client: ${clients.length} servers, all ended`);
process.exit(0);
