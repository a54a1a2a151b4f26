//! `mlpipe simulate`: a scenario of the command line.

use super::Exit;
use super::common::{Shell, from_here};
use crate::check;
use crate::project::{Pipeline, Project};
use crate::report::{self, Ran};
use crate::spec;
use camino::Utf8PathBuf;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  mlpipe simulate                                          everything goes well\n  \
                  mlpipe simulate --given 'quality.accuracy = 0.80'        a metric of the gate `quality`\n  \
                  mlpipe simulate --on 'pull_request main from fork'\n  \
                  mlpipe simulate --given 'cancelled during production' --format json\n  \
                  mlpipe simulate --given 'production.smoke failed' --expect 'production rolled_back'\n\n\
                  The words are those of `given` and `expect` in a spec's `scenario`; docs/scenarios.md lists them."
)]
pub(super) struct Args {
    /// The spec [default: the one below the root]
    #[arg(value_name = "PATH")]
    path: Option<Utf8PathBuf>,
    /// What happens; may be given more than once
    #[arg(long, value_name = "WORDS")]
    given: Vec<String>,
    /// What starts the run [default: a push, or the spec's first event that is no pull request]
    #[arg(long, value_name = "EVENT")]
    on: Option<String>,
    /// How it must end: exit code 1 when it does not
    #[arg(long, value_name = "WORDS")]
    expect: Vec<String>,
    /// How to show what happened; docs/scenarios.md says how to read the JSON
    #[arg(long, default_value = "human")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A timeline for people
    Human,
    /// For machines
    Json,
}

pub(super) fn run(shell: &Shell, args: &Args) -> Exit {
    let paths: Vec<Utf8PathBuf> = args.path.iter().cloned().collect();
    let mut projects = match shell.load(&paths) {
        Ok(p) => p,
        Err(e) => return shell.usage(&e),
    };
    shell.findings(&projects);
    if projects.iter().any(Project::has_errors) {
        return Shell::verdict(&projects);
    }
    let specs: Vec<String> = projects
        .iter()
        .flat_map(|p| {
            p.pipelines
                .iter()
                .filter(|l| l.selected)
                .map(|l| from_here(&p.root).join(&l.spec.path).into_string())
        })
        .collect();
    if specs.len() != 1 {
        return shell.usage(&which(&specs));
    }
    let Some(project) = projects.iter_mut().find(|p| p.pipelines.iter().any(|l| l.selected)) else {
        return shell.usage(&which(&specs));
    };
    let mut given: Vec<String> = args.on.iter().map(|on| format!("on {}", on.trim())).collect();
    given.extend(args.given.iter().cloned());
    let asked = spec::asked(&given, &args.expect, &mut project.sources);
    let Some(pipeline) = project.pipelines.iter().find(|p| p.selected) else {
        return shell.usage(&which(&specs));
    };
    let mut spec = pipeline.spec.clone();
    spec.scenarios = vec![asked.scenario];
    spec.mentions = asked.mentions;
    project.findings = if asked.findings.is_empty() { check::check_scenarios(&spec) } else { asked.findings };
    if project.has_errors() {
        // The words of the command line are wrong: that is a wrong call.
        shell.findings(&projects);
        return Exit::Usage;
    }
    let Some(ran) = spec.scenarios.first().and_then(|s| played(project, pipeline, &spec, s)) else {
        return shell.usage("there is no plan to play");
    };
    shell.out(&match args.format {
        Format::Human => report::simulated_human(&ran),
        Format::Json => report::simulated_json(&ran),
    });
    if ran.held() { Exit::Fine } else { Exit::Findings }
}

fn played<'s>(
    project: &Project,
    pipeline: &Pipeline,
    spec: &spec::Spec,
    scenario: &'s spec::Scenario,
) -> Option<Ran<'s>> {
    super::test::ran(project, pipeline, spec, scenario)
}

fn which(specs: &[String]) -> String {
    if specs.is_empty() {
        return "there is no pipeline to play: the path holds libraries only (files without `pipeline`)"
            .to_owned();
    }
    format!("one pipeline is played at a time: name one of {}", crate::diag::words::or_list(specs))
}
