#![doc = include_str!("../../../docs/findings/MLP372.md")]

use crate::diag::{Code, Finding};
use crate::spec::{Deploy, Mirroring, Spec, Target};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for deploy in spec.deploys.values() {
        let Some(shadow) = deploy.shadow.as_ref().filter(|s| matches!(s.way, Mirroring::Traffic(_))) else {
            continue;
        };
        let Some(source) = spec.deploys.get(&shadow.from.node) else { continue };
        let Some((one, why)) = [source, deploy].into_iter().find_map(|d| Some((d, without(d)?))) else {
            continue;
        };
        let (here, from) = (&deploy.name.node, &source.name.node);
        let message = format!("`{here}` cannot get copies of the requests of `{from}`: {why}");
        let finding = Finding::at(Code::SHADOW_WITHOUT_MIRROR, shadow.span, message).help(format!(
            "let ingress-nginx lead to both, `traffic nginx \"INGRESS\"` in `{here}` and in `{from}`; or say how they are copied: \
             `shadow from {from} {{ run \"./copy.sh start\"; stop \"./copy.sh stop\" }}`"
        ));
        out.push(match &one.target {
            Some(target) => finding.also(target.span, "the target"),
            None => finding,
        });
    }
}

/// Why ingress-nginx does not stand in front of a deploy; nothing where it does, or where nobody knows.
fn without(deploy: &Deploy) -> Option<String> {
    let name = &deploy.name.node;
    match &deploy.target.as_ref()?.node {
        Target::Kubernetes(k) => match &k.traffic {
            None => Some(format!("no Ingress of ingress-nginx leads to `{name}`, as far as is said")),
            Some(t) if t.node.by != "nginx" => {
                Some(format!("`{}` leads to `{name}`, and only ingress-nginx copies requests", t.node.by))
            }
            Some(_) => None,
        },
        Target::ArgoRollouts(_) => Some(format!(
            "Argo Rollouts moves the traffic of `{name}`, and only ingress-nginx copies requests"
        )),
        Target::Command(_) => Some(format!("`{name}` is driven by commands")),
        Target::Ssh(_) => Some(format!("docker on hosts copies no requests of `{name}`")),
        Target::Later(kind) => Some(format!("no Ingress of ingress-nginx leads to a `target {kind}`")),
    }
}
