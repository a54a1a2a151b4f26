//! Every file of `tests/rules`: cases of one rule each, by directory walk.
//!
//! `tests/rules/NAME/find-WHAT.mlpipe` holds what the rule finds: a line that ends in `# finds TEXT` has one finding of the rule
//! whose message contains TEXT, and no other line has one. `silent-WHAT.mlpipe` is like it and has none, and it is a spec
//! without an error, but for statements without output yet. A case that needs other files is a folder with a `main.mlpipe`. What other rules say is not looked at.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops where it fails")]

use camino::{Utf8Path, Utf8PathBuf};
use mlpipe::diag::{Code, Date, Finding, SourceMap};
use mlpipe::project::{ConfigFrom, Others, Project, Settings};
use mlpipe::spec::Disk;

const MARK: &str = "# finds ";

fn root() -> Utf8PathBuf {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules")
}

/// Codes of all rules: those that `compile` obeys, and those of lint.
fn rules() -> Vec<&'static Code> {
    mlpipe::check::RULES.iter().map(|r| r.code).chain(mlpipe::lint::RULES.iter().map(|r| r.code)).collect()
}

fn entries(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut all: Vec<_> = folder
        .read_dir_utf8()
        .unwrap_or_else(|e| panic!("{folder}: {e}"))
        .map(|e| e.expect("an entry").path().to_owned())
        .collect();
    all.sort();
    all
}

struct Case {
    rule: &'static Code,
    name: String,
    project: Project,
    findings: Vec<Finding>,
}

impl Case {
    /// Reads a case. A spec of a silent one also compiles: a fault that only that shows would keep the rule from being asked.
    fn load(rule: &'static Code, path: &Utf8Path, compiled: bool) -> Self {
        let (root, file) = if path.is_dir() {
            (path.to_owned(), Utf8PathBuf::from("main.mlpipe"))
        } else {
            (path.parent().expect("a folder").to_owned(), path.file_name().expect("a name").into())
        };
        // A day of its own: no case depends on the one on which it runs.
        let settings = Settings { config: ConfigFrom::Nothing, today: Date::parse("2026-06-01") };
        let files = std::slice::from_ref(&file);
        let mut project = Project::load_from(&Disk, &root, files, files, Others::Planned, &settings);
        if compiled {
            drop(project.compile(&mlpipe::spec::PlatformName::ALL));
        }
        let mut findings = project.findings.clone();
        findings.extend(mlpipe::lint::project(&project));
        mlpipe::diag::sort_and_dedup(&mut findings);
        let name = format!("{}/{}", rule.name, path.file_name().expect("a name"));
        Self { rule, name, project, findings }
    }

    fn sources(&self) -> &SourceMap {
        &self.project.sources
    }

    /// What the rule says: place and message.
    fn told(&self) -> Vec<(String, u32, String)> {
        let own = self.findings.iter().filter(|f| f.code == self.rule);
        own.map(|f| {
            let span = f.span.unwrap_or_else(|| panic!("{}: no place", self.name));
            let path = self.sources().path(span.file).to_string();
            (path, self.sources().start(span).line, f.message.clone())
        })
        .collect()
    }

    /// What is marked.
    fn marked(&self) -> Vec<(String, u32, String)> {
        let mut all = Vec::new();
        for (_, file) in self.sources().iter() {
            for (line, number) in file.text.lines().zip(1..) {
                let texts = line.split(MARK).skip(1);
                all.extend(texts.map(|t| (file.path.to_string(), number, t.trim().to_owned())));
            }
        }
        all.sort();
        all
    }
}

fn wrong(case: &Case, kind: &str) -> Option<String> {
    let (mut told, marked) = (case.told(), case.marked());
    told.sort();
    if kind == "silent" {
        let errors: Vec<_> = case
            .findings
            .iter()
            .filter(|f| f.is_error() && f.code != Code::NOT_COMPILED_YET)
            .map(|f| &f.message)
            .collect();
        if !marked.is_empty() {
            return Some(format!("{}: a silent case marks findings", case.name));
        }
        return (!told.is_empty() || !errors.is_empty())
            .then(|| format!("{}: told {told:?}\n    errors {errors:?}", case.name));
    }
    let same = told.len() == marked.len()
        && told.iter().zip(&marked).all(|(t, m)| t.0 == m.0 && t.1 == m.1 && t.2.contains(&m.2));
    let remedy = case.findings.iter().filter(|f| f.code == case.rule).all(|f| f.help.is_some());
    (marked.is_empty() || !same || !remedy)
        .then(|| format!("{}: marked {marked:?}\n    told {told:?}\n    each with help: {remedy}", case.name))
}

#[test]
fn every_case_of_a_rule_finds_or_is_silent() {
    let mut all = Vec::new();
    for folder in entries(&root()).iter().filter(|p| p.is_dir()) {
        let name = folder.file_name().expect("a name");
        let Some(rule) = rules().into_iter().find(|r| r.name == name) else {
            all.push(format!("{name} is no rule"));
            continue;
        };
        for path in entries(folder).iter().filter(|p| p.is_dir() || p.extension() == Some("mlpipe")) {
            let file = path.file_name().expect("a name");
            match file.split_once('-').map(|(kind, _)| kind) {
                Some(kind @ ("find" | "silent")) => {
                    all.extend(wrong(&Case::load(rule, path, kind == "silent"), kind));
                }
                _ => all.push(format!("{name}/{file} is neither `find-…` nor `silent-…`")),
            }
        }
    }
    assert!(all.is_empty(), "{} cases\n{}", all.len(), all.join("\n"));
}

#[test]
fn every_rule_has_two_cases_of_each_kind() {
    let mut few = Vec::new();
    for rule in rules() {
        let folder = root().join(rule.name);
        let cases = if folder.is_dir() { entries(&folder) } else { Vec::new() };
        for kind in ["find-", "silent-"] {
            let count = cases.iter().filter(|p| p.file_name().is_some_and(|n| n.starts_with(kind))).count();
            if count < 2 {
                few.push(format!("{}: {count} cases `{kind}…`; two are the least", rule.name));
            }
        }
    }
    assert!(few.is_empty(), "{}", few.join("\n"));
}

/// The text of a case after the fix of one of its findings.
fn mended(case: &Case, finding: &Finding) -> Option<String> {
    let fix = finding.fix.as_ref()?;
    let file = finding.span.expect("a place").file;
    let mut text = case.sources().file(file).text.clone();
    let mut edits: Vec<_> = fix.edits.iter().collect();
    edits.sort_by_key(|e| std::cmp::Reverse(e.span.start));
    for edit in edits {
        assert_eq!(edit.span.file, file, "{}: a fix in another file", case.name);
        text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
    }
    Some(text)
}

#[test]
fn a_fix_takes_its_finding_away_and_brings_no_other() {
    let mut tried = 0;
    for rule in rules() {
        for path in entries(&root().join(rule.name)) {
            let case = Case::load(rule, &path, false);
            let beside =
                if path.is_dir() { path.clone() } else { path.parent().expect("a folder").to_owned() };
            for finding in case.findings.iter().filter(|f| f.code == rule) {
                let Some(text) = mended(&case, finding) else { continue };
                tried += 1;
                let dir = tempfile::tempdir().expect("a folder");
                let folder = Utf8Path::from_path(dir.path()).expect("UTF-8");
                for file in entries(&beside).iter().filter(|p| p.is_file() && p.extension() != Some("mlpipe"))
                {
                    std::fs::copy(file, folder.join(file.file_name().expect("a name"))).expect("copied");
                }
                std::fs::write(folder.join("main.mlpipe"), text).expect("written");
                let after = Case::load(rule, folder, false);
                let messages = |c: &Case| c.findings.iter().map(|f| f.message.clone()).collect::<Vec<_>>();
                let (old, new) = (messages(&case), messages(&after));
                assert!(!new.contains(&finding.message), "{}: still there: {}", case.name, finding.message);
                assert!(new.iter().all(|m| old.contains(m)), "{}: {old:?}, then {new:?}", case.name);
            }
        }
    }
    assert!(tried >= 3, "{tried} fixes");
}
