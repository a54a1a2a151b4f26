//! Comments that allow a finding: `# mlpipe: allow(rule-name) reason until 2027-01-31`.
//!
//! They are read here, beside the spec. Whether one holds on a day, and whether anything needed it, is the matter of whoever
//! collects the findings of all phases.

use crate::diag::{self, Code, Date, FileId, Finding, Severity, Span, Spanned, words};
use crate::syntax::{Comment, Statement, Tree};

/// What a comment of ours begins with, behind the `#`.
const PREFIX: &str = "mlpipe:";

/// Words that somebody may write who means `allow`.
const MEANT: [&str; 5] = ["allow", "ignore", "disable", "noqa", "suppress"];

/// A comment that allows findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    /// The comment.
    pub span: Span,
    /// What it holds for: statements with their blocks, or the whole file.
    pub scope: Span,
    /// It holds for the whole file, so also for findings without a place in it.
    pub whole_file: bool,
    /// What it allows, each at its place; never an error.
    pub rules: Vec<Spanned<&'static Code>>,
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub until: Option<Spanned<Date>>,
    /// All names that it lists, known or not.
    names: Vec<Span>,
    /// Nothing else stands on its line.
    alone: bool,
}

impl Allow {
    /// Does it hold for a finding? `path` is the path of its file, and the day is not looked at.
    pub fn covers(&self, finding: &Finding, path: &str) -> bool {
        let here = match finding.span {
            Some(span) => self.scope.contains(span),
            None => self.whole_file && finding.path.as_deref() == Some(path),
        };
        here && self.rules.iter().any(|r| r.node == finding.code)
    }

    /// The same comment, all its places moved.
    #[must_use]
    pub fn moved(mut self, to: impl Fn(Span) -> Span) -> Self {
        let rules = self.rules.iter_mut().map(|r| &mut r.span);
        let until = self.until.iter_mut().map(|u| &mut u.span);
        let all = rules.chain(until).chain(&mut self.names).chain([&mut self.span, &mut self.scope]);
        all.for_each(|span| *span = to(*span));
        self
    }

    /// True on the days behind its last one.
    pub fn expired(&self, today: Option<Date>) -> bool {
        matches!((&self.until, today), (Some(until), Some(today)) if until.node < today)
    }

    /// What to take out of the text so that one rule is allowed no more: its name, or, where there is no other, the comment
    /// with its line or with the space before it.
    pub fn without(&self, rule: Span, text: &str) -> Span {
        if let Some(i) = self.names.iter().position(|n| *n == rule).filter(|_| self.names.len() > 1) {
            return match self.names.get(i + 1) {
                Some(next) => Span { end: next.start, ..rule },
                None => Span { start: self.names[i - 1].end, ..rule },
            };
        }
        let before = &text[..self.span.start as usize];
        let start = before.trim_end_matches([' ', '\t']).len() as u32;
        let line_end =
            text[self.span.end as usize..].find('\n').map_or(text.len(), |n| self.span.end as usize + n);
        if self.alone {
            return Span { start, end: (line_end + 1).min(text.len()) as u32, ..self.span };
        }
        Span { start, ..self.span }
    }
}

/// The comments of one file that allow something, and what is wrong with those that were meant to.
pub(super) fn decode(file: FileId, tree: &Tree, text: &str) -> (Vec<Allow>, Vec<Finding>) {
    let mut allows = Vec::new();
    let mut findings = Vec::new();
    for comment in &tree.comments {
        let Some(body) = directive(comment) else { continue };
        let end = comment.span.start + 1 + comment.text.len() as u32;
        let span = Span { end, ..comment.span };
        let reader =
            Reader { file, tree, text, comment: span, alone: comment.alone, findings: &mut findings };
        allows.extend(reader.read(body));
    }
    (allows, findings)
}

/// Where the text behind `mlpipe:` starts in the file, for a comment that is one of ours. Other prose may begin so too.
fn directive(comment: &Comment) -> Option<usize> {
    let rest = comment.text.trim_start().strip_prefix(PREFIX)?;
    let word = first_word(rest.trim_start());
    let behind = rest.trim_start()[word.len()..].trim_start();
    let meant = MEANT.contains(&word) || words::nearest(word, ["allow"]).is_some() && !word.is_empty();
    (meant && (word == "allow" || behind.is_empty() || behind.starts_with(['(', '[', ':'])))
        .then(|| comment.span.start as usize + 1 + comment.text.len() - rest.trim_start().len())
}

fn first_word(text: &str) -> &str {
    &text[..text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len())]
}

struct Reader<'a> {
    file: FileId,
    tree: &'a Tree,
    text: &'a str,
    /// The comment without the white space at its end.
    comment: Span,
    /// Nothing else stands on its line.
    alone: bool,
    findings: &'a mut Vec<Finding>,
}

impl Reader<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    fn malformed(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.findings.push(Finding::at(Code::ALLOW_MALFORMED, span, message).help(help));
    }

    /// Reads what begins at a byte of the file.
    fn read(mut self, start: usize) -> Option<Allow> {
        let end = self.comment.end as usize;
        let body = &self.text[start..end];
        let word = first_word(body);
        let form = "write `# mlpipe: allow(rule-name) reason`";
        if word != "allow" {
            let span = self.span(start, start + word.len());
            self.malformed(span, format!("`{word}` allows nothing"), form);
            return None;
        }
        let open = start + word.len();
        let list = body[word.len()..].trim_start().strip_prefix('(').and_then(|l| l.split_once(')'));
        let Some((list, rest)) = list else {
            let span = self.span(start, end);
            self.malformed(span, "`allow` has no list of rules in `( )` behind it", form);
            return None;
        };
        let list_start = open + self.text[open..].find('(').unwrap_or_default() + 1;
        let (names, rules) = self.rules(list_start, list);
        if names.is_empty() {
            let span = self.span(list_start - 1, list_start + list.len() + 1);
            self.malformed(span, "`allow` names no rule", form);
            return None;
        }
        let (reason, until) = self.reason(end - rest.len(), rest)?;
        let (scope, whole_file) = self.scope()?;
        let (span, alone) = (self.comment, self.alone);
        (!rules.is_empty()).then_some(Allow { span, scope, whole_file, rules, reason, until, names, alone })
    }

    /// Places of all names of the list, and the rules among them.
    fn rules(&mut self, start: usize, list: &str) -> (Vec<Span>, Vec<Spanned<&'static Code>>) {
        let (mut names, mut rules) = (Vec::new(), Vec::<Spanned<&'static Code>>::new());
        let mut at = start;
        for part in list.split(',') {
            let name = part.trim();
            let begin = at + part.len() - part.trim_start().len();
            at += part.len() + 1;
            if name.is_empty() {
                continue;
            }
            let span = self.span(begin, begin + name.len());
            names.push(span);
            match diag::find(name) {
                None => self.unknown(name, span),
                Some(code) if code.severity == Severity::Error => self.error(code, span),
                Some(code) if is_about_allowing(code) => {
                    let message = format!("`{}` cannot be allowed by a comment", code.name);
                    self.malformed(span, message, "mend the comment that it speaks of, or take that one out");
                }
                Some(code) => rules.push(Spanned::new(code, span)),
            }
        }
        (names, rules)
    }

    fn unknown(&mut self, name: &str, span: Span) {
        let allowable =
            || diag::ALL.iter().filter(|c| c.severity != Severity::Error && !is_about_allowing(c));
        let near = words::nearest(name, allowable().map(|c| c.name));
        let finding = Finding::at(Code::ALLOW_UNKNOWN_RULE, span, format!("there is no rule `{name}`"));
        self.findings.push(match near {
            Some(near) => {
                let certain = words::certain(name, allowable().map(|c| c.name)).is_some();
                finding.did_you_mean(near, span, certain)
            }
            None => {
                finding.help("`mlpipe explain` lists every rule; a finding shows its name beside its code")
            }
        });
    }

    fn error(&mut self, code: &Code, span: Span) {
        let message = format!("`{}` is an error, and an error cannot be allowed", code.name);
        self.findings.push(Finding::at(Code::ALLOW_OF_ERROR, span, message).help(
            "nothing is written while the error stands: mend what it speaks of and take its name out here",
        ));
    }

    /// What stands behind the list: a reason, and perhaps a last day.
    fn reason(&mut self, start: usize, rest: &str) -> Option<(String, Option<Spanned<Date>>)> {
        let mut reason = rest.trim();
        let mut until = None;
        let last = reason.rfind(char::is_whitespace).map_or(0, |n| n + 1);
        let before = reason[..last].trim_end();
        let has_until = before == "until" || before.ends_with(" until") || before.ends_with("\tuntil");
        if has_until && reason[last..].contains(|c: char| c.is_ascii_digit()) {
            let at = start + (rest.len() - rest.trim_start().len()) + last;
            let span = self.span(at, at + reason.len() - last);
            let Some(date) = Date::parse(&reason[last..]) else {
                let message = format!("`{}` is no day", &reason[last..]);
                self.malformed(span, message, "write the last day on which it holds as `until 2027-01-31`");
                return None;
            };
            until = Some(Spanned::new(date, span));
            reason = before[..before.len() - "until".len()].trim_end();
        }
        let reason = reason.trim_start_matches([':', '-', '–', '—', ' ', '\t']);
        if !reason.contains(char::is_alphanumeric) {
            self.findings.push(
                Finding::at(
                    Code::ALLOW_WITHOUT_REASON,
                    self.comment,
                    "this allows a finding without a reason",
                )
                .help("say behind the `)` why it may stay, for whoever reads this next"),
            );
            return None;
        }
        Some((reason.to_owned(), until))
    }

    /// What the comment holds for, and whether that is the whole file.
    fn scope(&mut self) -> Option<(Span, bool)> {
        let at = self.comment.start;
        if !self.alone {
            let line = self.text[..at as usize].rfind('\n').map_or(0, |n| n as u32 + 1);
            let scope = on_line(&self.tree.statements, line, at);
            if scope.is_none() {
                let (span, help) =
                    (self.comment, "put it behind a statement, or alone on the line before one");
                self.malformed(span, "no statement stands on this line", help);
            }
            return Some((scope?, false));
        }
        match next(&self.tree.statements, at) {
            Some((statement, top)) => {
                let head = top && matches!(statement.word.node.as_str(), "mlpipe" | "pipeline");
                let whole = head || top && self.opens_a_library(statement);
                let all = self.span(0, self.text.len());
                Some(if whole { (all, true) } else { (statement.span, false) })
            }
            None => {
                let (span, help) = (self.comment, "put it on the line before the statement that it is about");
                self.malformed(span, "no statement follows this comment", help);
                None
            }
        }
    }

    /// At the top of a file without `pipeline`, what an empty line parts from the first statement is about the file.
    fn opens_a_library(&self, next: &Statement) -> bool {
        let first = self.tree.statements.first().is_some_and(|s| s.span == next.span);
        let library = !self.tree.statements.iter().any(|s| s.word.node == "pipeline");
        let between = &self.text[self.comment.end as usize..next.span.start as usize];
        let mut lines = between.split('\n');
        // The ends are the comment's own line and the statement's.
        let _ = (lines.next(), lines.next_back());
        first && library && lines.any(|l| l.trim().is_empty())
    }
}

/// Findings about comments that allow something are not allowed by such comments.
fn is_about_allowing(code: &Code) -> bool {
    code.name.starts_with("allow-")
}

/// The statements that begin on a line before a byte; where none does, the innermost one that reaches into it.
fn on_line(statements: &[Statement], line: u32, at: u32) -> Option<Span> {
    let starting = statements.iter().filter(|s| (line..at).contains(&s.span.start)).map(|s| s.span);
    if let Some(all) = starting.reduce(Span::to) {
        return Some(all);
    }
    let around = statements.iter().find(|s| s.span.start < line && s.span.end > line)?;
    let inner = around.block.as_ref().and_then(|b| on_line(&b.statements, line, at));
    Some(inner.unwrap_or(around.span))
}

/// The statement that follows a byte in the innermost block around it, and whether that is the file itself.
fn next(statements: &[Statement], at: u32) -> Option<(&Statement, bool)> {
    let inside =
        statements.iter().find_map(|s| s.block.as_ref().filter(|b| b.span.start < at && at < b.span.end));
    if let Some(block) = inside {
        return next(&block.statements, at).map(|(s, _)| (s, false));
    }
    statements.iter().find(|s| s.span.start > at).map(|s| (s, true))
}
