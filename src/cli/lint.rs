//! `mlpipe lint`.

use super::Exit;
use super::common::{LIMIT, Shell, from_here, groups};
use crate::diag::{Code, Severity};
use crate::lint;
use crate::project::{self, Project};
use crate::report;
use camino::Utf8PathBuf;
use std::path::Path;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  mlpipe lint\n  mlpipe lint --deny warning               in CI: exit 1 from a warning on\n  \
                  mlpipe lint --format json | jq '.findings[].code'\n\n\
                  Exit codes: 0 nothing as bad as --deny says, 1 findings as bad or worse, 2 wrong usage or unreadable\n\
                  input, 70 a bug in mlpipe."
)]
pub(super) struct Args {
    /// Specs, or folders with specs [default: every .mlpipe file below the root]
    #[arg(value_name = "PATH")]
    paths: Vec<Utf8PathBuf>,
    /// How to show findings; docs/lint.md says how each CI reads them
    #[arg(long, default_value = "human")]
    format: Format,
    /// The mildest severity that fails [default: that of mlpipe.toml, else error]
    #[arg(long, value_name = "SEVERITY")]
    deny: Option<Deny>,
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

/// How findings are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For people
    Human,
    /// For machines; docs/findings-json.md says how to read it
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// A Code Quality report of GitLab
    Gitlab,
    /// JUnit XML, for Jenkins and others
    Junit,
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
    let projects = match linted(shell, args) {
        Ok(p) => p,
        Err(exit) => return exit,
    };
    show(shell, args, &projects);
    verdict(args, &projects)
}

/// Every finding of every phase.
fn linted(shell: &Shell, args: &Args) -> Result<Vec<Project>, Exit> {
    let mut projects = shell.load(&args.paths).map_err(|e| shell.usage(&e))?;
    // Compiling in memory is a phase like any other: its findings belong to the list. Nothing is written.
    shell.compile(&mut projects, &[], None, args.strict)?;
    shellcheck(shell, args, &mut projects);
    projects.iter_mut().for_each(lint::add);
    Ok(projects)
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
    let bases = report::bases(projects, from_here);
    let groups = groups(projects, &bases);
    // One report has one line between what fails and what does not: the strictest of the roots.
    let deny = projects.iter().map(|p| denied(args, p)).max().unwrap_or(Severity::Error);
    match args.format {
        Format::Human => human(shell, args, projects),
        Format::Json => shell.out(&report::json(&groups)),
        Format::Sarif => shell.out(&report::sarif(&groups)),
        Format::Github => shell.out(&report::github(&groups)),
        Format::Gitlab => shell.out(&report::gitlab(&groups)),
        Format::Junit => shell.out(&report::junit(&groups, deny)),
    }
}

fn human(shell: &Shell, args: &Args, projects: &[Project]) {
    if projects.iter().all(|p| p.findings.is_empty()) {
        return shell.say(&format!("no findings{}", Shell::allowed(projects)));
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
