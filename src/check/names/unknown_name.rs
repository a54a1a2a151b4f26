#![doc = include_str!("../../../docs/findings/MLP201.md")]

use crate::check::facts::{every_on, jobs};
use crate::diag::words::{nearest, or_list};
use crate::diag::{Code, Finding, Spanned};
use crate::spec::{Event, MentionKind, Spec};
use indexmap::IndexMap;

/// A kind of thing that can be referred to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Model,
    Data,
    Gate,
    Deploy,
    Runner,
    /// What a scenario can speak of.
    Subject,
}

impl Kind {
    /// Kinds that are written down as such.
    const DEFINED: [Self; 5] = [Self::Model, Self::Data, Self::Gate, Self::Deploy, Self::Runner];

    fn word(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Data => "data",
            Self::Gate => "gate",
            Self::Deploy => "deploy",
            Self::Runner => "runner",
            Self::Subject => "gate or deploy",
        }
    }

    fn names(self, spec: &Spec) -> Vec<&str> {
        fn keys<T>(map: &IndexMap<String, T>) -> Vec<&str> {
            map.keys().map(String::as_str).collect()
        }
        match self {
            Self::Model => keys(&spec.models),
            Self::Data => keys(&spec.data),
            Self::Gate => keys(&spec.gates),
            Self::Deploy => keys(&spec.deploys),
            Self::Runner => keys(&spec.runners),
            Self::Subject => {
                let defined = [Self::Gate, Self::Deploy, Self::Model].into_iter();
                let mut all: Vec<&str> = Vec::new();
                for name in defined.flat_map(|k| k.names(spec)).chain(spec.image.iter().map(|_| "image")) {
                    if !all.contains(&name) {
                        all.push(name);
                    }
                }
                all
            }
        }
    }
}

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for (kind, name) in references(spec) {
        let known = kind.names(spec);
        // Where something was not understood only what is plainly misspelt is told: the rest may stand there.
        let plain = spec.doubtful.is_empty() || nearest(&name.node, known.iter().copied()).is_some();
        // A scenario may speak of a job by its id.
        let there = match kind {
            Kind::Subject => !spec.subjects(name).is_empty(),
            _ => known.contains(&name.node.as_str()),
        };
        if !there && plain {
            out.push(unknown(spec, kind, name));
        }
    }
    if spec.image.is_none() && spec.doubtful.is_empty() {
        for (gate, span) in spec.gates.values().filter_map(|g| g.needs_image.map(|span| (g, span))) {
            let message =
                format!("the gate `{}` needs the image, and the pipeline builds none", gate.name.node);
            out.push(
                Finding::at(Code::UNKNOWN_NAME, span, message)
                    .help("add an image, such as `image ghcr \"ghcr.io/OWNER/NAME\" { tags commit }`"),
            );
        }
    }
}

fn references(spec: &Spec) -> Vec<(Kind, &Spanned<String>)> {
    let mut refs: Vec<(Kind, &Spanned<String>)> = Vec::new();
    refs.extend(spec.runner.iter().map(|n| (Kind::Runner, n)));
    refs.extend(jobs(spec).iter().filter_map(|j| j.common.runner.as_ref()).map(|n| (Kind::Runner, n)));
    for gate in spec.gates.values() {
        refs.extend(gate.needs_models.iter().map(|n| (Kind::Model, n)));
        refs.extend(gate.needs_data.iter().map(|n| (Kind::Data, n)));
        refs.extend(gate.after.iter().map(|n| (Kind::Gate, n)));
        refs.extend(gate.before.iter().map(|n| (Kind::Deploy, n)));
    }
    refs.extend(spec.image.iter().flat_map(|i| &i.with_models).map(|n| (Kind::Model, n)));
    refs.extend(spec.deploys.values().filter_map(|d| d.after.as_ref()).map(|n| (Kind::Deploy, n)));
    refs.extend(spec.drill.iter().flat_map(|d| &d.deploys).map(|n| (Kind::Deploy, n)));
    let rollbacks = spec.deploys.values().filter_map(|d| d.rollback.as_ref());
    refs.extend(rollbacks.filter_map(|r| r.redeploy.as_ref()).map(|n| (Kind::Gate, n)));
    refs.extend(every_on(spec).filter_map(|on| match &on.event {
        Event::Change(name) => Some((Kind::Data, name)),
        _ => None,
    }));
    refs.extend(spec.mentions.iter().filter_map(|m| {
        let kind = match m.kind {
            MentionKind::Deploy => Kind::Deploy,
            MentionKind::Data => Kind::Data,
            MentionKind::Model => Kind::Model,
            MentionKind::Subject => Kind::Subject,
            MentionKind::Secret => return None,
        };
        Some((kind, &m.name))
    }));
    refs
}

fn unknown(spec: &Spec, kind: Kind, name: &Spanned<String>) -> Finding {
    let word = kind.word();
    let known = kind.names(spec);
    let other = Kind::DEFINED.iter().find(|k| k.names(spec).contains(&name.node.as_str()));
    let help = if let Some(help) = job_of_none(spec, kind, name) {
        help
    } else if let Some(near) = nearest(&name.node, known.iter().copied()) {
        format!("did you mean `{near}`?")
    } else if let Some(other) = other {
        format!("`{}` is a {}; a {word} is wanted here", name.node, other.word())
    } else if known.is_empty() {
        format!("this pipeline has no {word}; write `{word} {} {{ … }}`", name.node)
    } else {
        format!("there is {}", or_list(&known))
    };
    Finding::at(Code::UNKNOWN_NAME, name.span, format!("no {word} is called `{}`", name.node)).help(help)
}

/// What to write instead of the id of a job that a scenario does not speak of.
fn job_of_none(spec: &Spec, kind: Kind, name: &str) -> Option<String> {
    if kind != Kind::Subject {
        return None;
    }
    let deploy = |n: &str| spec.deploys.get(n).filter(|d| d.approval.is_none());
    if name == "image-check" && spec.image.is_some() {
        return Some(
            "write `image`: of the jobs `image` and `image-check` it is the one that is in the run"
                .to_owned(),
        );
    }
    if name == "withheld" {
        return Some("expect `skipped` of a job that it tells about".to_owned());
    }
    if name.starts_with("notify-") {
        return Some("expect what the message would tell: `production rolled_back`".to_owned());
    }
    let unasked = name.strip_prefix("approve-").and_then(deploy)?;
    Some(format!("nobody is asked before `{}`: write `approval required` in it", unasked.name.node))
}
