//! Which jobs are in the pipeline that a situation starts: `workflow:rules`, then each job's `rules`, with the variables
//! as GitLab sets them (<https://docs.gitlab.com/ci/variables/predefined_variables/>).
//!
//! One situation may reach GitLab in several ways (web page or API, with an open merge request or without); the file has
//! to answer all of them alike.

use super::expression::{Values, Variable};
use super::file::File;
use super::job::When;
use super::yaml::refuse;
use crate::plan::EventKind;
use crate::prove::{On, Situation, Unreadable, Whose};

/// A job that is in the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chosen {
    /// Its index.
    pub(super) job: usize,
    /// When it starts.
    pub(super) when: When,
    /// Its failure counts as a success with warnings.
    pub(super) allow_failure: bool,
}

/// The jobs of the pipeline, in the order in which GitLab decides about them; none when there is no pipeline.
///
/// # Errors
/// Two ways of starting the same run make two different pipelines; a needed job is not in the pipeline.
pub(super) fn pipeline(file: &File, s: &Situation) -> Result<Vec<Chosen>, Unreadable> {
    let ways = ways(file, s);
    let main = chosen(file, &ways.main);
    for (values, how) in &ways.alike {
        if chosen(file, values) != main {
            return refuse(file.workflow_line, format!("{how} starts other jobs"));
        }
    }
    if let Some(values) = &ways.with_open_request {
        left_to_its_request(file, values, &main)?;
    }
    for (values, how) in &ways.foreign {
        if let Some(c) = chosen(file, values).first() {
            return refuse(file.jobs[c.job].line, format!("`{}` is started by {how}", file.jobs[c.job].name));
        }
    }
    needs_are_there(file, &main)?;
    Ok(main)
}

/// With an open merge request from the branch there is either the same pipeline, or none because the request has its
/// own; but what publishes is in no request's pipeline.
fn left_to_its_request(file: &File, values: &Values, main: &[Chosen]) -> Result<(), Unreadable> {
    let with = chosen(file, values);
    if with == main {
        return Ok(());
    }
    let publishes = main.iter().find(|c| file.jobs[c.job].publishes());
    let line = file.workflow.iter().find(|r| r.never).map_or(file.workflow_line, |r| r.line);
    match publishes {
        _ if !with.is_empty() => refuse(line, "an open merge request starts other jobs"),
        Some(c) => {
            let name = &file.jobs[c.job].name;
            refuse(line, format!("an open merge request from the branch keeps `{name}` from running"))
        }
        None => Ok(()),
    }
}

/// GitLab creates no pipeline in which a job needs one that is not there (`Gitlab::Ci::Pipeline::Seed::Build`, "needs
/// errors"), unless the need is optional.
fn needs_are_there(file: &File, all: &[Chosen]) -> Result<(), Unreadable> {
    let mut there = vec![false; file.jobs.len()];
    all.iter().for_each(|c| there[c.job] = true);
    for c in all {
        let j = &file.jobs[c.job];
        if let Some(n) = j.needs.iter().flatten().find(|n| !n.optional && !there[n.index]) {
            let what =
                format!("`{}` needs `{}`, which is not in this run: GitLab starts none", j.name, n.job);
            return refuse(n.line, what);
        }
    }
    Ok(())
}

/// First match wins, and without a match there is nothing (`Gitlab::Ci::Build::Rules`).
fn chosen(file: &File, values: &Values) -> Vec<Chosen> {
    let holds: Vec<bool> = file.expressions.all().iter().map(|e| e.holds(values)).collect();
    let matches = |asks: Option<usize>| asks.is_none_or(|e| holds[e]);
    if file.workflow.iter().find(|r| matches(r.asks)).is_none_or(|r| r.never) {
        return Vec::new();
    }
    let one = |i: &usize| {
        let j = &file.jobs[*i];
        let rule = match &j.rules {
            None => None,
            Some(rules) => Some(rules.iter().find(|r| matches(r.asks))?),
        };
        let when = rule.and_then(|r| r.when).unwrap_or(j.default_when());
        let allow_failure = rule.and_then(|r| r.allow_failure).unwrap_or(j.default_allow_failure());
        (when != When::Never).then_some(Chosen { job: *i, when, allow_failure })
    };
    file.order.iter().filter_map(one).collect()
}

/// The ways in which a situation reaches GitLab.
struct Ways {
    main: Values,
    /// The same run, started otherwise.
    alike: Vec<(Values, &'static str)>,
    /// The same, while there is a merge request from the branch.
    with_open_request: Option<Values>,
    /// Another pipeline's run, in a repository with several.
    foreign: Vec<(Values, String)>,
}

fn ways(file: &File, s: &Situation) -> Ways {
    let source = match &s.event {
        EventKind::Push | EventKind::Tag => "push",
        EventKind::PullRequest => "merge_request_event",
        EventKind::Schedule => "schedule",
        EventKind::Manual => "web",
        EventKind::Named(_) => "trigger",
    };
    let mut main = Values::default().with(Variable::Source, source);
    main = match &s.on {
        On::Branch(b) => main.with(Variable::Branch, b),
        On::Tag(t) => main.with(Variable::Tag, t),
        On::PullRequest { target, from } => {
            // The pipeline of a fork's merge request runs in the fork.
            let theirs = if *from == Whose::Fork { "2" } else { "1" };
            main.with(Variable::Target, target)
                .with(Variable::TargetProject, "1")
                .with(Variable::SourceProject, theirs)
                .with(Variable::Project, theirs)
                .with(Variable::Open, "group/project!1")
        }
    };
    if !matches!(s.on, On::PullRequest { .. }) {
        main = main.with(Variable::Project, "1");
    }
    if let Some(input) = file.variables.input(Variable::Event) {
        let event = match &s.event {
            // GitLab refuses a value that is not among the options; the call without it goes through.
            EventKind::Named(n) if input.options.as_ref().is_none_or(|o| o.contains(n)) => n,
            _ => &input.default,
        };
        main = main.with(Variable::Event, event);
    }
    let mut foreign = Vec::new();
    if let Some(input) = file.variables.input(Variable::Start) {
        let by_name = matches!(s.event, EventKind::Manual | EventKind::Schedule);
        let own = file.name.as_ref().filter(|n| input.options.as_ref().is_none_or(|o| o.contains(n)));
        if let (true, Some(own)) = (by_name, own) {
            for other in input.options.iter().flatten().filter(|o| *o != own) {
                foreign.push((main.clone().with(Variable::Start, other), format!("a run of `{other}`")));
            }
            main = main.with(Variable::Start, own);
        } else {
            main = main.with(Variable::Start, &input.default);
        }
    }
    let mut alike = Vec::new();
    if s.event == EventKind::Manual {
        alike.push((main.clone().with(Variable::Source, "api"), "a run that is started by API"));
    }
    let open = matches!(s.on, On::Branch(_)) && file.asks(Variable::Open);
    let with_open_request = open.then(|| main.clone().with(Variable::Open, "group/project!1"));
    Ways { main, alike, with_open_request, foreign }
}
