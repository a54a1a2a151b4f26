//! `mlpipe compile`.

use super::common::{NOTHING, Shell, To, shown};
use super::{Exit, check, common};
use crate::diag::words;
use crate::output::{self, OutputFile, WriteError};
use crate::project::{self, Project, Proved};
use camino::Utf8PathBuf;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  mlpipe compile                       every spec of the repository\n  \
                        mlpipe compile release.mlpipe --to github --stdout\n  \
                        mlpipe compile --check               the same as `mlpipe check`\n  \
                        mlpipe compile --templates DIR       with your DIR/github/job.yml.j2 in place of the\n  \
                        \x20                                    built-in one")]
pub(super) struct Args {
    /// Specs, or folders with specs [default: every .mlpipe file below the root]
    #[arg(value_name = "PATH")]
    paths: Vec<Utf8PathBuf>,
    /// Platforms to write [default: those that the spec emits]
    #[arg(long, value_delimiter = ',', value_name = "PLATFORM")]
    to: Vec<To>,
    /// Write below DIR instead of below the root
    #[arg(long, value_name = "DIR", conflicts_with = "stdout")]
    out_dir: Option<Utf8PathBuf>,
    /// Let the files of DIR stand in for the built-in templates of the same names
    #[arg(long, value_name = "DIR")]
    templates: Option<Utf8PathBuf>,
    /// Print the files instead of writing them
    #[arg(long)]
    stdout: bool,
    /// Write nothing; fail when a file is not what the spec says
    #[arg(long, conflicts_with_all = ["stdout", "force"])]
    check: bool,
    /// Replace files that mlpipe did not write
    #[arg(long)]
    force: bool,
    /// Fail when a platform emulates what the spec uses; `mlpipe targets` lists it
    #[arg(long)]
    strict: bool,
}

pub(super) fn run(shell: &Shell, args: &Args) -> Exit {
    project::prepare();
    let mut projects = match shell.load(&args.paths) {
        Ok(p) => p,
        Err(e) => return shell.usage(&e),
    };
    let templates = args.templates.as_deref();
    let files = match shell.compile(&mut projects, &args.to, templates, args.strict) {
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
    if args.out_dir.is_some() && projects.len() > 1 {
        return shell.usage("`--out-dir` takes the pipelines of one root; the paths lie below several");
    }
    let mut exit = Exit::Fine;
    for (project, files) in projects.iter().zip(files.iter().map(Proved::files)) {
        let root = args.out_dir.as_ref().unwrap_or(&project.root);
        let one = if args.stdout {
            print(shell, files);
            Exit::Fine
        } else if args.check {
            check::compare(shell, root, files)
        } else {
            write(shell, args, project, root, files)
        };
        if one != Exit::Fine {
            exit = one;
        }
    }
    exit
}

fn print(shell: &Shell, files: &[OutputFile]) {
    // The script and its runtime are long; what a person wants to see first on a terminal is what is printed last.
    let (scripts, pipelines): (Vec<_>, Vec<_>) = files.iter().partition(|f| f.path.starts_with(".mlpipe/"));
    for f in scripts.into_iter().chain(pipelines) {
        if files.len() > 1 {
            shell.out(&format!("==> {} <==\n", f.path));
        }
        shell.out(&f.text);
    }
}

fn write(shell: &Shell, args: &Args, project: &Project, root: &Utf8PathBuf, files: &[OutputFile]) -> Exit {
    if args.out_dir.is_some()
        && let Err(e) = std::fs::create_dir_all(root)
    {
        return shell.usage(&format!("--out-dir `{root}`: {e}"));
    }
    match output::write_all(root, files, args.force, &common::interruptible()) {
        Ok(done) => {
            for f in files {
                shell.out(&format!("{}\n", shown(root, &f.path)));
            }
            let pipelines = words::count(project.plans_selected().count(), "pipeline");
            shell.say(&format!(
                "{pipelines}: {} written, {} unchanged",
                words::count(done.changed, "file"),
                done.unchanged
            ));
            if args.paths.is_empty() && args.out_dir.is_none() {
                check::tell_left_over(shell, project);
            }
            Exit::Fine
        }
        Err(e @ WriteError::Foreign(_)) => {
            shell.say(&format!(
                "mlpipe: {e}, so nothing was written: move it away, let `emit` name another path, or say `--force` to replace it"
            ));
            Exit::Findings
        }
        Err(e @ WriteError::Interrupted) => {
            shell.say(&format!("mlpipe: {e}"));
            Exit::Interrupted
        }
        Err(e) => shell.usage(&format!("{e}; nothing was written")),
    }
}
