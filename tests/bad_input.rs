//! Bad input, end to end: each is a finding with its place and its remedy (or is read as if nothing were odd), within
//! seconds, never a panic, never a partial write.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops where it fails")]

#[path = "support/runner.rs"]
mod runner;

use runner::{Repo, SPEC};
use std::time::{Duration, Instant};

/// A finding as `mlpipe lint --format json` tells it: code, line, column.
type Told = (String, u64, u64);

/// Lints and compiles the repository's `release.mlpipe` and gives what was told. No file may change.
#[track_caller]
fn told(repo: &Repo, exit: i32) -> Vec<Told> {
    let before = repo.files();
    let start = Instant::now();
    let ran = repo.run(&["lint", "--format", "json"], exit);
    repo.run(&["compile"], exit);
    assert!(start.elapsed() < Duration::from_secs(20), "took {:?}", start.elapsed());
    assert!(repo.files() == before, "a failed compile wrote something");
    let json: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    let findings = json["findings"].as_array().expect("a list");
    let number = |f: &serde_json::Value, what: &str| f["start"][what].as_u64().unwrap_or(0);
    // What lint has to say of the spec beside its faults is not looked at here.
    let of_lint = |f: &&serde_json::Value| f["code"].as_str().is_some_and(|c| c.starts_with("MLP7"));
    findings
        .iter()
        .filter(|f| !of_lint(f))
        .map(|f| {
            assert!(f["help"].as_str().is_some_and(|h| !h.is_empty()), "no remedy: {f}");
            assert_eq!(f["file"], "release.mlpipe", "{f}");
            let code = f["code"].as_str().expect("a code").to_owned();
            (code, number(f, "line"), number(f, "column"))
        })
        .collect()
}

/// The findings of a text.
#[track_caller]
fn of(text: impl AsRef<[u8]>, exit: i32) -> Vec<Told> {
    let repo = Repo::new();
    repo.write("release.mlpipe", text);
    told(&repo, exit)
}

#[track_caller]
fn one(text: impl AsRef<[u8]>, code: &str, line: u64, column: u64) {
    assert_eq!(of(text, 1), [(code.to_owned(), line, column)]);
}

#[test]
fn files_with_nothing_in_them() {
    for text in ["", "\n\n", "# a comment\n", "\u{feff}", "\r\n \t\r\n"] {
        let found = of(text, 1);
        assert_eq!(found.iter().map(|f| f.0.as_str()).collect::<Vec<_>>(), ["MLP005"], "{text:?}");
    }
}

#[test]
fn marks_and_line_ends_are_read_as_if_they_were_not_there() {
    let unix = Repo::with_spec();
    unix.run(&["compile"], 0);
    for odd in [
        format!("\u{feff}{SPEC}"),
        SPEC.replace('\n', "\r\n"),
        SPEC.replace("  target", "\ttarget"),
        SPEC.trim_end().to_owned(),
    ] {
        let repo = Repo::new();
        repo.write("release.mlpipe", &odd);
        repo.run(&["lint"], 0);
        repo.run(&["compile"], 0);
        repo.run(&["check"], 0);
    }
    let windows = Repo::new();
    windows.write("release.mlpipe", SPEC.replace('\n', "\r\n"));
    windows.run(&["compile"], 0);
    let but_the_spec =
        |r: &Repo| r.files().into_iter().filter(|f| f.0 != "release.mlpipe").collect::<Vec<_>>();
    assert!(but_the_spec(&unix) == but_the_spec(&windows), "a checkout with CRLF compiles to the same bytes");
}

#[test]
fn columns_count_characters_also_behind_tabs_and_marks() {
    one(SPEC.replace("gate quality", "\tgatte quality"), "MLP100", 5, 2);
    one(format!("\u{feff}{}", SPEC.replace("pipeline demo", "pipelin demo\npipeline demo")), "MLP100", 2, 1);
    one(SPEC.replace("\n", "\r\n").replace("gate quality", "gatte quality"), "MLP100", 5, 1);
    one(SPEC.replace("run \"python3 evaluate.py\"", "run \"é😀\"; runn \"x\""), "MLP100", 5, 26);
}

#[test]
fn bytes_that_are_no_text() {
    let mut bytes = SPEC.as_bytes().to_vec();
    bytes.splice(0..0, *b"# \xff\xfe\n");
    assert_eq!(of(&bytes, 1).first().map(|f| f.0.as_str()), Some("MLP002"));
    let utf16: Vec<u8> = SPEC.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(of(utf16, 1).iter().all(|f| f.0.starts_with("MLP0")), "UTF-16");
    assert!(!of(SPEC.replace("demo", "de\0mo"), 1).is_empty(), "NUL");
}

#[test]
fn a_folder_and_a_file_that_is_not_there() {
    let repo = Repo::with_spec();
    let before = repo.files();
    assert!(repo.run(&["compile", "nowhere.mlpipe"], 2).err.contains("`nowhere.mlpipe`"));
    std::fs::create_dir(repo.path("folder.mlpipe")).expect("made");
    for args in [["lint", "folder.mlpipe"], ["compile", "folder.mlpipe"], ["plan", "folder.mlpipe"]] {
        assert!(repo.run(&args, 2).err.contains("folder.mlpipe"));
    }
    assert!(repo.files() == before);
    repo.run(&["lint"], 0);
}

#[test]
fn ten_megabytes() {
    let line = "# a comment that fills the file, and nothing else\n";
    let text = format!("{SPEC}{}", line.repeat(10 * 1024 * 1024 / line.len() + 1));
    let found = of(text, 1);
    assert_eq!(found.iter().map(|f| f.0.as_str()).collect::<Vec<_>>(), ["MLP003"]);
    let found = of("{".repeat(10 * 1024 * 1024), 1);
    assert_eq!(found.iter().map(|f| f.0.as_str()).collect::<Vec<_>>(), ["MLP003"]);
}

#[test]
fn ten_thousand_blocks_in_each_other() {
    for (open, close) in [("gate a { ", "} "), ("gate a {\n", "}\n"), ("{ ", "} "), ("gate a { ", "")] {
        let text = format!("{SPEC}{}{}", open.repeat(10_000), close.repeat(10_000));
        let found = of(text, 1);
        assert!(!found.is_empty() && found.len() < 50, "{open:?}: {} findings", found.len());
        assert!(found.iter().any(|f| f.0 == "MLP004" || f.0.starts_with("MLP01")), "{open:?}: {found:?}");
    }
}

#[test]
fn a_keyword_misspelt() {
    one(SPEC.replace("gate quality", "gaet quality"), "MLP100", 5, 1);
    one(SPEC.replace("require accuracy", "requir accuracy"), "MLP100", 5, 67);
}

#[test]
fn a_missing_word_is_shown_in_the_form_that_was_begun() {
    for (line, help) in [
        (
            r#"model m { source http "https://x.test/a"; version "m/1"; save "a" }"#,
            r#"`"https://x.test/a" sha256 …`"#,
        ),
        (r#"gate g { run "x"; repeat 3 }"#, "`repeat 5 pass 4`"),
    ] {
        let repo = Repo::new();
        repo.write("release.mlpipe", format!("mlpipe 1\npipeline p\non push main\n{line}\n"));
        let ran = repo.run(&["lint"], 1);
        assert!(ran.err.contains(help), "{line}: {}", ran.err);
    }
}

#[test]
fn a_unit_of_the_wrong_kind() {
    one(SPEC.replace("run \"python3", "timeout 30%; run \"python3"), "MLP120", 5, 24);
    one(SPEC.replace("accuracy >= 0.85", "latency_ms < 5%"), "MLP120", 5, 88);
}

#[test]
fn names_given_twice() {
    let again = "gate quality { run \"true\" }\n";
    one(format!("{SPEC}{again}"), "MLP103", 10, 1);
    one(SPEC.replace("on push main\n", "on push main\non push main\n"), "MLP102", 4, 1);
}

#[test]
fn references_to_nothing() {
    one(SPEC.replace("run \"python3", "after lint; run \"python3"), "MLP201", 5, 22);
    one(SPEC.replace("deploy production {", "deploy production {\n  after staging"), "MLP201", 8, 9);
}

#[test]
fn cycles_are_shown_as_a_path() {
    let text = format!(
        "{SPEC}gate a {{ after c; run \"true\" }}\ngate b {{ after a; run \"true\" }}\ngate c {{ after b; run \"true\" }}\n"
    );
    let repo = Repo::new();
    repo.write("release.mlpipe", &text);
    assert_eq!(told(&repo, 1), [("MLP202".to_owned(), 10, 16)]);
    assert!(repo.run(&["lint"], 1).err.contains("`a` → `c` → `b` → `a`"));
}

#[test]
fn names_that_collide_on_one_platform() {
    // GitHub keeps approvers in an environment of its own.
    let second = "deploy production-approval { target command { deploy \"true\"; live \"true\" } }\n";
    let text = format!(
        "{}{second}",
        SPEC.replace("deploy production {", "deploy production {\n  approval required")
    );
    one(text, "MLP204", 11, 8);
    // GitHub tells no branches apart by the case of letters.
    let found = of(SPEC.replace("on push main", "on push main, Main"), 1);
    assert_eq!(found.iter().map(|f| f.0.as_str()).collect::<Vec<_>>(), ["MLP416"]);
    // GitLab takes no job called `image`, and Jenkins no stage twice: the compiler's own names stay clear of both.
    let reserved = ["image", "services", "stages", "cache", "include", "variables", "pages", "default"];
    let gates: String = reserved.iter().map(|n| format!("gate {n} {{ run \"true\" }}\n")).collect();
    let repo = Repo::new();
    repo.write("release.mlpipe", format!("{SPEC}{gates}"));
    repo.run(&["compile"], 0);
    // A name that is too long for a job or an environment of any platform.
    one(SPEC.replace("gate quality", &format!("gate {}", "q".repeat(49))), "MLP110", 5, 6);
    let longest = "q".repeat(48);
    let text = SPEC
        .replace("demo\n", &format!("{longest}\n"))
        .replace("quality", &longest)
        .replace("production", &longest);
    let repo = Repo::new();
    repo.write("release.mlpipe", &text);
    repo.write("second.mlpipe", text.replace(&format!("pipeline {longest}"), "pipeline second"));
    repo.run(&["compile"], 0);
}
