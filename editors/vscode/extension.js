"use strict";

// Starts `mlpipe lsp` and leaves everything else to it.

const { commands, window, workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;
// Starts and stops come one after the other, whatever the user does meanwhile.
let turn = Promise.resolve();

function made() {
  const command = workspace.getConfiguration("mlpipe").get("path") || "mlpipe";
  // Without `transport` the client talks over standard input and output, and adds no option of its own.
  const run = { command, args: ["lsp"] };
  const fileEvents = workspace.createFileSystemWatcher("**/{*.mlpipe,mlpipe.toml}");
  const options = {
    documentSelector: [{ scheme: "file", language: "mlpipe" }],
    synchronize: { fileEvents },
  };
  return { command, fileEvents, server: new LanguageClient("mlpipe", "mlpipe", { run, debug: run }, options) };
}

async function start() {
  client = made();
  try {
    await client.server.start();
  } catch (error) {
    const { command } = client;
    await stop();
    window.showErrorMessage(
      `mlpipe: \`${command} lsp\` does not start: ${error.message}. Install mlpipe, or name the program in the setting mlpipe.path.`,
    );
  }
}

async function stop() {
  const old = client;
  client = undefined;
  if (old === undefined) return;
  old.fileEvents.dispose();
  // A server that never started, or is gone already, cannot be stopped: then there is nothing to do.
  await old.server.dispose().catch(() => {});
}

function restart() {
  turn = turn.then(stop).then(start);
  return turn;
}

function activate(context) {
  context.subscriptions.push(
    commands.registerCommand("mlpipe.restart", restart),
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("mlpipe.path")) restart();
    }),
  );
  return restart();
}

function deactivate() {
  turn = turn.then(stop);
  return turn;
}

module.exports = { activate, deactivate };
