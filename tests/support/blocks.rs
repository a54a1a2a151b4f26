//! The examples of a page: its blocks in the language, and what reading and checking says of one.

#![allow(
    dead_code,
    clippy::expect_used,
    reason = "each test binary uses its own part, and stops where it fails"
)]

use camino::Utf8Path;
use mlpipe::diag::{Finding, SourceMap};
use mlpipe::spec::Spec;

/// A block of a page that is in the language.
pub(crate) struct Block {
    /// The line of its fence, from 1.
    pub(crate) line: usize,
    /// The heading that it stands under.
    pub(crate) heading: String,
    /// What the comment directly before its fence says: `fragment: gate` of `<!-- fragment: gate -->`, or nothing.
    pub(crate) mark: String,
    /// The file that stands beside it, by its name: the block directly before.
    pub(crate) beside: Option<(&'static str, String)>,
    /// Its text.
    pub(crate) text: String,
}

/// The blocks of a page that are specs, in order.
pub(crate) fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let (mut heading, mut mark) = (String::new(), String::new());
    let mut open: Option<Block> = None;
    let mut beside = Lines::default();
    for (i, line) in page.lines().enumerate() {
        match &mut open {
            Some(_) if line == "```" => blocks.extend(open.take()),
            Some(block) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            None if beside.takes(line) => {}
            None if line == "```mlpipe" => {
                let (heading, mark) = (heading.clone(), std::mem::take(&mut mark));
                let beside = beside.file.take();
                open = Some(Block { line: i + 1, heading, mark, beside, text: String::new() });
            }
            None => {
                let comment = line.strip_prefix("<!-- ").and_then(|l| l.strip_suffix(" -->"));
                mark = comment.unwrap_or_default().to_owned();
                if let Some(title) = line.strip_prefix("## ") {
                    heading = title.to_owned();
                }
            }
        }
    }
    assert!(open.is_none(), "a block of the page has no end");
    blocks
}

/// The lines of a block that is another file than a spec.
#[derive(Default)]
struct Lines {
    open: bool,
    file: Option<(&'static str, String)>,
}

impl Lines {
    /// Is this a line of such a block, or one of its fences?
    fn takes(&mut self, line: &str) -> bool {
        let name = match line {
            "```dockerfile" => Some("Dockerfile"),
            "```dockerignore" => Some(".dockerignore"),
            _ => None,
        };
        match (self.open, name) {
            (false, Some(name)) => (self.open, self.file) = (true, Some((name, String::new()))),
            (false, None) => return false,
            (true, _) if line == "```" => self.open = false,
            (true, _) => self.file.iter_mut().for_each(|(_, text)| text.push_str(&format!("{line}\n"))),
        }
        true
    }
}

/// Reads and checks a text as the only file of a repository.
pub(crate) fn checked(text: &str) -> (Option<Spec>, Vec<Finding>) {
    let dir = tempfile::tempdir().expect("a folder");
    let root = Utf8Path::from_path(dir.path()).expect("UTF-8");
    std::fs::write(root.join("page.mlpipe"), text).expect("written");
    let loaded = mlpipe::spec::load(root, Utf8Path::new("page.mlpipe"), &mut SourceMap::default());
    let mut findings = loaded.findings;
    findings.extend(loaded.spec.iter().flat_map(mlpipe::check::check));
    (loaded.spec, findings)
}
