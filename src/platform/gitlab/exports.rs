//! Secrets that the project keeps under other names. The shell reads them: as a job variable, GitLab would expand a `$`
//! inside the value.

use crate::plan::{Job, SecretUse};
use crate::spec::PlatformName;

/// `export NAME="${OTHER-}"` for each, so that a variable is read before another secret takes its name. Those of
/// [`circle`] stand last.
pub(super) fn lines(job: &Job) -> Vec<String> {
    let (ordered, left) = ordered(job);
    let line = |s: &&SecretUse| format!("export {}=\"${{{}-}}\"", s.name, s.gitlab);
    ordered.iter().chain(&left).map(line).collect()
}

/// Secrets each of which is kept under the name of another one of them: no order reads all of them.
pub(super) fn circle(job: &Job) -> Vec<&SecretUse> {
    ordered(job).1
}

fn ordered(job: &Job) -> (Vec<&SecretUse>, Vec<&SecretUse>) {
    let renamed = |s: &&SecretUse| s.stored_on(PlatformName::Gitlab).is_some() && s.gitlab != s.name;
    let mut left: Vec<&SecretUse> = job.secrets.iter().filter(renamed).collect();
    let mut out = Vec::new();
    // The first whose name nobody still has to read.
    while let Some(at) = left.iter().position(|s| !left.iter().any(|o| o.gitlab == s.name)) {
        out.push(left.remove(at));
    }
    (out, left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixture;

    /// The third job of the fixture with secrets of these names, each kept under the other.
    fn job(secrets: &[(&str, &str)]) -> Job {
        let mut job = fixture::full().jobs.swap_remove(2);
        let one = |(name, kept): &(&str, &str)| SecretUse {
            name: (*name).into(),
            gitlab: (*kept).into(),
            ..job.secrets[0].clone()
        };
        job.secrets = secrets.iter().map(one).collect();
        job
    }

    #[test]
    fn a_variable_is_read_before_another_secret_takes_its_name() {
        let job = job(&[("A", "C"), ("B", "A"), ("D", "B"), ("E", "E")]);
        assert_eq!(lines(&job), ["export D=\"${B-}\"", "export B=\"${A-}\"", "export A=\"${C-}\""]);
        assert!(circle(&job).is_empty());
    }

    #[test]
    fn what_no_order_can_read_is_told() {
        let job = job(&[("A", "B"), ("B", "A"), ("C", "D")]);
        let names: Vec<&str> = circle(&job).iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names, ["A", "B"]);
    }
}
