//! What is wrong with a spec, as diagnostics: everything that reading, checking, planning, lint and the limits of the
//! platforms say. Nothing is printed for it, so that it is quick enough for every keystroke.

use super::documents::Documents;
use super::protocol::{Diagnostic, Location, Related, TextEdit};
use super::text::Lines;
use crate::diag::{Code, Edit, FileId, Finding, Fix, Severity, SourceMap, Span};
use crate::lint;
use crate::project::{ConfigFrom, Others, Project, Settings};
use camino::{Utf8Path, Utf8PathBuf};
use std::collections::BTreeMap;
use std::rc::Rc;

/// One diagnostic, and the file that it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Told {
    /// Absolute.
    pub(super) path: Utf8PathBuf,
    pub(super) diagnostic: Diagnostic,
    pub(super) fix: Option<Offer>,
    /// The name of the rule, where a comment may allow the finding, and the byte that it speaks of.
    pub(super) allow: Option<(&'static str, usize)>,
}

/// What a fix would do.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Offer {
    pub(super) title: String,
    /// It can be done unseen.
    pub(super) safe: bool,
    /// By absolute path.
    pub(super) edits: Vec<(Utf8PathBuf, TextEdit)>,
}

/// What is known of a spec.
pub(super) struct Analysis {
    /// The spec that was looked at, and the others of its root as far as names go.
    pub(super) project: Project,
    pub(super) told: Vec<Told>,
}

/// What only a printed file shows, and a comment may allow. Nothing is printed here, so nobody knows whether that is needed.
const PRINTED: [&Code; 1] = [Code::JENKINSFILE_LONG];

/// Looks at a spec of a root, whose specs are `all`; paths are below the root.
pub(super) fn analyse(
    documents: &Documents,
    root: &Utf8Path,
    all: &[Utf8PathBuf],
    spec: &Utf8PathBuf,
) -> Rc<Analysis> {
    let settings = Settings::now(ConfigFrom::Root);
    let selected = std::slice::from_ref(spec);
    let mut project = Project::load_from(documents, root, all, selected, Others::Read, &settings);
    project.limits();
    lint::add(&mut project);
    let printed = |f: &Finding| {
        let rule = f.span.map(|s| project.sources.text(s)).unwrap_or_default();
        f.code == Code::ALLOW_UNUSED && PRINTED.iter().any(|c| c.name == rule || c.id == rule)
    };
    project.findings.retain(|f| !printed(f));
    let mut places = Places::new(documents, &project);
    let told = project.findings.iter().map(|f| places.told(f, spec)).collect();
    Rc::new(Analysis { project, told })
}

/// Findings to diagnostics.
struct Places<'a> {
    documents: &'a Documents,
    project: &'a Project,
    lines: BTreeMap<FileId, Lines>,
}

impl<'a> Places<'a> {
    fn new(documents: &'a Documents, project: &'a Project) -> Self {
        Self { documents, project, lines: BTreeMap::new() }
    }

    fn told(&mut self, finding: &Finding, spec: &Utf8Path) -> Told {
        let (path, range) = match finding.span {
            Some(span) => (self.path(span.file), self.range(span)),
            None => (self.project.root.join(spec), super::protocol::Range::default()),
        };
        let mut message = finding.message.clone();
        if let Some(label) = &finding.label {
            message.push_str(&format!(" ({label})"));
        }
        if let Some(help) = &finding.help {
            message.push_str(&format!("\nhelp: {help}"));
        }
        let related = finding.related.iter().map(|label| Related {
            location: Location {
                uri: self.documents.uri(&self.path(label.span.file)),
                range: self.range(label.span),
            },
            message: label.text.clone(),
        });
        let related_information = related.collect();
        let guess = guess(finding, &self.project.sources);
        let fix = match (&finding.fix, guess) {
            (Some(fix), _) => Some(self.offer(fix, true)),
            (None, guess) => guess.map(|fix| self.offer(&fix, false)),
        };
        let severity = match finding.severity {
            Severity::Error => 1,
            Severity::Warning => 2,
            Severity::Note => 3,
        };
        let diagnostic = Diagnostic {
            range,
            severity,
            code: finding.code.id,
            source: "mlpipe",
            message,
            related_information,
        };
        Told { path, diagnostic, fix, allow: allowed(finding) }
    }

    fn offer(&mut self, fix: &Fix, safe: bool) -> Offer {
        let edit = |e: &Edit| {
            let new_text = e.text.clone();
            (self.path(e.span.file), TextEdit { range: self.range(e.span), new_text })
        };
        Offer { title: fix.title.clone(), safe, edits: fix.edits.iter().map(edit).collect() }
    }

    fn path(&self, file: FileId) -> Utf8PathBuf {
        self.project.root.join(self.project.sources.path(file))
    }

    fn range(&mut self, span: Span) -> super::protocol::Range {
        let text = &self.project.sources.file(span.file).text;
        let path = self.project.root.join(self.project.sources.path(span.file));
        let documents = self.documents;
        self.lines.entry(span.file).or_insert_with(|| documents.lines(&path, text)).span(text, span)
    }
}

/// The word that a finding takes to be meant, as a change that a person looks at.
fn guess(finding: &Finding, sources: &SourceMap) -> Option<Fix> {
    let meant = finding.help.as_deref()?.strip_prefix("did you mean `")?.strip_suffix("`?")?;
    let span = finding.span?;
    let plain = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
    };
    let edits = vec![Edit { span, text: meant.to_owned() }];
    (plain(meant) && plain(sources.text(span))).then(|| Fix { title: format!("write `{meant}`"), edits })
}

/// Errors cannot be allowed, and what is said of such comments neither.
fn allowed(finding: &Finding) -> Option<(&'static str, usize)> {
    let about_comments = finding.code.id.starts_with("MLP79");
    let may = finding.code.severity != Severity::Error && !about_comments;
    finding.span.filter(|_| may).map(|span| (finding.code.name, span.start as usize))
}
