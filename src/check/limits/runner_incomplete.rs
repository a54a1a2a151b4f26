#![doc = include_str!("../../../docs/findings/MLP457.md")]

use crate::check::facts::{emits, jobs};
use crate::diag::{Code, Finding, Spanned};
use crate::spec::{PlatformName, Runner, Spec};
use indexmap::IndexSet;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    let jobs = jobs(spec);
    let mut seen = IndexSet::new();
    for name in spec.runner.iter().chain(jobs.iter().filter_map(|j| j.common.runner.as_ref())) {
        let Some(runner) = spec.runners.get(&name.node) else { continue };
        if seen.insert(&name.node) {
            PlatformName::ALL
                .into_iter()
                .filter(|p| emits(spec, *p))
                .for_each(|p| check(p, runner, name, out));
        }
    }
}

fn check(platform: PlatformName, runner: &Runner, used: &Spanned<String>, out: &mut Vec<Finding>) {
    let (missing, example) = match platform {
        PlatformName::Github => (runner.github.is_empty(), "github \"self-hosted\", \"gpu\""),
        PlatformName::Gitlab => (runner.gitlab.is_empty() && runner.image.is_none(), "gitlab \"gpu\""),
        PlatformName::Jenkins => (runner.jenkins.is_none(), "jenkins \"gpu && linux\""),
    };
    if missing {
        let (name, word) = (&used.node, platform.word());
        let message =
            format!("the runner `{name}` says nothing for {word}, which this pipeline is emitted to");
        out.push(
            Finding::at(Code::RUNNER_INCOMPLETE, used.span, message)
                .also(runner.span, "the runner")
                .help(format!("add `{example}` to the runner, or leave {word} out of `emit`")),
        );
    }
}
