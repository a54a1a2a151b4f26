//! `mlpipe plan`.

use super::Exit;
use super::common::Shell;
use crate::plan::Plan;
use crate::project::Project;
use crate::report;
use camino::Utf8PathBuf;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  mlpipe plan\n  mlpipe plan release.mlpipe --format json | jq '.jobs[].id'"
)]
pub(super) struct Args {
    /// Specs, or folders with specs [default: every .mlpipe file below the root]
    #[arg(value_name = "PATH")]
    paths: Vec<Utf8PathBuf>,
    /// How to show the plan; with several pipelines, JSON is one document a line
    #[arg(long, default_value = "human")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Human,
    /// For machines; docs/plan-schema.md says how to read it
    Json,
}

pub(super) fn run(shell: &Shell, args: &Args) -> Exit {
    let projects = match shell.load(&args.paths) {
        Ok(p) => p,
        Err(e) => return shell.usage(&e),
    };
    shell.findings(&projects);
    if projects.iter().any(Project::has_errors) {
        return Shell::verdict(&projects);
    }
    let plans: Vec<&Plan> = projects.iter().flat_map(Project::plans_selected).collect();
    match (args.format, plans.as_slice()) {
        (Format::Human, _) => {
            shell.out(&plans.iter().map(|p| report::plan_human(p)).collect::<Vec<_>>().join("\n"));
            later(shell, &projects);
        }
        (Format::Json, [one]) => {
            shell.out(&format!("{}\n", serde_json::to_string_pretty(one).unwrap_or_default()));
        }
        (Format::Json, many) => {
            for plan in many {
                shell.out(&format!("{}\n", serde_json::to_string(plan).unwrap_or_default()));
            }
        }
    }
    Exit::Fine
}

/// Statements that have no output yet stand in no job; they are named all the same.
pub(super) fn later(shell: &Shell, projects: &[Project]) {
    for project in projects {
        let mut later =
            project.pipelines.iter().filter(|p| p.selected).flat_map(|p| &p.spec.later).peekable();
        if later.peek().is_some() {
            shell.out("\nchecked, not compiled yet\n");
        }
        for l in later {
            let at = project.sources.start(l.span);
            shell.out(&format!("  {}:{} {}\n", project.sources.path(l.span.file), at.line, l.what));
        }
    }
}
