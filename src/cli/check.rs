//! `mlpipe check`: drift.

use super::Exit;
use super::common::{Shell, To, shown};
use super::format::Format;
use super::touched::{Commit, Files};
use crate::diag::{Code, Finding, Severity, words};
use crate::output::{self, OutputFile};
use crate::project::{self, Project};
use crate::spec::Disk;
use camino::{Utf8Path, Utf8PathBuf};

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  mlpipe check            in CI and pre-commit: exit 1 and a diff when a generated file\n  \
                        \x20                       is not what its spec says\n  \
                  mlpipe check --format github   in a job of GitHub Actions: an annotation for each file"
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
    /// How to show findings and drift; docs/lint.md says how each CI reads them
    #[arg(long, default_value = "human")]
    format: Format,
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
    if !projects.iter().any(Project::has_errors) {
        for (files, runtime) in files.iter_mut().zip(runtimes) {
            files.extend(runtime.filter(|r| !files.iter().any(|f| f.path == r.path)));
        }
    }
    if args.format != Format::Human {
        return report(shell, args, &mut projects, &files, commit.as_ref());
    }
    shell.findings(&projects);
    if projects.iter().any(Project::has_errors) {
        return Shell::verdict(&projects);
    }
    if files.iter().all(Vec::is_empty) {
        return args.files.nothing(shell);
    }
    let mut exit = Exit::Fine;
    for (project, files) in projects.iter().zip(&files) {
        let one = compare(shell, &project.root, files);
        if args.files.all() && tell_left_over(shell, project) {
            exit = Exit::Findings;
        }
        let left_out = commit.as_ref().is_some_and(|c| left_out(shell, c, &project.root, files));
        if one != Exit::Fine {
            exit = one;
        } else if left_out {
            exit = Exit::Findings;
        }
    }
    exit
}

/// What to do about a file that no spec makes.
const LEFT_OVER: &str = "delete it: a CI that finds it still runs it";

/// Says which files an earlier compile has left behind.
pub(super) fn tell_left_over(shell: &Shell, project: &Project) -> bool {
    let paths = project.left_over();
    for path in &paths {
        shell.say(&format!("{}: is left over, no spec makes it; {LEFT_OVER}", shown(&project.root, path)));
    }
    !paths.is_empty()
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

/// Drift as findings among the others, one for each file, in the form that was asked for.
fn report(
    shell: &Shell,
    args: &Args,
    projects: &mut [Project],
    files: &[Vec<OutputFile>],
    commit: Option<&Commit>,
) -> Exit {
    let nothing = files.iter().all(Vec::is_empty) && !projects.iter().any(Project::has_errors);
    for (project, files) in projects.iter_mut().zip(files) {
        let mut found = Vec::new();
        for file in files {
            match output::compare(&project.root, file) {
                Ok(None) if commit.is_some_and(|c| c.leaves_out(&project.root, &file.path)) => {
                    let message = "this generated file is not in the commit";
                    let help = format!("`git add {}`", shown(&project.root, &file.path));
                    found.push(Finding::on_path(Code::DRIFTED, &file.path, message).help(help));
                }
                Ok(None) => {}
                Ok(Some(d)) => {
                    let (what, to_do) = d.cause.because();
                    let message = format!("this generated file {what}");
                    found.push(Finding::on_path(Code::DRIFTED, &d.path, message).help(to_do));
                }
                Err(e) => return shell.usage(&format!("`{}` cannot be read: {e}", file.path)),
            }
        }
        if args.files.all() && !project.has_errors() {
            let message = "this generated file is left over: no spec makes it";
            found.extend(
                project
                    .left_over()
                    .into_iter()
                    .map(|path| Finding::on_path(Code::DRIFTED, path, message).help(LEFT_OVER)),
            );
        }
        project.add(found);
    }
    args.format.print(shell, projects, Severity::Error);
    if nothing { args.files.nothing(shell) } else { Shell::verdict(projects) }
}

/// Compares files with what lies below the root and says what differs, and why.
pub(super) fn compare(shell: &Shell, root: &Utf8Path, files: &[OutputFile]) -> Exit {
    let mut drifted = 0;
    for file in files {
        match output::compare(root, file) {
            Ok(None) => {}
            Ok(Some(d)) => {
                drifted += 1;
                let (what, to_do) = d.cause.because();
                shell.say(&format!("{}: {what}; {to_do}", shown(root, &d.path)));
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
