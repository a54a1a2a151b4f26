//! `mlpipe targets`.

use super::Exit;
use super::common::{NOTHING, Shell};
use super::plan::later;
use crate::project::Project;
use crate::report;
use camino::Utf8PathBuf;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  mlpipe targets                    what your specs use\n  \
                        mlpipe targets --all              the whole table\n  \
                        mlpipe compile --strict           refuse what a platform emulates")]
pub(super) struct Args {
    /// Specs, or folders with specs [default: every .mlpipe file below the root; the whole table where there is none]
    #[arg(value_name = "PATH", conflicts_with = "all")]
    paths: Vec<Utf8PathBuf>,
    /// The whole table: every feature, every platform
    #[arg(long)]
    all: bool,
    /// How to show it
    #[arg(long, default_value = "human")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Human,
    /// For machines; docs/targets.md says how to read it
    Json,
}

pub(super) fn run(shell: &Shell, args: &Args) -> Exit {
    if args.all || (args.paths.is_empty() && shell.is_bare()) {
        return print(shell, args.format, &[]);
    }
    let projects = match shell.load(&args.paths) {
        Ok(p) => p,
        Err(e) => return shell.usage(&e),
    };
    shell.findings(&projects);
    if projects.iter().any(Project::has_errors) {
        return Shell::verdict(&projects);
    }
    if projects.iter().all(|p| p.plans_selected().next().is_none()) {
        return shell.usage(NOTHING);
    }
    let exit = print(shell, args.format, &projects);
    if args.format == Format::Human {
        later(shell, &projects);
    }
    exit
}

fn print(shell: &Shell, format: Format, projects: &[Project]) -> Exit {
    shell.out(&match format {
        Format::Human => report::targets_human(projects),
        Format::Json => report::targets_json(projects),
    });
    Exit::Fine
}
