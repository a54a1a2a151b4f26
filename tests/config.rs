//! `mlpipe.toml`: what it may say, and what is told of one that says something else.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops where it fails")]

#[path = "support/runner.rs"]
mod runner;

use runner::{Repo, SPEC};

const HOURLY: &str =
    "mlpipe 1\npipeline demo\non push main\non schedule \"0 3 * * *\"\ngate x { run \"true\" }\n";

fn with(config: &str) -> Repo {
    let repo = Repo::new();
    repo.write("mlpipe.toml", config);
    repo.write("a.mlpipe", HOURLY);
    repo
}

/// `LINE:COL name message` of every finding of `lint`.
fn told(repo: &Repo, code: i32, more: &[&str]) -> Vec<String> {
    let args = [&["lint", "--format", "json"], more].concat();
    let json: serde_json::Value = serde_json::from_str(&repo.run(&args, code).out).expect("JSON");
    let text = |v: &serde_json::Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    let row = |f: &serde_json::Value| {
        let at = &f["start"];
        format!(
            "{}:{}:{} {} {} {}",
            text(&f["file"]),
            at["line"],
            at["column"],
            text(&f["severity"]),
            text(&f["name"]),
            text(&f["message"])
        )
    };
    json["findings"].as_array().expect("a list").iter().map(row).collect()
}

fn refused(config: &str, expected: &[&str]) {
    let repo = with(config);
    let told: Vec<_> = told(&repo, 1, &[]).into_iter().filter(|t| t.starts_with("mlpipe.toml")).collect();
    assert_eq!(told.len(), expected.len(), "{config}\n{told:#?}");
    for (told, expected) in told.iter().zip(expected) {
        let (place, rest) = expected.split_once(' ').expect("a place");
        assert!(told.starts_with(&format!("mlpipe.toml:{place} error {rest}")), "{told}\n{expected}");
    }
    let ran = repo.run(&["compile"], 1);
    assert!(!repo.path("Jenkinsfile").exists(), "{}", ran.err);
}

/// MLP796.
#[test]
fn what_is_no_toml_is_told_with_its_places() {
    refused("platforms = [\"github\"\n", &["1:22 config-syntax this is no TOML"]);
    refused("\n[rules\ncron = 1 = 2\n", &["2:7 config-syntax", "3:10 config-syntax"]);
    let repo = with("x");
    repo.write("mlpipe.toml", b"\xff\xfe");
    assert!(repo.run(&["lint"], 1).err.contains("not UTF-8"));
}

/// MLP797.
#[test]
fn a_key_that_means_nothing_is_refused() {
    refused("platform = [\"github\"]\n", &["1:1 config-key there is no key `platform`"]);
    refused("[lint]\ndeny-it = \"note\"\n", &["2:1 config-key there is no key `deny-it` in `[lint]`"]);
    refused("[rules]\ncron-on-the-our = \"off\"\n", &["2:1 config-key there is no rule `cron-on-the-our`"]);
    // TOML's tables come in the order of their keys, and the same rule has two names.
    refused(
        "[rules]\ncron-on-the-hour = \"off\"\nMLP780 = \"note\"\n",
        &["2:1 config-key `cron-on-the-hour` has a severity already"],
    );
    assert!(with("platform = []\n").run(&["lint"], 1).err.contains("did you mean `platforms`?"));
}

/// MLP798.
#[test]
fn a_value_that_cannot_be_is_refused() {
    refused("platforms = [\"github\", \"gitlb\"]\n", &["1:24 config-value `gitlb` is no platform"]);
    refused("platforms = [\"github\", \"github\"]\n", &["1:24 config-value `github` is in the list already"]);
    refused("platforms = []\n", &["1:13 config-value this array is no list of platforms"]);
    refused("platforms = \"github\"\n", &["1:13 config-value `github` is no list of platforms"]);
    refused("platforms = [3]\n", &["1:14 config-value this integer is no platform"]);
    refused("templates = \"nowhere\"\n", &["1:13 config-value there is no folder `nowhere`"]);
    refused("templates = 1\n", &["1:13 config-value this integer is no folder"]);
    refused("rules = 1\n", &["1:9 config-value this integer is no table"]);
    refused("[rules]\ncron-on-the-hour = \"info\"\n", &["2:20 config-value `info` is no severity"]);
    refused("[lint]\ndeny = \"off\"\n", &["2:8 config-value `off` is no severity"]);
}

/// MLP799.
#[test]
fn an_error_is_not_lowered() {
    for level in ["warning", "note", "off"] {
        let config = format!("[rules]\nsyntax = \"{level}\"\n");
        refused(&config, &["2:1 config-lowers-error `syntax` is an error, and no configuration lowers it"]);
    }
    assert_eq!(
        told(&with("[rules]\nsyntax = \"error\"\n"), 0, &[]).len(),
        1,
        "to say what is so is no fault"
    );
}

#[test]
fn severities_are_as_the_configuration_says() {
    let level = |config: &str, code: i32| told(&with(config), code, &[]);
    let finding = |severity: &str| {
        vec![format!(
            "a.mlpipe:4:13 {severity} cron-on-the-hour `0 3 * * *` fires at the full hour, when most schedules do"
        )]
    };
    assert_eq!(level("", 0), finding("warning"));
    assert_eq!(level("# only a mark\n", 0), finding("warning"));
    assert_eq!(level("[rules]\ncron-on-the-hour = \"error\"\n", 1), finding("error"));
    assert_eq!(level("[rules]\nMLP780 = \"note\"\n", 0), finding("note"));
    assert_eq!(level("[rules]\ncron-on-the-hour = \"off\"\n", 0), Vec::<String>::new());
}

#[test]
fn a_warning_made_an_error_stops_compile() {
    let repo = Repo::with_spec();
    let spec = SPEC.replace("deploy production", "secret TOKEN { jenkins \"token\" }\ndeploy production");
    repo.write("release.mlpipe", &spec);
    repo.write("mlpipe.toml", "[rules]\nsecret-unused = \"error\"\n");
    let ran = repo.run(&["compile"], 1);
    assert!(ran.err.contains("secret-unused") && !repo.path("Jenkinsfile").exists(), "{}", ran.err);
    // A policy has exceptions, and they have reasons.
    repo.write(
        "release.mlpipe",
        spec.replace("secret TOKEN", "# mlpipe: allow(secret-unused) used from Monday on\nsecret TOKEN"),
    );
    repo.run(&["compile"], 0);
    assert!(repo.path("Jenkinsfile").exists());
}

#[test]
fn platforms_and_templates_stand_in_for_the_options() {
    let repo = Repo::with_spec();
    repo.write("mlpipe.toml", "platforms = [\"gitlab\"]\n");
    repo.run(&["compile"], 0);
    assert!(repo.path(".gitlab-ci.yml").exists() && !repo.path("Jenkinsfile").exists());
    repo.run(&["check"], 0);
    repo.run(&["compile", "--to", "jenkins"], 0);
    assert!(repo.path("Jenkinsfile").exists());
    assert!(!repo.path(".github").exists());
    repo.run(&["--config", "none", "compile"], 0);
    assert!(repo.path(".github/workflows/demo.yml").exists());

    repo.write("mlpipe.toml", "templates = \"ci\"\n");
    repo.write("ci/github/job.yml.j2", "{{ no_such_value }}\n");
    let ran = repo.run(&["lint"], 1);
    assert!(ran.err.contains("overlay-failed"), "{}", ran.err);
    repo.run(&["lint", "--config", "none"], 0);
}

#[test]
fn another_file_is_named_on_the_command_line() {
    let repo = with("[rules]\ncron-on-the-hour = \"off\"\n");
    repo.write("ci/strict.toml", "[rules]\ncron-on-the-hour = \"error\"\n");
    assert_eq!(told(&repo, 1, &["--config", "ci/strict.toml"]).len(), 1);
    assert_eq!(told(&repo, 0, &["--config", "none"]).len(), 1);
    assert_eq!(told(&repo, 0, &[]).len(), 0);
    let ran = repo.run(&["lint", "--config", "ci/gone.toml"], 2);
    assert!(ran.err.contains("gone.toml") && ran.err.contains("cannot be read"), "{}", ran.err);
}

#[test]
fn the_nearest_file_upwards_is_the_one() {
    let repo = with("[rules]\ncron-on-the-hour = \"off\"\n");
    repo.write("team/a/b.mlpipe", HOURLY.replace("demo", "other"));
    assert_eq!(told(&repo, 0, &["team/a"]).len(), 0);
    repo.write("team/mlpipe.toml", "");
    assert_eq!(told(&repo, 0, &["team/a"]).len(), 1);
}

#[test]
fn a_configuration_that_is_a_folder_is_named() {
    let repo = Repo::with_spec();
    for folder in [".", ""] {
        let told = repo.run(&["lint", "--config", folder], 2).err;
        assert!(told.contains("× .: this file cannot be read"), "{told}");
    }
}

/// The blocks of TOML of docs/configuration.md, each with what the comment before it says.
fn examples() -> Vec<(String, String)> {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md"));
    let page = page.expect("docs/configuration.md");
    let mut all = Vec::new();
    let (mut mark, mut open) = (String::new(), None::<String>);
    for line in page.lines() {
        match &mut open {
            Some(text) if line == "```" => {
                all.push((std::mem::take(&mut mark), std::mem::take(text)));
                open = None;
            }
            Some(text) => *text += &format!("{line}\n"),
            None if line == "```toml" => open = Some(String::new()),
            None => {
                if let Some(said) = line.strip_prefix("<!-- ").and_then(|l| l.strip_suffix(" -->")) {
                    mark = said.to_owned();
                }
            }
        }
    }
    all
}

#[test]
fn the_page_shows_what_it_says() {
    let examples = examples();
    assert!(examples.len() >= 6, "{} examples", examples.len());
    for (mark, text) in examples.iter().filter(|(mark, _)| mark != "whole") {
        let name = mark.strip_prefix("refused ");
        let found = told(&with(text), i32::from(name.is_some()), &[]);
        let of_config: Vec<_> = found.iter().filter(|t| t.starts_with("mlpipe.toml:")).collect();
        match name {
            Some(name) => {
                assert!(of_config.len() == 1 && of_config[0].contains(name), "{of_config:?}\n{text}")
            }
            None => assert!(of_config.is_empty(), "{of_config:?}\n{text}"),
        }
    }
}

#[test]
fn the_whole_file_of_the_page_does_what_its_comments_say() {
    let whole = examples().into_iter().find(|(mark, _)| mark == "whole").expect("a whole file").1;
    let repo = with(&whole);
    let spec = HOURLY.replace("gate x", "secret TOKEN { jenkins \"t\" }\ngate x");
    repo.write("a.mlpipe", spec + "gate q { run \"x\"; seed 42; metrics \"m.json\"; baseline \"b.json\"; require f1 >= 0.8; require f1 >= baseline - 1 }\n");
    // Templates of its own that are the built-in ones: here, one that mlpipe has.
    let job = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/github/job.yml.j2"));
    repo.write("ci/templates/github/job.yml.j2", job.expect("a template"));
    let severities: Vec<String> =
        told(&repo, 1, &[]).into_iter().map(|t| t.split(' ').take(3).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(severities, ["a.mlpipe:4:13 error cron-on-the-hour", "a.mlpipe:5:1 note secret-unused"]);
    repo.write(
        "mlpipe.toml",
        whole.replace("cron-on-the-hour = \"error\"", "cron-on-the-hour = \"warning\""),
    );
    assert_eq!(told(&repo, 1, &[]).len(), 2, "`deny` is as it says");
    repo.run(&["compile"], 0);
    assert!(repo.path(".gitlab-ci.yml").exists() && !repo.path("Jenkinsfile").exists());
}
