//! One finding, and the order in which findings are told.

use super::{Code, Span};
use serde::Serialize;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing is written while it stands; exit code 1.
    Error,
    /// Compiles, but will hurt; exit code stays 0.
    Warning,
    /// Something to do or to know outside the files.
    Note,
}

impl Severity {
    /// All of them, the worst first.
    pub const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Note];

    /// The word for it, in every output and in `mlpipe.toml`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }

    /// The severity of that word.
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }
}

/// A second place that belongs to a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there, in a few words.
    pub text: String,
}

/// A change of the text that takes a finding away and means the same otherwise: what `--fix` does and an editor offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as a command: "write `>=`".
    pub title: String,
    /// What stands where afterwards; no two of them overlap.
    pub edits: Vec<Edit>,
}

/// One place of a [`Fix`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is taken out; empty where something is only put in.
    pub span: Span,
    /// What is put in.
    pub text: String,
}

/// Something that mlpipe has to say about a spec or a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable code; `mlpipe explain CODE` prints its page.
    pub code: &'static Code,
    /// How bad it is: the code's own severity, or the one that `mlpipe.toml` gives it.
    pub severity: Severity,
    /// One sentence in the user's words: lower-case start, user text in backticks, no full stop.
    pub message: String,
    /// The place it speaks of; none when it speaks of a whole file or of the run.
    pub span: Option<Span>,
    /// Path to show when there is no span.
    pub path: Option<String>,
    /// What stands at the primary place, in a few words.
    pub label: Option<String>,
    /// Further places, each with a few words.
    pub related: Vec<Label>,
    /// What to write instead, or what to do.
    pub help: Option<String>,
    /// The same, done; only where it is safe without a person's look.
    pub fix: Option<Fix>,
}

impl Finding {
    /// A finding at a place.
    pub fn at(code: &'static Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity,
            message: message.into(),
            span: Some(span),
            path: None,
            label: None,
            related: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// A finding about a file as a whole.
    pub fn on_path(code: &'static Code, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity,
            message: message.into(),
            span: None,
            path: Some(path.into()),
            label: None,
            related: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// Adds the remedy.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the word that a misspelt one is near to; with the change done, where it is certain which word was meant.
    #[must_use]
    pub fn did_you_mean(self, near: &str, at: Span, certain: bool) -> Self {
        let told = self.help(format!("did you mean `{near}`?"));
        if certain { told.fix(format!("write `{near}`"), at, near) } else { told }
    }

    /// Adds the remedy as a change of one place.
    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, span: Span, text: impl Into<String>) -> Self {
        self.fix = Some(Fix { title: title.into(), edits: vec![Edit { span, text: text.into() }] });
        self
    }

    /// Says what stands at the primary place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.label = Some(text.into());
        self
    }

    /// Adds a second place.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Label { span, text: text.into() });
        self
    }

    /// Moves every place of it.
    pub fn places(&mut self, to: impl Fn(Span) -> Span) {
        let edits = self.fix.iter_mut().flat_map(|f| &mut f.edits).map(|e| &mut e.span);
        let all = self.span.iter_mut().chain(self.related.iter_mut().map(|l| &mut l.span)).chain(edits);
        all.for_each(|span| *span = to(*span));
    }

    /// True when nothing may be written while this finding stands.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Puts findings into the one order in which they are told (file, place, code, text) and drops repeats.
pub fn sort_and_dedup(findings: &mut Vec<Finding>) {
    findings.sort_by(|a, b| key(a).cmp(&key(b)));
    findings.dedup();
}

fn key(f: &Finding) -> (Option<Span>, Option<&str>, &str, &str) {
    (f.span, f.path.as_deref(), f.code.id, &f.message)
}
