//! `mlpipe lint`.

use super::Exit;
use super::common::{LIMIT, Shell, diff, rewrite, shown};
use super::format::Format;
use super::touched::Files;
use crate::diag::{Code, Severity};
use crate::lint;
use crate::lint::fix::{self, Changed, Done, Round};
use crate::output::OutputFile;
use crate::project::{self, Project};
use crate::spec::{self, Disk, Texts};
use camino::Utf8PathBuf;
use std::path::Path;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  mlpipe lint\n  mlpipe lint --deny warning               in CI: exit 1 from a warning on\n  \
                  mlpipe lint --format json | jq '.findings[].code'\n  \
                  mlpipe lint --fix --diff                 what --fix would change\n\n\
                  Exit codes: 0 nothing as bad as --deny says, 1 findings as bad or worse, 2 wrong usage or unreadable\n\
                  input, 70 a bug in mlpipe."
)]
pub(super) struct Args {
    #[command(flatten)]
    files: Files,
    /// How to show findings; docs/lint.md says how each CI reads them
    #[arg(long, default_value = "human")]
    format: Format,
    /// The mildest severity that fails [default: that of mlpipe.toml, else error]
    #[arg(long, value_name = "SEVERITY")]
    deny: Option<Deny>,
    /// Change the specs where a finding has a fix; what is left is reported
    #[arg(long)]
    fix: bool,
    /// With --fix: print what would change as a unified diff, write nothing, and fail if anything would
    #[arg(long, requires = "fix")]
    diff: bool,
    /// Show all findings, however many
    #[arg(long)]
    no_limit: bool,
    /// Fail when a platform emulates what the spec uses; `mlpipe targets` lists it
    #[arg(long)]
    strict: bool,
    /// The shellcheck to show commands to: `auto` is the one on PATH, `never` none
    #[arg(long, value_name = "PROGRAM", default_value = "auto")]
    shellcheck: String,
}

/// Severities of `--deny`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Deny {
    /// Errors only
    Error,
    /// Warnings and errors
    Warning,
    /// Any finding
    Note,
}

impl From<Deny> for Severity {
    fn from(deny: Deny) -> Self {
        match deny {
            Deny::Error => Self::Error,
            Deny::Warning => Self::Warning,
            Deny::Note => Self::Note,
        }
    }
}

pub(super) fn run(shell: &Shell, args: &Args) -> Exit {
    project::prepare();
    let done = if args.fix { fixed(shell, args) } else { linted(shell, args, &Disk) };
    let projects = match done {
        Ok(p) => p,
        Err(exit) => return exit,
    };
    show(shell, args, &projects);
    verdict(args, &projects)
}

/// Every finding of every phase.
fn linted(shell: &Shell, args: &Args, texts: &dyn Texts) -> Result<Vec<Project>, Exit> {
    let chosen = args.files.choose(shell, texts, &[], None).map_err(|e| shell.usage(&e))?;
    let mut projects: Vec<Project> = chosen.into_iter().map(|c| c.project).collect();
    // Compiling in memory is a phase like any other: its findings belong to the list. Nothing is written.
    args.files.compile(shell, &mut projects, &[], None, args.strict)?;
    shellcheck(shell, args, &mut projects);
    projects.iter_mut().for_each(lint::add);
    Ok(projects)
}

/// What is left when every fix is done. With `--diff` this is where the command ends.
fn fixed(shell: &Shell, args: &Args) -> Result<Vec<Project>, Exit> {
    let mut changed = Changed::default();
    let mut projects = linted(shell, args, &changed)?;
    for _ in 0..fix::MAX_ROUNDS {
        let rounds: Vec<Round> = projects.iter().map(|p| fix::round(p, &mut changed)).collect();
        for (p, round) in projects.iter().zip(&rounds) {
            for done in &round.done {
                shell.say(&told(p, done, args.diff));
            }
        }
        if rounds.iter().all(|r| r.done.is_empty()) {
            let refused =
                projects.iter().zip(&rounds).flat_map(|(p, r)| r.refused.iter().map(move |f| (p, f)));
            refused.for_each(|(p, f)| {
                let file = shown(&p.root, f.as_str());
                shell.say(&format!("{file}: left alone, since its syntax has to be mended first"));
            });
            break;
        }
        projects = linted(shell, args, &changed)?;
        if let Some(file) = projects.iter().find_map(|p| spoilt(p, &changed)) {
            shell.say(&format!(
                "mlpipe: this is a bug in mlpipe: `{file}` cannot be read after a fix; nothing was written"
            ));
            return Err(Exit::Bug);
        }
    }
    let files = rewritten(shell, &projects, changed)?;
    if !args.diff {
        for (p, files) in projects.iter().zip(files) {
            let files: Vec<OutputFile> = files.into_iter().map(|(file, _)| file).collect();
            rewrite(shell, &p.root, &files)?;
        }
        return Ok(projects);
    }
    let mut exit = verdict(args, &projects);
    for (p, (file, before)) in projects.iter().zip(&files).flat_map(|(p, f)| f.iter().map(move |f| (p, f))) {
        shell.out(&diff(&shown(&p.root, &file.path), before, &file.text));
        exit = if exit == Exit::Fine { Exit::Findings } else { exit };
    }
    Err(exit)
}

fn told(project: &Project, done: &Done, only_shown: bool) -> String {
    let file = shown(&project.root, done.path.as_str());
    let (code, verb) = (done.finding.code, if only_shown { "would fix" } else { "fixed" });
    format!("{file}:{}: {verb} {} {}: {}", done.line, code.id, code.name, done.title)
}

/// A file that a fix has made unreadable.
fn spoilt(project: &Project, changed: &Changed) -> Option<String> {
    let mut broken = fix::broken(project).into_iter().map(|f| project.root.join(f));
    broken.find(|f| changed.0.contains_key(f)).map(Utf8PathBuf::into_string)
}

/// The changed files of each project as they are to be written, and as they are on disk. A byte order mark stays.
fn rewritten(
    shell: &Shell,
    projects: &[Project],
    changed: Changed,
) -> Result<Vec<Vec<(OutputFile, String)>>, Exit> {
    let mut all: Vec<Vec<(OutputFile, String)>> = projects.iter().map(|_| Vec::new()).collect();
    for (path, text) in changed.0 {
        let before = spec::text(&path, path.as_str()).map_err(|f| shell.usage(&f.message))?;
        let mark = if before.starts_with('\u{feff}') { "\u{feff}" } else { "" };
        // A link is followed: what it leads to is the spec.
        let real = path.canonicalize_utf8().unwrap_or(path);
        // Of roots one in another, the inner one has it.
        let own = |(_, p): &(usize, &Project)| real.starts_with(&p.root);
        let Some((i, p)) = projects.iter().enumerate().filter(own).max_by_key(|(_, p)| p.root.as_str().len())
        else {
            return Err(shell.usage(&format!("`{real}` lies outside the root; nothing was written")));
        };
        let below = real.strip_prefix(&p.root).unwrap_or(&real).as_str().replace('\\', "/");
        all[i].push((OutputFile { path: below, text: format!("{mark}{text}") }, before));
    }
    Ok(all)
}

/// Shows every command to shellcheck. That it is not there is no finding, but nobody shall think that it was asked.
fn shellcheck(shell: &Shell, args: &Args, projects: &mut [Project]) {
    let program = match args.shellcheck.as_str() {
        "never" => return,
        "auto" => Path::new("shellcheck"),
        path => Path::new(path),
    };
    let mut told = false;
    for project in projects {
        let why = match lint::shellcheck::ask(project, program) {
            Ok(found) => {
                project.add_from_outside(Code::SHELLCHECK, found);
                continue;
            }
            Err(lint::shellcheck::Unasked::Absent) => format!("there is no `{}`", program.display()),
            Err(lint::shellcheck::Unasked::Failed(why)) => format!("`{}` failed: {why}", program.display()),
        };
        if !std::mem::replace(&mut told, true) {
            shell.say(&format!("mlpipe: commands were not shown to shellcheck: {why}"));
        }
    }
}

fn show(shell: &Shell, args: &Args, projects: &[Project]) {
    // One report has one line between what fails and what does not: the strictest of the roots.
    let deny = projects.iter().map(|p| denied(args, p)).max().unwrap_or(Severity::Error);
    if !args.format.print(shell, projects, deny) {
        human(shell, args, projects);
    }
}

fn human(shell: &Shell, args: &Args, projects: &[Project]) {
    if projects.iter().all(|p| p.findings.is_empty()) {
        return shell
            .say(&format!("no findings{}", Shell::allowed(projects.iter().map(|p| p.allowed.len()).sum())));
    }
    let limit = if args.no_limit { usize::MAX } else { LIMIT };
    shell.findings_up_to(projects, limit, "`--no-limit` shows them all, `mlpipe explain CODE` says more");
}

/// From which severity on the findings of a root fail.
fn denied(args: &Args, project: &Project) -> Severity {
    args.deny.map(Severity::from).or(project.config.deny).unwrap_or(Severity::Error)
}

fn verdict(args: &Args, projects: &[Project]) -> Exit {
    let worst = Shell::verdict(projects);
    let denied = |p: &Project| p.findings.iter().any(|f| f.severity <= denied(args, p));
    if worst == Exit::Fine && projects.iter().any(denied) { Exit::Findings } else { worst }
}
