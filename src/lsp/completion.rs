//! What may be written at the cursor: the words of the block, the arguments that the table of keywords wants, and the names that
//! they refer to.

use super::arguments::{self, Piece, Understood, takes_let};
use super::cursor::{self, Cursor, Inside};
use super::index::{File, Index};
use super::names::NameKind;
use super::protocol::{CompletionItem, Markup, Position, Range, TextEdit};
use super::snippet;
use crate::report;
use crate::spec::shape::{Keyword, Kind, Opens, Place, Shape, TARGETS, TARGETS_LATER, Times};
use crate::spec::{RUN_VALUES, keywords};
use crate::syntax::Statement;
use camino::Utf8Path;

/// Kinds of items, by the protocol's numbers.
mod kind {
    pub(super) const VARIABLE: u8 = 6;
    pub(super) const PROPERTY: u8 = 10;
    pub(super) const UNIT: u8 = 11;
    pub(super) const KEYWORD: u8 = 14;
    pub(super) const FILE: u8 = 17;
    pub(super) const REFERENCE: u8 = 18;
    pub(super) const ENUM_MEMBER: u8 = 20;
    pub(super) const CONSTANT: u8 = 21;
    pub(super) const OPERATOR: u8 = 24;
}

/// The units of times and sizes, and what they are.
const TIMES: [(&str, &str); 5] =
    [("ms", "milliseconds"), ("s", "seconds"), ("m", "minutes"), ("h", "hours"), ("d", "days")];
const SIZES: [(&str, &str); 4] =
    [("B", "bytes"), ("KiB", "1024 bytes"), ("MiB", "1024 KiB"), ("GiB", "1024 MiB")];

/// Everything that may be written at a position of a file.
pub(super) fn complete(index: &Index, path: &Utf8Path, at: Position, snippets: bool) -> Vec<CompletionItem> {
    let Some(file) = index.files.get(path) else { return Vec::new() };
    let offset = file.lines.offset(&file.text, at);
    let cursor = cursor::at(&file.text, offset, &|n| index.target(n));
    let range = file.lines.range(&file.text, cursor.typed, offset);
    let mut list = List { index, file, path, cursor: &cursor, offset, range, snippets, items: Vec::new() };
    match cursor.inside {
        Inside::Comment => {}
        Inside::Text(quote) => list.text(quote),
        Inside::Code if cursor.head.word.is_none() => list.words(),
        Inside::Code => list.arguments(),
    }
    list.items
}

struct List<'a> {
    index: &'a Index,
    file: &'a File,
    path: &'a Utf8Path,
    cursor: &'a Cursor,
    offset: usize,
    range: Range,
    snippets: bool,
    items: Vec<CompletionItem>,
}

impl List<'_> {
    fn item(&mut self, label: &str, kind: u8, detail: Option<String>) -> &mut CompletionItem {
        let sort_text = format!("{:04}", self.items.len());
        self.items.push(CompletionItem {
            label: label.to_owned(),
            kind,
            detail,
            documentation: None,
            sort_text,
            filter_text: None,
            insert_text_format: 1,
            text_edit: TextEdit { range: self.range, new_text: label.to_owned() },
        });
        let last = self.items.len() - 1;
        &mut self.items[last]
    }

    /// The words of the block that are not there yet.
    fn words(&mut self) {
        let Some(place) = self.cursor.place() else { return };
        let there = self.siblings();
        let once = |k: &Keyword| k.times == Times::Once && there.contains(&k.word);
        let required = |k: &&Keyword| !k.required;
        let mut words: Vec<&'static Keyword> = keywords::within(place).filter(|k| !once(k)).collect();
        // What the block cannot do without comes first, and what is not compiled yet last.
        words.sort_by_key(|k| (!k.later.is_empty(), required(k)));
        let snippets = self.snippets;
        for keyword in words {
            let item = self.item(keyword.word, kind::KEYWORD, Some(keyword.doc.to_owned()));
            item.documentation = Some(Markup::markdown(report::keyword(keyword)));
            if snippets {
                item.insert_text_format = 2;
                item.text_edit.new_text = snippet::of(keyword);
            }
        }
    }

    /// The words of the statements in the same block, without the one at the cursor.
    fn siblings(&self) -> Vec<&str> {
        let mut statements: &[Statement] = &self.file.tree.statements;
        for _ in &self.cursor.open {
            let around = |s: &&Statement| {
                s.block.as_ref().is_some_and(|b| {
                    (b.span.start as usize) < self.offset && self.offset <= b.span.end as usize
                })
            };
            let inner = statements.iter().find(around).and_then(|s| s.block.as_ref());
            statements = inner.map_or(&[], |b| &b.statements);
        }
        let here = |s: &&Statement| {
            let word = s.word.span;
            self.offset < word.start as usize || (word.end as usize) < self.offset
        };
        statements.iter().filter(here).map(|s| s.word.as_str()).collect()
    }

    fn statement(&self) -> Option<(&'static Keyword, Understood)> {
        let word = self.cursor.head.word?.text(&self.file.text);
        let keyword = keywords::find(self.cursor.place()?, word)?;
        let lets = &self.index.lets;
        let args = &self.cursor.head.args;
        let found = arguments::understand(keyword.args, &self.file.text, args, &|n| lets.contains(n));
        Some((keyword, found))
    }

    fn arguments(&mut self) {
        let Some((keyword, found)) = self.statement() else { return };
        for shape in &found.next {
            match shape {
                Shape::The(word) => {
                    self.item(word, kind::KEYWORD, None);
                }
                Shape::Op(op) => {
                    self.item(op, kind::OPERATOR, None);
                }
                Shape::A(capture, kind) => self.value(keyword, capture, *kind, &found),
                _ => {}
            }
        }
        if found.complete && !self.cursor.head.args.is_empty() && keyword.opens != Opens::Nothing {
            let opens = if self.snippets { "{\n\t$0\n}" } else { "{" };
            let snippets = self.snippets;
            let item = self.item("{ }", kind::OPERATOR, Some("its block".to_owned()));
            item.text_edit.new_text = opens.to_owned();
            item.filter_text = Some("{".to_owned());
            item.insert_text_format = if snippets { 2 } else { 1 };
        }
    }

    fn value(&mut self, keyword: &'static Keyword, capture: &str, kind: Kind, found: &Understood) {
        match kind {
            Kind::OneOf(words) => {
                for word in words {
                    let later = keyword.later_choices.contains(word);
                    let detail = later.then(|| "checked, not compiled yet".to_owned());
                    self.item(word, kind::ENUM_MEMBER, detail);
                }
            }
            Kind::Name | Kind::Ident => self.names(keyword, capture, found),
            Kind::TargetName => self.targets(),
            Kind::Upper => self.secrets(keyword),
            Kind::Unit => self.unit_words(),
            Kind::Compare => {
                for (op, means) in OPERATORS {
                    self.item(op, kind::OPERATOR, Some(means.to_owned()));
                }
            }
            Kind::Sign => {
                for op in ["-", "+"] {
                    self.item(op, kind::OPERATOR, Some("a tolerance".to_owned()));
                }
            }
            Kind::Metric => self.metrics(),
            Kind::Duration => self.numbers(&TIMES),
            Kind::Percent => self.numbers(&[("%", "percent")]),
            Kind::Ratio => self.numbers(&[("%", "hundredths: `1%` is 0.01")]),
            Kind::Quantity => {
                let ratio = [("%", "hundredths: `1%` is 0.01")];
                self.numbers(&[&ratio[..], &TIMES, &SIZES].concat());
            }
            _ => {}
        }
        if takes_let(kind) {
            self.defined(&[NameKind::Let], kind::CONSTANT);
        }
    }

    /// Units behind a number that is being typed.
    fn numbers(&mut self, units: &[(&str, &str)]) {
        let typed = &self.file.text[self.cursor.typed..self.offset];
        let digits = typed.trim_end_matches(|c: char| !c.is_ascii_digit());
        if digits.is_empty() {
            return;
        }
        let digits = digits.to_owned();
        for (unit, means) in units {
            self.item(&format!("{digits}{unit}"), kind::UNIT, Some((*means).to_owned()));
        }
    }

    fn unit_words(&mut self) {
        for (unit, means) in TIMES.iter().chain(&[("percent", "hundredths")]).chain(&SIZES) {
            self.item(unit, kind::UNIT, Some((*means).to_owned()));
        }
    }

    fn names(&mut self, keyword: &Keyword, capture: &str, found: &Understood) {
        let place = self.cursor.place();
        let kinds: &[NameKind] = match (place, keyword.word, capture) {
            (Some(Place::Top), "use", _) => return self.taken(found),
            (Some(Place::Top), "runner", _) | (_, "runner", "name") => &[NameKind::Runner],
            (_, _, "gate") => &[NameKind::Gate],
            (_, _, "model") => &[NameKind::Model],
            (_, _, "data") => &[NameKind::Data],
            (_, "after" | "before" | "shadow" | "drill", "deploy") | (_, _, "approval_of") => {
                &[NameKind::Deploy]
            }
            (Some(Place::Scenario), "given", "input") => &[NameKind::Input],
            (Some(Place::Scenario), "expect", "name") => return self.subjects(),
            _ => return,
        };
        self.defined(kinds, kind::REFERENCE);
    }

    /// Names of these kinds that the file can see, without the one that the statement around gives.
    fn defined(&mut self, kinds: &[NameKind], item: u8) {
        let around = self.cursor.open.last().and_then(|(head, _)| head.args.first().map(|p| p.start));
        let own = self.cursor.head.args.first().map(|p| p.start);
        for (path, name) in self.index.visible(self.path, kinds) {
            let itself = path == self.path && (Some(name.start) == around || Some(name.start) == own);
            if !itself && !self.items.iter().any(|i| i.label == name.name) {
                let detail = self.index.line(path, name);
                self.item(&name.name, item, Some(detail));
            }
        }
    }

    fn subjects(&mut self) {
        self.defined(&NameKind::SUBJECTS, kind::REFERENCE);
        if !self.index.visible(self.path, &[NameKind::Image]).is_empty() {
            self.item("image", kind::REFERENCE, Some("the image".to_owned()));
        }
    }

    fn taken(&mut self, found: &Understood) {
        let Some(written) = found.captures.first().map(|c| self.cursor.head.args[c.piece]) else { return };
        let written = written.text(&self.file.text).trim_matches('"').to_owned();
        let Some(used) = self.index.used(self.path, &written) else { return };
        let here: Vec<&str> = self.cursor.head.args.iter().map(|p: &Piece| p.text(&self.file.text)).collect();
        for (path, name) in self.index.visible(used, &NameKind::TAKEABLE) {
            if !here.contains(&name.name.as_str()) {
                self.item(&name.name, kind::REFERENCE, Some(self.index.line(path, name)));
            }
        }
    }

    fn targets(&mut self) {
        for (word, _) in TARGETS {
            let later = TARGETS_LATER.contains(&word).then(|| "checked, not compiled yet".to_owned());
            self.item(word, kind::ENUM_MEMBER, later);
        }
        self.defined(&[NameKind::Target], kind::REFERENCE);
    }

    fn secrets(&mut self, keyword: &Keyword) {
        if keyword.word == "env" {
            return;
        }
        for name in self.index.secrets(self.path) {
            if name != &self.file.text[self.cursor.typed..self.offset] {
                self.item(name, kind::VARIABLE, Some("a secret of this repository".to_owned()));
            }
        }
    }

    /// Metrics of the gate or deploy around; in a scenario those of every job, behind its name.
    fn metrics(&mut self) {
        let typed = self.file.text[self.cursor.typed..self.offset].to_owned();
        if self.cursor.place() == Some(Place::Scenario) {
            self.subjects();
            for (path, name) in self.index.visible(self.path, &[NameKind::Metric]) {
                let label = format!("{}.{}", name.owner, name.name);
                if label != typed && !self.items.iter().any(|i| i.label == label) {
                    self.item(&label, kind::PROPERTY, Some(self.index.line(path, name)));
                }
            }
            return;
        }
        let owner = self.cursor.open.first().and_then(|(head, _)| head.args.first().copied());
        let owner = owner.map(|p| p.text(&self.file.text).to_owned()).unwrap_or_default();
        for (path, name) in self.index.visible(self.path, &[NameKind::Metric]) {
            if name.owner == owner && name.name != typed {
                self.item(&name.name, kind::PROPERTY, Some(self.index.line(path, name)));
            }
        }
        if self.cursor.place() == Some(Place::Rollback) {
            self.item("smoke.failures", kind::PROPERTY, Some("smoke tests that failed".to_owned()));
        }
    }

    /// In a string: `${…}`, or the path of a `use`.
    fn text(&mut self, quote: usize) {
        let Some((keyword, found)) = self.statement() else { return };
        let kinds = found.next.iter().filter_map(|s| match s {
            Shape::A(_, kind) => Some(*kind),
            _ => None,
        });
        let kinds: Vec<Kind> = kinds.collect();
        let typed = &self.file.text[quote + 1..self.offset];
        let text = kinds.iter().any(|k| matches!(k, Kind::Str | Kind::Path | Kind::Template | Kind::Env));
        let template = kinds.iter().any(|k| matches!(k, Kind::Template | Kind::Env));
        let open = typed.rfind("${").filter(|at| !typed[*at..].contains('}'));
        if let (true, Some(open)) = (text, open) {
            let start = quote + 1 + open + 2;
            self.range = self.file.lines.range(&self.file.text, start, self.offset);
            self.defined(&[NameKind::Let], kind::CONSTANT);
            for value in RUN_VALUES.iter().filter(|_| template) {
                self.item(value, kind::VARIABLE, Some("known in the run".to_owned()));
            }
        } else if keyword.word == "use" {
            self.libraries();
        }
    }

    /// Files that can be used: those without `pipeline`.
    fn libraries(&mut self) {
        let Some(folder) = self.path.parent() else { return };
        let libraries: Vec<String> =
            self.index.libraries().filter(|p| *p != self.path).map(|p| relative(folder, p)).collect();
        for path in libraries {
            self.item(&path, kind::FILE, None);
        }
    }
}

/// A path from a folder.
fn relative(folder: &Utf8Path, path: &Utf8Path) -> String {
    let common = folder.components().zip(path.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().skip(common).map(|_| "..");
    let down = path.components().skip(common).map(|c| c.as_str());
    up.chain(down).collect::<Vec<_>>().join("/")
}

const OPERATORS: [(&str, &str); 6] = [
    (">=", "at least"),
    ("<=", "at most"),
    (">", "more than"),
    ("<", "less than"),
    ("==", "equal to"),
    ("!=", "not equal to"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_from_a_folder() {
        let from = |folder, path| relative(Utf8Path::new(folder), Utf8Path::new(path));
        assert_eq!(from("/r/a", "/r/a/x.mlpipe"), "x.mlpipe");
        assert_eq!(from("/r/a/b", "/r/shared/x.mlpipe"), "../../shared/x.mlpipe");
    }
}
