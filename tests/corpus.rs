//! Every file of `tests/corpus`: what stands in `bad` gives exactly the findings beside it, what stands in `ok` none.
//!
//! A case is a file `NAME.mlpipe`, or a folder `NAME` with a `main.mlpipe` and the files that it uses. `NAME.expect` has
//! a line for each finding, in order: `LINE:COL CODE text that the message contains`. A finding in another file than the
//! case's own begins with that file's path: `gates.mlpipe:3:1 …`; one without a place has `-` for it.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

use camino::{Utf8Path, Utf8PathBuf};
use mlpipe::diag::{Finding, SourceMap};

/// Every phase that can tell something about a spec.
fn findings(root: &Utf8Path, path: &Utf8Path) -> (SourceMap, Vec<Finding>) {
    let mut sources = SourceMap::default();
    let loaded = mlpipe::spec::load(root, path, &mut sources);
    let mut findings = loaded.findings;
    if let Some(spec) = &loaded.spec {
        findings.extend(mlpipe::check::check(spec));
    }
    mlpipe::diag::sort_and_dedup(&mut findings);
    (sources, findings)
}

struct Case {
    name: String,
    root: Utf8PathBuf,
    file: Utf8PathBuf,
}

fn cases(kind: &str) -> Vec<Case> {
    let folder = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(kind);
    let mut cases = Vec::new();
    for entry in folder.read_dir_utf8().unwrap() {
        let path = entry.unwrap().path().to_owned();
        let name = path.file_stem().unwrap().to_owned();
        if path.is_dir() {
            cases.push(Case { name, root: path, file: "main.mlpipe".into() });
        } else if path.extension() == Some("mlpipe") {
            let file = path.file_name().unwrap().into();
            cases.push(Case { name, root: folder.clone(), file });
        }
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(!cases.is_empty(), "no case in {folder}");
    cases
}

/// `LINE:COL CODE message`, with the path where it is not the case's own.
fn told(case: &Case, sources: &SourceMap, finding: &Finding) -> String {
    let code = finding.code.id;
    let message = &finding.message;
    match finding.span {
        None => format!("- {code} {message}"),
        Some(span) => {
            let at = sources.start(span);
            let path = sources.path(span.file);
            let path = if path == case.file { String::new() } else { format!("{path}:") };
            format!("{path}{}:{} {code} {message}", at.line, at.column)
        }
    }
}

fn as_expected(expected: &str, told: &str) -> bool {
    let mut parts = expected.splitn(3, ' ');
    let (place, code, text) = (parts.next(), parts.next(), parts.next());
    let mut told = told.splitn(3, ' ');
    place == told.next()
        && code == told.next()
        && text.is_some_and(|t| !t.is_empty() && told.next().is_some_and(|m| m.contains(t)))
}

#[test]
fn bad_files_give_exactly_their_findings() {
    let mut wrong = Vec::new();
    for case in cases("bad") {
        let expect = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/bad").join(&case.name);
        let expect = std::fs::read_to_string(expect.with_extension("expect")).unwrap_or_default();
        let expected: Vec<&str> = expect.lines().filter(|l| !l.trim().is_empty()).collect();
        let (sources, findings) = findings(&case.root, &case.file);
        let told: Vec<String> = findings.iter().map(|f| told(&case, &sources, f)).collect();
        let same = expected.len() == told.len() && expected.iter().zip(&told).all(|(e, t)| as_expected(e, t));
        if !same || expected.is_empty() {
            wrong.push(format!(
                "{}: expected\n    {}\n  told\n    {}",
                case.name,
                expected.join("\n    "),
                told.join("\n    ")
            ));
        }
        for finding in &findings {
            assert!(finding.help.is_some(), "{}: no help for {}", case.name, finding.message);
        }
    }
    assert!(wrong.is_empty(), "{} cases differ\n\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn ok_files_are_silent() {
    let mut wrong = Vec::new();
    for case in cases("ok") {
        let (sources, findings) = findings(&case.root, &case.file);
        wrong.extend(findings.iter().map(|f| format!("{}: {}", case.name, told(&case, &sources, f))));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
