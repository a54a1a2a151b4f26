#![doc = include_str!("../../../docs/findings/MLP380.md")]

use crate::check::facts::secret_uses;
use crate::diag::{Code, Finding};
use crate::spec::Spec;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for used in secret_uses(spec) {
        let own = used.common.and_then(|c| c.env.get(&used.name.node));
        let Some(value) = own.or_else(|| spec.env.get(&used.name.node)) else { continue };
        let name = &used.name.node;
        let message = format!("`{name}` is a secret of {} and a plain `env` variable there too", used.job);
        out.push(
            Finding::at(Code::SECRET_AND_ENV, value.span, message)
                .also(used.name.span, "named as a secret here")
                .help(format!("take `env {name}` out; the secret's value is set under that name")),
        );
    }
}
