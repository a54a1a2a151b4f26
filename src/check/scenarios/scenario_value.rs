#![doc = include_str!("../../../docs/findings/MLP385.md")]

use super::{doer, givens, moments};
use crate::diag::{Code, Finding, Span, Spanned};
use crate::spec::{
    About, Deploy, Dimension, Duration, Gate, GivenState, GivenValue, GivenWhat, MetricPath, Op, Quantity,
    Repeat, Right, Scenario, Spec, Subject, Unit,
};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for (scenario, given) in givens(spec) {
        match &given.what {
            GivenWhat::Value { subject, value, at, window } => {
                if let [about] = spec.about(subject).as_slice() {
                    let said = Said { subject, value, at: at.as_ref(), window: window.as_ref() };
                    of_value(spec, scenario, about, &said, out);
                }
            }
            GivenWhat::State { subject, state, of, at } => {
                of_state(spec, given, *state, of.as_ref(), at.as_ref(), out);
                if let ([(Subject::Deploy(d), Some("smoke"))], Some(at)) =
                    (spec.doers(subject).as_slice(), at)
                {
                    let every = d.watch.as_ref().and_then(|w| w.smoke.as_ref()).map(|s| &s.every);
                    moments::nobody_watches(spec, scenario, d, every, at, out);
                }
            }
            GivenWhat::RolledBack { subject, .. } => {
                let deploys = spec.subjects(&subject.0[0]);
                if let Some(Subject::Deploy(d)) = deploys.iter().find(|s| matches!(s, Subject::Deploy(_))) {
                    counted(d, subject.span, out);
                }
            }
            GivenWhat::Takes { subject, .. } => match spec.doers(subject).as_slice() {
                [(Subject::Approval(d), _)] => answered(d, given.span, out),
                [(Subject::Deploy(d), Some("smoke"))] if d.smoke.is_none() => {
                    let message = "the runs of the watch's `smoke` take no time in a scenario";
                    let help = "take it out; how often the test runs stands in the `watch`";
                    told(given.span, message, help, out);
                }
                _ => {}
            },
            GivenWhat::Cancelled { subject, .. } => match spec.doers(subject).as_slice() {
                [(_, Some("restore"))] => {
                    let message = "a cancel while something is put back is a failure of that";
                    told(given.span, message, format!("write `{} failed`", subject.node), out);
                }
                [(Subject::Deploy(d), Some("smoke"))] if d.smoke.is_none() => {
                    let message = "the runs of the watch's `smoke` take no time, so no cancel comes in one";
                    let help = format!("say the moment: `cancelled during {} at 12m`", d.name.node);
                    told(given.span, message, help, out);
                }
                _ => {}
            },
            GivenWhat::Approval { of, after, .. } => {
                asked(spec, of.as_ref(), given.span, out);
                if let Some(after) = after {
                    moments::answered_after(spec, of.as_ref(), after, out);
                }
            }
            GivenWhat::Changed(_) if spec.gates.values().all(|g| g.when_changed.is_empty()) => {
                let message = "no gate looks at what changed, so this has no effect";
                told(given.span, message, "take it out, or write `when changed prompt` in a gate", out);
            }
            _ => {}
        }
    }
}

fn told(span: Span, message: impl Into<String>, help: impl Into<String>, out: &mut Vec<Finding>) {
    out.push(Finding::at(Code::SCENARIO_VALUE, span, message).help(help));
}

struct Said<'g> {
    subject: &'g Spanned<MetricPath>,
    value: &'g Spanned<GivenValue>,
    at: Option<&'g Spanned<Duration>>,
    window: Option<&'g Spanned<Duration>>,
}

fn of_value(spec: &Spec, scenario: &Scenario, about: &About<'_>, said: &Said<'_>, out: &mut Vec<Finding>) {
    let name = &said.subject.node;
    if let Some(window) = said.window.filter(|_| !matches!(about, About::Rollbacks(_))) {
        let message = format!("`{name}` is a value, not a number of things in a time");
        told(window.span, message, "take `in …` out", out);
    }
    if let Some(at) = said.at.filter(|_| !matches!(about, About::Live(..))) {
        let message = format!("`{name}` has one value in a run, and none at a moment");
        told(at.span, message, "take `at …` out: only what a deploy watches changes with the time", out);
    }
    match about {
        About::Rollbacks(d) => rollbacks(d, said, out),
        About::Live(d, metric, unit) => {
            let before = out.len();
            number(said, *unit, out);
            if out.len() == before {
                unjudged(scenario, d, metric, said, out);
            }
            if let Some(at) = said.at {
                moments::nobody_watches(spec, scenario, d, d.watch.as_ref().map(|w| &w.interval), at, out);
            }
        }
        About::Baseline(_, metric, unit) => {
            number(said, *unit, out);
            alone(scenario, metric, said, out);
        }
        About::Metric(g, metric, unit) => {
            let before = out.len();
            number(said, *unit, out);
            if out.len() == before {
                baseline(scenario, g, metric, *unit, said, out);
            }
        }
    }
}

/// A number in a unit that the metric's own can be made of.
fn number(said: &Said<'_>, unit: Unit, out: &mut Vec<Finding>) {
    let GivenValue::Number(q) = &said.value.node else { return };
    let name = &said.subject.node;
    if q.in_unit(unit).is_none() {
        let wanted = match unit.dimension() {
            Dimension::Time => format!("a duration, such as `200{}`", unit.word()),
            Dimension::Size => format!("a size, such as `512{}`", unit.word()),
            Dimension::Ratio => "a plain number or a percentage".to_owned(),
        };
        told(
            said.value.span,
            format!("`{name}` cannot be `{q}`: it is {}", measured(unit)),
            format!("write {wanted}"),
            out,
        );
    } else if unit == Unit::Percent && q.unit == Unit::None && q.number.abs() > 1.0 {
        let message = format!("`{name}` is in percent, and the plain number `{q}` is {}%", q.number * 100.0);
        told(said.value.span, message, format!("write `{q}%`: a number without a unit is a ratio"), out);
    }
}

fn measured(unit: Unit) -> &'static str {
    match unit.dimension() {
        Dimension::Time => "a time",
        Dimension::Size => "a size",
        Dimension::Ratio if unit == Unit::Percent => "a percentage",
        Dimension::Ratio => "a number without a unit",
    }
}

/// A metric that only baseline rules look at says nothing without the baseline.
fn baseline(
    scenario: &Scenario,
    gate: &Gate,
    metric: &MetricPath,
    unit: Unit,
    said: &Said<'_>,
    out: &mut Vec<Finding>,
) {
    let GivenValue::Number(q) = &said.value.node else { return };
    let rules = || gate.require.iter().filter(|r| r.metric.node == *metric);
    let fails =
        rules().any(|r| matches!(r.right, Right::Literal(right) if !literal_holds(q, unit, r.op, right)));
    let Some(rule) = rules().find(|r| matches!(r.right, Right::Baseline(_))).filter(|_| !fails) else {
        return;
    };
    let mut path = vec![said.subject.0[0].clone(), "baseline".to_owned()];
    path.extend(metric.0.iter().cloned());
    let path = MetricPath(path);
    if !given(scenario, &path) {
        told(
            said.subject.span,
            format!("`{}` compares this with a baseline that the scenario does not give", rule.text),
            format!("say what the baseline file has: `{path} = {q}`"),
            out,
        );
    }
}

/// A baseline changes nothing where nobody says what is compared with it; without a number it fails the gate.
fn alone(scenario: &Scenario, metric: &MetricPath, said: &Said<'_>, out: &mut Vec<Finding>) {
    let GivenValue::Number(q) = &said.value.node else { return };
    let mut path = vec![said.subject.0[0].clone()];
    path.extend(metric.0.iter().cloned());
    let path = MetricPath(path);
    if !given(scenario, &path) {
        told(
            said.subject.span,
            "nobody says what is compared with this, so it has no effect",
            format!("say what the run measures: `{path} = {q}`"),
            out,
        );
    }
}

/// A number changes nothing where no trigger asks for it, unless it ends a time without one, which no step may end in.
fn unjudged(scenario: &Scenario, d: &Deploy, metric: &MetricPath, said: &Said<'_>, out: &mut Vec<Finding>) {
    let GivenValue::Number(_) = &said.value.node else { return };
    let judged = d.rollback.iter().flat_map(|r| &r.when).any(|w| w.metric.node == *metric);
    let ends_a_gap = scenario.given.iter().any(|g| match &g.what {
        GivenWhat::Value { subject, value, .. } => {
            subject.node == said.subject.node && !matches!(value.node, GivenValue::Number(_))
        }
        _ => false,
    });
    if judged || ends_a_gap {
        return;
    }
    told(
        said.subject.span,
        format!("no trigger of `{}` asks for `{metric}`, so a number has no effect", d.name.node),
        format!("write `rollback {{ when {metric} … }}` in the deploy, give `missing`, or take this out"),
        out,
    );
}

fn given(scenario: &Scenario, path: &MetricPath) -> bool {
    scenario
        .given
        .iter()
        .any(|g| matches!(&g.what, GivenWhat::Value { subject, .. } if subject.node == *path))
}

fn literal_holds(q: &Quantity, unit: Unit, op: Op, right: f64) -> bool {
    q.in_unit(unit).is_some_and(|left| match op {
        Op::Lt => left < right,
        Op::Le => left <= right,
        Op::Gt => left > right,
        Op::Ge => left >= right,
        Op::Eq => left == right,
        Op::Ne => left != right,
    })
}

fn rollbacks(d: &Deploy, said: &Said<'_>, out: &mut Vec<Finding>) {
    let name = &d.name.node;
    let whole = match &said.value.node {
        GivenValue::Number(q) => {
            q.unit == Unit::None && q.number.fract() == 0.0 && (0.0..=1e6).contains(&q.number)
        }
        _ => false,
    };
    if !whole {
        let message = format!("the ledger holds a number of rollbacks, not {}", said.value.node);
        told(said.value.span, message, format!("write a whole number: `{name}.rollbacks = 2 in 1h`"), out);
        return;
    }
    if !counted(d, said.subject.span, out) {
        return;
    }
    let Some(halt) = d.rollback.as_ref().and_then(|r| r.halt.as_ref()) else { return };
    let limit = halt.window.written();
    match said.window {
        None => told(
            said.subject.span.to(said.value.span),
            "nobody says over which time these rollbacks were",
            format!("write the time: `{name}.rollbacks = {} in {limit}`", said.value.node),
            out,
        ),
        Some(window) if window.node.seconds > halt.window.seconds => told(
            window.span,
            format!("some of these may be older than what `halt` of `{name}` counts"),
            format!("write `in {limit}` or less, or each by itself: `{name} rolled_back 50m ago`"),
            out,
        ),
        Some(_) => {}
    }
}

/// Does anybody count the rollbacks of that deploy?
fn counted(d: &Deploy, span: Span, out: &mut Vec<Finding>) -> bool {
    let halts = d.rollback.as_ref().is_some_and(|r| r.halt.is_some());
    if !halts {
        told(
            span,
            format!("nobody counts the rollbacks of `{}`, so this has no effect", d.name.node),
            "write `rollback { halt when rollbacks > 2 in 1h }` in the deploy, or take this out",
            out,
        );
    }
    halts
}

fn of_state(
    spec: &Spec,
    given: &crate::spec::Given,
    state: GivenState,
    of: Option<&Spanned<(u32, u32)>>,
    at: Option<&Spanned<Duration>>,
    out: &mut Vec<Finding>,
) {
    let Some(Spanned { node: path, span }) = doer(&given.what) else { return };
    let doers = spec.doers(path);
    let [(subject, step)] = doers.as_slice() else { return };
    if let Subject::Approval(d) = subject {
        return answered(d, given.span, out);
    }
    if let Some(of) = of {
        let repeat = match subject {
            Subject::Gate(g) => g.repeat.as_ref().map_or(Repeat { times: 1, pass: 1 }, |r| r.node),
            _ => Repeat { times: 1, pass: 1 },
        };
        let (some, all) = of.node;
        if all != repeat.times || some > all || some == 0 {
            let message = if some == 0 {
                format!("{some} of {all} are none, so this has no effect")
            } else if some > all {
                format!("{some} of {all} is more than there are")
            } else {
                format!("`{path}` runs {} at most, not {all}", times(repeat.times))
            };
            told(
                of.span,
                message,
                format!("write how many fail: `{path} failed 1 of {}`", repeat.times),
                out,
            );
        }
    }
    let watched =
        matches!(subject, Subject::Deploy(d) if d.watch.as_ref().is_some_and(|w| w.smoke.is_some()));
    let own = matches!(subject, Subject::Deploy(d) if d.smoke.is_some());
    if let Some(at) = at.filter(|_| !(watched && *step == Some("smoke"))) {
        let message = format!("`{path}` ends once, and the moment follows from what runs before it");
        let help = "take `at …` out, or say how long it runs: `… takes 20m`; only the `smoke` of a `watch` is run again \
                    and again";
        told(at.span, message, help, out);
    } else if state == GivenState::TimedOut && watched && *step == Some("smoke") && (at.is_some() || !own) {
        told(*span, "a run of the watch's `smoke` fails or passes", format!("write `{path} failed`"), out);
    }
}

/// What a person says is no command that ends.
fn answered(d: &Deploy, span: Span, out: &mut Vec<Finding>) {
    let name = &d.name.node;
    let message =
        format!("a person answers for `{name}`: that neither ends nor takes time as a command does");
    told(
        span,
        message,
        format!("write `approval of {name} denied`, or `approval of {name} given after 2h`"),
        out,
    );
}

fn times(n: u32) -> String {
    if n == 1 { "once".to_owned() } else { format!("{n} times") }
}

/// Somebody is asked at all.
fn asked(spec: &Spec, of: Option<&Spanned<String>>, span: Span, out: &mut Vec<Finding>) {
    let asks = |name: &str| spec.deploys.get(name).is_none_or(|d| d.question().is_some());
    let nobody = match of {
        Some(name) => !asks(name),
        None => spec.deploys.values().all(|d| d.question().is_none()),
    };
    if nobody {
        let whose = of.map_or("any deploy".to_owned(), |n| format!("`{}`", n.node));
        let message = format!("nobody is asked before {whose}, so this has no effect");
        told(span, message, "write `approval required` in the deploy, or take this out", out);
    }
}
