//! `mlpipe check`: drift.

use super::Exit;
use super::common::{Shell, To, shown};
use super::touched::{Commit, Files};
use crate::diag::words;
use crate::output::{self, Cause, OutputFile};
use crate::project::{self, Project};
use crate::spec::Disk;
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
    let templates = args.templates.as_deref();
    let asked = || -> Result<_, String> {
        let commit = args.commit.then(Commit::ask).transpose()?;
        let deleted = commit.as_ref().map_or(&[][..], |c| &c.deleted);
        Ok((args.files.choose(shell, &Disk, deleted, templates)?, commit))
    };
    let (chosen, commit) = match asked() {
        Ok(both) => both,
        Err(e) => return shell.usage(&e),
    };
    let (mut projects, runtimes): (Vec<Project>, Vec<Option<OutputFile>>) =
        chosen.into_iter().map(|c| (c.project, c.runtime)).unzip();
    let mut files = match args.files.compile(shell, &mut projects, &args.to, templates, args.strict) {
        Ok(f) => f,
        Err(exit) => return exit,
    };
    shell.findings(&projects);
    if projects.iter().any(Project::has_errors) {
        return Shell::verdict(&projects);
    }
    for (files, runtime) in files.iter_mut().zip(runtimes) {
        files.extend(runtime.filter(|r| !files.iter().any(|f| f.path == r.path)));
    }
    if files.iter().all(Vec::is_empty) {
        return args.files.nothing(shell);
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
