//! Pairs of the grammar to tree.

use super::{Arg, ArgKind, Block, Parsed, PathPart, Rule, Statement, Text, fault, strings};
use crate::diag::{Code, FileId, Finding, Span, Spanned};
use pest::iterators::{Pair, Pairs};

/// Builds the tree of one piece of a file that starts at byte `base`.
pub(super) struct Builder<'a> {
    pub(super) file: FileId,
    pub(super) base: usize,
    /// The whole file.
    pub(super) text: &'a str,
    pub(super) out: &'a mut Parsed,
}

impl Builder<'_> {
    /// Adds what a whole piece holds.
    pub(super) fn file(&mut self, pairs: Pairs<'_, Rule>) {
        let mut statements = Vec::new();
        for pair in pairs.flat_map(Pair::into_inner) {
            match pair.as_rule() {
                Rule::statement => statements.push(self.statement(pair)),
                Rule::fault => self.fault(pair, "a keyword", statements.last_mut()),
                Rule::stray_close => {
                    let span = self.span(&pair);
                    self.add(
                        Finding::at(Code::STRAY_BRACE, span, "this `}` closes nothing")
                            .help("take it out, or look above for a block that was closed too early"),
                    );
                }
                _ => {}
            }
        }
        self.out.tree.statements.append(&mut statements);
    }

    fn statement(&mut self, pair: Pair<'_, Rule>) -> Statement {
        let faults_before = self.out.findings.len();
        let mut word = Spanned::default();
        let mut args = Vec::new();
        let mut block = None;
        let mut junk = None;
        let mut faults_of_block = 0;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::word => word = Spanned::new(part.as_str().to_owned(), self.span(&part)),
                Rule::arguments => args = part.into_inner().map(|a| self.argument(a)).collect(),
                Rule::block => {
                    let before = self.out.findings.len();
                    block = Some(self.block(part, &word.node));
                    faults_of_block = self.out.findings.len() - before;
                }
                _ => junk = Some(part),
            }
        }
        let head = args.last().map_or(word.span, |a: &Arg| word.span.to(a.span));
        let mut span = block.as_ref().map_or(head, |b: &Block| head.to(b.span));
        let mut damaged = self.out.findings.len() - faults_before > faults_of_block;
        if let Some(junk) = junk {
            span = span.to(self.trimmed(&junk));
            let expected = fault::behind(&args, block.is_some());
            let late_block = self.junk(junk, !damaged, &expected, &word.node);
            block = block.or(late_block);
            damaged = true;
        }
        Statement { word, args, block, head, span, damaged }
    }

    /// A line that does not begin with a keyword. A block that stands there belongs to the statement before it, if
    /// that has none.
    fn fault(&mut self, pair: Pair<'_, Rule>, expected: &str, before: Option<&mut Statement>) {
        let at = self.span(&pair);
        let opens = self.text.as_bytes().get(at.start as usize) == Some(&b'{');
        let owner = before.filter(|s| opens && s.block.is_none() && !s.damaged);
        if let Some(owner) = &owner {
            let head = &self.text[owner.head.start as usize..owner.head.end as usize];
            let open = Span { end: at.start + 1, ..at };
            self.add(
                Finding::at(Code::SYNTAX, open, "a `{` stands on the line of its keyword")
                    .help(format!("write it behind `{}`", head.lines().next().unwrap_or_default())),
            );
        }
        let mut block = None;
        for junk in pair.into_inner() {
            let found = self.junk(junk, owner.is_none(), expected, "");
            block = block.or(found);
        }
        if let Some(owner) = owner {
            owner.span = block.as_ref().map_or(owner.span, |b| owner.span.to(b.span));
            owner.block = block;
        }
    }

    /// Tells one finding for the whole of the junk, and what its blocks have to tell. Gives the first block.
    fn junk(&mut self, pair: Pair<'_, Rule>, tell: bool, expected: &str, word: &str) -> Option<Block> {
        let span = self.trimmed(&pair);
        let mut block = None;
        let mut told = !tell;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::block => {
                    if !told && block.is_none() {
                        told = true;
                        self.add(fault::stray_open(self.span(&part)));
                    }
                    let inner = self.block(part, word);
                    block = block.or(Some(inner));
                }
                _ => {
                    let at = self.trimmed(&part);
                    let open = part.into_inner().find_map(|s| self.open_string(s));
                    if !told {
                        told = true;
                        let finding = open.unwrap_or_else(|| fault::unexpected(self.text, at, expected));
                        self.add(finding);
                    }
                }
            }
        }
        if !told {
            self.add(fault::unexpected(self.text, span, expected));
        }
        block
    }

    fn block(&mut self, pair: Pair<'_, Rule>, opener: &str) -> Block {
        let span = self.trimmed(&pair);
        let faults_before = self.out.findings.len();
        let mut statements = Vec::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::statement => statements.push(self.statement(part)),
                Rule::fault => self.fault(part, "a keyword or `}`", statements.last_mut()),
                Rule::missing_close => self.missing_close(span, opener, faults_before),
                _ => {}
            }
        }
        Block { statements, span }
    }

    /// Tells that a block does not end, unless a string without an end has eaten the brace.
    fn missing_close(&mut self, block: Span, opener: &str, faults_before: usize) {
        let told = &self.out.findings[faults_before..];
        if told.iter().any(|f| f.code == Code::UNCLOSED_STRING || f.code == Code::UNCLOSED_BLOCK) {
            return;
        }
        let open = Span { end: block.start + 1, ..block };
        let whose = if opener.is_empty() { String::new() } else { format!(" of `{opener}`") };
        self.add(
            Finding::at(Code::UNCLOSED_BLOCK, open, format!("the block{whose} is not closed"))
                .help("write the `}` that belongs to this `{`"),
        );
    }

    fn argument(&mut self, pair: Pair<'_, Rule>) -> Arg {
        let span = self.trimmed(&pair);
        let kind = match pair.as_rule() {
            Rule::comma => ArgKind::Comma,
            Rule::operator => ArgKind::Operator(pair.as_str().to_owned()),
            Rule::quantity => quantity(pair),
            Rule::raw_block => self.raw_block(pair),
            _ => self.path(pair),
        };
        Arg { kind, span }
    }

    fn raw_block(&mut self, pair: Pair<'_, Rule>) -> ArgKind {
        if let Some(finding) = self.open_string(pair.clone()) {
            self.add(finding);
        }
        ArgKind::Raw(pair.into_inner().next().map(|t| strings::raw(t.as_str())).unwrap_or_default())
    }

    fn path(&mut self, pair: Pair<'_, Rule>) -> ArgKind {
        let mut parts = Vec::new();
        let mut only_text = None;
        for part in pair.into_inner() {
            if part.as_rule() == Rule::name {
                parts.push(PathPart { text: part.as_str().to_owned(), quoted: false });
                continue;
            }
            let text = self.string(part);
            parts.push(PathPart { text: text.verbatim.clone(), quoted: true });
            only_text = Some(text);
        }
        match only_text {
            Some(text) if parts.len() == 1 => ArgKind::Text(text),
            _ => ArgKind::Path(parts),
        }
    }

    fn string(&mut self, pair: Pair<'_, Rule>) -> Text {
        if let Some(finding) = self.open_string(pair.clone()) {
            self.add(finding);
            return Text::default();
        }
        let Some(inside) = pair.into_inner().next().and_then(|closed| closed.into_inner().next()) else {
            return Text::default();
        };
        strings::text(self.file, inside.as_str(), self.span(&inside).start as usize, &mut self.out.findings)
    }

    /// The finding for a string or a raw block that does not end.
    fn open_string(&self, pair: Pair<'_, Rule>) -> Option<Finding> {
        let span = self.trimmed(&pair);
        let is_raw = pair.as_rule() == Rule::raw_block;
        pair.into_inner().find(|p| matches!(p.as_rule(), Rule::open_string | Rule::missing_quote))?;
        Some(if is_raw {
            let open = Span { end: span.start + 3, ..span };
            Finding::at(Code::UNCLOSED_STRING, open, "this raw text is not closed")
                .help("write `\"\"\"` behind its last line")
        } else {
            Finding::at(Code::UNCLOSED_STRING, span, "this string is not closed on its line")
                .help("write the closing `\"`; a text of several lines stands between `\"\"\"` and `\"\"\"`")
        })
    }

    fn add(&mut self, finding: Finding) {
        self.out.findings.push(finding);
    }

    fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        Span::new(self.file, self.base + span.start(), self.base + span.end())
    }

    /// The span without the white space and comments behind it.
    fn trimmed(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        let length = span.as_str().trim_end().len();
        Span::new(self.file, self.base + span.start(), self.base + span.start() + length)
    }
}

fn quantity(pair: Pair<'_, Rule>) -> ArgKind {
    let mut number = String::new();
    let mut unit = String::new();
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::number => number.push_str(part.as_str()),
            _ => unit.push_str(part.as_str()),
        }
    }
    ArgKind::Quantity { number, unit }
}
