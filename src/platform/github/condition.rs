//! When a job runs, as the text of its `if:`.
//!
//! Every job says the whole of it: that the run was not cancelled (which also switches off the implicit
//! `success()`, whose look at all ancestors is not the language's), event and ref, and the result of every job it
//! needs. A part is left out only where it provably always holds: an event test when all triggers of the workflow
//! pass it, a ref test when the trigger's own filter lets nothing else through.

use super::expression::Expr;
use super::pattern::{self, Name};
use crate::plan::{Activation, Condition, EventKind, Job, Pattern, Plan, PrSource, Refs, RunIf, Trigger};
use crate::render::expression_literal;

/// Same repository, not a bot. `github.actor` would be whoever pushed last; the author of the pull request cannot be
/// chosen by an attacker. A head repository that was deleted is `null`, which equals no name.
const TRUSTED: [&str; 2] = [
    "github.event.pull_request.head.repo.full_name == github.repository",
    "github.event.pull_request.user.type != 'Bot'",
];

/// The exact complement of [`TRUSTED`].
const UNTRUSTED: [&str; 2] = [
    "github.event.pull_request.head.repo.full_name != github.repository",
    "github.event.pull_request.user.type == 'Bot'",
];

/// A pattern that a job's condition has to test and that GitHub's expressions cannot say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Inexpressible {
    /// The glob as written.
    pub(super) pattern: Pattern,
    /// What starts the runs in which it would have to be tested, in the language's words.
    pub(super) event: String,
}

/// The conjunction that stands in a job's `if:`, part by part.
///
/// # Errors
/// Patterns that no expression can say; `limits` reports them, so that they never reach a template.
pub(super) fn parts(plan: &Plan, job: &Job) -> Result<Vec<Expr>, Vec<Inexpressible>> {
    let mut parts = vec![atom("!cancelled()")];
    let run = activated(plan, &job.condition)?;
    match run {
        Expr::All(all) => parts.extend(all),
        other => parts.push(other),
    }
    let result = |need: &String, state: &str| atom(&format!("needs.{need}.result == '{state}'"));
    match job.run_if {
        RunIf::AllSucceeded => parts.extend(job.needs.iter().map(|n| result(n, "success"))),
        // A job that ran into its native time limit ends as `cancelled` while the run is not.
        RunIf::AnyFailed => parts.push(Expr::Any(
            job.needs.iter().map(|n| Expr::Any(vec![result(n, "failure"), result(n, "cancelled")])).collect(),
        )),
        // A job that does not exist in this run is `skipped`. One that was skipped because of a failure stands
        // behind a job of this list that failed.
        RunIf::NoneFailed => parts
            .extend(job.needs.iter().map(|n| Expr::Any(vec![result(n, "success"), result(n, "skipped")]))),
    }
    Ok(parts)
}

/// Columns up to which a condition stands on one line.
const ONE_LINE: usize = 100;

/// The lines of an `if:`: one line when it is short, else a line a part.
pub(super) fn lines(parts: &[Expr]) -> Vec<String> {
    let text: Vec<String> = parts.iter().map(Expr::grouped).collect();
    let one = format!("${{{{ {} }}}}", text.join(" && "));
    if one.len() <= ONE_LINE {
        return vec![one];
    }
    let mut out = Vec::new();
    for (i, part) in parts.iter().enumerate() {
        let head = if i == 0 { "${{ " } else { "&& " };
        match part {
            Expr::Any(ways) if ways.len() > 1 && part.print().len() > ONE_LINE => {
                for (j, way) in ways.iter().enumerate() {
                    let open = if j == 0 { format!("{head}(") } else { "|| ".to_owned() };
                    let close = if j + 1 == ways.len() { ")" } else { "" };
                    let way = if let Expr::Any(_) = way { way.print() } else { way.grouped() };
                    out.push(format!("{open}{way}{close}"));
                }
            }
            _ => out.push(format!("{head}{}", part.grouped())),
        }
    }
    if let Some(last) = out.last_mut() {
        last.push_str(" }}");
    }
    out
}

/// Event, ref and source, as one expression.
fn activated(plan: &Plan, condition: &Condition) -> Result<Expr, Vec<Inexpressible>> {
    let mut missing = Vec::new();
    let events = events(plan);
    // What a run of each event must pass: in full, and what the trigger's filter leaves of it.
    let mut tests: Vec<(EventKind, Expr, Expr)> = Vec::new();
    for event in &events {
        let ways = || condition.any_of.iter().filter(|a| a.event == *event);
        let full = ways().map(|a| Expr::All(vec![refs(a, &mut Vec::new()), source(a.source)]));
        let full = Expr::Any(full.collect()).simplify();
        let left = ways().map(|a| {
            let refs = if filtered(plan, a) { Expr::All(Vec::new()) } else { refs(a, &mut missing) };
            Expr::All(vec![refs, source(a.source)])
        });
        let left = Expr::Any(left.collect()).simplify();
        if left != Expr::Any(Vec::new()) {
            tests.push((event.clone(), full, left));
        }
    }
    if !missing.is_empty() {
        missing.sort();
        missing.dedup();
        return Err(missing);
    }
    // Events that pass the same test stand together. Where another event needs the full test anyway, an event whose
    // filter has answered it already joins: for it the test always holds.
    let needed: Vec<Expr> = tests.iter().map(|(_, _, left)| left.clone()).filter(|l| !l.is_true()).collect();
    let mut groups: Vec<(Expr, Vec<EventKind>)> = Vec::new();
    for (event, full, left) in tests {
        let test = if needed.contains(&full) { full } else { left };
        match groups.iter_mut().find(|(t, _)| *t == test) {
            Some((_, of)) => of.push(event),
            None => groups.push((test, vec![event])),
        }
    }
    let others =
        |of: &[EventKind]| -> Vec<&EventKind> { events.iter().filter(|e| !of.contains(e)).collect() };
    // "Anything but a pull request" is shorter said so, and then a pull request needs no test of its own.
    let but_pull_requests = |of: &[EventKind]| of.len() > 1 && others(of) == [&EventKind::PullRequest];
    let all_others = groups.iter().any(|(test, of)| test.is_true() && but_pull_requests(of));
    let all = |(test, of): &(Expr, Vec<EventKind>)| {
        let any = if others(of).is_empty() || (all_others && of == &[EventKind::PullRequest]) {
            Expr::All(Vec::new())
        } else if but_pull_requests(of) {
            atom("github.event_name != 'pull_request'")
        } else {
            Expr::Any(of.iter().map(|e| is_event(e, of, &events, test.is_true())).collect())
        };
        Expr::All(vec![any, test.clone()])
    };
    Ok(Expr::Any(groups.iter().map(all).collect()).simplify())
}

/// What can start the workflow, each kind once, in the order of the plan.
pub(super) fn events(plan: &Plan) -> Vec<EventKind> {
    let mut out = Vec::new();
    for trigger in &plan.triggers {
        let event = match trigger {
            Trigger::Push { .. } => EventKind::Push,
            Trigger::Tag { .. } => EventKind::Tag,
            Trigger::PullRequest { .. } => EventKind::PullRequest,
            Trigger::Schedule { .. } => EventKind::Schedule,
            Trigger::Manual => EventKind::Manual,
            Trigger::Named { name } => EventKind::Named(name.clone()),
        };
        if !out.contains(&event) {
            out.push(event);
        }
    }
    out
}

/// The test of one event. `group` are the events tested together with it, `all` those of the workflow; `alone` says
/// that no test of the ref stands beside it, so that a pushed branch and a pushed tag must be told apart here.
fn is_event(event: &EventKind, group: &[EventKind], all: &[EventKind], alone: bool) -> Expr {
    let name = |n: &str| atom(&format!("github.event_name == '{n}'"));
    let both = |e: &EventKind| all.contains(e) && !group.contains(e);
    match event {
        EventKind::Push | EventKind::Tag => {
            let (kind, other) =
                if *event == EventKind::Push { ("branch", EventKind::Tag) } else { ("tag", EventKind::Push) };
            let apart = (alone && both(&other)).then(|| atom(&format!("github.ref_type == '{kind}'")));
            Expr::All(std::iter::once(name("push")).chain(apart).collect())
        }
        EventKind::PullRequest => name("pull_request"),
        EventKind::Schedule => name("schedule"),
        EventKind::Manual => name("workflow_dispatch"),
        EventKind::Named(action) => {
            let is_named = |e: &&EventKind| matches!(e, EventKind::Named(_));
            let apart = (all.iter().filter(is_named).count() != group.iter().filter(is_named).count())
                .then(|| atom(&format!("github.event.action == {}", expression_literal(action))));
            Expr::All(std::iter::once(name("repository_dispatch")).chain(apart).collect())
        }
    }
}

/// The test of an activation's ref.
fn refs(activation: &Activation, missing: &mut Vec<Inexpressible>) -> Expr {
    let Refs::Only { branches, tags } = &activation.refs else {
        return Expr::All(Vec::new());
    };
    let (of_branches, of_tags) = match activation.event {
        EventKind::Push => (Some(Name::Branch), None),
        EventKind::Tag => (None, Some(Name::Tag)),
        EventKind::PullRequest => (Some(Name::Base), None),
        // These two run on the default branch, never on a tag.
        EventKind::Schedule | EventKind::Named(_) => (Some(Name::Branch), None),
        EventKind::Manual => (Some(Name::Branch), Some(Name::Tag)),
    };
    let named = |name: Option<Name>, of: &'_ [Pattern]| -> Vec<(Name, Pattern)> {
        name.map(|n| of.iter().map(|p| (n, p.clone())).collect()).unwrap_or_default()
    };
    let tests =
        named(of_branches, branches).into_iter().chain(named(of_tags, tags)).map(|(name, pattern)| {
            pattern::test(name, &pattern).unwrap_or_else(|| {
                missing.push(Inexpressible { pattern, event: in_words(&activation.event) });
                Expr::Any(Vec::new())
            })
        });
    Expr::Any(tests.collect())
}

/// True when the trigger's own filter lets only refs of the activation through.
fn filtered(plan: &Plan, activation: &Activation) -> bool {
    let Refs::Only { branches, tags } = &activation.refs else {
        return true;
    };
    let mut seen = false;
    let all = plan.triggers.iter().all(|t| {
        let (through, allowed) = match (t, &activation.event) {
            (Trigger::Push { branches: b }, EventKind::Push)
            | (Trigger::PullRequest { branches: b }, EventKind::PullRequest) => (b, branches),
            (Trigger::Tag { tags: t }, EventKind::Tag) => (t, tags),
            _ => return true,
        };
        seen = true;
        through.iter().all(|p| pattern::covered(p, allowed))
    });
    seen && all
}

fn source(source: PrSource) -> Expr {
    match source {
        PrSource::Any => Expr::All(Vec::new()),
        PrSource::Trusted => Expr::All(TRUSTED.iter().map(|t| atom(t)).collect()),
        PrSource::Untrusted => Expr::Any(UNTRUSTED.iter().map(|t| atom(t)).collect()),
    }
}

fn in_words(event: &EventKind) -> String {
    match event {
        EventKind::Push => "on push".to_owned(),
        EventKind::Tag => "on tag".to_owned(),
        EventKind::PullRequest => "on pull_request".to_owned(),
        EventKind::Schedule => "on schedule".to_owned(),
        EventKind::Manual => "on manual".to_owned(),
        EventKind::Named(name) => format!("on event {name}"),
    }
}

fn atom(text: &str) -> Expr {
    Expr::Atom(text.to_owned())
}
