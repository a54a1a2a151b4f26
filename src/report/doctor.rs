//! What `mlpipe doctor` found.

use crate::diag::plain_line;
use crate::doctor::{Check, Outcome, SCHEMA_VERSION};
use serde::Serialize;
use std::fmt::Write;

/// What was looked at from a desk.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Document<'a> {
    /// Version of this form. It grows when a field changes its meaning or goes away; new fields may come without.
    #[cfg_attr(test, schemars(extend("const" = SCHEMA_VERSION)))]
    schema: u32,
    /// One for each root.
    projects: Vec<ProjectView<'a>>,
}

/// A root and what was looked at there.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ProjectView<'a> {
    /// Nothing is missing.
    well: bool,
    /// In the order in which they were made.
    checks: &'a [Check],
}

fn view(checks: &[Check]) -> ProjectView<'_> {
    ProjectView { well: checks.iter().all(|c| c.outcome != Outcome::Missing), checks }
}

/// For people: a line for each check, with what to do below it.
pub fn human(projects: &[Vec<Check>]) -> String {
    let mut out = String::new();
    for checks in projects {
        if !out.is_empty() {
            out.push('\n');
        }
        let wide = checks.iter().map(|c| c.outcome.words().len()).max().unwrap_or(0);
        for c in checks {
            let detail =
                if c.detail.is_empty() { String::new() } else { format!(" ({})", plain_line(&c.detail)) };
            let _ = writeln!(out, "{:<wide$}  {}{detail}", c.outcome.words(), plain_line(&c.title));
            if c.outcome == Outcome::Missing && !c.help.is_empty() {
                let _ = writeln!(out, "{:<wide$}    {}", "", plain_line(&c.help));
            }
        }
        let count = |o| checks.iter().filter(|c| c.outcome == o).count();
        let _ = writeln!(
            out,
            "\n{} well, {} missing, {} noted, {} not looked at",
            count(Outcome::Well),
            count(Outcome::Missing),
            count(Outcome::Note),
            count(Outcome::NotLooked)
        );
    }
    out
}

/// For machines. `docs/setup.md` says how to read it.
pub fn json(projects: &[Vec<Check>]) -> String {
    let projects = projects.iter().map(|c| view(c)).collect();
    let document = Document { schema: SCHEMA_VERSION, projects };
    format!("{}\n", serde_json::to_string_pretty(&document).unwrap_or_default())
}
