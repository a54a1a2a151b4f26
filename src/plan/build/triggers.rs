//! What starts a run, and which runs may deploy.

use crate::diag::Spanned;
use crate::plan::{Activation, Condition, EventKind, Pattern, Plan, PlanInput, PrSource, Refs, Trigger};
use crate::spec::{Event, Input, InputKind, On, Spec};
use indexmap::IndexMap;

/// The pipeline's triggers and what follows from them.
pub(super) struct Triggers {
    pub(super) list: Vec<Trigger>,
    pub(super) home_branch: String,
    everything: Condition,
    deploying: Refs,
}

impl Triggers {
    pub(super) fn new(spec: &Spec) -> Self {
        let list: Vec<Trigger> = spec.on.iter().filter_map(|on| trigger(&on.event)).collect();
        let pushed: Vec<Pattern> = list
            .iter()
            .flat_map(|t| if let Trigger::Push { branches } = t { branches.clone() } else { vec![] })
            .collect();
        let tagged: Vec<Pattern> = list
            .iter()
            .flat_map(|t| if let Trigger::Tag { tags } = t { tags.clone() } else { vec![] })
            .collect();
        let home_branch =
            pushed.iter().find(|p| p.is_literal()).map_or_else(|| "main".to_owned(), |p| p.0.clone());
        let deploying = if pushed.is_empty() && tagged.is_empty() {
            Refs::Only { branches: vec![Pattern(home_branch.clone())], tags: vec![] }
        } else {
            Refs::Only { branches: pushed, tags: tagged }
        };
        let everything = Condition::new(list.iter().map(activation).collect());
        Self { list, home_branch, everything, deploying }
    }

    /// Every run that the pipeline can have.
    pub(super) fn everything(&self) -> Condition {
        self.everything.clone()
    }

    /// Runs that may publish and deploy: never a pull request; a push and a tag as they are; a person from the
    /// branches that a push may deploy from; a schedule and a named event, which run on the home branch, from there.
    pub(super) fn deploying(&self) -> Condition {
        let mut c = self.everything.only(|e| *e != EventKind::PullRequest);
        let branches = |b: Vec<Pattern>| Refs::Only { branches: b, tags: vec![] };
        let Refs::Only { branches: pushed, .. } = &self.deploying else { return c };
        for a in &mut c.any_of {
            let from = match a.event {
                EventKind::Push | EventKind::Tag | EventKind::PullRequest => continue,
                EventKind::Manual => branches(pushed.clone()),
                EventKind::Schedule | EventKind::Named(_) => {
                    branches(vec![Pattern(self.home_branch.clone())])
                }
            };
            a.refs = a.refs.and(&from).and(&self.deploying);
        }
        Condition::new(c.any_of)
    }

    /// A deploy's own `on`: narrows, never widens.
    pub(super) fn narrowed(&self, outer: &Condition, on: &[On]) -> Condition {
        if on.is_empty() {
            return outer.clone();
        }
        let own =
            Condition::new(on.iter().filter_map(|o| trigger(&o.event)).map(|t| activation(&t)).collect());
        outer.and(&own)
    }

    pub(super) fn inputs(&self, spec: &Spec) -> Vec<PlanInput> {
        let mut all: IndexMap<String, PlanInput> = IndexMap::new();
        for on in &spec.on {
            let (inputs, event): (&[Input], Option<&str>) = match &on.event {
                Event::Manual(inputs) => (inputs, None),
                Event::Named { name, inputs } => (inputs, Some(&name.node)),
                _ => continue,
            };
            for i in inputs {
                let entry = all.entry(i.name.node.clone()).or_insert_with(|| PlanInput {
                    name: i.name.node.clone(),
                    kind: i.kind.clone(),
                    default: default_of(i),
                    manual: false,
                    events: vec![],
                });
                match event {
                    None => entry.manual = true,
                    Some(e) => entry.events.push(e.to_owned()),
                }
            }
        }
        for name in spec.deploys.values().filter_map(crate::spec::Deploy::dispatch_input) {
            // Should the pipeline have it already, that is a finding (MLP396).
            all.entry(name.clone()).or_insert_with(|| PlanInput {
                name,
                kind: InputKind::String,
                default: String::new(),
                manual: true,
                events: vec![],
            });
        }
        all.into_values().collect()
    }

    pub(super) fn notes(&self) -> Vec<String> {
        schedules_on_gitlab(&self.list, &self.home_branch)
    }
}

/// What a person makes in GitLab for the schedules of a plan.
pub(super) fn schedule_notes(plan: &Plan) -> Vec<String> {
    schedules_on_gitlab(&plan.triggers, &plan.home_branch)
}

fn schedules_on_gitlab(triggers: &[Trigger], home_branch: &str) -> Vec<String> {
    let mut notes = Vec::new();
    for t in triggers {
        if let Trigger::Schedule { cron, timezone } = t {
            notes.push(format!(
                "GitLab keeps schedules in the project's settings: create one with `{cron}`, zone {}, branch `{home_branch}`",
                timezone.as_deref().unwrap_or("UTC"),
            ));
        }
    }
    notes
}

fn default_of(i: &Input) -> String {
    match (&i.default, &i.kind) {
        (Some(d), _) => d.node.clone(),
        (None, InputKind::String) => String::new(),
        (None, InputKind::Bool) => "false".into(),
        (None, InputKind::Number) => "0".into(),
        (None, InputKind::Choice(c)) => c.first().cloned().unwrap_or_default(),
    }
}

fn patterns(globs: &[Spanned<String>]) -> Vec<Pattern> {
    let mut all: Vec<Pattern> = globs.iter().map(|g| Pattern(g.node.clone())).collect();
    if all.is_empty() {
        all.push(Pattern("**".into()));
    }
    all
}

pub(super) fn trigger(event: &Event) -> Option<Trigger> {
    Some(match event {
        Event::Push(b) => Trigger::Push { branches: patterns(b) },
        Event::Tag(t) => Trigger::Tag { tags: patterns(t) },
        Event::PullRequest(b) => Trigger::PullRequest { branches: patterns(b) },
        Event::Schedule { cron, timezone } => {
            Trigger::Schedule { cron: cron.node.clone(), timezone: timezone.as_ref().map(|t| t.node.clone()) }
        }
        Event::Manual(_) => Trigger::Manual,
        Event::Named { name, .. } => Trigger::Named { name: name.node.clone() },
        Event::Change(_) => return None,
    })
}

fn activation(t: &Trigger) -> Activation {
    let only = |branches: &[Pattern], tags: &[Pattern]| Refs::Only {
        branches: branches.to_vec(),
        tags: tags.to_vec(),
    };
    let (event, refs) = match t {
        Trigger::Push { branches } => (EventKind::Push, only(branches, &[])),
        Trigger::Tag { tags } => (EventKind::Tag, only(&[], tags)),
        Trigger::PullRequest { branches } => (EventKind::PullRequest, only(branches, &[])),
        Trigger::Schedule { .. } => (EventKind::Schedule, Refs::Any),
        Trigger::Manual => (EventKind::Manual, Refs::Any),
        Trigger::Named { name } => (EventKind::Named(name.clone()), Refs::Any),
    };
    Activation { event, refs, source: PrSource::Any }
}
