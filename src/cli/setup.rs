//! `mlpipe setup`.

use super::Exit;
use super::common::{NOTHING, Shell, To};
use crate::project::Project;
use crate::report;
use crate::settings::{Manifest, manifest};
use camino::Utf8PathBuf;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  mlpipe setup                         a task list for every platform\n  \
                        mlpipe setup --to gitlab             of one\n  \
                        mlpipe setup --format json | jq '.manifests[].items[].id'\n  \
                        mlpipe setup --to github --format script > setup.sh"
)]
pub(super) struct Args {
    /// Specs, or folders with specs [default: every .mlpipe file below the root]
    #[arg(value_name = "PATH")]
    paths: Vec<Utf8PathBuf>,
    /// Platforms to show [default: those that the spec emits]
    #[arg(long, value_delimiter = ',', value_name = "PLATFORM")]
    to: Vec<To>,
    /// How to show it
    #[arg(long, default_value = "checklist")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people: Markdown tasks
    Checklist,
    /// For machines; docs/setup.md says how to read it
    Json,
    /// What makes it: calls of gh or glab, or Jenkins' configuration as code
    Script,
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
    let manifests = manifests(&projects, &args.to);
    if manifests.is_empty() {
        return shell.usage(NOTHING);
    }
    shell.out(&match args.format {
        Format::Checklist => report::setup_checklist(&manifests),
        Format::Json => report::setup_json(&manifests),
        Format::Script => match script(&manifests) {
            Ok(text) => text,
            Err((text, exit)) => {
                shell.usage(&text);
                return exit;
            }
        },
    });
    Exit::Fine
}

/// The script of the one manifest there is.
fn script(manifests: &[Manifest]) -> Result<String, (String, Exit)> {
    match manifests {
        [one] => report::setup_script(one).map_err(|bug| (bug.to_string(), Exit::Bug)),
        _ => Err((
            "a script is for one platform and one root: say which with `--to github`, `--to gitlab` or `--to jenkins`, and \
             `--root`"
                .into(),
            Exit::Usage,
        )),
    }
}

/// The manifests of all projects, platform by platform.
pub(super) fn manifests(projects: &[Project], to: &[To]) -> Vec<Manifest> {
    let of = |project: &Project| {
        let plans: Vec<_> = project.plans_selected().collect();
        To::of(to, project).into_iter().filter_map(|p| manifest(p, &plans)).collect::<Vec<_>>()
    };
    projects.iter().flat_map(of).collect()
}
