//! Do two texts say the same? Everything but places is compared.

use crate::syntax::{Arg, ArgKind, Piece, Statement, Text, Tree};

/// True when two trees have the same statements, and the same comments in the same order.
pub(super) fn trees(a: &Tree, b: &Tree) -> bool {
    let comments = |t: &Tree| t.comments.iter().map(|c| c.text.clone()).collect::<Vec<_>>();
    statements(&a.statements, &b.statements) && comments(a) == comments(b)
}

fn statements(a: &[Statement], b: &[Statement]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| statement(a, b))
}

fn statement(a: &Statement, b: &Statement) -> bool {
    let blocks = match (&a.block, &b.block) {
        (Some(a), Some(b)) => statements(&a.statements, &b.statements),
        (None, None) => true,
        _ => false,
    };
    blocks && a.word.node == b.word.node && arguments(&a.args, &b.args)
}

fn arguments(a: &[Arg], b: &[Arg]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| match (&a.kind, &b.kind) {
            (ArgKind::Text(a), ArgKind::Text(b)) => texts(a, b),
            (a, b) => a == b,
        })
}

fn texts(a: &Text, b: &Text) -> bool {
    let pieces = a.pieces.len() == b.pieces.len()
        && a.pieces.iter().zip(&b.pieces).all(|(a, b)| match (a, b) {
            (Piece::Lit(a), Piece::Lit(b)) => a == b,
            (Piece::Ref(a), Piece::Ref(b)) => a.node == b.node,
            (Piece::OpenRef(_), Piece::OpenRef(_)) => true,
            _ => false,
        });
    pieces && a.verbatim == b.verbatim
}
