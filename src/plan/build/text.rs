//! `${…}` references of non-shell strings.

use crate::plan::{Piece, Text};

/// Splits a string at its `${…}` references. `$${` stands for a literal `${` (the decoder writes it so).
pub(super) fn text(s: &str) -> Text {
    let mut pieces = Vec::new();
    let mut lit = String::new();
    let mut rest = s;
    while let Some(at) = rest.find("${") {
        if rest[..at].ends_with('$') {
            lit.push_str(&rest[..at - 1]);
            lit.push_str("${");
            rest = &rest[at + 2..];
            continue;
        }
        let Some(end) = rest[at..].find('}') else { break };
        lit.push_str(&rest[..at]);
        if !lit.is_empty() {
            pieces.push(Piece::Lit(std::mem::take(&mut lit)));
        }
        pieces.push(Piece::Ref(rest[at + 2..at + end].to_owned()));
        rest = &rest[at + end + 1..];
    }
    lit.push_str(rest);
    if !lit.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Lit(lit));
    }
    Text(pieces)
}
