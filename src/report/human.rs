//! Findings on a terminal, with the place in the spec.

use crate::diag::{Finding, Severity, SourceMap, Span, words};
use camino::Utf8Path;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};
use std::fmt;

/// More findings than this are counted, not shown: rendering one costs time in the size of its file.
const SHOWN: usize = 100;

/// Renders findings. `fancy` draws colours and lines; otherwise plain ASCII-safe text for pipes and logs.
///
/// `base` leads from the current folder to the root that the paths are below.
pub fn findings(
    findings: &[Finding],
    sources: &SourceMap,
    base: &Utf8Path,
    fancy: bool,
    width: usize,
) -> String {
    let theme = if fancy { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler =
        GraphicalReportHandler::new_themed(theme).with_links(false).with_width(width).with_cause_chain();
    let mut out = String::new();
    for (i, f) in findings.iter().take(SHOWN).enumerate() {
        if i > 0 {
            out.push('\n');
        }
        let shown = Shown { finding: f, base, source: f.span.map(|s| named(sources, base, s)) };
        if handler.render_report(&mut out, &shown).is_err() {
            out.push_str(&format!("{}: {}\n", f.code.id, f.message));
        }
    }
    if findings.len() > SHOWN {
        out.push_str(&format!("… and {} more\n", words::count(findings.len() - SHOWN, "finding")));
    }
    out
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

fn named(sources: &SourceMap, base: &Utf8Path, span: Span) -> NamedSource<String> {
    let file = sources.file(span.file);
    NamedSource::new(base.join(&file.path).as_str(), file.text.clone())
}

struct Shown<'a> {
    finding: &'a Finding,
    base: &'a Utf8Path,
    source: Option<NamedSource<String>>,
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.finding.message)
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.finding.path {
            Some(path) if self.finding.span.is_none() => {
                write!(f, "{}: {}", self.base.join(path), self.finding.message)
            }
            _ => f.write_str(&self.finding.message),
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
        self.finding.help.as_ref().map(|h| Box::new(h) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|s| s as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let primary = self.finding.span?;
        let label = |span: Span, text: Option<String>| {
            LabeledSpan::new(text, span.start as usize, (span.end.saturating_sub(span.start)).max(1) as usize)
        };
        let first = LabeledSpan::new_primary_with_span(
            self.finding.label.clone().or_else(|| Some("here".to_owned())),
            (primary.start as usize, (primary.end.saturating_sub(primary.start)).max(1) as usize),
        );
        // A place in another file cannot be drawn in this one's window; the message names it.
        let rest = self
            .finding
            .related
            .iter()
            .filter(move |l| l.span.file == primary.file)
            .map(move |l| label(l.span, Some(l.text.clone())));
        Some(Box::new(std::iter::once(first).chain(rest)))
    }
}
