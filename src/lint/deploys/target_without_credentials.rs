#![doc = include_str!("../../../docs/findings/MLP704.md")]

use crate::check::facts::emits;
use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::spec::{Deploy, PlatformName, Spec, Target};

/// Clients that get nowhere without a credential, and what they want.
const CLIENTS: [(&str, &str); 8] = [
    ("kubectl", "a kubeconfig"),
    ("helm", "a kubeconfig"),
    ("aws", "an AWS identity"),
    ("gcloud", "a Google Cloud identity"),
    ("az", "an Azure identity"),
    ("ssh", "a private key"),
    ("scp", "a private key"),
    ("flyctl", "a token"),
];

/// Words that say that a command brings its credential in a way of its own.
const BRINGS: [&str; 8] = ["login", "auth", "token", "config", "credential", "password", "identity", "cert"];

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let spec = subject.spec;
    // A Jenkins agent, like a runner of one's own, may well be logged in; a machine that GitHub lends never is.
    if !emits(spec, PlatformName::Github) || spec.runner.is_some() || !spec.auth.is_empty() {
        return;
    }
    for deploy in spec.deploys.values().filter(|d| !may_have_one(spec, d)) {
        let Some(Target::Command(target)) = deploy.target.as_ref().map(|t| &t.node) else { continue };
        let Some(command) = &target.deploy else { continue };
        let Some((client, wants)) = client(&command.node) else { continue };
        let verbs = [&target.deploy, &target.live, &target.rollback, &target.shift];
        let text: String = verbs.into_iter().flatten().map(|v| v.node.to_lowercase() + " ").collect();
        if BRINGS.iter().any(|w| text.contains(w)) {
            continue;
        }
        let message = format!(
            "`{client}` wants {wants}, and the deploy `{}` is given no secret: on GitHub's machines there is none",
            deploy.name.node
        );
        out.push(Finding::at(Code::TARGET_WITHOUT_CREDENTIALS, command.span, message).help(
            "name the secret that holds it, `secret NAME`; a cluster is better off with `target kubernetes`, which cannot be written without its kubeconfig",
        ));
    }
}

/// A secret, a runner of its own or a variable may bring what the client wants.
fn may_have_one(spec: &Spec, deploy: &Deploy) -> bool {
    let common = &deploy.common;
    !common.secrets.is_empty() || common.runner.is_some() || !common.env.is_empty() || !spec.env.is_empty()
}

/// The client that a command starts with.
fn client(command: &str) -> Option<(&'static str, &'static str)> {
    let first = command.split_whitespace().next()?;
    CLIENTS.into_iter().find(|(name, _)| *name == first)
}
