//! `mlpipe lint`.

use super::Exit;
use super::common::{Shell, To, from_here};
use super::touched::Files;
use crate::diag::sort_and_dedup;
use crate::lint;
use crate::project::Project;
use crate::render::Overlay;
use crate::report;
use camino::Utf8PathBuf;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  mlpipe lint\n  mlpipe lint --format json | jq '.findings[].code'")]
pub(super) struct Args {
    #[command(flatten)]
    files: Files,
    /// How to show findings
    #[arg(long, default_value = "human")]
    format: Format,
    /// Fail when a platform emulates what the spec uses; `mlpipe targets` lists it
    #[arg(long)]
    strict: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Human,
    /// For machines; docs/findings-json.md says how to read it
    Json,
}

pub(super) fn run(shell: &Shell, args: &Args) -> Exit {
    let mut projects: Vec<Project> = match args.files.choose(shell, &[]) {
        Ok(chosen) => chosen.into_iter().map(|c| c.project).collect(),
        Err(e) => return shell.usage(&e),
    };
    for p in &mut projects {
        // Compiling in memory is a phase like any other: its findings belong to the list. Nothing is written.
        if args.files.touched {
            drop(p.compile_touched(&To::platforms(&[]), &Overlay::default()));
        } else {
            drop(p.compile(&To::platforms(&[])));
        }
        if args.strict {
            p.strict(&To::platforms(&[]));
        }
        p.findings.extend(lint::project(p));
        sort_and_dedup(&mut p.findings);
    }
    match args.format {
        Format::Human if projects.iter().all(|p| p.findings.is_empty()) => shell.say("no findings"),
        Format::Human => shell.findings(&projects),
        Format::Json => {
            let bases: Vec<Utf8PathBuf> = projects.iter().map(|p| from_here(&p.root)).collect();
            let groups: Vec<report::Group<'_>> = projects
                .iter()
                .zip(&bases)
                .map(|(p, b)| (p.findings.as_slice(), &p.sources, b.as_path()))
                .collect();
            shell.out(&report::json(&groups));
        }
    }
    Shell::verdict(&projects)
}
