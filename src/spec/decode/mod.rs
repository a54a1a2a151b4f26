//! Tree to typed spec: the keyword table says what may stand where; one file for each family of statements says what
//! it means.

mod deploy;
mod gate;
mod item;
mod live;
mod matcher;
mod mentions;
mod require;
mod scenario;
mod supply;
mod target;
mod top;
mod value;

pub(crate) use item::Item;
pub(crate) use value::Value;

use super::lets::Lets;
use super::shape::{Keyword, Opens, Place, Times};
use super::{Common, Later, Mention, keywords};
use crate::diag::{Code, Finding, SourceMap, Span, words};
use crate::syntax::{Block, Statement};
use indexmap::IndexMap;

pub(crate) use top::{Found, spec};

/// What decoding carries along.
pub(crate) struct Decoder<'a> {
    pub(crate) sources: &'a SourceMap,
    pub(crate) lets: Lets,
    pub(crate) findings: Vec<Finding>,
    /// Statements without output yet.
    pub(crate) later: Vec<Later>,
    /// Names in statements that have no field of their own.
    pub(crate) mentions: Vec<Mention>,
    /// Named targets.
    targets: IndexMap<String, target::NamedTarget>,
    /// A `use` or a named target failed: a name that nobody has may be one of its.
    pub(crate) names_missing: bool,
    /// Inside such a statement: what is nested there does not count again.
    inside_later: bool,
}

impl<'a> Decoder<'a> {
    /// A decoder without `let`s.
    pub(crate) fn new(sources: &'a SourceMap) -> Self {
        Self {
            sources,
            lets: Lets::default(),
            findings: Vec::new(),
            later: Vec::new(),
            mentions: Vec::new(),
            targets: IndexMap::new(),
            names_missing: false,
            inside_later: false,
        }
    }

    /// The statements of a block, each looked up, matched, and counted.
    pub(crate) fn items<'t>(
        &mut self,
        statements: impl IntoIterator<Item = &'t Statement>,
        place: Place,
    ) -> Vec<Item<'t>> {
        let mut items = Vec::new();
        let mut seen = IndexMap::new();
        for statement in statements {
            let Some(keyword) = self.keyword(statement, place) else { continue };
            let known = self.findings.len();
            let matched = matcher::matched(self, keyword, statement);
            let item = Item::new(keyword, statement, matched);
            if let Some(again) = counted(&item, &mut seen) {
                self.findings.truncate(known);
                self.findings.push(again);
                continue;
            }
            self.block_fits(&item);
            self.mentions.extend(mentions::of(&item, place));
            if !keyword.later.is_empty() {
                self.later(keyword.word, statement.head, keyword.later);
            }
            items.push(item);
        }
        items
    }

    /// The statements of a block, and whether everything is there that the block needs.
    pub(crate) fn complete<'t>(&mut self, item: &Item<'t>, place: Place) -> Vec<Item<'t>> {
        let Some(block) = item.block() else { return Vec::new() };
        let items = self.items(&block.statements, place);
        self.required(item, &items, &block.statements, place);
        items
    }

    fn required(&mut self, item: &Item<'_>, items: &[Item<'_>], all: &[Statement], place: Place) {
        if item.statement.damaged {
            return;
        }
        for keyword in keywords::within(place).filter(|k| k.required) {
            let misspelt = |s: &Statement| words::nearest(&s.word, [keyword.word]).is_some();
            if items.iter().any(|i| i.word() == keyword.word) || all.iter().any(misspelt) {
                continue;
            }
            self.findings.push(missing_statement(item.statement.head, keyword));
        }
    }

    fn keyword(&mut self, statement: &Statement, place: Place) -> Option<&'static Keyword> {
        let word = &statement.word;
        if let Some(keyword) = keywords::find(place, word) {
            return Some(keyword);
        }
        let places = keywords::places(word);
        let finding = if places.is_empty() {
            let finding = Finding::at(
                Code::UNKNOWN_WORD,
                word.span,
                format!("there is no `{}` {}", word.node, place.describe()),
            );
            let here: Vec<&str> = keywords::within(place).map(|k| k.word).collect();
            match words::nearest(word, here.iter().copied()) {
                Some(near) => {
                    let certain = words::certain(word, here.iter().copied()).is_some();
                    finding.did_you_mean(near, word.span, certain)
                }
                None => finding.help(format!("what may stand here: {}", words::or_list(&unique(here)))),
            }
        } else {
            let names: Vec<&str> = places.iter().map(|p| p.describe()).collect();
            Finding::at(
                Code::WRONG_PLACE,
                word.span,
                format!("`{}` may not stand {}", word.node, place.describe()),
            )
            .help(format!("it stands {}", plain_or(&names)))
        };
        self.findings.push(finding);
        None
    }

    fn block_fits(&mut self, item: &Item<'_>) {
        let word = item.word();
        let statement = item.statement;
        match (item.keyword.opens, &statement.block) {
            (Opens::Must(_), None) if !statement.damaged => self.findings.push(
                Finding::at(Code::WRONG_BLOCK, statement.head, format!("`{word}` wants a block"))
                    .help(format!("an example: `{}`", item.keyword.example)),
            ),
            (Opens::Nothing, Some(block)) if !item.failed() => {
                let open = Span { end: block.span.start + 1, ..block.span };
                self.findings.push(
                    Finding::at(Code::WRONG_BLOCK, open, format!("`{word}` has no block"))
                        .help(format!("an example: `{}`", item.keyword.example)),
                );
            }
            _ => {}
        }
    }

    /// Checks everything below a statement that has no meaning of its own yet.
    pub(crate) fn check_below(&mut self, item: &Item<'_>) {
        let (Opens::Must(place) | Opens::May(place)) = item.keyword.opens else { return };
        let outer = std::mem::replace(&mut self.inside_later, true);
        for inner in self.complete(item, place) {
            self.check_below(&inner);
        }
        self.inside_later = outer;
    }

    /// Runs something inside a statement that counts as a whole.
    pub(crate) fn within_later<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.inside_later, true);
        let result = run(self);
        self.inside_later = outer;
        result
    }

    /// Notes a statement that has no output yet.
    pub(crate) fn later(&mut self, what: &str, span: Span, instead: &str) {
        if !self.inside_later {
            self.later.push(Later { what: what.to_owned(), span, instead: instead.to_owned() });
        }
    }

    /// Tells a value that breaks a rule of its own.
    pub(crate) fn bad_value(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.findings.push(Finding::at(Code::BAD_VALUE, span, message).help(help));
    }

    /// Environment, runner, secrets, time limit: what every job can carry. False when it is none of these.
    fn common(&mut self, common: &mut Common, item: &Item<'_>) -> bool {
        match item.word() {
            "env" => {
                if let (Some(name), Some(value)) = (item.text("name"), item.template("value")) {
                    common.env.insert(name.node, value);
                }
            }
            "workdir" => common.workdir = item.text("path"),
            "runner" => common.runner = item.text("name"),
            "secret" => common.secrets.extend(item.text("name")),
            "timeout" => common.timeout = item.duration("time"),
            _ => return false,
        }
        true
    }
}

/// The finding for a statement that stands there once too often; the first one counts.
fn counted(item: &Item<'_>, seen: &mut IndexMap<(&'static str, Vec<String>), Span>) -> Option<Finding> {
    let key = match item.keyword.times {
        Times::Many => return None,
        Times::Once => Vec::new(),
        Times::OncePer(_) if item.failed() => return None,
        Times::OncePer(captures) => captures.iter().map(|c| identity(item, c)).collect::<Vec<_>>(),
    };
    let shown = key.iter().filter(|k| !k.is_empty()).cloned().collect::<Vec<_>>().join(" ");
    let (word, head) = (item.word(), item.statement.head);
    let Some(first) = seen.get(&(word, key.clone())).copied() else {
        seen.insert((word, key), head);
        return None;
    };
    let finding = match item.keyword.times {
        Times::OncePer(["event", ..] | ["cloud"]) => {
            Finding::at(Code::GIVEN_TWICE, head, format!("`{word} {shown}` is given twice"))
                .help("write one statement with everything that belongs to it")
        }
        Times::OncePer(_) => {
            Finding::at(Code::NAME_TWICE, head, format!("there are two statements `{word} {shown}`"))
                .help("give one of them another name, or take it out")
        }
        _ => Finding::at(Code::GIVEN_TWICE, head, format!("`{word}` is given twice"))
            .help("it may stand once here: take one of them out"),
    };
    Some(finding.also(first, "it stands here already"))
}

/// A part of what tells a statement from others of its kind.
fn identity(item: &Item<'_>, capture: &'static str) -> String {
    let said = item.text_of(capture);
    // A schedule without a zone is one in UTC.
    let unsaid = capture == "timezone" && said.is_empty() && item.text_of("event") == "schedule";
    if unsaid { "UTC".to_owned() } else { said }
}

/// The finding for a statement that a block cannot do without.
fn missing_statement(head: Span, keyword: &Keyword) -> Finding {
    Finding::at(Code::MISSING_STATEMENT, head, format!("`{}` is missing", keyword.word))
        .help(format!("write it into the block: `{}`", keyword.example))
}

/// `a, b or c` without quotes.
fn plain_or(items: &[&str]) -> String {
    match items.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        Some((last, _)) => (*last).to_owned(),
        None => String::new(),
    }
}

fn unique(mut words: Vec<&str>) -> Vec<&str> {
    let mut seen = Vec::new();
    words.retain(|w| {
        let new = !seen.contains(w);
        seen.push(*w);
        new
    });
    words
}

/// The statements of a block, or none.
pub(crate) fn statements(block: Option<&Block>) -> &[Statement] {
    block.map_or(&[], |b| &b.statements)
}
