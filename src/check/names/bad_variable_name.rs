#![doc = include_str!("../../../docs/findings/MLP204.md")]

use crate::check::facts::{jobs, secret_uses};
use crate::diag::{Code, Finding, Span};
use crate::spec::Spec;

/// Every variable and secret of a spec that is defined or named: its kind, name and place.
pub(super) fn variables(spec: &Spec) -> Vec<(&'static str, &str, Span)> {
    let mut all: Vec<_> = spec.env.iter().map(|(k, v)| ("variable", k.as_str(), v.span)).collect();
    for job in jobs(spec) {
        all.extend(job.common.env.iter().map(|(k, v)| ("variable", k.as_str(), v.span)));
    }
    all.extend(spec.secrets.iter().map(|(k, v)| ("secret", k.as_str(), v.span)));
    all.extend(secret_uses(spec).iter().map(|u| ("secret", u.name.node.as_str(), u.name.span)));
    all
}

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for (kind, name, span) in variables(spec) {
        if is_upper_case(name) {
            continue;
        }
        let better: String = name.to_uppercase().replace(['-', '.', ' '], "_");
        let finding = Finding::at(
            Code::BAD_VARIABLE_NAME,
            span,
            format!(
                "the {kind} name `{name}` is not made of upper-case letters, digits and `_`, with a letter first"
            ),
        );
        out.push(match is_upper_case(&better) {
            true => finding.help(format!("write `{better}`")),
            false => finding.help("write a name like `OPENAI_API_KEY`"),
        });
    }
}

fn is_upper_case(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}
