//! What each word is, for colours: a grammar of regular expressions does not know that `image` is a keyword in one place and a name
//! in another.

use super::index::{File, Index};
use super::names::{self, Known, NameKind, Node, Occurrence};
use crate::spec::shape::Kind;
use crate::syntax::ArgKind;
use std::collections::BTreeMap;

/// Types of tokens, in the order of their numbers; all of them are the protocol's own.
pub(super) const TYPES: [&str; 11] = [
    "keyword",
    "string",
    "number",
    "operator",
    "comment",
    "variable",
    "function",
    "type",
    "enumMember",
    "property",
    "parameter",
];

/// Modifiers, in the order of their bits.
pub(super) const MODIFIERS: [&str; 2] = ["declaration", "readonly"];

const KEYWORD: u32 = 0;
const STRING: u32 = 1;
const NUMBER: u32 = 2;
const OPERATOR: u32 = 3;
const COMMENT: u32 = 4;
const VARIABLE: u32 = 5;
const FUNCTION: u32 = 6;
const TYPE: u32 = 7;
const ENUM_MEMBER: u32 = 8;
const PROPERTY: u32 = 9;
const PARAMETER: u32 = 10;

/// One word: where it starts and ends, its type and its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Token {
    start: usize,
    end: usize,
    kind: u32,
    modifiers: u32,
}

/// The tokens of some bytes of a file, in the notation of the protocol: five numbers each, places as distances.
pub(super) fn of(index: &Index, file: &File, from: usize, to: usize) -> Vec<u32> {
    let mut tokens = Vec::new();
    let is_let = |n: &str| index.lets.contains(n);
    let known = Known { is_let: &is_let, target: &|n| index.target(n) };
    let names: BTreeMap<usize, &Occurrence> = file.names.iter().map(|o| (o.start, o)).collect();
    names::visit(&file.tree, &file.text, &known, &mut |node| statement(file, node, &names, &mut tokens));
    for comment in &file.tree.comments {
        let (start, end) = (comment.span.start as usize, comment.span.end as usize);
        tokens.push(Token { start, end, kind: COMMENT, modifiers: 0 });
    }
    tokens.sort_unstable();
    let lines = tokens.into_iter().filter(|t| t.start < to && from < t.end).flat_map(|t| by_line(file, t));
    encoded(file, lines)
}

fn statement(file: &File, node: &Node<'_>, names: &BTreeMap<usize, &Occurrence>, out: &mut Vec<Token>) {
    let word = node.statement.word.span;
    out.push(Token { start: word.start as usize, end: word.end as usize, kind: KEYWORD, modifiers: 0 });
    for (i, arg) in node.statement.args.iter().enumerate() {
        let (start, end) = (arg.span.start as usize, arg.span.end as usize);
        let capture = node.found.captures.iter().find(|c| c.piece == i);
        let kind = match &arg.kind {
            ArgKind::Comma => continue,
            ArgKind::Quantity { .. } => NUMBER,
            ArgKind::Operator(_) => OPERATOR,
            ArgKind::Raw(_) => STRING,
            ArgKind::Text(_) => {
                text(start, end, names, out);
                continue;
            }
            ArgKind::Path(_) if node.found.fixed.contains(&i) => KEYWORD,
            ArgKind::Path(_) => {
                let within: Vec<&Occurrence> = names.range(start..end).map(|(_, o)| *o).collect();
                out.extend(within.iter().map(|o| name(o)));
                match capture.map(|c| c.kind) {
                    _ if !within.is_empty() => continue,
                    Some(Kind::OneOf(_) | Kind::TargetName | Kind::Unit) => ENUM_MEMBER,
                    Some(Kind::Glob) => STRING,
                    Some(Kind::Upper) => VARIABLE,
                    Some(_) => PROPERTY,
                    None => continue,
                }
            }
        };
        debug_assert!(start <= end && end <= file.text.len());
        out.push(Token { start, end, kind, modifiers: 0 });
    }
}

/// A string, cut at the names in it.
fn text(start: usize, end: usize, names: &BTreeMap<usize, &Occurrence>, out: &mut Vec<Token>) {
    let mut at = start;
    for (_, reference) in names.range(start..end) {
        if at < reference.start {
            out.push(Token { start: at, end: reference.start, kind: STRING, modifiers: 0 });
        }
        out.push(name(reference));
        at = reference.end;
    }
    out.push(Token { start: at, end, kind: STRING, modifiers: 0 });
}

fn name(name: &Occurrence) -> Token {
    let kind = match name.kind {
        NameKind::Gate | NameKind::Deploy | NameKind::Train | NameKind::Subject | NameKind::Taken => FUNCTION,
        NameKind::Model | NameKind::Data | NameKind::Runner | NameKind::Target | NameKind::Pipeline => TYPE,
        NameKind::Let | NameKind::Secret | NameKind::RunValue => VARIABLE,
        NameKind::Input => PARAMETER,
        NameKind::Metric => PROPERTY,
        NameKind::Image => KEYWORD,
    };
    let declared = u32::from(name.given && name.kind != NameKind::Image);
    let fixed = u32::from(matches!(name.kind, NameKind::Let | NameKind::RunValue));
    Token { start: name.start, end: name.end, kind, modifiers: declared | fixed << 1 }
}

/// A token of several lines as one for each line: not every client takes others.
fn by_line(file: &File, token: Token) -> Vec<Token> {
    let mut parts = Vec::new();
    let mut at = token.start;
    for line in file.text[token.start..token.end].split_inclusive(['\n', '\r']) {
        let length = line.trim_end_matches(['\r', '\n']).len();
        if length > 0 {
            parts.push(Token { start: at, end: at + length, ..token });
        }
        at += line.len();
    }
    parts
}

fn encoded(file: &File, tokens: impl Iterator<Item = Token>) -> Vec<u32> {
    let mut out = Vec::new();
    let (mut line, mut character) = (0, 0);
    for token in tokens {
        let range = file.lines.range(&file.text, token.start, token.end);
        let same = range.start.line == line;
        let length = range.end.character - range.start.character;
        out.extend([
            range.start.line - line,
            if same { range.start.character - character } else { range.start.character },
            length,
            token.kind,
            token.modifiers,
        ]);
        (line, character) = (range.start.line, range.start.character);
    }
    out
}
