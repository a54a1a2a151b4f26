//! Which branches and tags a job runs for, in each platform's own patterns.

use crate::plan::{Condition, EventKind, Pattern, Refs};

/// Branches and tags; no rule at all where some event of the condition has none.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Reach {
    pub(super) branches: Vec<Pattern>,
    pub(super) tags: Vec<Pattern>,
}

/// The refs that a job runs on, pull requests aside: their runs bear a ref of their own. Nothing when it may run on any.
pub(super) fn reach(condition: &Condition) -> Option<Reach> {
    let mut all = Reach::default();
    for a in condition.any_of.iter().filter(|a| a.event != EventKind::PullRequest) {
        match &a.refs {
            Refs::Any => return None,
            Refs::Only { branches, tags } => {
                all.branches.extend(branches.iter().cloned());
                all.tags.extend(tags.iter().cloned());
            }
        }
    }
    for list in [&mut all.branches, &mut all.tags] {
        list.sort();
        list.dedup();
    }
    Some(all)
}

/// GitHub's deployment rules are read by Ruby's `File.fnmatch` with path names: `*` stops at `/`, and `**/` stands for any
/// number of folders. A `**` at the end is an ordinary `*` there.
pub(super) fn github(pattern: &Pattern) -> Vec<String> {
    let text = &pattern.0;
    match text.strip_suffix("**") {
        Some(head) if head.is_empty() || head.ends_with('/') => vec![format!("{head}**/*")],
        Some(head) => vec![format!("{head}*"), format!("{head}*/**/*")],
        None => vec![text.clone()],
    }
}

/// GitLab's wildcards know `*` only, and it passes over `/`: what is protected is never less than what the pattern says.
pub(super) fn gitlab(pattern: &Pattern) -> String {
    let mut text = pattern.0.clone();
    while text.contains("**") {
        text = text.replace("**", "*");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_said_in_the_platforms_words() {
        let p = |s: &str| Pattern(s.into());
        for (ours, hub) in [
            ("main", vec!["main"]),
            ("release/*", vec!["release/*"]),
            ("release/**", vec!["release/**/*"]),
            ("**", vec!["**/*"]),
            ("v**", vec!["v*", "v*/**/*"]),
        ] {
            assert_eq!(github(&p(ours)), hub, "{ours}");
        }
        assert_eq!(gitlab(&p("release/**")), "release/*");
        assert_eq!(gitlab(&p("main")), "main");
    }
}
