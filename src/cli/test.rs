//! `mlpipe test`: the scenarios of the specs.

use super::Exit;
use super::common::{Shell, shown};
use crate::diag::words;
use crate::project::{Pipeline, Project};
use crate::report::{self, Ran};
use crate::scenario;
use crate::spec::{Scenario, Spec};
use camino::Utf8PathBuf;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  mlpipe test                          every scenario, with its timeline\n  \
                  mlpipe test --only canary --brief    those with `canary` in the title, verdicts only\n  \
                  mlpipe test --format junit > scenarios.xml\n\n\
                  Exit code 1 when an expectation does not hold. A spec says a scenario so:\n\n  \
                  scenario \"a bad model never ships\" {\n    given  quality.accuracy = 0.80\n    \
                  expect quality failed, production untouched\n  }"
)]
pub(super) struct Args {
    /// Specs, or folders with specs [default: every .mlpipe file below the root]
    #[arg(value_name = "PATH")]
    paths: Vec<Utf8PathBuf>,
    /// How to show what happened; docs/scenarios.md says how to read the JSON
    #[arg(long, default_value = "human")]
    format: Format,
    /// Only scenarios whose title holds this
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Show verdicts, and of a failed scenario what says why
    #[arg(long)]
    brief: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Timelines for people
    Human,
    /// One document with every play
    Json,
    /// A test case for each scenario
    Junit,
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
    let wanted = |s: &&Scenario| args.only.as_ref().is_none_or(|o| s.title.contains(o.as_str()));
    let mut all = Vec::new();
    for project in &projects {
        for p in project.pipelines.iter().filter(|p| p.selected) {
            all.extend(p.spec.scenarios.iter().filter(wanted).filter_map(|s| ran(project, p, &p.spec, s)));
        }
    }
    if all.is_empty() {
        return shell.usage(&nothing(&projects, args.only.as_deref()));
    }
    if args.only.is_none() {
        untested(shell, &projects);
    }
    shell.out(&match args.format {
        Format::Human => report::scenarios_human(&all, args.brief),
        Format::Json => report::scenarios_json(&all),
        Format::Junit => report::scenarios_junit(&all),
    });
    if all.iter().all(Ran::held) { Exit::Fine } else { Exit::Findings }
}

/// Plays a scenario; nothing where there is no plan.
pub(super) fn ran<'s>(
    project: &Project,
    pipeline: &Pipeline,
    spec: &Spec,
    scenario: &'s Scenario,
) -> Option<Ran<'s>> {
    let played = scenario::play(spec, pipeline.plan.as_ref()?, scenario);
    let verdicts = scenario::verdicts(spec, scenario, &played);
    let line = |span| project.sources.start(span).line;
    Some(Ran {
        scenario,
        file: shown(&project.root, project.sources.path(scenario.span.file).as_str()),
        line: line(scenario.span),
        verdicts: verdicts
            .into_iter()
            .map(|v| {
                let at = line(v.expectation.name.span);
                (v, at)
            })
            .collect(),
        played,
    })
}

/// So many titles are told, no more.
const TITLES: usize = 5;

/// Specs that nobody tests, beside those that somebody does.
fn untested(shell: &Shell, projects: &[Project]) {
    for project in projects {
        for p in project.pipelines.iter().filter(|p| p.selected && p.spec.scenarios.is_empty()) {
            shell.say(&format!("mlpipe: {} has no scenario", shown(&project.root, p.spec.path.as_str())));
        }
    }
}

/// A test that tests nothing must not look like one that passed.
fn nothing(projects: &[Project], only: Option<&str>) -> String {
    let titles =
        projects.iter().flat_map(|p| &p.pipelines).filter(|p| p.selected).flat_map(|p| &p.spec.scenarios);
    let titles: Vec<&str> = titles.map(|s| s.title.as_str()).collect();
    match only {
        Some(only) if !titles.is_empty() => {
            let (first, more) = titles.split_at(titles.len().min(TITLES));
            let more = if more.is_empty() { String::new() } else { format!(", and {} more", more.len()) };
            format!("no scenario has `{only}` in its title; there is {}{more}", words::or_list(first))
        }
        _ => "there is no scenario to play; write one into the spec: \
              `scenario \"a failed gate stops the release\" { given quality failed; expect production untouched }`"
            .to_owned(),
    }
}
