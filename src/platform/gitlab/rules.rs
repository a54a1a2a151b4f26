//! Conditions as `rules:if` expressions.
//!
//! GitLab compares strings literally (no escapes inside quotes) and matches `=~` with RE2, between slashes. A glob is
//! compiled into an anchored RE2 pattern; a literal becomes `==`, and a literal that no quote can hold a pattern.

use crate::plan::{Activation, Condition, EventKind, Pattern, Plan, PrSource, Refs, Trigger, Work};
use std::fmt::Write;

/// Variable of the file that says which named event an API call brought.
pub(super) const EVENT_VARIABLE: &str = "MLPIPE_EVENT_NAME";
/// Variable of a shared root file that says which pipeline a person or a schedule starts.
pub(super) const START_VARIABLE: &str = "MLPIPE_START_PIPELINE";

const BRANCH: &str = "$CI_COMMIT_BRANCH";
const TAG: &str = "$CI_COMMIT_TAG";
const TARGET: &str = "$CI_MERGE_REQUEST_TARGET_BRANCH_NAME";
const MANUAL: &str = "($CI_PIPELINE_SOURCE == 'web' || $CI_PIPELINE_SOURCE == 'api')";
const MERGE_REQUEST: &str = "$CI_PIPELINE_SOURCE == 'merge_request_event'";

/// One line of `workflow:rules`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WorkflowRule {
    /// The expression.
    pub(super) when: String,
    /// It keeps a pipeline from being created.
    pub(super) never: bool,
    /// What a reader should know about it.
    pub(super) why: Option<&'static str>,
}

/// Most globs in one expression. GitLab reads fewer than 100 words in one (`Lexer::MAX_TOKENS`): 20 globs make 81, and
/// everything beside them at most 18.
const MOST_GLOBS: usize = 20;

/// The expressions, any of which lets a job exist. `start` is the pipeline's name when several share the root file.
pub(super) fn job_rules(condition: &Condition, start: Option<&str>) -> Vec<String> {
    condition.any_of.iter().flat_map(|a| activations(a, start)).collect()
}

/// As many expressions as it takes to name all refs.
fn activations(a: &Activation, start: Option<&str>) -> Vec<String> {
    let Refs::Only { branches, tags } = &a.refs else { return activation(a, start).into_iter().collect() };
    let of = |branches: &[Pattern], tags: &[Pattern]| {
        let refs = Refs::Only { branches: branches.to_vec(), tags: tags.to_vec() };
        activation(&Activation { refs, ..a.clone() }, start)
    };
    if branches.len() + tags.len() <= MOST_GLOBS {
        return of(branches, tags).into_iter().collect();
    }
    let branches = branches.chunks(MOST_GLOBS).filter_map(|b| of(b, &[]));
    branches.chain(tags.chunks(MOST_GLOBS).filter_map(|t| of(&[], t))).collect()
}

fn activation(a: &Activation, start: Option<&str>) -> Option<String> {
    let mut parts = vec![event(&a.event)];
    parts.extend(selected(&a.event, start));
    parts.extend(refs(&a.event, &a.refs)?);
    match a.source {
        PrSource::Any => {}
        PrSource::Trusted => parts.push(same_project("==")),
        PrSource::Untrusted => parts.push(same_project("!=")),
    }
    if parts.len() == 1 && parts[0] == MANUAL {
        return Some(MANUAL.trim_matches(['(', ')']).to_owned());
    }
    Some(parts.join(" && "))
}

/// Both ids are those of the merge request, so the comparison means the same in the project and in a fork of it.
fn same_project(operator: &str) -> String {
    format!("$CI_MERGE_REQUEST_SOURCE_PROJECT_ID {operator} $CI_MERGE_REQUEST_PROJECT_ID")
}

fn event(event: &EventKind) -> String {
    match event {
        EventKind::Push | EventKind::Tag => "$CI_PIPELINE_SOURCE == 'push'".into(),
        EventKind::PullRequest => MERGE_REQUEST.into(),
        EventKind::Schedule => "$CI_PIPELINE_SOURCE == 'schedule'".into(),
        EventKind::Manual => MANUAL.into(),
        EventKind::Named(name) => {
            format!("$CI_PIPELINE_SOURCE == 'trigger' && {}", compare(&format!("${EVENT_VARIABLE}"), name))
        }
    }
}

/// A person or a schedule starts one pipeline of several; a push, a tag, a merge request and an event start each that
/// listens for them.
fn selected(event: &EventKind, start: Option<&str>) -> Option<String> {
    let name = start.filter(|_| matches!(event, EventKind::Manual | EventKind::Schedule))?;
    Some(compare(&format!("${START_VARIABLE}"), name))
}

/// What the refs demand: nothing, or one expression. None when no ref can match.
fn refs(event: &EventKind, refs: &Refs) -> Option<Option<String>> {
    let (branches, tags): (&[Pattern], &[Pattern]) = match refs {
        Refs::Any => {
            return Some(match event {
                EventKind::Push => Some(BRANCH.into()),
                EventKind::Tag => Some(TAG.into()),
                _ => None,
            });
        }
        Refs::Only { branches, tags } => (branches, tags),
    };
    let alternatives: Vec<String> = match event {
        EventKind::Push => matching(BRANCH, branches),
        EventKind::Tag => matching(TAG, tags),
        EventKind::PullRequest => matching(TARGET, branches),
        EventKind::Schedule | EventKind::Manual | EventKind::Named(_) => {
            let mut both = matching(BRANCH, branches);
            both.extend(matching(TAG, tags));
            both
        }
    };
    either(alternatives).map(Some)
}

fn either(alternatives: Vec<String>) -> Option<String> {
    match alternatives.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        many => Some(format!("({})", many.join(" || "))),
    }
}

/// A pattern that everything matches is the variable alone: set and not empty. To a pattern an unset variable is the empty
/// text, so that a `*` alone asks for one character: a tag has no branch, and a branch no tag.
fn matching(variable: &str, patterns: &[Pattern]) -> Vec<String> {
    patterns
        .iter()
        .map(|p| match p.0.as_str() {
            stars if stars.len() > 1 && stars.chars().all(|c| c == '*') => variable.to_owned(),
            "*" => format!("{variable} =~ /^[^\\/]+$/"),
            _ if p.is_literal() => compare(variable, &p.0),
            _ => format!("{variable} =~ /{}/", regex(p)),
        })
        .collect()
}

/// Equality with a text. A string of GitLab's has no escapes; the text goes into the quotes that it does not hold, or,
/// when it holds both, into a pattern.
pub(super) fn compare(variable: &str, text: &str) -> String {
    let printable = text.chars().all(|c| !c.is_control());
    if printable && !text.contains('\'') {
        format!("{variable} == '{text}'")
    } else if printable && !text.contains('"') {
        format!("{variable} == \"{text}\"")
    } else {
        format!("{variable} =~ /{}/", regex(&Pattern(text.to_owned())))
    }
}

/// RE2 for a glob, anchored at both ends, ready to stand between slashes.
///
/// Every character that is not certainly literal is written as its code point: that also keeps clear of `@`, which older
/// expressions take for a repository path, and of a backslash in front of the closing slash.
pub(super) fn regex(glob: &Pattern) -> String {
    let mut out = String::from("^");
    let mut rest = glob.0.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '*' if rest.peek() == Some(&'*') => {
                rest.next();
                out.push_str(".*");
            }
            '*' => out.push_str("[^\\/]*"),
            '/' => out.push_str("\\/"),
            '.' => out.push_str("\\."),
            c if c.is_alphanumeric() || c == '-' || c == '_' => out.push(c),
            c => {
                let _ = write!(out, "\\x{{{:X}}}", c as u32);
            }
        }
    }
    out.push('$');
    out
}

/// The allow list: every run that the pipeline's triggers start, and nothing else.
///
/// Pushes that deploy come before the rule against a second pipeline for an open merge request, or an open merge request
/// from a deploying branch would keep it from being deployed.
pub(super) fn workflow_rules(plan: &Plan, start: Option<&str>) -> Vec<WorkflowRule> {
    let rule = |when: String| WorkflowRule { when, never: false, why: None };
    let mut out = Vec::new();
    let mut deploying = Vec::new();
    let mut testing = Vec::new();
    for t in &plan.triggers {
        match t {
            Trigger::PullRequest { branches } => {
                out.extend(triggered(EventKind::PullRequest, branches, &[], start).map(rule));
            }
            Trigger::Push { branches } => {
                let (d, t): (Vec<Pattern>, Vec<Pattern>) =
                    branches.iter().cloned().partition(|b| publishes(plan, b));
                deploying.extend(triggered(EventKind::Push, &d, &[], start).map(rule));
                testing.extend(triggered(EventKind::Push, &t, &[], start).map(rule));
            }
            _ => {}
        }
    }
    out.extend(deploying);
    let merge_requests = plan.triggers.iter().any(|t| matches!(t, Trigger::PullRequest { .. }));
    if merge_requests && !testing.is_empty() {
        out.push(WorkflowRule {
            when: "$CI_PIPELINE_SOURCE == 'push' && $CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS".into(),
            never: true,
            why: Some("the merge request's own pipeline tests this push"),
        });
    }
    out.extend(testing);
    out.extend(plan.triggers.iter().flat_map(|t| other_trigger(t, plan, start)).map(rule));
    let mut seen: Vec<WorkflowRule> = Vec::new();
    for r in out {
        if !seen.contains(&r) {
            seen.push(r);
        }
    }
    seen
}

fn triggered(
    event: EventKind,
    branches: &[Pattern],
    tags: &[Pattern],
    start: Option<&str>,
) -> impl Iterator<Item = String> + use<> {
    let refs = Refs::Only { branches: branches.to_vec(), tags: tags.to_vec() };
    activations(&Activation { event, refs, source: PrSource::Any }, start).into_iter()
}

fn other_trigger(t: &Trigger, plan: &Plan, start: Option<&str>) -> Vec<String> {
    let home = || Refs::Only { branches: vec![Pattern(plan.home_branch.clone())], tags: vec![] };
    let (event, refs) = match t {
        Trigger::Push { .. } | Trigger::PullRequest { .. } => return Vec::new(),
        Trigger::Tag { tags } => (EventKind::Tag, Refs::Only { branches: vec![], tags: tags.clone() }),
        Trigger::Schedule { .. } => (EventKind::Schedule, home()),
        Trigger::Manual => (EventKind::Manual, Refs::Any),
        Trigger::Named { name } => (EventKind::Named(name.clone()), home()),
    };
    activations(&Activation { event, refs, source: PrSource::Any }, start)
}

/// A push to such a branch does something that the pipeline of a merge request never does.
fn publishes(plan: &Plan, branch: &Pattern) -> bool {
    plan.jobs
        .iter()
        .filter(|j| match &j.work {
            Work::Deploy(_) | Work::Approve(_) => true,
            Work::Image(i) => i.push,
            _ => false,
        })
        .flat_map(|j| &j.condition.any_of)
        .filter(|a| a.event == EventKind::Push)
        .any(|a| match &a.refs {
            Refs::Any => true,
            Refs::Only { branches, .. } => branches.iter().any(|b| b.covers(branch) || branch.covers(b)),
        })
}
