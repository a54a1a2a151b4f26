//! One function for each method of the protocol: its parameters to its result.

use super::index::{Found, Index};
use super::protocol::{
    At, CodeActions, DidChange, DidOpen, Location, Markup, Of, OfRange, Range, References, Rename, TextEdit,
};
use super::session::Session;
use super::text::Encoding;
use super::wire::error;
use super::{actions, completion, hints, hover, layout, outline, rename, tokens};
use camino::{Utf8Path, Utf8PathBuf};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::rc::Rc;

/// Why there is no result.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) code: i32,
    pub(super) why: String,
}

type Answer = Result<Value, Refused>;

/// Changes come piece by piece (`TextDocumentSyncKind.Incremental`).
const TEXT_SYNC: u8 = 2;

/// What the server can do.
pub(super) fn capabilities(encoding: Encoding) -> Value {
    json!({
        "capabilities": {
            "positionEncoding": encoding.word(),
            "textDocumentSync": { "openClose": true, "change": TEXT_SYNC, "save": true },
            "completionProvider": { "triggerCharacters": [" ", "\"", ".", "{"] },
            "hoverProvider": true,
            "definitionProvider": true,
            "referencesProvider": true,
            "documentHighlightProvider": true,
            "renameProvider": { "prepareProvider": true },
            "documentFormattingProvider": true,
            "documentRangeFormattingProvider": true,
            "codeActionProvider": { "codeActionKinds": ["quickfix", actions::FIX_ALL] },
            "documentSymbolProvider": true,
            "semanticTokensProvider": {
                "legend": { "tokenTypes": tokens::TYPES, "tokenModifiers": tokens::MODIFIERS },
                "full": true, "range": true,
            },
            "foldingRangeProvider": true,
            "inlayHintProvider": true,
        },
        "serverInfo": { "name": "mlpipe", "version": env!("CARGO_PKG_VERSION") },
    })
}

/// Does a request.
pub(super) fn asked(session: &mut Session, method: &str, params: Value) -> Answer {
    match method {
        "textDocument/completion" => completion(session, &read(params)?),
        "textDocument/hover" => hover(session, &read(params)?),
        "textDocument/definition" => definition(session, &read(params)?),
        "textDocument/references" => references(session, &read(params)?),
        "textDocument/documentHighlight" => highlight(session, &read(params)?),
        "textDocument/prepareRename" => prepare_rename(session, &read(params)?),
        "textDocument/rename" => renamed(session, &read(params)?),
        "textDocument/formatting" => formatting(session, &read::<Of>(params)?.text_document.uri, None),
        "textDocument/rangeFormatting" => {
            let of: OfRange = read(params)?;
            formatting(session, &of.text_document.uri, Some(of.range))
        }
        "textDocument/codeAction" => code_actions(session, &read(params)?),
        "textDocument/documentSymbol" => symbols(session, &read(params)?),
        "textDocument/semanticTokens/full" => {
            semantic_tokens(session, &read::<Of>(params)?.text_document.uri, None)
        }
        "textDocument/semanticTokens/range" => {
            let of: OfRange = read(params)?;
            semantic_tokens(session, &of.text_document.uri, Some(of.range))
        }
        "textDocument/foldingRange" => folding(session, &read(params)?),
        "textDocument/inlayHint" => inlay_hints(session, &read(params)?),
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

/// Asks to be told of files that change on the disk, and of an `mlpipe.toml` that is open. The latter is asked for here, and is not
/// among the files of the extension: else a client would offer to lay it out, colour it and rename in it.
fn initialized(session: &mut Session) {
    let mut registrations: Vec<Value> = Vec::new();
    if session.client.watches {
        let watchers: Vec<Value> =
            ["**/*.mlpipe", "**/mlpipe.toml", "**/*Dockerfile*"].map(|g| json!({ "globPattern": g })).into();
        registrations.push(json!({
            "id": "watch", "method": "workspace/didChangeWatchedFiles",
            "registerOptions": { "watchers": watchers },
        }));
    }
    if session.client.opens {
        for (id, method) in [("open", "didOpen"), ("change", "didChange"), ("close", "didClose")] {
            let mut options = json!({ "documentSelector": [{ "pattern": "**/mlpipe.toml" }] });
            if method == "didChange" {
                options["syncKind"] = TEXT_SYNC.into();
            }
            let method = format!("textDocument/{method}");
            registrations.push(json!({ "id": id, "method": method, "registerOptions": options }));
        }
    }
    if !registrations.is_empty() {
        session.out.push(json!({
            "jsonrpc": "2.0", "id": "register", "method": "client/registerCapability",
            "params": { "registrations": registrations },
        }));
    }
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

/// The name at a position: the index, the file's path, and the byte.
fn named(session: &mut Session, at: &At) -> Option<(Rc<Index>, Utf8PathBuf, usize)> {
    let path = path(session, &at.text_document.uri)?;
    let index = session.index(&path);
    let file = index.files.get(&path)?;
    let offset = file.lines.offset(&file.text, at.position);
    Some((index, path, offset))
}

fn range(index: &Index, (path, name): Found<'_>) -> Range {
    let file = index.files.get(path);
    file.map(|f| f.lines.range(&f.text, name.start, name.end)).unwrap_or_default()
}

fn locations(session: &Session, index: &Index, found: &[Found<'_>]) -> Vec<Location> {
    let location = |f: &Found<'_>| Location { uri: session.documents.uri(f.0), range: range(index, *f) };
    let mut all: Vec<Location> = found.iter().map(location).collect();
    all.sort();
    all.dedup();
    all
}

/// Where a name is given; on the text of a `use`, the file that it takes from.
fn definition(session: &mut Session, params: &At) -> Answer {
    let Some((index, path, offset)) = named(session, params) else { return Ok(Value::Null) };
    if let Some(used) = index.use_at(&path, offset) {
        let uri = session.documents.uri(used);
        return Ok(json!([Location { uri, range: Range::default() }]));
    }
    let Some((path, name)) = index.at(&path, offset) else { return Ok(Value::Null) };
    Ok(json!(locations(session, &index, &index.given(path, name))))
}

fn references(session: &mut Session, params: &References) -> Answer {
    let Some((index, path, offset)) = named(session, &params.at) else { return Ok(Value::Null) };
    let Some((path, name)) = index.at(&path, offset) else { return Ok(Value::Null) };
    let given = index.given(path, name);
    let mut all = index.all(path, name);
    all.retain(|f| params.context.include_declaration || !given.contains(f));
    Ok(json!(locations(session, &index, &all)))
}

fn highlight(session: &mut Session, params: &At) -> Answer {
    let Some((index, path, offset)) = named(session, params) else { return Ok(Value::Null) };
    let Some((path, name)) = index.at(&path, offset) else { return Ok(Value::Null) };
    let here = index.all(path, name).into_iter().filter(|(file, _)| *file == path);
    // 2 reads the value, 3 gives it.
    let one = |f: Found<'_>| json!({ "range": range(&index, f), "kind": if f.1.given { 3 } else { 2 } });
    Ok(here.map(one).collect())
}

fn refused(why: String) -> Refused {
    Refused { code: error::FAILED, why }
}

fn prepare_rename(session: &mut Session, params: &At) -> Answer {
    let Some((index, path, offset)) = named(session, params) else { return Ok(Value::Null) };
    let found = rename::at(&index, &path, offset).map_err(refused)?;
    Ok(json!({ "range": range(&index, found), "placeholder": found.1.name }))
}

fn renamed(session: &mut Session, params: &Rename) -> Answer {
    let Some((index, path, offset)) = named(session, &params.at) else { return Ok(Value::Null) };
    let (path, name) = rename::at(&index, &path, offset).map_err(refused)?;
    let places = rename::places(&index, path, name, &params.new_name).map_err(refused)?;
    let edit = |f: &Found<'_>| {
        (f.0.to_owned(), TextEdit { range: range(&index, *f), new_text: params.new_name.clone() })
    };
    let edits: Vec<(Utf8PathBuf, TextEdit)> = places.iter().map(edit).collect();
    Ok(json!({ "changes": actions::changes(&session.documents, edits.iter()) }))
}

/// The file at an address as the index has it, for requests that need nothing else.
fn with_file<T>(
    session: &mut Session,
    uri: &str,
    run: impl FnOnce(&mut Session, &Rc<Index>, &Utf8Path) -> Result<T, Refused>,
) -> Result<Option<T>, Refused> {
    let Some(path) = path(session, uri) else { return Ok(None) };
    let index = session.index(&path);
    if index.files.contains_key(&path) { run(session, &index, &path).map(Some) } else { Ok(None) }
}

fn formatting(session: &mut Session, uri: &str, range: Option<Range>) -> Answer {
    let edits = with_file(session, uri, |_, index, path| {
        let ours = |why| Refused { code: error::INTERNAL, why };
        index.files.get(path).map_or(Ok(None), |file| layout::edits(file, range)).map_err(ours)
    })?;
    Ok(json!(edits.flatten()))
}

fn code_actions(session: &mut Session, params: &CodeActions) -> Answer {
    let all = with_file(session, &params.text_document.uri, |session, index, path| {
        let Some(file) = index.files.get(path) else { return Ok(Vec::new()) };
        let (told, only) = (session.told_of(path), params.context.only.as_deref());
        Ok(actions::of(&session.documents, file, &told, params.range, only))
    })?;
    Ok(json!(all))
}

fn symbols(session: &mut Session, params: &Of) -> Answer {
    let uri = &params.text_document.uri;
    let all = with_file(session, uri, |session, index, path| {
        let Some(file) = index.files.get(path) else { return Ok(Vec::new()) };
        let tree = session.client.symbol_tree;
        Ok(if tree { outline::symbols(file) } else { outline::flat(file, uri) })
    })?;
    Ok(json!(all))
}

fn semantic_tokens(session: &mut Session, uri: &str, range: Option<Range>) -> Answer {
    let all = with_file(session, uri, |_, index, path| {
        let Some(file) = index.files.get(path) else { return Ok(Vec::new()) };
        let offset = |at| file.lines.offset(&file.text, at);
        let (from, to) = range.map_or((0, file.text.len()), |r| (offset(r.start), offset(r.end)));
        Ok(tokens::of(index, file, from, to))
    })?;
    Ok(all.map_or(Value::Null, |data| json!({ "data": data })))
}

fn folding(session: &mut Session, params: &Of) -> Answer {
    let all = with_file(session, &params.text_document.uri, |_, index, path| {
        Ok(index.files.get(path).map(outline::folds))
    })?;
    Ok(json!(all.flatten()))
}

fn inlay_hints(session: &mut Session, params: &OfRange) -> Answer {
    let all = with_file(session, &params.text_document.uri, |session, index, path| {
        let Some(file) = index.files.get(path) else { return Ok(Vec::new()) };
        let Some((analysis, at)) = session.pipeline(path) else { return Ok(Vec::new()) };
        let Some(plan) = &analysis.project.pipelines[at].plan else { return Ok(Vec::new()) };
        let offset = |at| file.lines.offset(&file.text, at);
        Ok(hints::of(index, file, plan, offset(params.range.start), offset(params.range.end)))
    })?;
    Ok(json!(all))
}
