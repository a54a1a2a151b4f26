#![doc = include_str!("../../../docs/findings/MLP202.md")]

use crate::check::facts::deploy_before;
use crate::diag::words::cycle;
use crate::diag::{Code, Finding, Span, Spanned};
use crate::spec::{Deploy, Gate, Spec};
use indexmap::{IndexMap, IndexSet};

/// Who waits for whom: by name, with the place that says so.
type Waits = IndexMap<String, Vec<(String, Span)>>;

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    let help = "take one `after` of the circle out; gates without one run side by side";
    report(&gates(spec), help, out);
    let help =
        "a deploy without `after` waits for the deploy written before it; order them as they are to run";
    report(&deploys(spec), help, out);
}

fn gates(spec: &Spec) -> Waits {
    let known = |n: &&Spanned<String>| spec.gates.contains_key(&n.node);
    let one = |g: &Gate| g.after.iter().filter(known).map(|n| (label(&n.node), n.span)).collect();
    spec.gates.values().map(|g| (label(&g.name.node), one(g))).collect()
}

fn label(name: &str) -> String {
    format!("`{name}`")
}

fn deploys(spec: &Spec) -> Waits {
    let one = |d: &Deploy| {
        let span = d.after.as_ref().map_or(d.common.head, |a| a.span);
        deploy_before(spec, d).map(|b| (label(&b.name.node), span)).into_iter().collect()
    };
    spec.deploys.values().map(|d| (label(&d.name.node), one(d))).collect()
}

fn report(waits: &Waits, help: &str, out: &mut Vec<Finding>) {
    let mut done = IndexSet::new();
    for start in waits.keys() {
        if !done.contains(start)
            && let Some((path, span)) = path_back(waits, start)
        {
            let message = match path.as_slice() {
                [one] => format!("{one} waits for itself"),
                _ => format!("these wait for each other: {}", cycle(&path)),
            };
            out.push(Finding::at(Code::CYCLE, span, message).help(help));
            done.extend(path);
        }
    }
}

/// The shortest way from `start` back to it, and the place where it starts.
fn path_back(waits: &Waits, start: &str) -> Option<(Vec<String>, Span)> {
    let mut from: IndexMap<&str, (&str, Span)> = IndexMap::new();
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for (next, span) in waits.get(at)? {
            if next == start {
                return Some(unwind(&from, at, start, *span));
            }
            if !from.contains_key(next.as_str()) {
                from.insert(next, (at, *span));
                queue.push_back(next);
            }
        }
    }
    None
}

fn unwind(from: &IndexMap<&str, (&str, Span)>, end: &str, start: &str, last: Span) -> (Vec<String>, Span) {
    let mut path = vec![end.to_owned()];
    let mut span = last;
    let mut at = end;
    while at != start {
        let Some((before, step)) = from.get(at) else { break };
        at = before;
        span = *step;
        path.push(at.to_owned());
    }
    path.reverse();
    (path, span)
}
