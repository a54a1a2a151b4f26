//! The pages of the findings hold what they say: an example gives its finding, what to write instead does not.

#![allow(clippy::expect_used, reason = "a test")]
#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

use camino::Utf8Path;
use mlpipe::diag::SourceMap;

/// What a page's example needs around it to be a pipeline.
const AROUND: &str = "pipeline page\non push main\n";

/// The blocks of a page that are specs, under the heading that they stand in.
fn blocks(page: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut heading = String::new();
    let mut open: Option<String> = None;
    for line in page.lines() {
        match &mut open {
            Some(text) if line == "```" => {
                blocks.push((heading.clone(), std::mem::take(text)));
                open = None;
            }
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
            None if line == "```mlpipe" => open = Some(String::new()),
            None => {
                if let Some(h) = line.strip_prefix("## ") {
                    heading = h.to_owned();
                }
            }
        }
    }
    blocks
}

/// Codes that a text gives, from reading it and from checking what was read.
fn codes(text: &str) -> Vec<&'static str> {
    let dir = tempfile::tempdir().expect("a folder");
    let root = Utf8Path::from_path(dir.path()).expect("UTF-8");
    let statement = |word: &str| text.lines().any(|l| l.trim_start().starts_with(word));
    let only_comments = text.lines().all(|l| l.starts_with('#'));
    let around = if statement("pipeline") || only_comments {
        String::new()
    } else if statement("on ") {
        "pipeline page\n".to_owned()
    } else {
        AROUND.to_owned()
    };
    std::fs::write(root.join("page.mlpipe"), format!("{around}{text}")).expect("written");
    let mut sources = SourceMap::default();
    let loaded = mlpipe::spec::load(root, Utf8Path::new("page.mlpipe"), &mut sources);
    let mut findings = loaded.findings;
    if let Some(spec) = &loaded.spec {
        findings.extend(mlpipe::check::check(spec));
    }
    findings.iter().map(|f| f.code.id).collect()
}

#[test]
fn examples_of_pages_give_their_finding() {
    let mut wrong = Vec::new();
    let mut tried = 0;
    for code in mlpipe::diag::ALL.iter().filter(|c| c.id < "MLP200") {
        for (heading, text) in blocks(code.page) {
            tried += 1;
            let given = codes(&text);
            let right = match heading.as_str() {
                "Example" => given.contains(&code.id),
                _ => given.iter().all(|id| *id >= "MLP200" && *id != code.id),
            };
            if !right {
                wrong.push(format!("{}, {heading}: {given:?}\n{text}", code.id));
            }
        }
    }
    assert!(tried > 40, "only {tried} examples");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_page_has_its_parts() {
    for code in mlpipe::diag::ALL.iter().filter(|c| c.id < "MLP200") {
        let title = format!("# {} {}\n", code.id, code.name);
        assert!(code.page.starts_with(&title), "{} begins with its id and name", code.id);
        for part in ["\n## Why it matters\n", "\n## Example\n", "\n## What to write\n"] {
            assert!(code.page.contains(part), "{} has no `{}`", code.id, part.trim());
        }
    }
}
