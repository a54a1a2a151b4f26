//! `mlpipe lint` says nothing of the examples and of the good corpus that `lint-expected.txt` does not list with a reason.
//!
//! A line of that list is `CODE path reason…`, the path from the root of this repository. One line covers every finding of that
//! code in that file; a line that covers none fails too, so the list only shrinks.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops where it fails")]

use camino::{Utf8Path, Utf8PathBuf};
use mlpipe::diag::Code;
use mlpipe::project::Project;

fn root() -> &'static Utf8Path {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR"))
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

/// Roots of repositories, each with the specs that are looked at there.
fn repositories() -> Vec<(Utf8PathBuf, Vec<Utf8PathBuf>)> {
    let mut all = Vec::new();
    for example in entries(&root().join("examples")).into_iter().filter(|p| p.is_dir()) {
        let specs = mlpipe::project::specs(&example, &example).expect("specs");
        assert!(!specs.is_empty(), "no spec in {example}");
        // What later versions compile is kept out of the way of `compile`; it is read all the same.
        let others = entries(&example).into_iter().filter(|p| p.extension() == Some("mlpipe"));
        let names = others.map(|p| Utf8PathBuf::from(p.file_name().expect("a name")));
        let others: Vec<_> = names.filter(|n| !specs.contains(n)).collect();
        all.extend(others.into_iter().map(|other| (example.clone(), vec![other])));
        all.push((example, specs));
    }
    for case in entries(&root().join("tests/corpus/ok")) {
        if case.is_dir() {
            all.push((case, vec!["main.mlpipe".into()]));
        } else if case.extension() == Some("mlpipe") {
            // Each is a repository of its own; beside it lie others of the same kind, which it knows nothing of.
            all.push((root().join("tests/corpus/ok"), vec![case.file_name().expect("a name").into()]));
        }
    }
    all
}

/// What `lint` says: code, path from the root of this repository, line and message.
fn told() -> Vec<(String, String, String)> {
    let mut all = Vec::new();
    for (folder, specs) in repositories() {
        let mut project = Project::load(&folder, &specs, &specs);
        // As `mlpipe lint` does: what only compiling can tell belongs to it.
        drop(project.compile(&mlpipe::spec::PlatformName::ALL));
        let findings = [project.findings.clone(), mlpipe::lint::project(&project)].concat();
        for finding in findings.into_iter().filter(|f| f.code != Code::NOT_COMPILED_YET) {
            let (path, line) = match finding.span {
                Some(span) => (project.sources.path(span.file).to_string(), project.sources.start(span).line),
                None => (finding.path.clone().unwrap_or_default(), 0),
            };
            let path = folder.join(path).strip_prefix(root()).expect("below the root").to_string();
            all.push((
                finding.code.id.to_owned(),
                path.replace('\\', "/"),
                format!("{line}: {}", finding.message),
            ));
        }
    }
    all
}

#[test]
fn lint_says_nothing_that_is_not_listed_with_a_reason() {
    let list = std::fs::read_to_string(root().join("tests/lint-expected.txt")).expect("the list");
    let mut listed = Vec::new();
    let mut wrong = Vec::new();
    for line in list.lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let mut parts = line.splitn(3, ' ');
        let (code, path, reason) = (parts.next(), parts.next(), parts.next().unwrap_or_default());
        if reason.split_whitespace().count() < 3 {
            wrong.push(format!("no reason: {line}"));
        }
        listed.extend(code.zip(path));
    }
    let told = told();
    for (code, path, message) in &told {
        if !listed.contains(&(code.as_str(), path.as_str())) {
            wrong.push(format!("{code} {path} {message}"));
        }
    }
    for (code, path) in listed {
        if !told.iter().any(|(c, p, _)| c == code && p == path) {
            wrong.push(format!("nothing is told any more: {code} {path}"));
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

/// Rules read specs that hold errors too, in the editor at every keystroke.
#[test]
fn lint_reads_what_is_broken() {
    let folder = root().join("tests/corpus/bad");
    let mut tried = 0;
    for path in entries(&folder).into_iter().filter(|p| p.extension() == Some("mlpipe")) {
        let file = [Utf8PathBuf::from(path.file_name().expect("a name"))];
        let project = Project::load(&folder, &file, &file);
        for finding in mlpipe::lint::project(&project) {
            assert!(!finding.is_error() && finding.help.is_some(), "{path}: {}", finding.message);
        }
        tried += 1;
    }
    assert!(tried > 60, "only {tried} files");
}
