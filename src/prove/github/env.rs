//! `env:`: where the value of each variable comes from.

use super::context;
use super::evaluate::Known;
use super::expression::{Expr, Piece, pieces};
use super::on::Triggers;
use super::tree::Tree;
use super::value;
use crate::plan::EventKind;
use crate::prove::{On, Situation, Unreadable, Value, Whose};

/// Whose environment it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Of the workflow or of a job: actions see it too.
    Actions,
    /// Of a step that runs the script.
    Script,
}

/// Reads a mapping of variables.
///
/// # Errors
/// A value whose source is not understood, and a secret or a token that actions would see.
pub(super) fn read(
    tree: Option<Tree<'_>>,
    scope: Scope,
    triggers: &Triggers,
) -> Result<Vec<(String, Value)>, Unreadable> {
    let Some(tree) = tree else { return Ok(Vec::new()) };
    let mut out = Vec::new();
    for (name, entry) in tree.entries()? {
        let value = value(entry.text()?, triggers).map_err(|e| entry.refuse(format!("`{name}`: {e}")))?;
        if scope == Scope::Actions && matches!(value, Value::Secret(_) | Value::Token) {
            return Err(entry.refuse(format!("`{name}` would reach every action of the job")));
        }
        out.push((name.to_owned(), value));
    }
    Ok(out)
}

/// Inputs that are taken from what an event brings, sorted.
pub(super) fn brought(tree: Option<Tree<'_>>) -> Vec<String> {
    let entries = tree.and_then(|t| t.entries().ok()).unwrap_or_default();
    let texts = entries.iter().filter_map(|(_, entry)| entry.text().ok());
    let pieces = texts.filter_map(|t| pieces(t).ok()).flatten();
    let mut names: Vec<String> = pieces
        .filter_map(|p| match p {
            Piece::Expr(e, _) => Some(e),
            Piece::Text(_) => None,
        })
        .flat_map(|e| e.names().into_iter().map(<[String]>::to_vec).collect::<Vec<_>>())
        .filter_map(|n| match &n[..] {
            [_, _, payload, name] if payload == "client_payload" => Some(name.clone()),
            _ => None,
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

/// What holds where two say something: a step before its job, a job before the workflow (docs, "Variables").
pub(super) fn merged(all: [&[(String, Value)]; 3]) -> Vec<(String, Value)> {
    let mut out: Vec<(String, Value)> = Vec::new();
    for (name, value) in all.into_iter().flatten() {
        out.retain(|(n, _)| n != name);
        out.push((name.clone(), value.clone()));
    }
    out.sort();
    out
}

fn value(text: &str, triggers: &Triggers) -> Result<Value, String> {
    let pieces = pieces(text)?;
    match pieces.as_slice() {
        [] => Ok(Value::Text(String::new())),
        [Piece::Text(t)] => Ok(Value::Text(t.clone())),
        [Piece::Expr(e, written)] => expression(e, written, triggers),
        _ => Err("a value that mixes text and expressions is not known".to_owned()),
    }
}

fn expression(e: &Expr, written: &str, triggers: &Triggers) -> Result<Value, String> {
    if let Expr::Name(name) = e {
        match name.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["github", "token"] | ["secrets", "GITHUB_TOKEN"] => return Ok(Value::Token),
            ["secrets", secret] => return Ok(Value::Secret(secret.to_owned())),
            _ => {}
        }
    }
    if let Some(input) = input(e, triggers, false)? {
        return Ok(Value::Input(input));
    }
    match is_event_name(e) {
        true => Ok(Value::EventName),
        false => Err(format!("where `{written}` comes from is not known")),
    }
}

/// The input that a name stands for, or two names for the same one: one of the form, one of the event.
///
/// # Errors
/// An input that nobody brings, and one that the form brings and only the event is asked for.
fn input(e: &Expr, triggers: &Triggers, either: bool) -> Result<Option<String>, String> {
    if let Expr::Or(ways) = e {
        let asks_form = |w: &Expr| matches!(w, Expr::Name(n) if !n.iter().any(|p| p == "client_payload"));
        let either = ways.iter().any(asks_form);
        let found: Vec<Option<String>> =
            ways.iter().map(|w| input(w, triggers, either)).collect::<Result<_, _>>()?;
        let first = found.first().cloned().flatten();
        return Ok(first.filter(|f| found.iter().all(|o| o.as_ref() == Some(f))));
    }
    let Expr::Name(name) = e else { return Ok(None) };
    let declared = |input: &str| triggers.inputs.iter().any(|(n, _)| n == input);
    match name.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["github", "event", "client_payload", input] if declared(input) && !either => {
            Err(format!("the input `{input}` would be empty where a person starts the run"))
        }
        ["inputs", input] | ["github", "event", "inputs", input] if declared(input) => {
            Ok(Some(input.to_owned()))
        }
        ["inputs", input] | ["github", "event", "inputs", input] => {
            Err(format!("no input `{input}` is declared"))
        }
        ["github", "event", "client_payload", input] if triggers.has_named() => Ok(Some(input.to_owned())),
        ["github", "event", "client_payload", _] => Err("no event brings a `client_payload`".to_owned()),
        _ => Ok(None),
    }
}

/// Is it the name of the named event, and empty under every other event?
fn is_event_name(e: &Expr) -> bool {
    let branch = || On::Branch("a-branch".to_owned());
    let own = || On::PullRequest { target: "a-branch".to_owned(), from: Whose::Own };
    let all = [
        (EventKind::Push, branch(), ""),
        (EventKind::Tag, On::Tag("a-tag".to_owned()), ""),
        (EventKind::PullRequest, own(), ""),
        (EventKind::Schedule, branch(), ""),
        (EventKind::Manual, branch(), ""),
        (EventKind::Named("a-name".to_owned()), branch(), "a-name"),
        (EventKind::Named("another".to_owned()), branch(), "another"),
    ];
    all.into_iter().all(|(event, on, want)| {
        let s = Situation { event, on };
        let name = |n: &[String]| match n.split_first() {
            Some((first, rest)) if first == "github" => context::github(&s, rest),
            _ => Err("not known".to_owned()),
        };
        let known = Known { name: &name, success: true, failure: false, cancelled: false };
        !e.asks_status() && known.value(e) == Ok(value::Value::text(want))
    })
}
