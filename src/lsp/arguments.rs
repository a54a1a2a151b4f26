//! What stands behind a keyword, word by word, against the shape that the table of keywords gives: which value is which, and
//! what may come next. Unlike the decoder it wants an answer for half a statement, and tells nothing.

use crate::spec::shape::{Kind, Shape};
use crate::syntax::{Arg, ArgKind};

/// What a piece of a statement looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// A single name.
    Word,
    /// A dotted path.
    Path,
    /// A string, or raw text.
    Text,
    /// A number, with or without a unit.
    Number,
    /// An operator.
    Operator,
    /// A comma.
    Comma,
}

/// A piece of a statement, and its bytes in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) look: Look,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Piece {
    /// An argument of the tree.
    pub(super) fn of(arg: &Arg) -> Self {
        let look = match &arg.kind {
            ArgKind::Path(_) if arg.as_name().is_some() => Look::Word,
            ArgKind::Path(_) => Look::Path,
            ArgKind::Text(_) | ArgKind::Raw(_) => Look::Text,
            ArgKind::Quantity { .. } => Look::Number,
            ArgKind::Operator(_) => Look::Operator,
            ArgKind::Comma => Look::Comma,
        };
        Self { look, start: arg.span.start as usize, end: arg.span.end as usize }
    }

    /// Its text.
    pub(super) fn text(self, all: &str) -> &str {
        all.get(self.start..self.end).unwrap_or_default()
    }
}

/// A value of a statement: its name in the table, what it must be, and which piece it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Capture {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) piece: usize,
}

/// What was understood of a statement.
#[derive(Debug, Default)]
pub(super) struct Understood {
    /// Values, in the order of the text.
    pub(super) captures: Vec<Capture>,
    /// Pieces that are fixed words of the statement.
    pub(super) fixed: Vec<usize>,
    /// What may stand behind the last piece; empty where something before it does not fit.
    pub(super) next: Vec<Shape>,
    /// Nothing more is needed.
    pub(super) complete: bool,
}

/// Matches pieces with the shape of a keyword's arguments. `is_let` says whether a name stands for a value.
pub(super) fn understand(
    shapes: &'static [Shape],
    text: &str,
    pieces: &[Piece],
    is_let: &dyn Fn(&str) -> bool,
) -> Understood {
    let mut matcher = Matcher { text, pieces, is_let, at: 0, nested: 0, out: Understood::default() };
    let done = matcher.sequence(shapes);
    let all = matcher.at == pieces.len();
    let mut out = matcher.out;
    out.complete = done && all;
    if !all {
        out.next.clear();
    }
    out
}

struct Matcher<'a> {
    text: &'a str,
    pieces: &'a [Piece],
    is_let: &'a dyn Fn(&str) -> bool,
    at: usize,
    nested: usize,
    out: Understood,
}

impl Matcher<'_> {
    /// False where the rest cannot be matched: the pieces are at their end, or one does not fit.
    fn sequence(&mut self, shapes: &'static [Shape]) -> bool {
        shapes.iter().all(|s| self.shape(s))
    }

    fn shape(&mut self, shape: &'static Shape) -> bool {
        match shape {
            Shape::Maybe(inner) => {
                if self.ended() {
                    self.may(inner);
                    return true;
                }
                !self.starts(inner, self.at) || self.sequence(inner)
            }
            Shape::List(inner) => {
                self.nested += 1;
                let done = self.elements(inner);
                self.nested -= 1;
                done
            }
            _ if self.ended() => {
                self.may(std::slice::from_ref(shape));
                false
            }
            Shape::Either(forms) => {
                let form = forms.iter().find(|f| self.starts(f, self.at));
                form.is_some_and(|f| self.sequence(f))
            }
            _ if !self.starts(std::slice::from_ref(shape), self.at) => false,
            Shape::A(name, kind) => {
                self.out.captures.push(Capture { name, kind: *kind, piece: self.at });
                self.at += 1;
                true
            }
            Shape::The(_) | Shape::Op(_) | Shape::Comma => {
                self.out.fixed.push(self.at);
                self.at += 1;
                true
            }
        }
    }

    fn elements(&mut self, inner: &'static [Shape]) -> bool {
        loop {
            if !self.sequence(inner) {
                return false;
            }
            if self.ended() {
                self.out.next.push(Shape::Comma);
                return true;
            }
            if self.pieces[self.at].look != Look::Comma {
                return true;
            }
            let goes_on = self.at + 1 == self.pieces.len() || self.starts(inner, self.at + 1);
            if !goes_on && self.nested > 1 {
                return true;
            }
            self.at += 1;
        }
    }

    fn ended(&self) -> bool {
        self.at == self.pieces.len()
    }

    /// Notes what a sequence may begin with.
    fn may(&mut self, shapes: &'static [Shape]) {
        for shape in shapes {
            match shape {
                Shape::Maybe(inner) => {
                    self.may(inner);
                    continue;
                }
                Shape::List(inner) => self.may(inner),
                Shape::Either(forms) => forms.iter().for_each(|f| self.may(f)),
                other if !self.out.next.contains(other) => self.out.next.push(*other),
                _ => {}
            }
            return;
        }
    }

    fn starts(&self, shapes: &[Shape], at: usize) -> bool {
        let Some(piece) = self.pieces.get(at) else { return false };
        let word = piece.text(self.text);
        match shapes.first() {
            None => false,
            Some(Shape::The(the)) => piece.look == Look::Word && word == *the,
            Some(Shape::Op(op)) => piece.look == Look::Operator && word == *op,
            Some(Shape::Comma) => piece.look == Look::Comma,
            Some(Shape::A(_, kind)) => self.fits(*kind, piece.look, word),
            Some(Shape::Maybe(inner)) => self.starts(inner, at) || self.starts(&shapes[1..], at),
            Some(Shape::List(inner)) => self.starts(inner, at),
            Some(Shape::Either(forms)) => forms.iter().any(|f| self.starts(f, at)),
        }
    }

    fn fits(&self, kind: Kind, look: Look, word: &str) -> bool {
        let a_let = || look == Look::Word && (self.is_let)(word);
        match kind {
            Kind::Name | Kind::TargetName | Kind::Ident | Kind::Upper | Kind::Unit => look == Look::Word,
            Kind::OneOf(words) => look == Look::Word && words.contains(&word),
            Kind::Str | Kind::Path | Kind::Template => look == Look::Text || a_let(),
            Kind::Env | Kind::Value => matches!(look, Look::Text | Look::Number) || a_let(),
            Kind::Glob => matches!(look, Look::Word | Look::Text),
            Kind::Shell | Kind::Raw => look == Look::Text,
            Kind::Count | Kind::Number | Kind::Ratio | Kind::Percent | Kind::Duration | Kind::Quantity => {
                look == Look::Number || a_let()
            }
            Kind::Metric => matches!(look, Look::Word | Look::Path | Look::Text),
            Kind::Compare => look == Look::Operator && matches!(word, "<" | "<=" | ">" | ">=" | "==" | "!="),
            Kind::Sign => look == Look::Operator && matches!(word, "+" | "-"),
        }
    }
}

/// Is that a value that a `let` may stand for?
pub(super) fn takes_let(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Str
            | Kind::Path
            | Kind::Template
            | Kind::Env
            | Kind::Value
            | Kind::Count
            | Kind::Number
            | Kind::Ratio
            | Kind::Percent
            | Kind::Duration
            | Kind::Quantity
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lsp::cursor;
    use crate::spec::keywords;
    use crate::spec::shape::Place;

    fn next(place: Place, word: &str, args: &str) -> Vec<String> {
        let pieces = cursor::pieces(args);
        let keyword = keywords::find(place, word).expect("a keyword");
        let found = understand(keyword.args, args, &pieces, &|n| n == "limit");
        found.next.iter().map(|s| format!("{s:?}")).collect()
    }

    #[test]
    fn what_may_come_next() {
        assert_eq!(
            next(Place::Gate, "require", "f1 >="),
            ["A(\"baseline\", OneOf([\"baseline\"]))", "A(\"right\", Quantity)"]
        );
        assert_eq!(next(Place::Gate, "require", "f1 >= baseline"), ["A(\"sign\", Sign)"]);
        assert!(next(Place::Gate, "require", "f1 >= limit").is_empty());
        assert!(next(Place::Gate, "require", "f1 12").is_empty());
        assert_eq!(next(Place::Gate, "needs", "model a"), ["Comma"]);
        assert_eq!(next(Place::Gate, "needs", "model a,").len(), 3);
        assert_eq!(next(Place::Top, "on", "schedule \"1 2 * * 3\""), ["The(\"timezone\")"]);
        assert_eq!(next(Place::Top, "emit", "github")[0], "A(\"path\", Path)");
    }

    #[test]
    fn every_example_of_the_table_is_understood() {
        for keyword in keywords::all() {
            let head = keyword.example.split(" {").next().unwrap_or_default();
            let args = head.strip_prefix(keyword.word).unwrap_or_default();
            let pieces = cursor::pieces(args);
            let found = understand(keyword.args, args, &pieces, &|_| false);
            assert!(found.complete, "{}: {found:?}", keyword.example);
        }
    }
}
