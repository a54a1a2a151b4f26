#![doc = include_str!("../../../docs/findings/MLP382.md")]

use crate::check::facts::{SecretKind, emits, secret_uses};
use crate::diag::{Code, Finding};
use crate::spec::{PlatformName, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    // On GitHub a secret is a text wherever it is used; the others tell texts and files apart.
    if !emits(spec, PlatformName::Gitlab) && !emits(spec, PlatformName::Jenkins) {
        return;
    }
    let uses = secret_uses(spec);
    for (i, used) in uses.iter().enumerate() {
        let same: Vec<_> = uses[..i].iter().filter(|u| u.name.node == used.name.node).collect();
        let (Some(first), true) = (same.first(), same.iter().all(|u| u.kind != used.kind)) else { continue };
        let name = &used.name.node;
        let word = |kind| if kind == SecretKind::File { "file" } else { "text" };
        let message = format!(
            "the secret `{name}` is a {} for {} and a {} for {}",
            word(used.kind),
            used.job,
            word(first.kind),
            first.job
        );
        out.push(
            Finding::at(Code::SECRET_TWO_KINDS, used.name.span, message)
                .also(first.name.span, format!("a {} here", word(first.kind)))
                .help("keep it as two secrets: a Jenkins credential and a GitLab variable are one kind or the other"),
        );
    }
}
