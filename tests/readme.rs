//! The README shows what is really there. `UPDATE_README=1 cargo test --test readme` writes the blocks anew.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops where it fails")]

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// From the line that starts a block to the next line that is indented no deeper and is not its closing brace.
fn excerpt(text: &str, head: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let start =
        lines.iter().position(|l| l.trim() == head.trim()).unwrap_or_else(|| panic!("no line `{head}`"));
    let indent = |l: &str| l.len() - l.trim_start().len();
    let depth = indent(lines[start]);
    let end = lines[start + 1..]
        .iter()
        .position(|l| !l.trim().is_empty() && indent(l) <= depth)
        .map_or(lines.len(), |i| start + 1 + i);
    let closes = lines.get(end).is_some_and(|l| indent(l) == depth && l.trim() == "}");
    let mut block: Vec<&str> = lines[start..if closes { end + 1 } else { end }].to_vec();
    while block.last().is_some_and(|l| l.trim().is_empty() || l.trim_start().starts_with(['#', '/'])) {
        block.pop();
    }
    block.iter().map(|l| l.get(depth..).unwrap_or("")).collect::<Vec<_>>().join("\n")
}

/// What a call such as `$ mlpipe test --only "a word"` prints in a folder.
fn printed(folder: &Path, call: &str) -> String {
    let words = call.strip_prefix("$ mlpipe ").expect("a call of mlpipe").split('"').enumerate();
    let args = words.flat_map(|(i, part)| match i % 2 {
        1 => vec![part],
        _ => part.split_whitespace().collect(),
    });
    let ran = std::process::Command::new(env!("CARGO_BIN_EXE_mlpipe"))
        .args(args)
        .current_dir(folder)
        .output()
        .expect("mlpipe starts");
    assert!(ran.status.success(), "{call}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8_lossy(&ran.stdout).trim_end().to_owned()
}

/// The README with every marked block as it should be.
fn wanted(readme: &str) -> String {
    let mut out = String::new();
    let mut lines = readme.lines();
    while let Some(line) = lines.next() {
        let ahead = lines.clone();
        out.push_str(line);
        out.push('\n');
        let body = if let Some(rest) = line.strip_prefix("<!-- file: ") {
            Some(read(&root().join(rest.trim_end_matches(" -->"))).trim_end().to_owned())
        } else if let Some(rest) = line.strip_prefix("<!-- excerpt: ") {
            let (file, head) = rest.trim_end_matches(" -->").split_once(' ').expect("a file and a line");
            Some(excerpt(&read(&root().join(file)), head.trim_matches('"')))
        } else if let Some(folder) = line.strip_prefix("<!-- run: ") {
            let call = ahead.clone().nth(1).expect("a call");
            Some(format!("{call}\n{}", printed(&root().join(folder.trim_end_matches(" -->")), call)))
        } else {
            None
        };
        if let Some(body) = body {
            let fence = lines.next().expect("a fence");
            assert!(fence.starts_with("```"), "a marked block starts with a fence: {fence}");
            for old in lines.by_ref() {
                if old == "```" {
                    break;
                }
            }
            out.push_str(&format!("{fence}\n{body}\n```\n"));
        }
    }
    out
}

/// The README and that of each example.
fn pages() -> Vec<PathBuf> {
    let examples = std::fs::read_dir(root().join("examples")).expect("examples");
    let mut all: Vec<PathBuf> =
        examples.map(|e| e.expect("an entry").path().join("README.md")).filter(|p| p.exists()).collect();
    all.push(root().join("README.md"));
    all.sort();
    all
}

#[test]
fn blocks_are_what_the_files_hold() {
    assert!(pages().len() >= 7, "each example has a README");
    for path in pages() {
        let readme = read(&path);
        assert!(readme.contains("<!-- file: ") && readme.contains("<!-- excerpt: "), "{}", path.display());
        let wanted = wanted(&readme);
        if std::env::var_os("UPDATE_README").is_some() {
            std::fs::write(&path, wanted).expect("written");
        } else {
            let name = path.display();
            assert!(
                readme == wanted,
                "{name} is behind the examples: UPDATE_README=1 cargo test --test readme"
            );
        }
    }
}

#[test]
fn every_link_leads_somewhere() {
    let mut seen = 0;
    for page in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "docs/language.md",
        "docs/keywords.md",
        "docs/scenarios.md",
        "examples/README.md",
        "tests/conformance/README.md",
    ] {
        let page = root().join(page);
        let text = read(&page);
        for target in text.split("](").skip(1).filter_map(|t| t.split(')').next()) {
            if target.starts_with("http") || target.starts_with('#') {
                continue;
            }
            let file = page.parent().expect("a folder").join(target.split('#').next().unwrap_or_default());
            assert!(file.exists(), "{} links to {target}", page.display());
            seen += 1;
        }
    }
    assert!(seen > 5);
}
