#![doc = include_str!("../../../docs/findings/MLP362.md")]

use crate::diag::{Code, Finding};
use crate::spec::{Event, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for deploy in spec.deploys.values() {
        for on in deploy.on.iter().filter(|o| matches!(o.event, Event::PullRequest(_))) {
            let message = format!(
                "the deploy `{}` cannot run for a pull request: nobody has merged that code",
                deploy.name.node
            );
            out.push(
                Finding::at(Code::DEPLOY_ON_PULL_REQUEST, on.span, message)
                    .help("take it out; gates and the build of the image run for pull requests anyway"),
            );
        }
    }
}
