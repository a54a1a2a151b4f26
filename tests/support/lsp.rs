//! A client of the language server: drives the binary over its standard streams, as an editor does.

#![allow(
    dead_code,
    clippy::expect_used,
    clippy::panic,
    reason = "each test binary uses its own part, and stops where it fails"
)]

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Far more than any answer takes: a client that waits longer has met a server that hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server, and a repository in a temporary folder.
pub(crate) struct Client {
    child: Child,
    to: Option<ChildStdin>,
    from: Receiver<Value>,
    dir: tempfile::TempDir,
    next: i64,
    versions: BTreeMap<String, i64>,
    /// Diagnostics as last told, by address.
    pub(crate) told: BTreeMap<String, Value>,
    /// Every other message that was no answer.
    pub(crate) messages: Vec<Value>,
    /// What the server says that it can do.
    pub(crate) capabilities: Value,
    /// Positions are in bytes.
    pub(crate) utf8: bool,
}

/// What an editor of today can do.
pub(crate) fn modern() -> Value {
    json!({
        "general": { "positionEncodings": ["utf-8", "utf-16"] },
        "textDocument": {
            "completion": { "completionItem": { "snippetSupport": true } },
            "documentSymbol": { "hierarchicalDocumentSymbolSupport": true },
            "codeAction": { "codeActionLiteralSupport": { "codeActionKind": { "valueSet": ["quickfix"] } } },
            "rename": { "prepareSupport": true },
            "synchronization": { "dynamicRegistration": true },
        },
        "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } },
    })
}

impl Client {
    /// Starts a server that is not yet initialized, in a repository with these files.
    pub(crate) fn start(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("mlpipe.toml"), "").expect("written");
        let mut child = Command::new(env!("CARGO_BIN_EXE_mlpipe"))
            .args(["lsp", "--stdio"])
            .current_dir(dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("started");
        let to = child.stdin.take();
        let mut stream = BufReader::new(child.stdout.take().expect("a stream"));
        let (send, from) = channel();
        std::thread::spawn(move || {
            while let Some(message) = read(&mut stream) {
                if send.send(message).is_err() {
                    return;
                }
            }
        });
        let client = Self {
            child,
            to,
            from,
            dir,
            next: 0,
            versions: BTreeMap::new(),
            told: BTreeMap::new(),
            messages: Vec::new(),
            capabilities: Value::Null,
            utf8: false,
        };
        for (name, text) in files {
            client.write(name, text);
        }
        client
    }

    /// A server that an editor of today has just started.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        Self::with(files, &modern())
    }

    /// The same with other capabilities of the client.
    pub(crate) fn with(files: &[(&str, &str)], capabilities: &Value) -> Self {
        let mut client = Self::start(files);
        let root = client.uri("");
        let result = client
            .ask("initialize", &json!({ "processId": null, "rootUri": root, "capabilities": capabilities }));
        client.capabilities = result["capabilities"].clone();
        client.utf8 = client.capabilities["positionEncoding"] == "utf-8";
        client.tell("initialized", &json!({}));
        client
    }

    /// Writes a file on the disk.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().canonicalize().expect("there").join(name)
    }

    /// The address of a file of the repository.
    pub(crate) fn uri(&self, name: &str) -> String {
        uri(&self.path(name))
    }

    /// The name of a file of the repository by its address.
    pub(crate) fn name(&self, uri: &str) -> String {
        uri.strip_prefix(&self.uri("")).unwrap_or(uri).trim_start_matches('/').to_owned()
    }

    /// Sends bytes as they are.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        let to = self.to.as_mut().expect("a stream");
        to.write_all(bytes).expect("sent");
        to.flush().expect("sent");
    }

    pub(crate) fn send(&mut self, message: &Value) {
        let body = message.to_string();
        self.raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    /// Sends a notification.
    pub(crate) fn tell(&mut self, method: &str, params: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Sends a request; its id.
    pub(crate) fn begin(&mut self, method: &str, params: &Value) -> i64 {
        self.next += 1;
        let id = self.next;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    /// The next message; panics where none comes.
    pub(crate) fn receive(&mut self) -> Value {
        let message = self.from.recv_timeout(PATIENCE).expect("a message of the server");
        assert_eq!(message["jsonrpc"], "2.0");
        if message["method"] == "textDocument/publishDiagnostics" {
            let uri = message["params"]["uri"].as_str().expect("an address").to_owned();
            self.told.insert(uri, message["params"].clone());
        } else if message.get("method").is_some() {
            self.messages.push(message.clone());
        }
        message
    }

    /// The answer to a request: its result, or its error.
    pub(crate) fn answer(&mut self, id: i64) -> Result<Value, Value> {
        loop {
            let message = self.receive();
            if message.get("method").is_none() && message["id"] == id {
                return match message.get("error") {
                    Some(error) => Err(error.clone()),
                    None => Ok(message["result"].clone()),
                };
            }
        }
    }

    /// Asks and gives the result.
    pub(crate) fn ask(&mut self, method: &str, params: &Value) -> Value {
        let id = self.begin(method, params);
        self.answer(id).unwrap_or_else(|e| panic!("{method}: {e}"))
    }

    /// Asks and gives the error.
    pub(crate) fn refused(&mut self, method: &str, params: &Value) -> Value {
        let id = self.begin(method, params);
        match self.answer(id) {
            Err(error) => error,
            Ok(result) => panic!("{method} gave {result}"),
        }
    }

    /// Opens a file of the disk.
    pub(crate) fn open(&mut self, name: &str) {
        let text = std::fs::read_to_string(self.path(name)).expect("readable");
        self.open_with(name, &text);
    }

    /// Opens a file with a text that the disk need not have.
    pub(crate) fn open_with(&mut self, name: &str, text: &str) {
        let uri = self.uri(name);
        self.versions.insert(name.to_owned(), 1);
        let document = json!({ "uri": uri, "languageId": "mlpipe", "version": 1, "text": text });
        self.tell("textDocument/didOpen", &json!({ "textDocument": document }));
    }

    /// Replaces the whole text; the version.
    pub(crate) fn replace(&mut self, name: &str, text: &str) -> i64 {
        self.change(name, &json!([{ "text": text }]))
    }

    /// Changes an open file; the version.
    pub(crate) fn change(&mut self, name: &str, changes: &Value) -> i64 {
        let uri = self.uri(name);
        let version = self.versions.get_mut(name).expect("an open file");
        *version += 1;
        let version = *version;
        let document = json!({ "uri": uri, "version": version });
        self.tell("textDocument/didChange", &json!({ "textDocument": document, "contentChanges": changes }));
        version
    }

    /// Diagnostics of a file, waited for until those of its present version are there.
    pub(crate) fn diagnostics(&mut self, name: &str) -> Vec<Value> {
        let (uri, version) = (self.uri(name), self.versions.get(name).copied());
        let start = Instant::now();
        loop {
            if let Some(told) = self.told.get(&uri)
                && told.get("version").and_then(Value::as_i64) == version
            {
                return told["diagnostics"].as_array().expect("a list").clone();
            }
            assert!(start.elapsed() < PATIENCE, "no diagnostics of {name}");
            self.receive();
        }
    }

    /// Waits until the server has nothing left to do, and has told everything: it works before it waits.
    pub(crate) fn settle(&mut self) {
        for _ in 0..3 {
            std::thread::sleep(Duration::from_millis(20));
            let id = self.begin(
                "textDocument/hover",
                &json!({
                    "textDocument": { "uri": "file:///nowhere" }, "position": { "line": 0, "character": 0 },
                }),
            );
            drop(self.answer(id));
        }
    }

    /// Parameters that name a place of a file.
    pub(crate) fn place(&self, name: &str, text: &str, offset: usize) -> Value {
        json!({ "textDocument": { "uri": self.uri(name) }, "position": self.position(text, offset) })
    }

    /// A byte as the protocol counts.
    pub(crate) fn position(&self, text: &str, offset: usize) -> Value {
        let line = text[..offset].matches('\n').count();
        let start = text[..offset].rfind('\n').map_or(0, |n| n + 1);
        let before = &text[start..offset];
        let character = if self.utf8 { before.len() } else { before.encode_utf16().count() };
        json!({ "line": line, "character": character })
    }

    /// The text that a range covers.
    pub(crate) fn covered<'t>(&self, text: &'t str, range: &Value) -> &'t str {
        &text[self.offset(text, &range["start"])..self.offset(text, &range["end"])]
    }

    /// The byte of a position.
    pub(crate) fn offset(&self, text: &str, position: &Value) -> usize {
        let line = position["line"].as_u64().expect("a line") as usize;
        let wanted = position["character"].as_u64().expect("a character") as usize;
        let start = text.split_inclusive('\n').take(line).map(str::len).sum::<usize>();
        let mut units = 0;
        for (i, c) in text[start..].char_indices() {
            if units >= wanted {
                return start + i;
            }
            units += if self.utf8 { c.len_utf8() } else { c.len_utf16() };
        }
        text.len()
    }

    /// A text with the edits done that the protocol gives for it.
    pub(crate) fn edited(&self, text: &str, edits: &Value) -> String {
        let mut all: Vec<(usize, usize, &str)> = edits
            .as_array()
            .expect("a list of edits")
            .iter()
            .map(|e| {
                let (start, end) = (&e["range"]["start"], &e["range"]["end"]);
                let new = e["newText"].as_str().expect("a text");
                (self.offset(text, start), self.offset(text, end), new)
            })
            .collect();
        all.sort();
        let mut out = String::new();
        let mut at = 0;
        for (start, end, new) in all {
            assert!(start >= at, "edits overlap");
            out.push_str(&text[at..start]);
            out.push_str(new);
            at = end;
        }
        out + &text[at..]
    }

    /// Lets the input end without a word; the exit code.
    pub(crate) fn hang_up(mut self) -> i32 {
        drop(self.to.take());
        self.wait()
    }

    /// Ends the server as the protocol says; the exit code.
    pub(crate) fn quit(mut self) -> i32 {
        assert_eq!(self.ask("shutdown", &Value::Null), Value::Null);
        self.tell("exit", &Value::Null);
        self.wait()
    }

    /// Waits for the end of the process.
    pub(crate) fn wait(&mut self) -> i32 {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a process") {
                return status.code().unwrap_or(-1);
            }
            assert!(start.elapsed() < PATIENCE, "the server does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // A test that failed leaves no process behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(stream: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end().split_once(": ") {
            Some(("Content-Length", n)) => length = n.parse().expect("a number"),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(serde_json::from_slice(&body).expect("JSON"))
}

/// The `file:` address of a path, written as VS Code does.
pub(crate) fn uri(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    let coded = text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") });
    format!("file://{}", coded.collect::<String>())
}

/// A text without its mark `|`, and where that was.
pub(crate) fn marked(text: &str) -> (String, usize) {
    let at = text.find("‸").expect("a mark ‸ where the cursor is");
    (text.replacen('‸', "", 1), at)
}
