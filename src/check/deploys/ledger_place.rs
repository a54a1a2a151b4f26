#![doc = include_str!("../../../docs/findings/MLP391.md")]

use crate::diag::{Code, Finding};
use crate::spec::{Spec, State, Target};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    let Some(state) = &spec.state else { return };
    if let Some((why, help)) = fault(state) {
        let message = format!("the ledger cannot lie in `{}`: {why}", state.place.node.escape_debug());
        out.push(Finding::at(Code::LEDGER_PLACE, state.place.span, message).help(help));
        return;
    }
    if state.store.node != "configmap" {
        return;
    }
    for (name, deploy) in &spec.deploys {
        let Some(target) = &deploy.target else { continue };
        if matches!(target.node, Target::Command(_) | Target::Ssh(_)) {
            let message =
                format!("a ConfigMap is reached with a kubeconfig, and the target of `{name}` has none");
            out.push(
                Finding::at(Code::LEDGER_PLACE, state.span, message)
                    .also(target.span, "the target")
                    .help("take a store that every deploy reaches: `state s3 \"s3://BUCKET/PIPELINE\"` or `state git \"BRANCH\"`"),
            );
        }
    }
}

/// What is wrong with the place, and what to write.
fn fault(state: &State) -> Option<(&'static str, &'static str)> {
    let place = state.place.as_str();
    let control = place.is_empty() || place.chars().any(|c| c.is_control() || c.is_whitespace());
    match state.store.as_str() {
        "path" if place.is_empty() || place.chars().any(char::is_control) => Some((
            "that is no folder",
            "write a folder that every runner sees: `state path \"/mnt/ledger/ranker\"`",
        )),
        "git" if control || !branch(place.rsplit_once('#').map_or(place, |(_, b)| b)) => Some((
            "that is no branch",
            "write a branch of this repository, `state git \"mlpipe-ledger\"`, or of another: `\"URL#BRANCH\"`",
        )),
        "configmap" if !configmap(place) => Some((
            "that is not `NAMESPACE/NAME`",
            "write lower-case letters, digits and `-`: `state configmap \"ml/ranker-ledger\"`",
        )),
        "s3" if control || bucket(place).is_none() => {
            Some(("that is not `s3://BUCKET/PREFIX`", "write it so: `state s3 \"s3://ml-state/ranker\"`"))
        }
        _ => None,
    }
}

/// What `git check-ref-format` takes, without its rarer signs.
fn branch(name: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let part =
        |p: &str| !p.is_empty() && !p.starts_with(['.', '-']) && !p.ends_with(".lock") && !p.ends_with('.');
    name.chars().all(good) && !name.contains("..") && name.split('/').all(part)
}

/// A namespace is a DNS label; of the name's 253 characters some are left for the environment's.
fn configmap(place: &str) -> bool {
    let good = |part: &str, most: usize| {
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        !part.is_empty()
            && part.len() <= most
            && part.chars().all(inner)
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    place.split_once('/').is_some_and(|(namespace, name)| good(namespace, 63) && good(name, 200))
}

fn bucket(place: &str) -> Option<&str> {
    let rest = place.strip_prefix("s3://")?;
    let name = rest.split('/').next()?;
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    ((3..=63).contains(&name.len()) && name.chars().all(good)).then_some(name)
}
