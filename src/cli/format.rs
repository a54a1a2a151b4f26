//! `--format` of what reports findings.

use super::common::{Shell, from_here, groups};
use crate::diag::Severity;
use crate::project::Project;
use crate::report;

/// How findings are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For people
    Human,
    /// For machines; docs/findings-json.md says how to read it
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// A Code Quality report of GitLab
    Gitlab,
    /// JUnit XML, for Jenkins and others
    Junit,
}

impl Format {
    /// Prints the findings of projects to standard output, unless they are for people, whom each command tells in its own way.
    /// `deny` is the mildest severity that fails.
    pub(super) fn print(self, shell: &Shell, projects: &[Project], deny: Severity) -> bool {
        let bases = report::bases(projects, from_here);
        let groups = groups(projects, &bases);
        let text = match self {
            Self::Human => return false,
            Self::Json => report::json(&groups),
            Self::Sarif => report::sarif(&groups),
            Self::Github => report::github(&groups),
            Self::Gitlab => report::gitlab(&groups),
            Self::Junit => report::junit(&groups, deny),
        };
        shell.out(&text);
        true
    }
}
