//! The findings of one root, and where each of them is.

use crate::diag::{Finding, LineCol, SourceMap, Span};
use crate::project::{Allowed, Project};
use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The findings of one root, what they speak of, and the way from the current folder to it.
#[derive(Clone, Copy)]
pub struct Group<'a> {
    /// What is told.
    pub findings: &'a [Finding],
    /// What comments allow.
    pub allowed: &'a [Allowed],
    /// The files that places are in.
    pub sources: &'a SourceMap,
    /// Leads from the current folder to the root.
    pub base: &'a Utf8Path,
}

impl<'a> Group<'a> {
    /// The group of a project.
    pub fn of(project: &'a Project, base: &'a Utf8Path) -> Self {
        Self { findings: &project.findings, allowed: &project.allowed, sources: &project.sources, base }
    }

    /// A path below the root as the user would type it, with `/`.
    pub(super) fn shown(&self, path: &Utf8Path) -> String {
        self.base.join(path).into_string().replace('\\', "/")
    }

    /// The path of the file that a place is in.
    pub(super) fn path(&self, span: Span) -> String {
        self.shown(self.sources.path(span.file))
    }

    /// The path of the file that a finding speaks of, if it speaks of one.
    pub(super) fn file_of(&self, finding: &Finding) -> Option<String> {
        finding.span.map(|s| self.path(s)).or_else(|| finding.path.as_ref().map(|p| self.shown(p.as_ref())))
    }

    /// The lines of a finding, from 1; the first line of its file where it speaks of no place in it.
    pub(super) fn lines(&self, finding: &Finding) -> (u32, u32) {
        finding.span.map_or((1, 1), |s| (self.sources.start(s).line, self.last(s).line))
    }

    /// Line and column just behind the last character of a place; of the line before, where only its line break is behind it.
    pub(super) fn last(&self, span: Span) -> LineCol {
        let (start, end) = (self.sources.start(span), self.sources.end(span));
        if end.column == 1 && end.line > start.line {
            return self.sources.end(Span { end: span.end - 1, ..span });
        }
        end
    }
}

/// Says of each finding who it is, whatever line it has moved to: its code, its file, its sentence and the text of its lines;
/// and the number of those before it that are the same in all that.
#[derive(Default)]
pub(super) struct Fingerprints {
    seen: BTreeMap<String, usize>,
}

impl Fingerprints {
    /// 64 hexadecimal digits, another for each finding of a run.
    pub(super) fn of(&mut self, group: &Group<'_>, finding: &Finding) -> String {
        let text = finding.span.map_or("", |s| lines_of(group.sources, s));
        let words: Vec<&str> = text.split_whitespace().collect();
        let file = group.file_of(finding).unwrap_or_default();
        let what = [finding.code.id, &file, &finding.message, &words.join(" ")].join("\n");
        let before = self.seen.entry(what.clone()).or_default();
        let digest = Sha256::digest(format!("{what}\n{before}"));
        *before += 1;
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The first line of a place, whole. What is further down in its block is not what the finding hangs on.
fn lines_of(sources: &SourceMap, span: Span) -> &str {
    let text = &sources.file(span.file).text;
    let at = (span.start as usize).min(text.len());
    let start = text[..at].rfind('\n').map_or(0, |n| n + 1);
    let end = text[at..].find('\n').map_or(text.len(), |n| at + n);
    &text[start..end]
}

/// All groups' paths to their roots.
pub fn bases(projects: &[Project], from_here: impl Fn(&Utf8Path) -> Utf8PathBuf) -> Vec<Utf8PathBuf> {
    projects.iter().map(|p| from_here(&p.root)).collect()
}
