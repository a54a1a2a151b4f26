//! Random trees, and how they are written.

use crate::diag::{Span, Spanned};
use crate::syntax::{Arg, ArgKind, Block, PathPart, Piece, Statement, Text};
use proptest::prelude::*;

fn name() -> impl Strategy<Value = String> {
    "[a-zA-Z_\u{e4}][a-zA-Z0-9_-]{0,8}"
}

/// Anything but a dollar sign, which would make a reference of what follows.
fn plain() -> impl Strategy<Value = String> {
    "[^\u{0}$]{0,12}"
}

fn text() -> impl Strategy<Value = ArgKind> {
    let piece = prop_oneof![
        plain().prop_map(Piece::Lit),
        Just(Piece::Lit("$".to_owned())),
        "[^}\"\\\\\n\r\u{0}]{0,6}".prop_map(|n| Piece::Ref(Spanned::new(n, Span::default()))),
    ];
    prop::collection::vec(piece, 0..4)
        .prop_map(|pieces| ArgKind::Text(Text { verbatim: String::new(), pieces }))
}

fn path() -> impl Strategy<Value = ArgKind> {
    let part = (plain(), any::<bool>(), name())
        .prop_map(|(quoted, q, name)| PathPart { text: if q { quoted } else { name }, quoted: q });
    (name(), prop::collection::vec(part, 0..3)).prop_map(|(first, rest)| {
        let mut parts = vec![PathPart { text: first, quoted: false }];
        parts.extend(rest);
        ArgKind::Path(parts)
    })
}

fn atom() -> impl Strategy<Value = ArgKind> {
    prop_oneof![
        path(),
        text(),
        "[a-z$\\\\ \"{}#\n]{0,20}[a-z]".prop_map(|t| ArgKind::Raw(settled(t.replace("\"\"\"", "")))),
        ("-?[0-9]{1,5}(\\.[0-9]{1,3})?", prop::sample::select(vec!["", "%", "ms", "h", "MiB"]))
            .prop_map(|(number, unit)| ArgKind::Quantity { number, unit: unit.to_owned() }),
        prop::sample::select(vec!["<", "<=", ">", ">=", "==", "!=", "=", "+", "-"])
            .prop_map(|o| ArgKind::Operator(o.to_owned())),
    ]
}

/// A raw text that has no newline at its start and no common indentation to lose.
fn settled(mut text: String) -> String {
    loop {
        let shorter = crate::syntax::strings::raw(&text);
        if shorter == text {
            return text;
        }
        text = shorter;
    }
}

fn arguments() -> impl Strategy<Value = Vec<Arg>> {
    let arg = |kind| Arg { kind, span: Span::default() };
    prop::collection::vec((atom(), any::<bool>()), 0..5).prop_map(move |atoms| {
        let last = atoms.len().saturating_sub(1);
        let mut args = Vec::new();
        for (i, (kind, comma)) in atoms.into_iter().enumerate() {
            args.push(arg(kind));
            if comma && i < last {
                args.push(arg(ArgKind::Comma));
            }
        }
        args
    })
}

fn statement(word: String, args: Vec<Arg>, block: Option<Vec<Statement>>) -> Statement {
    let span = Span::default();
    let block = block.map(|statements| Block { statements, span });
    Statement { word: Spanned::new(word, span), args, block, head: span, span, damaged: false }
}

/// Random statements, up to four levels deep.
pub(crate) fn statements() -> impl Strategy<Value = Vec<Statement>> {
    let leaf = (name(), arguments()).prop_map(|(w, a)| statement(w, a, None));
    let tree = leaf.prop_recursive(4, 24, 4, |inner| {
        (name(), arguments(), prop::option::of(prop::collection::vec(inner, 0..4)))
            .prop_map(|(w, a, b)| statement(w, a, b))
    });
    prop::collection::vec(tree, 0..5)
}

/// Writes statements as a person would.
pub(crate) fn print(statements: &[Statement]) -> String {
    let mut out = String::new();
    for s in statements {
        out.push_str(&s.word.node);
        for arg in &s.args {
            if arg.kind == ArgKind::Comma {
                out.push(',');
            } else {
                out.push(' ');
                argument(&arg.kind, &mut out);
            }
        }
        if let Some(block) = &s.block {
            out.push_str(" {\n");
            out.push_str(&print(&block.statements));
            out.push('}');
        }
        out.push('\n');
    }
    out
}

fn argument(kind: &ArgKind, out: &mut String) {
    match kind {
        ArgKind::Path(parts) => {
            for (i, part) in parts.iter().enumerate() {
                if i > 0 {
                    out.push('.');
                }
                if part.quoted {
                    quoted(&part.text, out);
                } else {
                    out.push_str(&part.text);
                }
            }
        }
        ArgKind::Text(text) => {
            out.push('"');
            for piece in &text.pieces {
                match piece {
                    Piece::Lit(text) => escaped(text, out),
                    Piece::Ref(name) => out.push_str(&format!("${{{}}}", name.node)),
                    Piece::OpenRef(_) => out.push_str("${"),
                }
            }
            out.push('"');
        }
        ArgKind::Raw(text) => out.push_str(&format!("\"\"\"{text}\"\"\"")),
        ArgKind::Quantity { number, unit } => out.push_str(&format!("{number}{unit}")),
        ArgKind::Operator(op) => out.push_str(op),
        ArgKind::Comma => {}
    }
}

fn quoted(text: &str, out: &mut String) {
    out.push('"');
    escaped(text, out);
    out.push('"');
}

fn escaped(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' => out.push_str("\\$"),
            c if c.is_control() => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
}

/// What a tree says, without places; neighbouring literals joined.
pub(crate) fn bare(statements: &[Statement]) -> String {
    let mut out = String::new();
    for s in statements {
        out.push_str(&format!("{:?}", s.word.node));
        for arg in &s.args {
            out.push_str(&match &arg.kind {
                ArgKind::Text(text) => format!(" text {:?}", pieces(text)),
                ArgKind::Path(parts) => {
                    let parts: Vec<&str> = parts.iter().map(|p| p.text.as_str()).collect();
                    format!(" path {parts:?}")
                }
                other => format!(" {other:?}"),
            });
        }
        match &s.block {
            Some(block) => out.push_str(&format!(" {{ {} }} ", bare(&block.statements))),
            None => out.push_str(" ; "),
        }
    }
    out
}

fn pieces(text: &Text) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut literal = String::new();
    for piece in &text.pieces {
        match piece {
            Piece::Lit(text) => literal.push_str(text),
            Piece::Ref(name) => {
                out.push(format!("lit {}", std::mem::take(&mut literal)));
                out.push(format!("ref {}", name.node));
            }
            Piece::OpenRef(_) => out.push("open".to_owned()),
        }
    }
    out.push(format!("lit {literal}"));
    out
}
