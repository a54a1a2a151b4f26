//! Branches, tags and events that a file names and the plan may not: without them a branch that was added to a file would
//! be one that nobody asks about.
//!
//! This looks at the text alone, for the names of what a platform calls a ref and the text or pattern beside it. What it
//! does not recognise is asked about by no situation of its own; what it recognises wrongly costs a situation more.

use crate::plan::Pattern;
use memchr::memmem;
use std::collections::BTreeSet;

/// What a file names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Named {
    /// Patterns of branches and tags.
    pub(super) refs: BTreeSet<Pattern>,
    /// Named events.
    pub(super) events: BTreeSet<String>,
}

/// What the platforms call the ref that is built, or the one that it is to be merged into.
const REFS: &[&str] = &[
    "github.ref",
    "github.base_ref",
    "$CI_COMMIT_BRANCH",
    "$CI_COMMIT_TAG",
    "$CI_COMMIT_REF_NAME",
    "$CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
    "branchName()",
    "BRANCH_NAME",
    "TAG_NAME",
    "CHANGE_TARGET",
];

/// What the files call the named event.
const EVENTS: &[&str] = &["$MLPIPE_EVENT_NAME", "github.event.action"];

impl Named {
    /// Everything that these texts name.
    pub(super) fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut out = Self::default();
        for text in texts {
            out.lists(text);
            out.expressions(text);
        }
        out.events.remove("");
        out
    }

    /// Items of the lists of branches, tags and events.
    fn lists(&mut self, text: &str) {
        let mut list = None;
        for line in text.lines().map(str::trim) {
            let Some(item) = line.strip_prefix("- ") else {
                list = Some(line);
                continue;
            };
            match list {
                Some("branches:" | "tags:") => self.glob(item.trim_matches(['"', '\''])),
                Some("types:") => drop(self.events.insert(item.trim_matches(['"', '\'']).to_owned())),
                _ => {}
            }
        }
    }

    fn expressions(&mut self, text: &str) {
        for word in REFS {
            for (before, behind) in around(text, word) {
                let starts = before.ends_with("startsWith(");
                for (text, is_pattern) in beside(behind) {
                    let text = text.trim_start_matches("refs/heads/").trim_start_matches("refs/tags/");
                    match (is_pattern, starts) {
                        (true, _) => self.pattern(text),
                        (false, true) => self.glob(&format!("{text}**")),
                        (false, false) => self.glob(text),
                    }
                }
            }
        }
        for word in EVENTS {
            for (_, behind) in around(text, word) {
                self.events.extend(beside(behind).into_iter().map(|(t, _)| t.to_owned()));
            }
        }
        // What `event()` returns for one, in a Jenkinsfile.
        for (_, behind) in around(text, "'event ") {
            self.events.extend(behind.split_once('\'').map(|(name, _)| name.to_owned()));
        }
    }

    /// A regular expression, as the back ends of all three write globs.
    fn pattern(&mut self, text: &str) {
        let plain = text.replace('\\', "");
        let plain = plain.trim_start_matches('^').trim_end_matches('$');
        self.glob(&plain.replace("[^/]*", "*").replace(".*", "**"));
    }

    fn glob(&mut self, text: &str) {
        if !text.is_empty() && !text.contains(['(', '[', '{', '|', '+', '?']) {
            self.refs.insert(Pattern(text.to_owned()));
        }
    }
}

/// Everything before a word, and the rest of its line, wherever it stands.
fn around<'t>(text: &'t str, word: &str) -> impl Iterator<Item = (&'t str, &'t str)> {
    let places: Vec<usize> = memmem::find_iter(text.as_bytes(), word).collect();
    let len = word.len();
    places.into_iter().map(move |at| {
        let behind = &text[at + len..];
        (&text[..at], behind.lines().next().unwrap_or_default())
    })
}

/// The texts that a word is compared with, up to the next `&&` or `||`; true for a pattern.
fn beside(rest: &str) -> Vec<(&str, bool)> {
    let end = ["&&", "||"].iter().filter_map(|o| rest.find(o)).min().unwrap_or(rest.len());
    let mut rest = &rest[..end];
    let is_pattern = rest.trim_start().starts_with("==~");
    let mut out = Vec::new();
    while let Some(at) = rest.find(['\'', '/']) {
        let quote = &rest[at..=at];
        let inside = &rest[at + 1..];
        // A `/` inside a pattern has a `\` before it.
        let close = inside.match_indices(quote).find(|(i, _)| !inside[..*i].ends_with('\\'));
        let Some((close, _)) = close else { break };
        out.push((&inside[..close], is_pattern || quote == "/"));
        rest = &inside[close + 1..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beside_what_the_platforms_call_a_ref() {
        let named = Named::of([
            "on:\n  push:\n    branches:\n      - \"a\"\n  repository_dispatch:\n    types:\n      - \"e1\"\n",
            "if: ${{ github.ref == 'refs/heads/b' || startsWith(github.ref_name, 'c/') && x == 'no' }}",
            "- if: \"$CI_COMMIT_BRANCH =~ /^d\\\\/.*$/ || $CI_COMMIT_TAG == 'e' && $MLPIPE_EVENT_NAME == 'e2'\"",
            "event() in ['push', 'event e3'] && (branchName() in ['f', 'g'] || branchName() ==~ 'h/[^/]*')",
        ]);
        let refs: Vec<&str> = named.refs.iter().map(|p| p.0.as_str()).collect();
        assert_eq!(refs, ["a", "b", "c/**", "d/**", "e", "f", "g", "h/*"]);
        let events: Vec<&str> = named.events.iter().map(String::as_str).collect();
        assert_eq!(events, ["e1", "e2", "e3"]);
    }
}
