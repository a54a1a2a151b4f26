//! Comments that allow findings: what they hold for, until when, and what is told of them.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops where it fails")]

#[path = "support/blocks.rs"]
mod support;

use camino::{Utf8Path, Utf8PathBuf};
use mlpipe::diag::{Code, Date, Finding};
use mlpipe::project::{Others, Project, Settings};
use mlpipe::spec::Disk;
use support::blocks;

const HEAD: &str = "mlpipe 1\npipeline demo\non push main\n";
const HOURLY: &str = "on schedule \"0 3 * * *\"";
const GATE: &str = "gate x { run \"true\" }\n";

struct Repo {
    dir: tempfile::TempDir,
}

impl Repo {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).expect("written");
        }
        Self { dir }
    }

    /// Everything that `mlpipe lint` does, on a day; `selected` are the files that the user names.
    fn lint(&self, selected: &[&str], today: &str) -> Project {
        let root = Utf8Path::from_path(self.dir.path()).expect("UTF-8");
        let mut all: Vec<Utf8PathBuf> = root
            .read_dir_utf8()
            .expect("a folder")
            .map(|e| Utf8PathBuf::from(e.expect("an entry").file_name()))
            .filter(|p| p.extension() == Some("mlpipe"))
            .collect();
        all.sort();
        let selected: Vec<_> = all.iter().filter(|p| selected.contains(&p.as_str())).cloned().collect();
        let settings = Settings { today: Date::parse(today), ..Settings::default() };
        let mut project = Project::load_from(&Disk, root, &all, &selected, Others::Planned, &settings);
        drop(project.compile(&mlpipe::spec::PlatformName::ALL));
        mlpipe::lint::add(&mut project);
        project
    }
}

/// `LINE name` of each finding, in order.
fn told(findings: &[Finding], project: &Project) -> Vec<String> {
    let line = |f: &Finding| f.span.map_or(0, |s| project.sources.start(s).line);
    findings.iter().map(|f| format!("{} {}", line(f), f.code.name)).collect()
}

fn lint(text: &str) -> Vec<String> {
    lint_on(text, "2026-11-21")
}

fn lint_on(text: &str, day: &str) -> Vec<String> {
    let project = Repo::new(&[("a.mlpipe", text)]).lint(&["a.mlpipe"], day);
    told(&project.findings, &project)
}

#[test]
fn a_comment_holds_behind_a_statement_before_it_and_at_the_top() {
    let allow = "# mlpipe: allow(cron-on-the-hour) idle then";
    let unused = "# mlpipe: allow(baseline-unused) from Monday on";
    let silent = [
        format!("{HEAD}{HOURLY}   {allow}\n{GATE}"),
        format!("{HEAD}{allow}\n{HOURLY}\n{GATE}"),
        format!("{HEAD}{allow}\n\n# as said in the minutes\n{HOURLY}\n{GATE}"),
        format!("{allow}\n{HEAD}{HOURLY}\n{GATE}"),
        format!("mlpipe 1\n{allow}\npipeline demo\non push main\n{HOURLY}\n{GATE}"),
        format!("{HEAD}{HOURLY}; {GATE}").replace("}\n", &format!("}} {allow}\n")),
        format!("{HEAD}{HOURLY} #mlpipe:allow( MLP780 ,mlp780 )—idle then\r\n{GATE}"),
        format!("{HEAD}{}", gate(&format!("baseline \"b.json\" {unused}"), "")),
        format!("{HEAD}{}", gate(&format!("{unused}\n  baseline \"b.json\""), "")),
        format!("{HEAD}{}", gate(&format!("baseline\n    \"b.json\" {unused}").replace("\n    ", " "), "")),
        format!("{HEAD}{}", gate("baseline \"b.json\"", unused)),
        format!("{HEAD}{unused}\n{}", gate("baseline \"b.json\"", "")),
        format!("{HEAD}{}", gate("baseline \"b.json\"", "").replace("{\n", &format!("{{ {unused}\n"))),
    ];
    for text in silent {
        assert_eq!(lint(&text), Vec::<String>::new(), "{text}");
    }
}

/// A gate with these statements, and with something behind its last brace. It has no use for a baseline.
fn gate(inside: &str, behind: &str) -> String {
    format!("gate g {{\n  run \"true\"; metrics \"m.json\"\n  {inside}\n  require f1 >= 0.8\n}} {behind}\n")
}

#[test]
fn a_comment_holds_for_nothing_else() {
    let text = format!(
        "{HEAD}{HOURLY}\n# mlpipe: allow(cron-on-the-hour) not about the line before\n{GATE}on tag \"v*\" # mlpipe: allow(cron-on-the-hour) nor this\n"
    );
    assert_eq!(lint(&text), ["4 cron-on-the-hour", "5 allow-unused", "7 allow-unused"]);
    let inner =
        gate("# mlpipe: allow(baseline-unused) about the next line\n  timeout 5m\n  baseline \"b.json\"", "");
    assert_eq!(lint(&format!("{HEAD}{inner}")), ["6 allow-unused", "8 baseline-unused"]);
}

#[test]
fn a_comment_that_is_no_longer_needed_is_told_name_by_name() {
    let text = format!("{HEAD}{HOURLY} # mlpipe: allow(secret-unused, cron-on-the-hour) idle then\n{GATE}");
    assert_eq!(lint(&text), ["4 allow-unused"]);
    // Where an error stands, not every rule has run.
    assert_eq!(lint(&text.replace("run \"true\"", "")), ["5 gate-checks-nothing"]);
}

#[test]
fn a_comment_holds_through_its_last_day() {
    let text = format!("{HEAD}{HOURLY} # mlpipe: allow(cron-on-the-hour) idle until 2027-01-31\n{GATE}");
    assert!(lint_on(&text, "2027-01-31").is_empty());
    assert_eq!(lint_on(&text, "2027-02-01"), ["4 cron-on-the-hour", "4 allow-expired"]);
    assert!(lint_on(&text, "").is_empty(), "without a day, nothing is past");
}

#[test]
fn prose_that_begins_alike_is_no_comment_of_ours() {
    for prose in
        ["mlpipe: see docs/release.md", "mlpipe allow(x)", "mlpipe: this below is for production", "mlpipe:"]
    {
        assert!(lint(&format!("{HEAD}{GATE}# {prose}\n")).is_empty(), "{prose}");
    }
}

#[test]
fn what_another_program_finds_is_only_missed_where_it_was_asked() {
    let text = format!("{HEAD}# mlpipe: allow(shellcheck) the variable is set by the runner\n{GATE}");
    assert!(lint(&text).is_empty(), "nobody has asked it");
    let repo = Repo::new(&[("a.mlpipe", &text)]);
    let root = Utf8Path::from_path(repo.dir.path()).expect("UTF-8");
    let files = [Utf8PathBuf::from("a.mlpipe")];
    let mut project = Project::load(root, &files, &files);
    project.add_from_outside(Code::SHELLCHECK, []);
    mlpipe::lint::add(&mut project);
    assert_eq!(told(&project.findings, &project), ["4 allow-unused"]);
}

#[test]
fn a_library_is_judged_by_all_who_use_it_and_told_once() {
    let library = "# mlpipe: allow(tolerance-too-wide) for the whole library\n\nlet low = 0.1\n\
                   gate old { run \"true\"; seed 42; metrics \"m.json\"; baseline \"b.json\"\n  require f1 >= 0.8; require f1 >= baseline - 1 }\n";
    let user = |name: &str, only: &str| {
        format!("mlpipe 1\npipeline {name}\non push main\nuse \"lib.mlpipe\" only {only}\n{GATE}")
    };
    let files = |a: &str, b: &str| {
        Repo::new(&[("lib.mlpipe", library), ("a.mlpipe", &user("a", a)), ("b.mlpipe", &user("b", b))])
    };
    let all = ["lib.mlpipe", "a.mlpipe", "b.mlpipe"];
    let told = |repo: &Repo, of: &[&str]| {
        let project = repo.lint(of, "2026-11-21");
        let names: Vec<_> = project.findings.iter().map(|f| f.code.name).collect();
        (names, project.allowed.len())
    };
    // One of the two needs it.
    assert_eq!(told(&files("old", "low"), &all), (vec![], 1));
    assert_eq!(told(&files("old", "old"), &all), (vec![], 1), "told once, though it was read three times");
    // Nobody needs it, and everybody was asked.
    assert_eq!(told(&files("low", "low"), &all).0, ["allow-unused"]);
    assert_eq!(told(&files("low", "low"), &["a.mlpipe"]).0, Vec::<&str>::new());
    assert_eq!(told(&files("low", "low"), &["lib.mlpipe"]).0, Vec::<&str>::new());
}

#[test]
fn the_pages_show_what_they_say() {
    let of = [
        Code::ALLOW_MALFORMED,
        Code::ALLOW_UNKNOWN_RULE,
        Code::ALLOW_WITHOUT_REASON,
        Code::ALLOW_EXPIRED,
        Code::ALLOW_UNUSED,
        Code::ALLOW_OF_ERROR,
    ];
    for code in of {
        let page = blocks(code.page);
        let [fault, remedy] = &page[..] else { panic!("{} has not two examples", code.id) };
        let names = |text: &str| lint(&format!("mlpipe 1\npipeline page\n{text}"));
        assert!(names(&fault.text).iter().any(|n| n.ends_with(code.name)), "{}", fault.text);
        assert_eq!(names(&remedy.text), Vec::<String>::new(), "{}", remedy.text);
    }
}

#[test]
fn the_page_about_lint_shows_what_it_says() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/lint.md"));
    let page = blocks(&page.expect("docs/lint.md"));
    assert!(!page.is_empty());
    for block in page {
        assert_eq!(block.mark, "silent", "line {}", block.line);
        let text = format!("mlpipe 1\n{}", block.text);
        let project = Repo::new(&[("a.mlpipe", &text)]).lint(&["a.mlpipe"], "2026-11-21");
        assert_eq!(told(&project.findings, &project), Vec::<String>::new(), "{text}");
        let comments = text.lines().filter(|l| l.contains("mlpipe: allow(")).count();
        assert_eq!(project.allowed.len(), comments, "each comment of the example is needed");
    }
}
