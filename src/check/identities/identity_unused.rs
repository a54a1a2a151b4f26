#![doc = include_str!("../../../docs/findings/MLP464.md")]

use crate::diag::{Code, Finding};
use crate::spec::{ModelSource, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for auth in &spec.auth {
        let cloud = auth.cloud.node;
        let own = |d: &crate::spec::Deploy| d.auth.iter().any(|a| a.cloud.node == cloud);
        let deploys = spec.deploys.values().any(|d| !own(d));
        let models = spec.models.values().any(|m| m.auth.iter().any(|c| c.node == cloud));
        if !deploys && !models {
            let word = cloud.word();
            out.push(
                Finding::at(Code::IDENTITY_UNUSED, auth.span, format!("no job is anybody in `{word}`")).help(format!(
                    "deploys have it by themselves, a model that names it, `auth {word}`, too; else take this line out"
                )),
            );
        }
    }
    for model in spec.models.values() {
        let Some(cloud) = model.auth.first() else { continue };
        let why = match model.source.as_ref().map(|s| &s.node) {
            Some(ModelSource::Path(_)) => "it is a file of the repository",
            Some(ModelSource::Http { .. }) => "it comes from a plain address",
            None => "it is hosted, and nothing is fetched",
            _ => continue,
        };
        let message = format!("model `{}` needs no identity: {why}", model.name.node);
        out.push(
            Finding::at(Code::IDENTITY_UNUSED, cloud.span, message)
                .help(format!("take `auth {}` out of the model", cloud.node.word())),
        );
    }
}
