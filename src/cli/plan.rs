//! `mlpipe plan`.

use super::Exit;
use super::common::Shell;
use crate::report;
use camino::Utf8PathBuf;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  mlpipe plan\n  mlpipe plan release.mlpipe --format json | jq '.jobs[].id'")]
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
    let project = match shell.load(&args.paths) {
        Ok(p) => p,
        Err(e) => return shell.usage(&e),
    };
    shell.findings(&project);
    if project.has_errors() {
        return Shell::verdict(&project.findings);
    }
    let later: Vec<_> = project.pipelines.iter().filter(|p| p.selected).flat_map(|p| &p.spec.later).collect();
    let plans: Vec<_> = project.plans_selected().collect();
    for (i, plan) in plans.iter().enumerate() {
        match args.format {
            Format::Human => {
                if i > 0 {
                    shell.out("\n");
                }
                shell.out(&report::plan_human(plan));
            }
            Format::Json if plans.len() == 1 => {
                shell.out(&format!("{}\n", serde_json::to_string_pretty(plan).unwrap_or_default()));
            }
            Format::Json => shell.out(&format!("{}\n", serde_json::to_string(plan).unwrap_or_default())),
        }
    }
    if !later.is_empty() && args.format == Format::Human {
        shell.out("\nchecked, not compiled yet\n");
        for l in later {
            let at = project.sources.start(l.span);
            shell.out(&format!("  {}:{} {}\n", project.sources.path(l.span.file), at.line, l.what));
        }
    }
    Exit::Fine
}
