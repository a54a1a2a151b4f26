//! The printed file: snapshots, read-back, order.

use crate::plan::{
    Activation, Condition, EmitTo, EventKind, Pattern, Plan, PlanInstall, PrSource, Refs, RunIf, Work,
    fixture,
};
use crate::platform::Platform;
use crate::platform::gitlab::inputs::{TEXT, unfit};
use crate::platform::gitlab::{Gitlab, job_name, stages::stages};
use crate::render::Overlay;
use crate::spec::PlatformName;
use proptest::prelude::*;
use serde_yaml::Value;

/// The documents of a file, cut where GitLab cuts them.
fn documents(text: &str) -> Vec<Value> {
    let divider = regex::Regex::new(r"(?m)^---\s+").unwrap();
    divider.split(text).map(|d| serde_yaml::from_str(d).unwrap()).collect()
}

fn body(text: &str) -> Value {
    documents(text).pop().unwrap()
}

fn names(v: &Value) -> Vec<String> {
    v.as_sequence().unwrap().iter().map(|s| s.as_str().unwrap().to_owned()).collect()
}

/// The same plan as one of several in its repository.
pub(super) fn shared(mut plan: Plan) -> Plan {
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
fn the_files_of_the_fixtures() {
    insta::assert_snapshot!("minimal", Gitlab.emit(&fixture::minimal()).unwrap());
    insta::assert_snapshot!("full", Gitlab.emit(&fixture::full()).unwrap());
}

#[test]
fn several_pipelines_share_a_root_file() {
    let (one, two) = (shared(fixture::full()), shared(fixture::minimal()));
    let (path, text) = Gitlab.root(&[&one, &two], &Overlay::default()).unwrap().unwrap();
    assert_eq!(path, ".gitlab-ci.yml");
    insta::assert_snapshot!("root", text);
    insta::assert_snapshot!("included", Gitlab.emit(&two).unwrap());
    let included = body(&Gitlab.emit(&one).unwrap());
    for global in ["spec", "workflow", "stages", "default", "variables", "include"] {
        assert!(included.get(global).is_none(), "{global} belongs to the root file");
    }
    let stages = names(&body(&text)["stages"]);
    for (name, job) in included.as_mapping().unwrap() {
        assert!(name.as_str().unwrap().starts_with("fraud-scorer:"), "{name:?}");
        assert!(stages.contains(&job["stage"].as_str().unwrap().to_owned()), "{name:?}");
    }
    assert!(
        Gitlab.root(&[&fixture::full()], &Overlay::default()).unwrap().is_none(),
        "one pipeline needs no root file"
    );
}

#[test]
fn each_job_says_what_must_not_be_left_to_a_default() {
    let plan = fixture::full();
    let file = body(&Gitlab.emit(&plan).unwrap());
    assert_eq!(file["default"]["interruptible"], Value::Bool(false));
    for j in &plan.jobs {
        let job = &file[job_name(&plan, &j.id).as_str()];
        assert!(job["rules"].as_sequence().is_some_and(|r| r.len() == j.condition.any_of.len()), "{}", j.id);
        assert_eq!(job["artifacts"]["when"].as_str(), Some("always"), "{}", j.id);
        assert_eq!(job["artifacts"]["paths"][0].as_str(), Some(format!("mlpipe-out/{}.json", j.id).as_str()));
        assert!(job.get("retry").is_none() && job.get("optional").is_none());
        assert_eq!(job.get("id_tokens").is_some(), !j.identities.is_empty(), "{}", j.id);
        if j.run_if == RunIf::AllSucceeded {
            let needs = job["needs"].as_sequence().unwrap();
            let want: Vec<(String, bool)> =
                j.needs.iter().map(|n| (job_name(&plan, n), j.reads.contains(n))).collect();
            let got: Vec<(String, bool)> = needs
                .iter()
                .map(|n| (n["job"].as_str().unwrap().to_owned(), n["artifacts"].as_bool().unwrap()))
                .collect();
            assert_eq!(got, want, "{}", j.id);
        } else {
            assert!(job.get("needs").is_none(), "{}", j.id);
            assert_eq!(names(&file["stages"]).last().map(String::as_str), job["stage"].as_str());
        }
    }
}

#[test]
fn approval_blocks_before_the_lock_and_a_cancel_puts_back() {
    let file = body(&Gitlab.emit(&fixture::full()).unwrap());
    let ask = &file["approve-production"];
    for rule in ask["rules"].as_sequence().unwrap() {
        assert_eq!(rule["when"].as_str(), Some("manual"));
        assert_eq!(rule["allow_failure"].as_bool(), Some(false));
    }
    assert!(ask.get("resource_group").is_none());
    assert_eq!(ask["environment"]["name"].as_str(), Some("production-approval"));
    let deploy = &file["deploy-production"];
    assert_eq!(deploy["resource_group"].as_str(), Some("mlpipe/fraud-scorer/production"));
    assert_eq!(names(&deploy["script"]), ["sh .mlpipe/fraud-scorer.sh deploy production"]);
    let after = names(&deploy["after_script"]).concat();
    assert!(after.contains("\"$CI_JOB_STATUS\" != success") && after.contains("deploy production restore"));
    assert!(deploy.get("cache").is_none(), "what deploys takes nothing from a cache");
}

/// The installers that a job's `before_script` brings.
fn brought(plan: &Plan, id: &str) -> Vec<String> {
    let file = body(&Gitlab.emit(plan).unwrap());
    let lines = file[job_name(plan, id).as_str()].get("before_script").map(names).unwrap_or_default();
    let tool =
        |l: &String| l.strip_prefix("command -v ").and_then(|l| l.split(' ').next()).map(str::to_owned);
    lines.iter().filter_map(tool).collect()
}

#[test]
fn the_installer_that_the_spec_names_is_brought_where_no_image_has_it() {
    let none: [&str; 0] = [];
    let mut plan = fixture::full();
    plan.jobs.iter_mut().for_each(|j| j.python = j.id != "notify-slack-failure");
    assert_eq!(brought(&plan, "gate-quality"), none, "pip comes with Python");
    assert_eq!(brought(&plan, "image"), ["uv"], "Alpine's Python is not the one that the spec wants");
    plan.python.as_mut().unwrap().install = Some(PlanInstall::Poetry { groups: vec![] });
    assert_eq!(brought(&plan, "gate-quality"), ["poetry"]);
    assert_eq!(brought(&plan, "image"), ["poetry", "uv"]);
    assert_eq!(brought(&plan, "deploy-production"), ["poetry"], "for its smoke test");
    assert_eq!(brought(&plan, "notify-slack-failure"), none, "has no Python of the user's");
    plan.python.as_mut().unwrap().install = Some(PlanInstall::Uv { groups: vec![] });
    assert_eq!(brought(&plan, "image"), ["uv"]);
    let quality = plan.jobs.iter_mut().find(|j| j.id == "gate-quality").unwrap();
    quality.runner.offline = true;
    assert_eq!(brought(&plan, "gate-quality"), none, "nothing is downloaded on an offline runner");
    let quality = plan.jobs.iter_mut().find(|j| j.id == "gate-quality").unwrap();
    (quality.runner.offline, quality.runner.gitlab.image) = (false, None);
    assert_eq!(brought(&plan, "gate-quality"), none, "a runner without an image is somebody's machine");
}

#[test]
fn a_secret_of_another_name_is_read_by_the_shell() {
    let mut plan = fixture::full();
    let quality = plan.jobs.iter_mut().find(|j| j.id == "gate-quality").unwrap();
    quality.secrets[0].gitlab = "TEAM_KEY".into();
    let file = body(&Gitlab.emit(&plan).unwrap());
    let script = names(&file["gate-quality"]["script"]);
    assert_eq!(script[0], "export OPENAI_API_KEY=\"${TEAM_KEY-}\"");
    assert!(
        file["gate-quality"].get("variables").is_none(),
        "a job variable would expand a dollar in its value"
    );
}

#[test]
fn a_docker_engine_is_reached_by_its_alias() {
    let mut plan = fixture::minimal();
    for j in plan.jobs.iter_mut().filter(|j| matches!(j.work, Work::Image(_))) {
        j.runner.gitlab.services = vec!["mirror.example.com:5000/library/docker:28.5-dind".into()];
    }
    let job = &body(&Gitlab.emit(&plan).unwrap())["image-push"];
    assert_eq!(job["services"][0]["alias"].as_str(), Some("docker"));
    assert_eq!(job["variables"]["DOCKER_TLS_CERTDIR"].as_str(), Some("/certs"));
}

#[test]
fn a_stage_never_comes_before_what_its_jobs_need() {
    let mut plan = fixture::full();
    let mut late = plan.jobs[0].clone();
    late.id = "gate-image".into();
    late.needs = vec!["image".into()];
    let at = plan.jobs.iter().position(|j| j.id == "deploy-staging").unwrap();
    plan.jobs.insert(at, late);
    for j in plan.jobs.iter_mut().filter(|j| j.id == "deploy-staging") {
        j.needs.push("gate-image".into());
    }
    let s = stages(&plan);
    let place = |id: &str| {
        let i = plan.jobs.iter().position(|j| j.id == id).unwrap();
        s.all.iter().position(|x| *x == s.of[i]).unwrap()
    };
    for j in plan.jobs.iter() {
        assert!(j.needs.iter().all(|n| place(n) <= place(&j.id)), "{} in {:?}", j.id, s.all);
    }
    assert_eq!(s.all, ["models", "gates", "image", "gates-after-image", "staging", "production", "notify"]);
}

#[test]
fn an_environment_may_have_the_name_of_a_stage() {
    let mut plan = fixture::full();
    for j in &mut plan.jobs {
        if let Work::Deploy(d) = &mut j.work {
            d.environment = "notify".into();
        }
    }
    let s = stages(&plan);
    assert_eq!(s.all.last().map(String::as_str), Some("notify"));
    assert_eq!(s.of.iter().filter(|x| *x == "notify").count(), 1);
}

/// A text with whatever breaks a quoter.
fn nasty() -> impl Strategy<Value = String> {
    let parts = prop_oneof![
        prop::sample::select(vec![
            "\"",
            "'",
            "\\",
            "\n",
            "---\n",
            "$[[ inputs.reason ]]",
            "$X",
            "${X}",
            ": ",
            " #",
            "#",
            "- ",
            "{",
            "}",
            "[",
            "]",
            "!",
            "&",
            "*",
            "%",
            "@",
            "`",
            "no",
            "1e3",
            "\u{85}",
            "\u{2028}",
            "\u{feff}",
            "\t",
            "é",
            "😀",
            "<<",
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_filter("no NUL", |c| *c != '\0').prop_map(String::from),
    ];
    prop::collection::vec(parts, 0..8).prop_map(|p| p.concat())
}

proptest! {
    #[test]
    fn text_survives_reading_back(text in nasty(), name in nasty()) {
        let mut plan = fixture::full();
        let refs = Refs::Only { branches: vec![Pattern("main".into()), Pattern(name)], tags: vec![] };
        for j in &mut plan.jobs {
            j.origin.text.clone_from(&text);
            j.title.clone_from(&text);
            j.runner.gitlab.prepare = vec![text.clone()];
            j.runner.gitlab.image = Some(format!("x{text}"));
            j.runner.gitlab.tags = vec![format!("t{text}")];
            j.condition = Condition {
                any_of: vec![Activation { event: EventKind::Push, refs: refs.clone(), source: PrSource::Any }],
            };
            if let Some(a) = &mut j.ask {
                a.question.clone_from(&text);
            }
        }
        plan.inputs[0].default.clone_from(&text);
        let printed = Gitlab.emit(&plan).unwrap();
        let docs = documents(&printed);
        prop_assert_eq!(docs.len(), 2);
        prop_assert_eq!(docs[0]["spec"]["inputs"]["reason"]["default"].as_str(), Some(text.as_str()));
        let file = &docs[1];
        prop_assert_eq!(file.as_mapping().unwrap().len(), 4 + plan.jobs.len());
        for j in &plan.jobs {
            let job = &file[job_name(&plan, &j.id).as_str()];
            prop_assert_eq!(job["before_script"][0].as_str(), Some(text.as_str()));
            prop_assert_eq!(job["image"].as_str(), j.runner.gitlab.image.as_deref());
            prop_assert_eq!(job["tags"][0].as_str(), Some(j.runner.gitlab.tags[0].as_str()));
            prop_assert!(job["rules"][0]["if"].as_str().unwrap().contains("'main'"));
        }
        prop_assert_eq!(file["approve-production"]["manual_confirmation"].as_str(), Some(text.as_str()));
    }

    /// GitLab puts the value into the text before it reads YAML.
    #[test]
    fn an_input_that_its_regex_lets_in_stays_inside_its_quotes(value in nasty()) {
        let lets_in = regex::Regex::new(TEXT).unwrap().is_match(&value);
        prop_assert_eq!(lets_in, !unfit(&value));
        if lets_in {
            let printed = Gitlab.emit(&fixture::full()).unwrap();
            let (_, text) = printed.split_once("\n---\n").unwrap();
            let file = body(&text.replace("$[[ inputs.reason ]]", &value));
            prop_assert_eq!(file["variables"]["MLPIPE_INPUT_REASON"]["value"].as_str(), Some(value.as_str()));
            prop_assert_eq!(file.as_mapping().unwrap().len(), 4 + fixture::full().jobs.len());
        }
    }

    #[test]
    fn comments_hold_nothing_that_gitlab_would_interpolate(text in nasty()) {
        let mut plan = fixture::full();
        let before = Gitlab.emit(&plan).unwrap().matches("$[[").count();
        for j in &mut plan.jobs {
            j.origin.text = format!("{text}$[[ inputs.nothing ]]");
        }
        prop_assert_eq!(Gitlab.emit(&plan).unwrap().matches("$[[").count(), before);
    }
}
