//! Which jobs are in the pipeline that a situation starts: `workflow:rules`, then each job's `rules`, with the variables
//! as GitLab sets them (<https://docs.gitlab.com/ci/variables/predefined_variables/>).
//!
//! One situation may reach GitLab in several ways (web page or API, with an open merge request or without); the file has
//! to answer all of them alike.

use super::expression::{Values, Variable};
use super::file::File;
use super::job::When;
use crate::plan::EventKind;
use crate::prove::yaml::refuse;
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
    alike: Vec<(Values, String)>,
    /// The same, while there is a merge request from the branch.
    with_open_request: Option<Values>,
    /// Runs on the same ref that no plan knows, or that are another pipeline's in a repository with several.
    foreign: Vec<(Values, String)>,
}

/// What starts pipelines and is no event of a plan ("Predefined variables", `CI_PIPELINE_SOURCE`, and the sources in
/// `Enums::Ci::Pipeline`). `external` is not among them: such a pipeline reads no file.
const OTHER_SOURCES: [&str; 11] = [
    "chat",
    "container_registry_push",
    "duo_workflow",
    "external_pull_request_event",
    "ondemand_dast_scan",
    "ondemand_dast_validation",
    "parent_pipeline",
    "pipeline",
    "pipeline_execution_policy_schedule",
    "security_orchestration_policy",
    "webide",
];

fn ways(file: &File, s: &Situation) -> Ways {
    let source = match &s.event {
        EventKind::Push | EventKind::Tag => "push",
        EventKind::PullRequest => "merge_request_event",
        EventKind::Schedule => "schedule",
        EventKind::Manual => "web",
        EventKind::Named(_) => "trigger",
    };
    let mut w = Ways {
        main: built(&s.on).with(Variable::Source, source),
        alike: Vec::new(),
        with_open_request: None,
        foreign: Vec::new(),
    };
    w.event(file, s);
    w.start(file, s);
    if s.event == EventKind::Manual {
        w.also(|main| main.with(Variable::Source, "api"), "a run that is started by API");
    }
    // "Run pipelines in the parent project": a member's button runs a fork's merge request there, with its variables.
    if matches!(s.on, On::PullRequest { from: Whose::Fork, .. }) {
        w.also(
            |main| main.with(Variable::Project, "1"),
            "a run in this project of a merge request from a fork",
        );
    }
    if matches!(s.event, EventKind::Push | EventKind::Tag) {
        for source in OTHER_SOURCES {
            let values = w.main.clone().with(Variable::Source, source);
            w.foreign.push((values, format!("a pipeline of the source `{source}`")));
        }
    }
    if s.event == EventKind::Tag {
        w.on_a_tag(file);
    }
    let open = matches!(s.on, On::Branch(_)) && file.asks(Variable::Open);
    w.with_open_request = open.then(|| w.main.clone().with(Variable::Open, "group/project!1"));
    w
}

/// The variables of what is built.
fn built(on: &On) -> Values {
    let none = Values::default();
    match on {
        On::Branch(b) => none.with(Variable::Branch, b).with(Variable::Project, "1"),
        On::Tag(t) => none.with(Variable::Tag, t).with(Variable::Project, "1"),
        On::PullRequest { target, from } => {
            // The pipeline of a fork's merge request runs in the fork, unless a member of this project starts it.
            let theirs = if *from == Whose::Fork { "2" } else { "1" };
            none.with(Variable::Target, target)
                .with(Variable::TargetProject, "1")
                .with(Variable::SourceProject, theirs)
                .with(Variable::Project, theirs)
                .with(Variable::Open, "group/project!1")
        }
    }
}

impl Ways {
    fn also(&mut self, other: impl Fn(Values) -> Values, how: &str) {
        self.alike.push((other(self.main.clone()), how.to_owned()));
    }

    /// The input that names an event. Whoever may start a run may fill it: the form, the API, a schedule, and a push
    /// (`git push -o ci.input=…`); without the trigger token's source it has to mean nothing.
    fn event(&mut self, file: &File, s: &Situation) {
        let Some(input) = file.variables.input(Variable::Event) else { return };
        let event = match &s.event {
            // GitLab refuses a value that is not among the options; the call without it goes through.
            EventKind::Named(n) if input.options.as_ref().is_none_or(|o| o.contains(n)) => n,
            _ => &input.default,
        };
        self.main = self.main.clone().with(Variable::Event, event);
        if matches!(s.event, EventKind::Named(_)) {
            return;
        }
        for other in input.options.iter().flatten().filter(|o| *o != event) {
            let how = format!("a run of another kind that names the event `{other}`");
            self.also(|main| main.with(Variable::Event, other), &how);
        }
    }

    /// The input that says which of several pipelines starts: by hand and by a schedule this one, and no other one's runs
    /// are its own. Everything else does not ask for it.
    fn start(&mut self, file: &File, s: &Situation) {
        let Some(input) = file.variables.input(Variable::Start) else { return };
        let by_name = matches!(s.event, EventKind::Manual | EventKind::Schedule);
        let own = file.name.as_ref().filter(|n| input.options.as_ref().is_none_or(|o| o.contains(n)));
        let (true, Some(own)) = (by_name, own) else {
            self.main = self.main.clone().with(Variable::Start, &input.default);
            for other in input.options.iter().flatten().filter(|o| **o != input.default) {
                let how = format!("a run that names the pipeline `{other}`");
                self.also(|main| main.with(Variable::Start, other), &how);
            }
            return;
        };
        for other in input.options.iter().flatten().filter(|o| *o != own) {
            let values = self.main.clone().with(Variable::Start, other);
            self.foreign.push((values, format!("a run of `{other}`")));
        }
        let set = |values: &mut Values| *values = std::mem::take(values).with(Variable::Start, own);
        set(&mut self.main);
        self.alike.iter_mut().for_each(|(values, _)| set(values));
    }

    /// Schedules and trigger tokens take a tag as well as a branch; a plan has them on its home branch only.
    fn on_a_tag(&mut self, file: &File) {
        let own = |values: Values| match &file.name {
            Some(name) => values.with(Variable::Start, name),
            None => values,
        };
        let schedule = own(self.main.clone().with(Variable::Source, "schedule"));
        self.foreign.push((schedule, "a schedule on a tag".to_owned()));
        let trigger = self.main.clone().with(Variable::Source, "trigger");
        let events =
            file.variables.input(Variable::Event).into_iter().flat_map(|i| i.options.iter().flatten());
        let named =
            events.map(|e| (trigger.clone().with(Variable::Event, e), format!("the event `{e}` on a tag")));
        let named: Vec<_> = named.collect();
        self.foreign.extend(named);
    }
}
