//! Findings as a Code Quality report of GitLab.

use super::Group;
use super::group::Fingerprints;
use crate::diag::{Finding, Severity};
use serde::Serialize;

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

/// All findings as one array; paths start from the current folder, which has to be the repository's.
pub fn findings(groups: &[Group<'_>]) -> String {
    let mut prints = Fingerprints::default();
    let mut all = Vec::new();
    for g in groups {
        all.extend(g.findings.iter().map(|f| issue(g, f, &mut prints)));
    }
    serde_json::to_string_pretty(&all).unwrap_or_default() + "\n"
}

fn issue(group: &Group<'_>, f: &Finding, prints: &mut Fingerprints) -> Issue {
    let (begin, end) = group.lines(f);
    Issue {
        description: format!("{}: {}", f.code.id, f.message),
        check_name: f.code.name,
        fingerprint: prints.of(group, f),
        severity: match f.severity {
            Severity::Error => "critical",
            Severity::Warning => "major",
            Severity::Note => "info",
        },
        // A finding of no file speaks of the whole run; the report has no place for one without.
        location: Location {
            path: group.file_of(f).unwrap_or_else(|| ".".to_owned()),
            lines: Lines { begin, end },
        },
    }
}
