#![doc = include_str!("../../../docs/findings/MLP462.md")]

use crate::check::facts::secret_uses;
use crate::diag::{Code, Finding, Span};
use crate::spec::{Cloud, Common, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for Identified { what, common, clouds } in identified(spec) {
        let ours = |name: &str| clouds.iter().find(|(c, _)| c.variables().contains(&name));
        let secrets: Vec<(String, Span)> = secret_uses(spec)
            .into_iter()
            .filter(|u| u.common.is_some_and(|c| std::ptr::eq(c, common)))
            .map(|u| (u.name.node.clone(), u.name.span))
            .collect();
        let env = spec.env.iter().chain(&common.env).map(|(name, value)| (name.clone(), value.span));
        for (name, span) in secrets.into_iter().chain(env) {
            let Some((cloud, auth)) = ours(&name) else { continue };
            let message = format!(
                "{what} has an identity in `{}`, and `{name}` decides there as well who it is",
                cloud.word()
            );
            out.push(
                Finding::at(Code::IDENTITY_BEATEN, span, message).also(*auth, "the identity").help(format!(
                    "take `{name}` out: the identity sets what it needs, and removes the rest"
                )),
            );
        }
    }
}

/// A job that may have identities.
struct Identified<'a> {
    what: String,
    common: &'a Common,
    /// In which clouds, and by which statement.
    clouds: Vec<(Cloud, Span)>,
}

/// Every deploy and every model.
fn identified(spec: &Spec) -> Vec<Identified<'_>> {
    let mut all = Vec::new();
    for d in spec.deploys.values() {
        let clouds = spec.auth.iter().chain(&d.auth).map(|a| (a.cloud.node, a.span)).collect();
        all.push(Identified { what: format!("deploy `{}`", d.name.node), common: &d.common, clouds });
    }
    for m in spec.models.values() {
        let clouds = m.auth.iter().map(|c| (c.node, c.span)).collect();
        all.push(Identified { what: format!("model `{}`", m.name.node), common: &m.common, clouds });
    }
    all
}
