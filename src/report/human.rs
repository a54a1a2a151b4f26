//! Findings on a terminal, with the place in the spec.

use super::Group;
use super::window::Window;
use crate::diag::{FileId, Finding, Severity, Span, plain, plain_line, words};
use camino::Utf8Path;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// How findings look.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Colours and lines; otherwise plain text for pipes and logs.
    pub fancy: bool,
    /// Characters of a line.
    pub width: usize,
    /// So many findings are shown, the worst first to be chosen, and the others counted.
    pub limit: usize,
}

/// Renders findings, each with its place in the spec.
pub fn findings(groups: &[Group<'_>], look: Look) -> String {
    let theme = if look.fancy { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    // Only at spaces: a path or a command that is broken at a hyphen cannot be copied.
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .with_width(look.width)
        .with_cause_chain()
        .with_break_words(false)
        .with_word_separator(textwrap::WordSeparator::AsciiSpace)
        .with_word_splitter(textwrap::WordSplitter::NoHyphenation);
    let all: Vec<(&Group<'_>, &Finding)> =
        groups.iter().flat_map(|g| g.findings.iter().map(move |f| (g, f))).collect();
    let shown = chosen(&all, look.limit);
    let texts = texts(shown.iter().map(|i| all[*i]));
    let mut out = String::new();
    for (i, (group, f)) in shown.iter().map(|i| all[*i]).enumerate() {
        if i > 0 {
            out.push('\n');
        }
        let source = f.span.and_then(|s| {
            let text = texts.get(&(group.base, s.file))?;
            Some(Window::new(group.sources.file(s.file), text, &group.path(s)))
        });
        let shown = Shown { finding: f, base: group.base, source };
        if handler.render_report(&mut out, &shown).is_err() {
            out.push_str(&format!("{}: {}\n", f.code.id, f.message));
        }
    }
    if shown.len() < all.len() {
        let kept: BTreeSet<usize> = shown.into_iter().collect();
        let rest = (0..all.len()).filter(|i| !kept.contains(i)).map(|i| all[i].1);
        out.push_str(&counted(rest));
    }
    out
}

/// The texts of the files that findings are in, as they are shown.
fn texts<'a>(
    findings: impl Iterator<Item = (&'a Group<'a>, &'a Finding)>,
) -> BTreeMap<(&'a Utf8Path, FileId), Cow<'a, str>> {
    let mut all = BTreeMap::new();
    for (group, span) in findings.filter_map(|(group, f)| Some((group, f.span?))) {
        let file = group.sources.file(span.file);
        all.entry((group.base, span.file)).or_insert_with(|| plain(&file.text));
    }
    all
}

/// Which findings are shown, in their order: where there are too many, the worst.
fn chosen(all: &[(&Group<'_>, &Finding)], limit: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..all.len()).collect();
    if all.len() > limit {
        order.sort_by_key(|i| all[*i].1.severity);
        order.truncate(limit);
        order.sort_unstable();
    }
    order
}

/// `… and 3 more findings: 2 cron-on-the-hour, 1 secret-unused`, the most frequent first.
fn counted<'a>(rest: impl Iterator<Item = &'a Finding>) -> String {
    let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
    let mut count = 0;
    for f in rest {
        *by_name.entry(f.code.name).or_default() += 1;
        count += 1;
    }
    let mut names: Vec<(&str, usize)> = by_name.into_iter().collect();
    names.sort_by_key(|(name, n)| (std::cmp::Reverse(*n), *name));
    let names: Vec<String> = names.iter().map(|(name, n)| format!("{n} {name}")).collect();
    format!("\n… and {}: {}\n", words::count(count, "more finding"), names.join(", "))
}

/// `2 errors, 1 warning`.
pub fn summary(findings: &[&Finding]) -> String {
    let count = |s: Severity, noun: &str| {
        let n = findings.iter().filter(|f| f.severity == s).count();
        (n > 0).then(|| words::count(n, noun))
    };
    [count(Severity::Error, "error"), count(Severity::Warning, "warning"), count(Severity::Note, "note")]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ")
}

/// So many characters of a sentence are shown on each side of what is left out.
const SIDE: usize = 300;

/// A sentence as it is shown: what it quotes from a spec says nothing to the terminal, and does not fill pages.
fn sentence(text: &str) -> Cow<'_, str> {
    let end = text.char_indices().nth(SIDE).map(|(at, _)| at);
    let start = text.char_indices().nth_back(SIDE).map(|(at, _)| at);
    match (end, start) {
        (Some(end), Some(start)) if start > 2 * end => {
            Cow::Owned(format!("{} … {}", plain(&text[..end]), plain(&text[start..])))
        }
        _ => plain(text),
    }
}

struct Shown<'a> {
    finding: &'a Finding,
    base: &'a Utf8Path,
    source: Option<Window<'a>>,
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&sentence(&self.finding.message))
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = sentence(&self.finding.message);
        match &self.finding.path {
            Some(path) if self.finding.span.is_none() => {
                write!(f, "{}: {message}", plain_line(self.base.join(path).as_str()))
            }
            _ => f.write_str(&message),
        }
    }
}

impl std::error::Error for Shown<'_> {}

impl miette::Diagnostic for Shown<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        Some(Box::new(format!("{} {}", self.finding.code.id, self.finding.code.name)))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.finding.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Note => miette::Severity::Advice,
        })
    }

    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        self.finding.help.as_ref().map(|h| Box::new(sentence(h)) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|s| s as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let primary = self.finding.span?;
        let window = self.source.as_ref()?;
        let length = |span: Span| window.marked(span);
        let text = self.finding.label.as_deref().unwrap_or("here");
        let first = LabeledSpan::new_primary_with_span(
            Some(plain(text).into_owned()),
            (primary.start as usize, length(primary)),
        );
        // A place in another file cannot be drawn in this one's window; the message names it.
        let rest = self
            .finding
            .related
            .iter()
            .filter(move |l| l.span.file == primary.file && window.together(primary, l.span))
            .map(move |l| {
                LabeledSpan::new(Some(plain(&l.text).into_owned()), l.span.start as usize, length(l.span))
            });
        Some(Box::new(std::iter::once(first).chain(rest)))
    }
}
