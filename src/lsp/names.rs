//! The names of one file: where each is given, and where it is used.

use super::arguments::{self, Capture, Look, Piece, Understood};
use super::cursor;
use crate::spec::RUN_VALUES;
use crate::spec::keywords;
use crate::spec::shape::{Keyword, Kind, Place, TARGETS};
use crate::syntax::{self, ArgKind, Statement, Tree};

/// What a name is the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NameKind {
    Pipeline,
    Gate,
    Model,
    Data,
    Train,
    Deploy,
    Runner,
    Target,
    Let,
    Input,
    Secret,
    /// A metric; the name of what it belongs to is in [`Occurrence::owner`].
    Metric,
    /// The one image.
    Image,
    /// Whatever a scenario can speak of, before it is looked up.
    Subject,
    /// What `use … only` takes, before it is looked up.
    Taken,
    /// A value of the run in a text: `commit`.
    RunValue,
}

impl NameKind {
    /// In the user's words.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Pipeline => "pipeline",
            Self::Gate => "gate",
            Self::Model => "model",
            Self::Data => "data",
            Self::Train => "train",
            Self::Deploy => "deploy",
            Self::Runner => "runner",
            Self::Target => "target",
            Self::Let => "let",
            Self::Input => "input",
            Self::Secret => "secret",
            Self::Metric => "metric",
            Self::Image => "image",
            Self::Subject => "job",
            Self::Taken => "name",
            Self::RunValue => "value of the run",
        }
    }

    /// What a scenario can speak of.
    pub(super) const SUBJECTS: [Self; 5] = [Self::Gate, Self::Deploy, Self::Model, Self::Data, Self::Train];

    /// What another file can take.
    pub(super) const TAKEABLE: [Self; 5] = [Self::Gate, Self::Target, Self::Runner, Self::Data, Self::Let];
}

/// A name at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Occurrence {
    pub(super) kind: NameKind,
    pub(super) name: String,
    /// The gate or deploy that a metric belongs to; the path of the file that `only` takes from.
    pub(super) owner: String,
    /// Its bytes.
    pub(super) start: usize,
    pub(super) end: usize,
    /// It is given here.
    pub(super) given: bool,
    /// The bytes of its statement.
    pub(super) statement: (usize, usize),
}

/// One statement of a file, with what the table says of it.
pub(super) struct Node<'t> {
    pub(super) statement: &'t Statement,
    pub(super) place: Place,
    pub(super) keyword: &'static Keyword,
    pub(super) pieces: Vec<Piece>,
    pub(super) found: Understood,
    /// The gate, deploy and so on that it stands in.
    pub(super) owner: String,
    /// The place that its block is.
    pub(super) inner: Option<Place>,
}

/// Parses a text; what is wrong with it is told elsewhere.
pub(super) fn tree(text: &str) -> Tree {
    syntax::parse(crate::diag::FileId(0), text, &|w| keywords::find(Place::Top, w).is_some()).tree
}

/// What the words of a file may mean: the names of its `let`s, and the kinds of targets with names.
pub(super) struct Known<'a> {
    pub(super) is_let: &'a dyn Fn(&str) -> bool,
    pub(super) target: &'a dyn Fn(&str) -> Option<Place>,
}

/// Visits every statement that the table knows, outer ones first.
pub(super) fn visit<'t>(tree: &'t Tree, text: &str, known: &Known<'_>, visitor: &mut dyn FnMut(&Node<'t>)) {
    block(&tree.statements, Place::Top, "", text, known, visitor);
}

fn block<'t>(
    statements: &'t [Statement],
    place: Place,
    owner: &str,
    text: &str,
    known: &Known<'_>,
    visitor: &mut dyn FnMut(&Node<'t>),
) {
    for statement in statements {
        let Some(keyword) = keywords::find(place, &statement.word) else { continue };
        let pieces: Vec<Piece> = statement.args.iter().map(Piece::of).collect();
        let found = arguments::understand(keyword.args, text, &pieces, known.is_let);
        let arg = |i: usize| pieces.get(i).map(|p| p.text(text));
        let inner = cursor::inner(Some(place), keyword.word, arg(0), arg(1), known.target);
        let owner = if place == Place::Top { arg(0).unwrap_or_default() } else { owner };
        let node = Node { statement, place, keyword, pieces, found, owner: owner.to_owned(), inner };
        visitor(&node);
        if let (Some(inner), Some(block)) = (node.inner, &statement.block) {
            self::block(&block.statements, inner, owner, text, known, visitor);
        }
    }
}

/// Every name of a file, in the order of the text.
pub(super) fn of(tree: &Tree, text: &str, known: &Known<'_>) -> Vec<Occurrence> {
    let mut all = Vec::new();
    visit(tree, text, known, &mut |node| {
        let mut collector = Collector { node, text, all: &mut all };
        for capture in &node.found.captures {
            collector.capture(capture);
        }
        collector.references();
        collector.fixed();
    });
    all.sort_by_key(|o| (o.start, o.end));
    all
}

struct Collector<'n, 't> {
    node: &'n Node<'t>,
    text: &'n str,
    all: &'n mut Vec<Occurrence>,
}

impl Collector<'_, '_> {
    fn add(&mut self, kind: NameKind, start: usize, end: usize, given: bool, owner: &str) {
        let span = self.node.statement.span;
        self.all.push(Occurrence {
            kind,
            name: self.text.get(start..end).unwrap_or_default().to_owned(),
            owner: owner.to_owned(),
            start,
            end,
            given,
            statement: (span.start as usize, span.end as usize),
        });
    }

    fn capture(&mut self, capture: &Capture) {
        let piece = self.node.pieces[capture.piece];
        let (start, end) = (piece.start, piece.end);
        let word = piece.text(self.text);
        if capture.kind == Kind::Metric {
            return self.metric(capture.name, start, end);
        }
        if piece.look == Look::Word && arguments::takes_let(capture.kind) {
            return self.add(NameKind::Let, start, end, false, "");
        }
        let block = self.node.statement.block.is_some();
        let (kind, given) = match (self.node.place, self.node.keyword.word, capture.name) {
            (Place::Top, "pipeline", "name") => (NameKind::Pipeline, true),
            (Place::Top, "gate", "name") => (NameKind::Gate, true),
            (Place::Top, "model", "name") => (NameKind::Model, true),
            (Place::Top, "data", "name") => (NameKind::Data, true),
            (Place::Top, "train", "name") => (NameKind::Train, true),
            (Place::Top, "deploy", "name") => (NameKind::Deploy, true),
            (Place::Top, "target", "name") => (NameKind::Target, true),
            (Place::Top, "let", "name") => (NameKind::Let, true),
            (Place::Top, "runner", "name") => (NameKind::Runner, block),
            (Place::Top, "secret", "name") => (NameKind::Secret, true),
            (_, "runner", "name") => (NameKind::Runner, false),
            (_, "secret", "name") | (_, _, "secret") | (_, "login", _) => (NameKind::Secret, false),
            (Place::On, "input", "name") => (NameKind::Input, true),
            (Place::Deploy, "target", "target") => {
                if TARGETS.iter().any(|(kind, _)| *kind == word) {
                    return;
                }
                (NameKind::Target, false)
            }
            (Place::Top, "use", "name") => {
                let path = self.node.found.captures.first().map(|c| self.node.pieces[c.piece]);
                let path = path.map(|p| p.text(self.text).trim_matches('"').to_owned());
                return self.add(NameKind::Taken, start, end, false, &path.unwrap_or_default());
            }
            (_, _, "gate") => (NameKind::Gate, false),
            (_, _, "model") => (NameKind::Model, false),
            (_, _, "data") => (NameKind::Data, false),
            (_, "after" | "before" | "shadow" | "drill", "deploy") | (_, _, "approval_of") => {
                (NameKind::Deploy, false)
            }
            (Place::Scenario, "given", "input") => (NameKind::Input, false),
            (Place::Scenario, "expect", "name") => (NameKind::Subject, false),
            (Place::Gate, "needs", "image") => (NameKind::Image, false),
            _ => return,
        };
        self.add(kind, start, end, given, "");
    }

    /// A metric of the gate or deploy around it, or, in a scenario, of the one that it names first.
    fn metric(&mut self, capture: &str, start: usize, end: usize) {
        if self.node.place != Place::Scenario {
            let given = matches!(self.node.keyword.word, "metric" | "require");
            let owner = self.node.owner.clone();
            return self.add(NameKind::Metric, start, end, given, &owner);
        }
        let whole = &self.text[start..end];
        let dot = whole.find('.').map_or(end, |n| start + n);
        self.add(NameKind::Subject, start, dot, false, "");
        if dot < end && capture == "subject" {
            let owner = self.text[start..dot].to_owned();
            self.add(NameKind::Metric, dot + 1, end, false, &owner);
        }
    }

    /// `${name}` in the texts of a statement that are not for a shell.
    fn references(&mut self) {
        for (i, arg) in self.node.statement.args.iter().enumerate() {
            let ArgKind::Text(text) = &arg.kind else { continue };
            let capture = self.node.found.captures.iter().find(|c| c.piece == i);
            if capture.is_none_or(|c| matches!(c.kind, Kind::Shell | Kind::Raw)) {
                continue;
            }
            for piece in &text.pieces {
                let syntax::Piece::Ref(name) = piece else { continue };
                let (start, end) = (name.span.start as usize + 2, (name.span.end as usize).saturating_sub(1));
                let run = RUN_VALUES.contains(&name.node.as_str());
                let kind = if run { NameKind::RunValue } else { NameKind::Let };
                self.add(kind, start, end.max(start), false, "");
            }
        }
    }

    /// The image has no name but its word.
    fn fixed(&mut self) {
        let word = &self.node.statement.word;
        if self.node.place == Place::Top && word.node == "image" {
            self.add(NameKind::Image, word.span.start as usize, word.span.end as usize, true, "");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let known =
            Known { is_let: &|n| n == "low", target: &|n| (n == "cluster").then_some(Place::Kubernetes) };
        let found = of(&tree(text), text, &known);
        found
            .iter()
            .map(|o| {
                assert_eq!(&text[o.start..o.end], o.name);
                let owner = if o.owner.is_empty() { String::new() } else { format!(" of {}", o.owner) };
                format!("{}{} {}{owner}", if o.given { "+" } else { "" }, o.kind.word(), o.name)
            })
            .collect()
    }

    #[test]
    fn names_where_they_are_given_and_used() {
        assert_eq!(
            shown("let low = 0.9\nuse \"a.mlpipe\" only unit, low\nrunner gpu\n"),
            ["+let low", "name unit of a.mlpipe", "name low of a.mlpipe", "runner gpu"]
        );
        assert_eq!(
            shown("gate g { needs model m, image; after a, b; before p; require f1 >= low; runner r }"),
            [
                "+gate g",
                "model m",
                "image image",
                "gate a",
                "gate b",
                "deploy p",
                "+metric f1 of g",
                "let low",
                "runner r"
            ]
        );
        assert_eq!(
            shown("deploy p { after s; target cluster { kubeconfig secret K }; rollback { when e > 1% } }"),
            ["+deploy p", "deploy s", "target cluster", "secret K", "metric e of p"]
        );
        assert_eq!(
            shown(
                "scenario \"x\" { given q.latency.p95 = 2s, input why = \"a\"; expect q failed, image skipped }"
            ),
            ["job q", "metric latency.p95 of q", "input why", "job q", "job image"]
        );
        assert_eq!(
            shown("model m { version \"v/${low}/${commit}\" }\ngate g { run \"echo ${low}\" }"),
            ["+model m", "let low", "value of the run commit", "+gate g"]
        );
    }
}
