//! Items as they are found, folded together by their ids.

use super::{Checked, Item, Need, Place, Setting, commands, rights};
use crate::plan::{Job, Plan, Second, Trigger, script_path};
use crate::spec::PlatformName;
use indexmap::IndexMap;
use std::collections::BTreeSet;

/// The sections of a manifest in order: what other things are put into comes first.
fn rank(setting: &Setting) -> u8 {
    match setting {
        Setting::Version { .. } | Setting::Plugin { .. } => 0,
        Setting::Runner { .. } => 1,
        Setting::DefaultBranch { .. } | Setting::Protected { .. } => 2,
        Setting::Environment { .. } => 3,
        Setting::Approval { .. } => 4,
        Setting::Secret { .. } | Setting::IdToken { .. } | Setting::Trust { .. } => 5,
        Setting::Packages { .. } | Setting::Rights { .. } => 6,
        Setting::Multibranch { .. } => 7,
        Setting::Schedule { .. } | Setting::Event { .. } => 8,
        Setting::ResourceGroup { .. } => 9,
        Setting::Option { .. } => 10,
        Setting::Advice {} => 11,
    }
}

/// An item without what is the same for every item.
pub(super) struct Draft {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) setting: Setting,
    pub(super) need: Need,
    pub(super) why: String,
    pub(super) without: String,
    pub(super) checked: Checked,
    pub(super) takes: &'static str,
}

/// Where an item comes from.
pub(super) enum From<'a> {
    /// A job of a plan.
    Job(&'a Plan, &'a Job),
    /// What starts runs.
    Trigger(&'a Plan, &'a Trigger),
    /// The pipeline as a whole.
    Pipeline(&'a Plan),
}

/// The items so far.
pub(super) struct Collector {
    pub(super) platform: PlatformName,
    /// Secrets that cannot be bound to an environment, by their names in the store.
    pub(super) everywhere: BTreeSet<String>,
    items: IndexMap<String, Item>,
}

impl Collector {
    pub(super) fn new(platform: PlatformName, everywhere: BTreeSet<String>) -> Self {
        Self { platform, everywhere, items: IndexMap::new() }
    }

    /// Adds an item, or a place, a job and what it asks for to the item of that id.
    pub(super) fn add(&mut self, from: &From<'_>, draft: Draft) {
        let item = self.items.entry(draft.id.clone()).or_insert_with(|| Item {
            id: draft.id,
            title: draft.title,
            setting: draft.setting.clone(),
            need: draft.need,
            why: draft.why,
            without: draft.without,
            checked: draft.checked,
            takes: draft.takes.to_owned(),
            places: vec![],
            jobs: vec![],
            commands: vec![],
        });
        fold(&mut item.setting, &draft.setting);
        if draft.need == Need::Required {
            item.need = Need::Required;
        }
        let (place, job) = match from {
            From::Job(plan, job) => (
                Place {
                    path: job.origin.path.clone(),
                    line: Some(job.origin.line),
                    text: job.origin.text.clone(),
                },
                Some(format!("{}/{}", plan.pipeline, job.id)),
            ),
            From::Trigger(plan, trigger) => {
                (Place { path: plan.source.clone(), line: None, text: written(trigger) }, None)
            }
            From::Pipeline(plan) => {
                (Place { path: plan.source.clone(), line: None, text: stated(plan) }, None)
            }
        };
        if !item.places.contains(&place) {
            item.places.push(place);
        }
        if let Some(job) = job.filter(|j| !item.jobs.contains(j)) {
            item.jobs.push(job);
        }
    }

    /// The items in order, with their commands.
    pub(super) fn finish(self) -> Vec<Item> {
        let platform = self.platform;
        let mut items: Vec<Item> = self.items.into_values().collect();
        items.sort_by_key(|i| rank(&i.setting));
        for item in &mut items {
            item.commands = commands::of(platform, &item.setting);
        }
        items
    }
}

fn union<T: Clone + PartialEq>(into: &mut Vec<T>, more: &[T]) {
    for one in more {
        if !into.contains(one) {
            into.push(one.clone());
        }
    }
}

/// Puts what a second place asks for beside what the first one does.
fn fold(into: &mut Setting, more: &Setting) {
    match (into, more) {
        (
            Setting::Environment { branches, tags, wait_minutes, .. },
            Setting::Environment { branches: b, tags: t, wait_minutes: w, .. },
        ) => {
            *wait_minutes = (*wait_minutes).max(*w);
            // No rule lets every ref deploy: where one job may, none can be kept out.
            let free = |b: &Vec<String>, t: &Vec<String>| b.is_empty() && t.is_empty();
            if free(branches, tags) || free(b, t) {
                branches.clear();
                tags.clear();
            } else {
                union(branches, b);
                union(tags, t);
            }
        }
        (Setting::Approval { by, .. }, Setting::Approval { by: more, .. }) => union(by, more),
        (Setting::Trust { subjects, .. }, Setting::Trust { subjects: more, .. }) => union(subjects, more),
        (Setting::Rights { rights: into, .. }, Setting::Rights { rights: more, .. }) => {
            rights::fold(into, more)
        }
        (Setting::Secret { protected, holds, .. }, Setting::Secret { protected: also, holds: more, .. }) => {
            *protected &= also;
            // What more a second job does with it is said as well.
            if more.len() > holds.len() {
                holds.clone_from(more);
            }
        }
        (Setting::Runner { privileged, tools, .. }, Setting::Runner { privileged: p, tools: t, .. }) => {
            *privileged |= p;
            union(tools, t);
        }
        _ => {}
    }
}

/// The statement that makes the pipeline: one beside that of a spec calls its script, and its name ends with the statement.
fn stated(plan: &Plan) -> String {
    let own = plan.script == script_path(&plan.pipeline);
    let second = Second::ALL.map(Second::word).into_iter().find(|word| plan.pipeline.ends_with(word));
    match second.filter(|_| !own) {
        Some(word) => word.to_owned(),
        None => format!("pipeline {}", plan.pipeline),
    }
}

/// A trigger as the language writes it, as far as a setting depends on it.
pub(super) fn written(trigger: &Trigger) -> String {
    let globs = |all: &[crate::plan::Pattern]| all.iter().map(|p| p.0.clone()).collect::<Vec<_>>().join(", ");
    match trigger {
        Trigger::Push { branches } => format!("on push {}", globs(branches)),
        Trigger::Tag { tags } => format!("on tag {}", globs(tags)),
        Trigger::PullRequest { branches } => format!("on pull_request {}", globs(branches)),
        Trigger::Schedule { cron, timezone: None } => format!("on schedule \"{cron}\""),
        Trigger::Schedule { cron, timezone: Some(zone) } => {
            format!("on schedule \"{cron}\" timezone \"{zone}\"")
        }
        Trigger::Manual => "on manual".into(),
        Trigger::Named { name } => format!("on event {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(branches: &[&str], tags: &[&str]) -> Setting {
        let words = |all: &[&str]| all.iter().map(|w| (*w).to_owned()).collect();
        Setting::Environment {
            name: "e".into(),
            tier: None,
            branches: words(branches),
            tags: words(tags),
            wait_minutes: None,
        }
    }

    #[test]
    fn the_rules_of_two_are_the_rules_of_either_and_none_where_one_has_none() {
        for (a, b, both) in [
            (environment(&["main"], &[]), environment(&["main"], &["v*"]), environment(&["main"], &["v*"])),
            (environment(&["main"], &[]), environment(&[], &["v*"]), environment(&["main"], &["v*"])),
            (environment(&["main"], &[]), environment(&[], &[]), environment(&[], &[])),
            (environment(&[], &[]), environment(&["main"], &[]), environment(&[], &[])),
        ] {
            let mut into = a;
            fold(&mut into, &b);
            assert_eq!(into, both);
        }
    }
}
