//! `mlpipe doctor`.

use super::Exit;
use super::common::{NOTHING, Shell, To};
use super::setup::manifests;
use crate::doctor::{Outcome, examine};
use crate::project::{self, Project};
use crate::report;
use camino::Utf8PathBuf;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  mlpipe doctor\n  \
                        mlpipe doctor --format json | jq '.projects[].checks[] | select(.outcome == \"missing\")'\n\n\
                        Exit codes: 0 nothing is missing, 1 something is. With gh or glab on PATH, logged in, the names of the\n\
                        environments, secrets and schedules of the repository are asked for; nothing is changed.")]
pub(super) struct Args {
    /// Specs, or folders with specs [default: every .mlpipe file below the root]
    #[arg(value_name = "PATH")]
    paths: Vec<Utf8PathBuf>,
    /// Platforms to look at [default: those that the spec emits]
    #[arg(long, value_delimiter = ',', value_name = "PLATFORM")]
    to: Vec<To>,
    /// How to show it
    #[arg(long, default_value = "human")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Human,
    /// For machines; docs/setup.md says how to read it
    Json,
}

pub(super) fn run(shell: &Shell, args: &Args) -> Exit {
    project::prepare();
    let mut projects = match shell.load(&args.paths) {
        Ok(p) => p,
        Err(e) => return shell.usage(&e),
    };
    let files = match shell.compile(&mut projects, &args.to, None, false) {
        Ok(f) => f,
        Err(exit) => return exit,
    };
    shell.findings(&projects);
    if projects.iter().any(Project::has_errors) {
        return Shell::verdict(&projects);
    }
    if files.iter().all(|f| f.files().is_empty()) {
        return shell.usage(NOTHING);
    }
    let of = |(project, files): (&Project, &crate::project::Proved)| {
        let wanted = manifests(std::slice::from_ref(project), &args.to);
        examine(project, files.files(), &wanted)
    };
    let found: Vec<_> = projects.iter().zip(&files).map(of).collect();
    shell.out(&match args.format {
        Format::Human => report::doctor_human(&found),
        Format::Json => report::doctor_json(&found),
    });
    let missing = found.iter().flatten().any(|c| c.outcome == Outcome::Missing);
    if missing { Exit::Findings } else { Exit::Fine }
}
