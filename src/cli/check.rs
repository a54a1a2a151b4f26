//! `mlpipe check`: drift.

use super::Exit;
use super::common::{NOTHING, Shell, To, shown};
use super::touched::{Chosen, Commit, Files};
use crate::diag::words;
use crate::output::{self, Cause, OutputFile};
use crate::project::{self, Project};
use crate::render::Overlay;
use crate::spec::PlatformName;
use camino::{Utf8Path, Utf8PathBuf};

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  mlpipe check            in CI and pre-commit: exit 1 and a diff when a generated file\n  \
                        \x20                       is not what its spec says"
)]
pub(super) struct Args {
    #[command(flatten)]
    files: Files,
    /// The change is the commit that is being made: a file that it deletes is touched too, and a generated file that it
    /// leaves out is missing. Asks git
    #[arg(long, requires = "touched")]
    commit: bool,
    /// Platforms to look at [default: those that the spec emits]
    #[arg(long, value_delimiter = ',', value_name = "PLATFORM")]
    to: Vec<To>,
    /// The templates that the files were compiled with: `compile --templates DIR`
    #[arg(long, value_name = "DIR")]
    templates: Option<Utf8PathBuf>,
    /// Fail when a platform emulates what the spec uses; `mlpipe targets` lists it
    #[arg(long)]
    strict: bool,
}

pub(super) fn run(shell: &Shell, args: &Args) -> Exit {
    project::prepare();
    let asked = || -> Result<_, String> {
        let commit = args.commit.then(Commit::ask).transpose()?;
        Ok((choose(shell, args, commit.as_ref())?, commit))
    };
    let (mut chosen, commit): (Vec<Chosen>, Option<Commit>) = match asked() {
        Ok(both) => both,
        Err(e) => return shell.usage(&e),
    };
    let overlay = match shell.overlay(args.templates.as_deref()) {
        Ok(o) => o,
        Err(exit) => return exit,
    };
    let to = To::platforms(&args.to);
    let files: Vec<Vec<OutputFile>> = chosen.iter_mut().map(|c| files(c, args, &to, &overlay)).collect();
    let mut projects: Vec<Project> = chosen.into_iter().map(|c| c.project).collect();
    if args.strict {
        projects.iter_mut().for_each(|p| p.strict(&to));
    }
    shell.findings(&projects);
    if projects.iter().any(Project::has_errors) {
        return Shell::verdict(&projects);
    }
    if files.iter().all(Vec::is_empty) && args.files.touched {
        shell.say("no pipeline was touched");
        return Exit::Fine;
    }
    if files.iter().all(Vec::is_empty) {
        return shell.usage(NOTHING);
    }
    let mut exit = Exit::Fine;
    for (project, files) in projects.iter().zip(&files) {
        let one = compare(shell, &project.root, files);
        let left_out = commit.as_ref().is_some_and(|c| left_out(shell, c, &project.root, files));
        if one != Exit::Fine {
            exit = one;
        } else if left_out {
            exit = Exit::Findings;
        }
    }
    exit
}

/// What of the repository is looked at. A template that stands in for a built-in one belongs to every pipeline.
fn choose(shell: &Shell, args: &Args, commit: Option<&Commit>) -> Result<Vec<Chosen>, String> {
    let templates = args.templates.as_deref().is_some_and(|t| args.files.touched && args.files.any_below(t));
    if templates {
        let projects = shell.load(&[])?;
        return Ok(projects.into_iter().map(|project| Chosen { project, runtime: None }).collect());
    }
    args.files.choose(shell, commit.map_or(&[], |c| &c.deleted))
}

/// The files to compare.
fn files(chosen: &mut Chosen, args: &Args, to: &[PlatformName], overlay: &Overlay) -> Vec<OutputFile> {
    if !args.files.touched {
        return chosen.project.compile_with(to, overlay).files().to_vec();
    }
    let mut files = chosen.project.compile_touched(to, overlay);
    let runtime = chosen
        .runtime
        .take()
        .filter(|r| !chosen.project.has_errors() && !files.iter().any(|f| f.path == r.path));
    files.extend(runtime);
    files
}

/// Says which files the commit leaves out, though they lie on disk as the spec says.
fn left_out(shell: &Shell, commit: &Commit, root: &Utf8Path, files: &[OutputFile]) -> bool {
    let mut any = false;
    for file in files.iter().filter(|f| commit.leaves_out(root, &f.path)) {
        let path = shown(root, &file.path);
        shell.say(&format!("{path}: is not in the commit; `git add {path}`"));
        any = true;
    }
    any
}

/// Compares files with what lies below the root and says what differs, and why.
pub(super) fn compare(shell: &Shell, root: &Utf8Path, files: &[OutputFile]) -> Exit {
    let mut drifted = 0;
    for file in files {
        match output::compare(root, file) {
            Ok(None) => {}
            Ok(Some(d)) => {
                drifted += 1;
                shell.say(&format!("{}: {}", shown(root, &d.path), because(&d.cause)));
                shell.out(&d.diff);
            }
            Err(e) => return shell.usage(&format!("`{}` cannot be read: {e}", file.path)),
        }
    }
    if drifted == 0 {
        shell.say(&format!("{} as the spec says", words::count(files.len(), "file")));
        return Exit::Fine;
    }
    shell.say(&format!("{} of {} drifted", drifted, words::count(files.len(), "file")));
    Exit::Findings
}

fn because(cause: &Cause) -> String {
    match cause {
        Cause::Missing => "is missing; `mlpipe compile` writes it".into(),
        Cause::Foreign => {
            "was not written by mlpipe; move it away, or replace it with `mlpipe compile --force`".into()
        }
        Cause::Edited => {
            "was edited by hand; make the change in the spec, then `mlpipe compile` (it overwrites the edit)"
                .into()
        }
        Cause::SpecChanged => "is older than its spec; `mlpipe compile` brings it up to date".into(),
        Cause::ToolChanged { wrote } => format!(
            "was written by mlpipe {wrote}, this is {}; `mlpipe compile` upgrades it, or use that version",
            env!("CARGO_PKG_VERSION")
        ),
        Cause::OthersChanged => {
            "is older than another pipeline of this repository, than the templates of `--templates`, or than this build \
             of mlpipe; `mlpipe compile` brings it up to date"
                .into()
        }
    }
}
