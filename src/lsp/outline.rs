//! What a file is made of: its symbols, and what can be folded away.

use super::index::File;
use super::names::{self, Known, Node};
use crate::spec::shape::Place;
use crate::syntax::{ArgKind, Statement};
use serde_json::{Value, json};

/// Kinds of symbols, by the protocol's numbers.
fn kind(word: &str) -> u8 {
    match word {
        "pipeline" => 2,
        "use" => 3,
        "image" => 4,
        "deploy" => 5,
        "scenario" => 6,
        "runner" | "target" => 11,
        "gate" | "train" => 12,
        "env" | "input" => 13,
        "let" => 14,
        "model" | "data" => 19,
        "secret" => 20,
        "on" => 24,
        _ => 7,
    }
}

/// The statements that the table knows, those of blocks below them.
pub(super) fn symbols(file: &File) -> Vec<Value> {
    file.tree.statements.iter().map(|s| symbol(file, s)).collect()
}

fn symbol(file: &File, statement: &Statement) -> Value {
    let text = |start: u32, end: u32| &file.text[start as usize..end as usize];
    let head = text(statement.word.span.end, statement.head.end.max(statement.word.span.end));
    let head = head.lines().next().unwrap_or_default().trim();
    let name = if head.is_empty() { statement.word.as_str() } else { head };
    let detail = if head.is_empty() { "" } else { statement.word.as_str() };
    let inner = statement.block.iter().flat_map(|b| &b.statements);
    let children: Vec<Value> = inner.map(|s| symbol(file, s)).collect();
    json!({
        "name": name,
        "detail": detail,
        "kind": kind(&statement.word),
        "range": file.lines.span(&file.text, statement.span),
        "selectionRange": file.lines.span(&file.text, statement.head),
        "children": children,
    })
}

/// The same for clients that know no tree.
pub(super) fn flat(file: &File, uri: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut waiting: Vec<(Value, Value)> =
        symbols(file).into_iter().rev().map(|s| (s, Value::Null)).collect();
    while let Some((symbol, container)) = waiting.pop() {
        let name = symbol["name"].clone();
        let children = symbol["children"].as_array().cloned().unwrap_or_default();
        waiting.extend(children.into_iter().rev().map(|c| (c, name.clone())));
        let mut one = json!({
            "name": name, "kind": symbol["kind"],
            "location": { "uri": uri, "range": symbol["range"] },
        });
        if !container.is_null() {
            one["containerName"] = container;
        }
        all.push(one);
    }
    all
}

/// Blocks, raw texts and comments of more than one line. The line of a closing brace stays in sight.
pub(super) fn folds(file: &File) -> Vec<Value> {
    let line = |byte: usize| file.lines.position(&file.text, byte).line;
    let mut all: Vec<(u32, u32, Option<&str>)> = Vec::new();
    let known = Known { is_let: &|_| false, target: &|_| Some(Place::Target) };
    let mut visit = |node: &Node<'_>| {
        if let Some(block) = &node.statement.block {
            let closed = file.text[..block.span.end as usize].ends_with('}');
            let end = line(block.span.end as usize);
            all.push((line(block.span.start as usize), end.saturating_sub(u32::from(closed)), None));
        }
        for arg in node.statement.args.iter().filter(|a| matches!(a.kind, ArgKind::Raw(_))) {
            all.push((line(arg.span.start as usize), line(arg.span.end as usize), None));
        }
    };
    names::visit(&file.tree, &file.text, &known, &mut visit);
    let mut run: Option<(u32, u32)> = None;
    for comment in file.tree.comments.iter().filter(|c| c.alone) {
        let at = line(comment.span.start as usize);
        run = match run {
            Some((start, end)) if at == end + 1 => Some((start, at)),
            done => {
                all.extend(done.map(|(start, end)| (start, end, Some("comment"))));
                Some((at, at))
            }
        };
    }
    all.extend(run.map(|(start, end)| (start, end, Some("comment"))));
    all.retain(|(start, end, _)| start < end);
    all.sort_unstable();
    all.into_iter()
        .map(|(start, end, kind)| match kind {
            Some(kind) => json!({ "startLine": start, "endLine": end, "kind": kind }),
            None => json!({ "startLine": start, "endLine": end }),
        })
        .collect()
}
