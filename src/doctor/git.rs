//! The repository itself.

use super::Check;
use super::call::asked;
use crate::plan::Plan;
use camino::Utf8Path;
use std::collections::BTreeSet;

/// Whether git has a repository here, and what of it was looked at.
pub(super) fn checks(root: &Utf8Path, plans: &[&Plan]) -> (bool, Vec<Check>) {
    let git = |words: &[&str]| asked(root, "git", words);
    let title = "a git repository";
    if let Err(why) = git(&["rev-parse", "--show-toplevel"]) {
        return (false, vec![Check::missing("git/repository", title).detail(why).help("`git init`")]);
    }
    let mut all = vec![Check::well("git/repository", title)];
    let remotes = git(&["remote"]).unwrap_or_default();
    let remote =
        Check::of("git/remote", "a remote", !remotes.trim().is_empty(), "`git remote add origin URL`");
    all.push(remote.detail(remotes.split_whitespace().collect::<Vec<_>>().join(", ")));
    let homes: BTreeSet<&str> = plans.iter().map(|p| p.home_branch.as_str()).collect();
    for home in homes {
        let refs = [format!("refs/heads/{home}"), format!("refs/remotes/*/{home}")];
        let found = git(&["for-each-ref", "--format=%(refname)", &refs[0], &refs[1]]).unwrap_or_default();
        let there = !found.trim().is_empty();
        let help = format!(
            "make it and push it, or name another one in `on push`: schedules and events run on `{home}`"
        );
        all.push(Check::of(format!("git/branch/{home}"), format!("the branch {home}"), there, help));
    }
    (true, all)
}

/// Does git keep this file?
pub(super) fn keeps(root: &Utf8Path, path: &str) -> bool {
    asked(root, "git", &["ls-files", "--error-unmatch", "--", path]).is_ok()
}

/// The files of these that git may give another line end on another machine.
pub(super) fn without_eol<'a>(root: &Utf8Path, paths: &[&'a str]) -> Vec<&'a str> {
    let words: Vec<&str> = ["check-attr", "eol", "--"].into_iter().chain(paths.iter().copied()).collect();
    let told = asked(root, "git", &words).unwrap_or_default();
    let marked: BTreeSet<&str> = told.lines().filter_map(|l| l.strip_suffix(": eol: lf")).collect();
    paths.iter().copied().filter(|p| !marked.contains(p)).collect()
}
