#![doc = include_str!("../../../docs/findings/MLP384.md")]

use super::{doer, givens};
use crate::diag::words::{nearest, or_list};
use crate::diag::{Code, Finding, Span};
use crate::spec::{DEPLOY_STEPS, GivenWhat, MetricPath, Right, Spec, Subject, smoke_failures};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for (_, given) in givens(spec) {
        if let Some(subject) = doer(&given.what) {
            let found = spec.doers(subject);
            match found.as_slice() {
                [] => no_doer(spec, subject, subject.span, out),
                [_] => {}
                more => out.push(ambiguous(
                    &subject.to_string(),
                    &kinds(more.iter().map(|(s, _)| s)),
                    subject.span,
                )),
            }
        }
        match &given.what {
            GivenWhat::Value { subject, .. } => match spec.about(subject).len() {
                0 => no_metric(spec, subject, subject.span, out),
                1 => {}
                _ => {
                    let all = spec.subjects(&subject.0[0]);
                    out.push(ambiguous(&subject.0[0], &kinds(all.iter()), subject.span));
                }
            },
            GivenWhat::RolledBack { subject, .. } => environment(spec, subject, subject.span, out),
            _ => {}
        }
    }
    for e in spec.scenarios.iter().flat_map(|s| &s.expect) {
        let found = spec.subjects(&e.name);
        let fit: Vec<_> = found
            .iter()
            .filter(|s| matches!(s, Subject::Deploy(_)) || !e.outcome.of_deploys_only())
            .collect();
        if fit.len() > 1 {
            out.push(ambiguous(&e.name, &kinds(fit.into_iter()), e.name.span));
        }
    }
}

/// The kinds of thing, and the ids of their jobs.
fn kinds<'a, 's: 'a>(all: impl Iterator<Item = &'a Subject<'s>>) -> Vec<(&'static str, String)> {
    all.map(|s| (s.kind(), s.job())).collect()
}

fn ambiguous(name: &str, all: &[(&'static str, String)], span: Span) -> Finding {
    let kinds: Vec<&str> = all.iter().map(|(k, _)| *k).collect();
    let jobs: Vec<&str> = all.iter().map(|(_, j)| j.as_str()).collect();
    Finding::at(Code::SCENARIO_SUBJECT, span, format!("`{name}` is {}", kinds.join(" and ")))
        .help(format!("say which of them by the id of its job: {}", or_list(&jobs)))
}

fn no_doer(spec: &Spec, path: &MetricPath, span: Span, out: &mut Vec<Finding>) {
    let Some(first) = spec.subjects(&path.0[0]).last().copied() else { return };
    let name = &path.0[0];
    let rest = path.0[1..].join(".");
    let finding = match first {
        Subject::Deploy(_) => {
            let message = format!("the deploy `{name}` has no step `{rest}`");
            let smoke = rest == "smoke";
            let there = |s: &&str| !spec.doers(&MetricPath(vec![name.clone(), (*s).to_owned()])).is_empty();
            let steps: Vec<&str> = DEPLOY_STEPS.into_iter().filter(there).collect();
            let help = match nearest(&rest, steps.iter().copied()) {
                _ if smoke => "it runs no `smoke`: write one into the deploy, or into its `watch`".to_owned(),
                Some(near) => format!("did you mean `{name}.{near}`?"),
                None => format!("its steps are {}", or_list(&steps)),
            };
            Finding::at(Code::SCENARIO_SUBJECT, span, message).help(help)
        }
        other => Finding::at(
            Code::SCENARIO_SUBJECT,
            span,
            format!("`{name}` is {} and has no parts that could end by themselves", other.kind()),
        )
        .help(format!("write `{name}` alone, or give a metric a value: `{path} = 0.8`")),
    };
    out.push(finding);
}

fn environment(spec: &Spec, path: &MetricPath, span: Span, out: &mut Vec<Finding>) {
    let found = spec.subjects(&path.0[0]);
    if found.is_empty() || (path.0.len() == 1 && found.iter().any(|s| matches!(s, Subject::Deploy(_)))) {
        return;
    }
    let finding = Finding::at(Code::SCENARIO_SUBJECT, span, format!("`{path}` is no environment"));
    out.push(finding.help("the ledger counts rollbacks of deploys: `production rolled_back 50m ago`"));
}

fn no_metric(spec: &Spec, path: &MetricPath, span: Span, out: &mut Vec<Finding>) {
    let (name, rest) = (&path.0[0], &path.0[1..]);
    let subjects = spec.subjects(name);
    // Of a gate and a deploy of one name, the deploy.
    let Some(first) = subjects.last() else { return };
    let known: Vec<String> =
        subjects.iter().flat_map(|s| metrics(s)).map(|m| format!("{name}.{m}")).collect();
    let near = nearest(&path.to_string(), known.iter().map(String::as_str)).map(str::to_owned);
    let message = match first {
        _ if rest.is_empty() => format!("`{name}` is {}, not a metric", first.kind()),
        Subject::Gate(_) => format!("no rule of the gate `{name}` is about `{}`", MetricPath(rest.to_vec())),
        Subject::Deploy(_) if rest == smoke_failures().0 => {
            format!("the failures of `{name}.smoke` are counted, not given")
        }
        Subject::Deploy(d) if d.watch.is_none() => {
            format!("nobody watches `{path}`: this deploy has no `watch`")
        }
        Subject::Deploy(_) => {
            format!("the `watch` of `{name}` has no metric `{}`", MetricPath(rest.to_vec()))
        }
        other => format!("`{name}` is {} and has no metrics", other.kind()),
    };
    let help = match (first, near) {
        (Subject::Deploy(_), _) if rest == smoke_failures().0 => {
            format!("say when it fails: `{name}.smoke failed at 5m`")
        }
        (_, Some(near)) => format!("did you mean `{near}`?"),
        (Subject::Approval(d), _) => format!("say what is answered: `approval of {} denied`", d.name.node),
        _ if known.is_empty() => format!("say how it ends instead: `{name} failed`"),
        _ => format!("there is {}", or_list(&known)),
    };
    out.push(Finding::at(Code::SCENARIO_SUBJECT, span, message).help(help));
}

fn metrics(subject: &Subject<'_>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    match subject {
        Subject::Gate(g) => {
            all.extend(g.require.iter().map(|r| r.metric.node.to_string()));
            let based = g.require.iter().filter(|r| matches!(r.right, Right::Baseline(_)));
            all.extend(based.map(|r| format!("baseline.{}", r.metric.node)));
        }
        Subject::Deploy(d) => {
            all.extend(d.watch.iter().flat_map(|w| &w.metrics).map(|m| m.metric.node.to_string()));
            let watched = || d.watch.iter().flat_map(|w| &w.metrics);
            let based = watched().filter(|m| m.baseline.is_some());
            all.extend(based.map(|m| format!("baseline.{}", m.metric.node)));
            let counted = watched().filter(|m| m.samples.is_some());
            all.extend(counted.map(|m| format!("samples.{}", m.metric.node)));
            if d.rollback.as_ref().is_some_and(|r| r.halt.is_some()) {
                all.push("rollbacks".to_owned());
            }
        }
        Subject::Model(_) | Subject::Image | Subject::Approval(_) | Subject::Soak(_) => {}
    }
    let mut seen = std::collections::HashSet::new();
    all.retain(|m| seen.insert(m.clone()));
    all
}
