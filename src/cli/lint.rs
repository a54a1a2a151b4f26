//! `mlpipe lint`.

use super::Exit;
use super::common::{Shell, To};
use crate::report;
use camino::Utf8PathBuf;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  mlpipe lint\n  mlpipe lint --format json | jq '.findings[].code'")]
pub(super) struct Args {
    /// Specs, or folders with specs [default: every .mlpipe file below the root]
    #[arg(value_name = "PATH")]
    paths: Vec<Utf8PathBuf>,
    /// How to show findings
    #[arg(long, default_value = "human")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Human,
    /// For machines; docs/findings-json.md says how to read it
    Json,
}

pub(super) fn run(shell: &Shell, args: &Args) -> Exit {
    let mut project = match shell.load(&args.paths) {
        Ok(p) => p,
        Err(e) => return shell.usage(&e),
    };
    // Compiling in memory is a phase like any other: its findings belong to the list. Nothing is written.
    drop(project.compile(&To::platforms(&[])));
    match args.format {
        Format::Json => shell.out(&report::json(&project.findings, &project.sources)),
        Format::Human => shell.findings(&project),
    }
    Shell::verdict(&project.findings)
}
