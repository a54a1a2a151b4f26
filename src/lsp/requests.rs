//! One function for each method of the protocol: its parameters to its result.

use super::completion;
use super::hover;
use super::protocol::{At, DidChange, DidOpen, Markup, Of};
use super::session::Session;
use super::text::Encoding;
use super::wire::error;
use camino::Utf8PathBuf;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Why there is no result.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) code: i32,
    pub(super) why: String,
}

type Answer = Result<Value, Refused>;

/// What the server can do.
pub(super) fn capabilities(encoding: Encoding) -> Value {
    json!({
        "capabilities": {
            "positionEncoding": encoding.word(),
            "textDocumentSync": { "openClose": true, "change": 2, "save": true },
            "completionProvider": { "triggerCharacters": [" ", "\"", ".", "{"] },
            "hoverProvider": true,
        },
        "serverInfo": { "name": "mlpipe", "version": env!("CARGO_PKG_VERSION") },
    })
}

/// Does a request.
pub(super) fn asked(session: &mut Session, method: &str, params: Value) -> Answer {
    match method {
        "textDocument/completion" => completion(session, &read(params)?),
        "textDocument/hover" => hover(session, &read(params)?),
        _ => Err(Refused { code: error::METHOD_NOT_FOUND, why: format!("there is no method `{method}`") }),
    }
}

/// Takes note of something.
pub(super) fn notified(session: &mut Session, method: &str, params: Value) -> Result<(), Refused> {
    match method {
        "initialized" => initialized(session),
        "textDocument/didOpen" => {
            let opened: DidOpen = read(params)?;
            if let Some(path) = session.documents.open(opened.text_document) {
                session.opened(path);
            }
        }
        "textDocument/didChange" => {
            let changed: DidChange = read(params)?;
            let (file, changes) = (changed.text_document, changed.content_changes);
            if let Some(path) = session.documents.change(&file.uri, file.version, changes) {
                session.touched(path);
            }
        }
        "textDocument/didClose" => {
            let closed: Of = read(params)?;
            if let Some(path) = session.documents.close(&closed.text_document.uri) {
                session.closed(&path);
            }
        }
        "textDocument/didSave" | "workspace/didChangeWatchedFiles" => session.looked_again(),
        _ => {}
    }
    Ok(())
}

/// Asks to be told of files that change on the disk.
fn initialized(session: &mut Session) {
    if !session.client.watches {
        return;
    }
    let watchers: Vec<Value> =
        ["**/*.mlpipe", "**/mlpipe.toml", "**/*Dockerfile*"].map(|g| json!({ "globPattern": g })).into();
    session.out.push(json!({
        "jsonrpc": "2.0", "id": "watch", "method": "client/registerCapability",
        "params": { "registrations": [{
            "id": "watch", "method": "workspace/didChangeWatchedFiles",
            "registerOptions": { "watchers": watchers },
        }] },
    }));
}

fn read<T: DeserializeOwned>(params: Value) -> Result<T, Refused> {
    serde_json::from_value(params).map_err(|e| Refused { code: error::INVALID_PARAMS, why: e.to_string() })
}

/// The path of a file that is open; others are nothing to this server.
fn path(session: &Session, uri: &str) -> Option<Utf8PathBuf> {
    session.documents.path(uri).map(ToOwned::to_owned)
}

fn completion(session: &mut Session, params: &At) -> Answer {
    let Some(path) = path(session, &params.text_document.uri) else { return Ok(Value::Null) };
    let index = session.index(&path);
    let items = completion::complete(&index, &path, params.position, session.client.snippets);
    Ok(json!({ "isIncomplete": false, "items": items }))
}

fn hover(session: &mut Session, params: &At) -> Answer {
    let Some(path) = path(session, &params.text_document.uri) else { return Ok(Value::Null) };
    let index = session.index(&path);
    let pipeline = session.pipeline(&path);
    let Some(file) = index.files.get(&path) else { return Ok(Value::Null) };
    let offset = file.lines.offset(&file.text, params.position);
    let asked = hover::Asked {
        documents: &session.documents,
        index: &index,
        path: &path,
        pipeline: pipeline.as_ref().map(|(analysis, at)| (&analysis.project, *at)),
    };
    let found = asked.at(offset);
    Ok(found
        .map_or(Value::Null, |(text, range)| json!({ "contents": Markup::markdown(text), "range": range })))
}
