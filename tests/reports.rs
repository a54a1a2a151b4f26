//! What `lint` prints for others to read: SARIF, GitHub, GitLab, JUnit, JSON; and what decides its exit code.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops where it fails")]

#[path = "support/runner.rs"]
mod runner;

use runner::Repo;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// Three severities, a place in a line with characters of two and four bytes, a fix, a related place, one of them allowed.
fn repo() -> Repo {
    let repo = Repo::new();
    let spec = "mlpipe 1\npipeline demo # 🐍ü\non push main\non schedule \"0 3 * * *\"\non tag \"v*\" # mlpipe: allow(cron-on-the-hour) 🐍 not yet\n\
                # mlpipe: allow(secret-unused) wired <on> Monday & \"Tuesday\"\nsecret TOKEN { jenkins \"token\" }\n\
                gate x { run \"true\" }\n";
    repo.write("ml/a b.mlpipe", spec);
    repo.write("mlpipe.toml", "[rules]\nallow-unused = \"note\"\n");
    repo
}

/// A repository in which nothing is found.
fn clean() -> Repo {
    let repo = Repo::new();
    repo.write("release.mlpipe", "mlpipe 1\npipeline demo\non push main\ngate x { run \"true\" }\n");
    repo
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

fn sarif(repo: &Repo, code: i32) -> Value {
    let value = json(&repo.run(&["lint", "--format", "sarif"], code).out);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas/sarif-2.1.0.json");
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.enable_format_assertions();
    let schema = compiler.compile(&path.to_string_lossy(), &mut schemas).expect("a schema");
    if let Err(e) = schemas.validate(&value, schema) {
        panic!("{e:#}\n{value:#}");
    }
    let mut broken = value.clone();
    broken["runs"][0]["columnKind"] = "bytes".into();
    assert!(schemas.validate(&broken, schema).is_err(), "the schema would see a fault");
    value
}

#[test]
fn sarif_is_as_its_schema_says() {
    let log = sarif(&repo(), 0);
    let run = &log["runs"][0];
    let results = run["results"].as_array().expect("results");
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    assert_eq!(run["columnKind"], "utf16CodeUnits");
    let ids: Vec<_> = results.iter().map(|r| r["ruleId"].as_str().expect("an id")).collect();
    assert_eq!(ids, ["MLP780", "MLP794", "MLP381"]);
    for r in results {
        let rule = &rules[r["ruleIndex"].as_u64().expect("an index") as usize];
        assert_eq!(rule["id"], r["ruleId"]);
        assert!(rule["help"]["markdown"].as_str().is_some_and(|t| t.contains("## Why it matters")));
        assert_eq!(r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "ml/a%20b.mlpipe");
    }
    let [hour, unused, secret] = &results[..] else { panic!("three results") };
    assert_eq!((&hour["level"], &unused["level"]), (&"warning".into(), &"note".into()));
    assert_eq!(hour["suppressions"], Value::Array(vec![]));
    let suppression = &secret["suppressions"][0];
    assert_eq!(suppression["kind"], "inSource");
    assert_eq!(suppression["justification"], "wired <on> Monday & \"Tuesday\"");
    let replacement = &unused["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replacement["insertedContent"]["text"], "");
    // `on tag "v*"` is 11 characters; the snake behind the place counts two units, and the comment ends the line.
    let expected = serde_json::json!({"startLine": 5, "startColumn": 12, "endLine": 5, "endColumn": 57});
    assert_eq!(replacement["deletedRegion"], expected);
}

#[test]
fn sarif_of_nothing_and_of_errors_is_valid_too() {
    let repo = clean();
    assert_eq!(sarif(&repo, 0)["runs"][0]["results"], Value::Array(vec![]));
    repo.write(
        "release.mlpipe",
        "mlpipe 1\npipeline a\non push main\ngatte x { run \"true\" }\nuse \"gone.mlpipe\"\n",
    );
    repo.write("mlpipe.toml", "rules = 3\n");
    let log = sarif(&repo, 2);
    assert!(log["runs"][0]["results"].as_array().is_some_and(|r| r.len() > 2), "{log:#}");
}

#[test]
fn github_gets_a_line_for_each_finding() {
    let ran = repo().run(&["lint", "--format", "github"], 0);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(
        lines[0],
        "::warning file=ml/a b.mlpipe,line=4,endLine=4,col=13,endColumn=24,title=MLP780 cron-on-the-hour::\
         `0 3 * * *` fires at the full hour, when most schedules do%0Awrite a minute of its own, such as `17`: the hour is the same"
    );
    assert!(lines[1].starts_with("::notice file=ml/a b.mlpipe,line=5,"), "{}", lines[1]);
    assert_eq!(lines.len(), 2, "what is allowed is not told");
}

#[test]
fn gitlab_gets_fingerprints_that_outlive_a_moved_line() {
    let repo = repo();
    let prints = |repo: &Repo| -> Vec<(String, u64)> {
        let report = json(&repo.run(&["lint", "--format", "gitlab"], 0).out);
        let one = |i: &Value| {
            assert_eq!(i["location"]["path"], "ml/a b.mlpipe");
            assert!(
                ["info", "minor", "major", "critical", "blocker"]
                    .contains(&i["severity"].as_str().expect("a word"))
            );
            assert!(i["description"].is_string() && i["check_name"].is_string());
            let line = i["location"]["lines"]["begin"].as_u64().expect("a line");
            (i["fingerprint"].as_str().expect("a text").to_owned(), line)
        };
        report.as_array().expect("an array").iter().map(one).collect()
    };
    let before = prints(&repo);
    let spec = repo.read("ml/a b.mlpipe");
    repo.write("ml/a b.mlpipe", spec.replace("on push main\n", "\n# moved\n\non push main\n"));
    let after = prints(&repo);
    assert_eq!(
        before.iter().map(|p| &p.0).collect::<Vec<_>>(),
        after.iter().map(|p| &p.0).collect::<Vec<_>>()
    );
    assert_ne!(before[0].1, after[0].1);
    // The same on another line is another finding.
    let twice = "# mlpipe: allow(cron-on-the-hour)\n".repeat(3);
    repo.write("ml/a b.mlpipe", spec + &twice + "gate y { run \"true\" }\n");
    let all: BTreeSet<String> = prints(&repo).into_iter().map(|p| p.0).collect();
    assert_eq!(all.len(), 5);
    assert!(before.iter().all(|p| all.contains(&p.0)));
}

#[test]
fn junit_fails_what_is_denied_and_skips_what_is_allowed() {
    let repo = repo();
    let out = repo.run(&["lint", "--format", "junit"], 0).out;
    assert!(out.contains("tests=\"3\" failures=\"0\" errors=\"0\" skipped=\"1\""), "{out}");
    assert!(
        out.contains("<skipped message=\"allowed: wired &lt;on&gt; Monday &amp; &quot;Tuesday&quot;\"/>"),
        "{out}"
    );
    let out = repo.run(&["lint", "--format", "junit", "--deny", "warning"], 1).out;
    assert!(out.contains("failures=\"1\"") && out.contains("<failure type=\"warning\""), "{out}");
    let out = clean().run(&["lint", "--format", "junit"], 0).out;
    assert!(out.contains("tests=\"1\"") && out.contains("name=\"no findings\""), "{out}");
}

#[test]
fn json_has_fixes_and_what_is_allowed() {
    let value = json(&repo().run(&["lint", "--format", "json"], 0).out);
    let rows = value["findings"].as_array().expect("findings");
    assert_eq!(rows[0]["fix"], Value::Null);
    let edit = &rows[1]["fix"]["edits"][0];
    assert_eq!(
        (&edit["text"], &edit["start"]["line"], &edit["start"]["column"]),
        (&"".into(), &5.into(), &12.into())
    );
    assert_eq!(rows[1]["fix"]["title"], "take it out");
    assert_eq!(value["allowed"][0]["name"], "secret-unused");
    assert!(value["allowed"][0]["reason"].as_str().is_some_and(|r| r.starts_with("wired")));
}

#[test]
fn deny_decides_the_exit_code() {
    let repo = repo();
    let deny = |severity: &str, code: i32| drop(repo.run(&["lint", "--deny", severity], code));
    deny("error", 0);
    deny("warning", 1);
    deny("note", 1);
    let config = "[rules]\nallow-unused = \"off\"\ncron-on-the-hour = \"note\"\n[lint]\ndeny = \"warning\"\n";
    repo.write("mlpipe.toml", config);
    repo.run(&["lint"], 0);
    repo.write("mlpipe.toml", config.replace("deny = \"warning\"", "deny = \"note\""));
    repo.run(&["lint"], 1);
    deny("error", 0);
}

#[test]
fn thousands_of_findings_are_counted_and_the_worst_are_shown() {
    let repo = Repo::new();
    let mut spec = String::from("mlpipe 1\npipeline demo\non push main\ngate x { run \"true\" }\n");
    for i in 0..1500 {
        spec.push_str(&format!("secret TOKEN_{i} {{ jenkins \"t{i}\" }}\n"));
    }
    repo.write("a.mlpipe", spec + "gate y { run \"true\"; timeout 0.5s }\n");
    let ran = repo.run(&["lint"], 1);
    assert_eq!(ran.err.matches("MLP381 secret-unused").count(), 199);
    assert!(ran.err.contains("time-limit-too-short"), "the worst is shown, though it is the last");
    assert!(ran.err.contains("… and 1301 more findings: 1301 secret-unused"), "{}", ran.err);
    assert!(ran.err.contains("1 error, 1500 warnings; `--no-limit` shows them all"), "{}", ran.err);
    let all = repo.run(&["lint", "--no-limit"], 1).err;
    assert_eq!(all.matches("MLP381 secret-unused").count(), 1500);
}

/// MLP605.
#[test]
fn drift_is_a_finding_for_machines() {
    let repo = Repo::with_spec();
    repo.run(&["compile"], 0);
    assert_eq!(json(&repo.run(&["check", "--format", "json"], 0).out)["findings"], Value::Array(vec![]));
    assert_eq!(repo.run(&["check", "--format", "github"], 0).out, "");
    let text = repo.read("Jenkinsfile");
    repo.write("Jenkinsfile", text.replacen("agent", "agend", 1));
    std::fs::remove_file(repo.path(".gitlab-ci.yml")).expect("removed");
    let out = repo.run(&["check", "--format", "github"], 1).out;
    let lines: Vec<&str> = out.lines().collect();
    assert!(
        lines[0].starts_with(
            "::error file=.gitlab-ci.yml,title=MLP605 drifted::this generated file is missing%0A"
        ),
        "{out}"
    );
    assert!(
        lines[1].starts_with("::error file=Jenkinsfile,") && lines[1].contains("edited by hand"),
        "{out}"
    );
    assert_eq!(lines.len(), 2);
    let junit = repo.run(&["check", "--format", "junit"], 1).out;
    assert!(junit.contains("<testsuite name=\"Jenkinsfile\" tests=\"1\" failures=\"1\""), "{junit}");
    // Where the spec itself is wrong there is nothing to compare with.
    repo.write("release.mlpipe", runner::SPEC.replace("require", "reqire"));
    let value = json(&repo.run(&["check", "--format", "json"], 1).out);
    assert!(
        value["findings"]
            .as_array()
            .is_some_and(|f| f.iter().all(|f| f["code"] != "MLP605") && !f.is_empty())
    );
}
