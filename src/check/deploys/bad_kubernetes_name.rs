#![doc = include_str!("../../../docs/findings/MLP365.md")]

use crate::diag::{Code, Finding, Span, Spanned};
use crate::spec::{Spec, Target, Traffic};

/// What a target names in its cluster.
struct Names<'s> {
    namespace: Option<&'s Spanned<String>>,
    /// The workload, and its kind.
    workload: (&'static str, &'s Spanned<String>),
    container: Option<&'s Spanned<String>>,
    traffic: Option<&'s Spanned<Traffic>>,
}

/// Runs the rule. A namespace and a container are labels, anything else is a subdomain.
/// <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/>
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for deploy in spec.deploys.values() {
        let names = match deploy.target.as_ref().map(|t| &t.node) {
            Some(Target::Kubernetes(k)) => Names {
                namespace: k.namespace.as_ref(),
                workload: ("Deployment", &k.deployment),
                container: k.container.as_ref(),
                traffic: k.traffic.as_ref(),
            },
            Some(Target::ArgoRollouts(a)) => Names {
                namespace: a.namespace.as_ref(),
                workload: ("Rollout", &a.rollout),
                container: a.container.as_ref(),
                traffic: None,
            },
            _ => continue,
        };
        look(&names, out);
    }
}

fn look(names: &Names<'_>, out: &mut Vec<Finding>) {
    let mut told = |span: Span, message: String, help: String| {
        out.push(Finding::at(Code::BAD_KUBERNETES_NAME, span, message).help(help));
    };
    let labels = [("namespace", names.namespace), ("container", names.container)];
    for (kind, name) in labels.into_iter().filter_map(|(kind, name)| Some((kind, name?))) {
        if !is_label(name) {
            told(name.span, format!("no {kind} of Kubernetes can be called `{}`", name.node), wanted(63, ""));
        }
    }
    let long = || wanted(253, ", and dots between such names");
    let (kind, name) = names.workload;
    if !is_subdomain(name) {
        told(name.span, format!("no {kind} of Kubernetes can be called `{}`", name.node), long());
    } else if names.container.is_none() && !is_label(name) {
        let message = format!("no container can be called `{}` as the {kind} is", name.node);
        told(name.span, message, "say what its container is called: `container \"app\"`".to_owned());
    }
    if let Some(traffic) = names.traffic.filter(|t| !is_subdomain(&t.node.route)) {
        let kind = if traffic.node.by == "istio" { "VirtualService" } else { "Ingress" };
        let message = format!("no {kind} of Kubernetes can be called `{}`", traffic.node.route);
        told(traffic.span, message, long());
    }
}

fn wanted(longest: usize, more: &str) -> String {
    format!(
        "write lower-case letters, digits and `-` within{more}, at most {longest} characters, such as `ranker-v2`"
    )
}

/// A label of RFC 1123, in lower case.
fn is_label(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (1..=63).contains(&name.len())
        && name.chars().all(|c| plain(c) || c == '-')
        && name.starts_with(plain)
        && name.ends_with(plain)
}

/// Labels with dots between them. Each may be as long as all of them, which Kubernetes allows.
fn is_subdomain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let part =
        |p: &str| p.chars().all(|c| plain(c) || c == '-') && p.starts_with(plain) && p.ends_with(plain);
    name.len() <= 253 && name.split('.').all(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_kubernetes_takes_them() {
        let (long, longest) = ("a".repeat(63), "a".repeat(253));
        for (name, label, subdomain) in [
            ("ranker", true, true),
            ("0-9", true, true),
            ("ranker.v2", false, true),
            ("Ranker", false, false),
            ("a_b", false, false),
            ("-a", false, false),
            ("a-", false, false),
            ("a..b", false, false),
            (".a", false, false),
            ("a.-b", false, false),
            ("my ns", false, false),
            ("", false, false),
            ("é", false, false),
            (&long, true, true),
            (&format!("{long}a"), false, true),
            (&longest, false, true),
            (&format!("{longest}a"), false, false),
        ] {
            assert_eq!((is_label(name), is_subdomain(name)), (label, subdomain), "{name}");
        }
    }
}
