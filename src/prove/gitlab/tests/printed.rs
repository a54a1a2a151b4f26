//! What mlpipe prints reads back, and is what the plan says.

use crate::plan::{
    Activation, Condition, EmitTo, EventKind, Pattern, Plan, PlanInstall, PrSource, Refs, RunIf, Trigger,
    fixture,
};
use crate::platform::{self, Platform};
use crate::prove::gitlab::read;
use crate::prove::{Difference, differences};
use crate::render::Overlay;
use crate::spec::PlatformName;
use std::path::Path;

fn back() -> &'static dyn Platform {
    platform::get(PlatformName::Gitlab)
}

fn proved(plan: &Plan, root: Option<&str>) -> Vec<Difference> {
    let text = back().emit(plan).unwrap();
    differences(plan, PlatformName::Gitlab, read(&text, root).unwrap().as_ref())
}

#[test]
fn the_fixtures_are_what_their_plans_say() {
    assert_eq!(proved(&fixture::minimal(), None), []);
    assert_eq!(proved(&fixture::full(), None), []);
}

/// The same plan as one of several in its repository, which have no notifications on GitLab.
fn shared(mut plan: Plan) -> Plan {
    plan.emit = vec![EmitTo {
        platform: PlatformName::Gitlab,
        path: format!(".gitlab/{}.yml", plan.pipeline),
        shared_root: true,
        alone: false,
    }];
    plan.jobs.retain(|j| j.run_if == RunIf::AllSucceeded);
    plan
}

#[test]
fn pipelines_that_share_a_root_file_are_what_their_plans_say() {
    let (one, two) = (shared(fixture::full()), shared(fixture::minimal()));
    let (_, root) = back().root(&[&one, &two], &Overlay::default()).unwrap().unwrap();
    assert_eq!(proved(&one, Some(&root)), []);
    assert_eq!(proved(&two, Some(&root)), []);
}

#[test]
fn a_secret_of_another_name_is_exported() {
    let mut plan = fixture::full();
    for j in &mut plan.jobs {
        j.secrets.iter_mut().for_each(|s| s.gitlab = format!("TEAM_{}", s.name));
    }
    assert_eq!(proved(&plan, None), []);
}

#[test]
fn installers_tags_and_services_read_back() {
    let mut plan = fixture::full();
    for j in &mut plan.jobs {
        j.python = true;
        j.runner.gitlab.tags = vec!["gpu".into(), "8".into()];
        j.runner.gitlab.services = vec!["docker:28.5-dind".into(), "redis:8".into()];
        j.runner.gitlab.prepare = vec!["apk add --no-cache bash git kubectl".into()];
    }
    for install in [PlanInstall::Uv { groups: vec![] }, PlanInstall::Poetry { groups: vec![] }] {
        plan.python.as_mut().unwrap().install = Some(install);
        assert_eq!(proved(&plan, None), []);
    }
}

/// The minimal plan, started by pushes of these branches and tags.
fn on(branches: &[&str], tags: &[&str]) -> Plan {
    let globs = |g: &[&str]| g.iter().map(|p| Pattern((*p).to_owned())).collect::<Vec<_>>();
    let mut plan = fixture::minimal();
    plan.triggers = vec![
        Trigger::Push { branches: globs(branches) },
        Trigger::Tag { tags: globs(tags) },
        Trigger::Manual,
    ];
    let refs = |branches, tags| Refs::Only { branches, tags };
    let all = [
        (EventKind::Push, refs(globs(branches), vec![])),
        (EventKind::Tag, refs(vec![], globs(tags))),
        (EventKind::Manual, refs(globs(branches), globs(tags))),
    ];
    let any_of = all.map(|(event, refs)| Activation { event, refs, source: PrSource::Any });
    plan.jobs.iter_mut().for_each(|j| j.condition = Condition::new(any_of.to_vec()));
    plan
}

#[test]
fn globs_that_match_everything_tell_branches_from_tags() {
    for glob in ["*", "**", "*/*", "***", "v*", "*.*", "a+b/(c)*"] {
        assert_eq!(proved(&on(&[glob], &[]), None), [], "branches {glob}");
        assert_eq!(proved(&on(&[], &[glob]), None), [], "tags {glob}");
        assert_eq!(proved(&on(&[glob], &["v1"]), None), [], "branches {glob} and a tag");
    }
}

#[test]
fn more_branches_than_one_expression_can_hold() {
    let names: Vec<String> = (0..70).map(|i| format!("b{i}/**")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(proved(&on(&names, &names), None), []);
    assert_eq!(proved(&on(&names[..20], &[]), None), []);
}

#[test]
fn every_example_reads_back() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut count = 0;
    for e in std::fs::read_dir(&examples).unwrap() {
        let folder = e.unwrap().path();
        let Ok(text) = std::fs::read_to_string(folder.join(".gitlab-ci.yml")) else { continue };
        match std::fs::read_dir(folder.join(".gitlab")) {
            Err(_) => {
                read(&text, None).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
            }
            Ok(included) => {
                for i in included {
                    let own = std::fs::read_to_string(i.unwrap().path()).unwrap();
                    read(&own, Some(&text)).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
                }
            }
        }
        count += 1;
    }
    let folders =
        std::fs::read_dir(&examples).unwrap().filter(|e| e.as_ref().unwrap().path().is_dir()).count();
    assert_eq!(count, folders, "every example is for GitLab too");
}
