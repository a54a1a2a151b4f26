//! The ledger of what platforms keep, emulate and leave outside: its page, its reach, its strictness.
//! `UPDATE_TARGETS=1 cargo test --test targets` writes `docs/targets.md` anew.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops where it fails")]

use camino::{Utf8Path, Utf8PathBuf};
use mlpipe::platform::{self, Feature, Support};
use mlpipe::project::Project;
use mlpipe::spec::PlatformName;
use std::collections::BTreeSet;
use std::process::Command;

fn root() -> &'static Utf8Path {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_page_is_what_the_tables_say() {
    let path = root().join("docs/targets.md");
    let wanted = mlpipe::report::targets_page();
    if std::env::var_os("UPDATE_TARGETS").is_some() {
        std::fs::write(path, wanted).unwrap();
        return;
    }
    let there = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        there == wanted,
        "docs/targets.md is behind the tables: UPDATE_TARGETS=1 cargo test --test targets"
    );
}

/// A folder with one spec.
fn desk(spec: &str) -> (tempfile::TempDir, Utf8PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let folder = Utf8PathBuf::from_path_buf(dir.path().canonicalize().unwrap()).unwrap();
    std::fs::write(folder.join("mlpipe.toml"), "").unwrap();
    std::fs::write(folder.join("release.mlpipe"), spec).unwrap();
    (dir, folder)
}

/// The features of every pipeline below a folder, each file a project of its own or all of them together.
fn used_below(folder: &Utf8Path, together: bool) -> Vec<Feature> {
    let Ok(all) = mlpipe::project::specs(folder, folder) else { return Vec::new() };
    let groups: Vec<Vec<Utf8PathBuf>> =
        if together { vec![all] } else { all.into_iter().map(|one| vec![one]).collect() };
    let of = |group: Vec<Utf8PathBuf>| {
        let project = Project::load(folder, &group, &group);
        let pipelines = project.pipelines.iter().filter_map(|p| Some((&p.spec, p.plan.as_ref()?)));
        pipelines.flat_map(|(spec, plan)| platform::used(spec, plan)).map(|u| u.feature).collect::<Vec<_>>()
    };
    groups.into_iter().flat_map(of).collect()
}

#[test]
fn every_feature_is_used_by_a_case_or_an_example() {
    let mut reached: BTreeSet<Feature> =
        used_below(&root().join("tests/corpus/ok"), false).into_iter().collect();
    for example in root().join("examples").read_dir_utf8().unwrap() {
        let folder = example.unwrap().path().to_owned();
        if folder.is_dir() {
            reached.extend(used_below(&folder, true));
        }
    }
    // Where several pipelines share a repository: a case of the corpus stands alone, and no example notifies there.
    let notify = "emit github\non push main\ngate a { run \"true\" }\nnotify slack secret HOOK on failure\n";
    let (_dir, folder) = desk(&format!("mlpipe 1\npipeline a\n{notify}"));
    std::fs::write(folder.join("other.mlpipe"), format!("mlpipe 1\npipeline b\n{notify}")).unwrap();
    reached.extend(used_below(&folder, true));
    let missing: Vec<&str> =
        Feature::ALL.iter().filter(|f| !reached.contains(f)).map(|f| f.words()).collect();
    assert!(missing.is_empty(), "no spec uses {missing:?}");
}

#[test]
fn the_mapping_finds_what_is_there_and_nothing_else() {
    let words = |spec: &str| {
        let (_dir, folder) = desk(&format!("mlpipe 1\npipeline p\n{spec}"));
        used_below(&folder, true).into_iter().map(Feature::words).collect::<Vec<_>>()
    };
    assert_eq!(words("on push main\ngate a { run \"true\" }\n"), ["on push", "gate"]);
    assert_eq!(
        words(
            "on manual { input dry bool default false }\nenv A = \"1\"\ngate a { run \"true\"; timeout 5m }\n"
        ),
        ["on manual", "input … bool", "gate", "timeout", "env"]
    );
    assert_eq!(
        words(
            "on push main\ngate a { run \"true\"; advisory \"slow\"; artifact \"a.txt\" }\ngate b { after a; run \"true\" }\n"
        ),
        ["on push", "gate", "after, needs", "advisory", "artifact"]
    );
    assert_eq!(
        words(
            "on schedule \"17 3 * * 1\"\non schedule \"17 4 * * 1\" timezone \"Europe/Berlin\"\ngate a { run \"true\" }\n"
        ),
        ["on schedule", "on schedule … timezone", "schedules in two time zones", "gate"]
    );
}

fn mlpipe(folder: &Utf8Path, words: &[&str]) -> (i32, String, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_mlpipe")).args(words).current_dir(folder).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
}

const ADVISORY: &str =
    "mlpipe 1\npipeline p\nemit github, jenkins\non push main\ngate a { run \"true\"; advisory \"slow\" }\n";

#[test]
fn strict_refuses_what_is_emulated_and_writes_nothing() {
    let (_dir, folder) = desk(ADVISORY);
    for words in [&["compile", "--strict"][..], &["check", "--strict"], &["lint", "--strict"]] {
        let (code, _, told) = mlpipe(&folder, words);
        assert_eq!((code, told.matches("MLP460").count()), (1, 2), "{words:?}: {told}");
        assert!(told.contains("github emulates `advisory`") && told.contains("jenkins emulates `advisory`"));
    }
    assert!(!folder.join("Jenkinsfile").exists() && !folder.join(".mlpipe").exists());
    // Platforms that nobody asks for are not looked at, and without the flag nothing is refused.
    let (_, _, told) = mlpipe(&folder, &["compile", "--strict", "--to", "github"]);
    assert_eq!(told.matches("MLP460").count(), 1, "{told}");
    assert_eq!(mlpipe(&folder, &["compile"]).0, 0);
    assert_eq!(mlpipe(&folder, &["check"]).0, 0);
}

#[test]
fn a_spec_without_anything_emulated_is_strict() {
    let (_dir, folder) =
        desk("mlpipe 1\npipeline p\nemit github, jenkins\non push main\ngate a { run \"true\" }\n");
    let (code, _, told) = mlpipe(&folder, &["compile", "--strict"]);
    assert_eq!(code, 0, "{told}");
    let workflow = std::fs::read_to_string(folder.join(".github/workflows/p.yml")).unwrap();
    assert!(!workflow.contains("# Kept outside") && !workflow.contains("# Emulated"), "{workflow}");
    let jenkinsfile = std::fs::read_to_string(folder.join("Jenkinsfile")).unwrap();
    assert_eq!(
        jenkinsfile.lines().nth(2).unwrap(),
        "// Kept outside this file: on push (`mlpipe targets release.mlpipe`)"
    );
}

#[test]
fn the_head_of_each_file_agrees_with_the_table() {
    let (_dir, folder) = desk(ADVISORY);
    assert_eq!(mlpipe(&folder, &["compile"]).0, 0);
    let head = |path: &str| {
        let text = std::fs::read_to_string(folder.join(path)).unwrap();
        text.lines().skip(2).take(2).map(str::to_owned).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(
        head(".github/workflows/p.yml").lines().next().unwrap(),
        "# Emulated: advisory (`mlpipe targets release.mlpipe`)"
    );
    assert_eq!(
        head("Jenkinsfile"),
        "// Kept outside this file: on push\n// Emulated: advisory (`mlpipe targets release.mlpipe`)"
    );
}

#[test]
fn the_command_shows_a_spec_or_the_whole_table() {
    let (_dir, folder) = desk(ADVISORY);
    let (code, shown, _) = mlpipe(&folder, &["targets", "release.mlpipe"]);
    assert_eq!(code, 0);
    assert!(shown.starts_with("pipeline p   (release.mlpipe)\n"), "{shown}");
    assert!(
        shown.contains("jenkins: what lies outside the file\n  on push: ") && !shown.contains("gitlab"),
        "{shown}"
    );
    let (_, all, _) = mlpipe(&folder, &["targets", "--all"]);
    assert!(Feature::ALL.iter().all(|f| all.contains(f.words())));
    let (_, json, _) = mlpipe(&folder, &["targets", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let advisory = &json["pipelines"][0]["features"][2];
    assert_eq!((&advisory["feature"], &advisory["places"][0]["line"]), (&"advisory".into(), &5.into()));
    assert_eq!(advisory["platforms"][0]["support"], "emulated");
    std::fs::remove_file(folder.join("release.mlpipe")).unwrap();
    assert_eq!(mlpipe(&folder, &["targets"]).1, all, "no spec, the whole table");
}

/// A feature that is refused says which finding refuses it.
#[test]
fn what_is_not_expressible_is_refused_by_a_finding_that_exists() {
    for name in PlatformName::ALL {
        for line in platform::get(name).capabilities().iter().filter(|c| c.support == Support::No) {
            let named = mlpipe::diag::ALL.iter().any(|c| line.how.contains(&format!("({})", c.id)));
            assert!(named, "{}: {}", name.word(), line.how);
        }
    }
}
