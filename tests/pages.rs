//! The pages of the findings hold what they say: an example gives its finding, what to write instead does not.

#![allow(clippy::expect_used, reason = "a test")]
#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

#[path = "support/blocks.rs"]
mod support;

use support::blocks;

/// What a page's example needs around it to be a pipeline.
const AROUND: &str = "pipeline page\non push main\n";

/// Codes that a text gives, from reading it and from checking what was read.
fn codes(text: &str) -> Vec<&'static str> {
    let statement = |word: &str| text.lines().any(|l| l.trim_start().starts_with(word));
    let only_comments = text.lines().all(|l| l.starts_with('#'));
    let around = if statement("pipeline") || only_comments {
        String::new()
    } else if statement("on ") {
        "pipeline page\n".to_owned()
    } else {
        AROUND.to_owned()
    };
    let (_, findings) = support::checked(&format!("{around}{text}"));
    findings.iter().map(|f| f.code.id).collect()
}

#[test]
fn examples_of_pages_give_their_finding() {
    let mut wrong = Vec::new();
    let mut tried = 0;
    for code in mlpipe::diag::ALL.iter().filter(|c| c.id < "MLP200") {
        for block in blocks(code.page) {
            tried += 1;
            let given = codes(&block.text);
            let right = match block.heading.as_str() {
                "Example" => given.contains(&code.id),
                _ => given.iter().all(|id| *id >= "MLP200" && *id != code.id),
            };
            if !right {
                wrong.push(format!("{}, {}: {given:?}\n{}", code.id, block.heading, block.text));
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
