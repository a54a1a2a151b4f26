//! What a run of the script at this desk would need.

use super::call::call;
use super::{Check, Outcome};
use crate::plan::{ARGO_ROLLOUTS, Job, Plan, PlanInstall, SecretFrom, SecretUse, Work};
use camino::Utf8Path;
use std::collections::BTreeMap;

/// A major and a minor version.
type Version = (u32, u32);

/// Programs by name, each with its least version and how it is asked for the one it has.
const TOOLS: &[(&str, Option<Version>, &[&str])] = &[
    ("bash", Some((4, 4)), &["--version"]),
    ("git", None, &["--version"]),
    ("python3", Some((3, 8)), &["--version"]),
    ("docker", None, &["buildx", "version"]),
    ("kubectl", None, &["version", "--client"]),
    (ARGO_ROLLOUTS, None, &["version", "--short"]),
    ("ssh", None, &["-V"]),
    ("poetry", None, &["--version"]),
    ("uv", None, &["--version"]),
];

fn needs(plan: &Plan, job: &Job, tool: &str) -> bool {
    let install = plan.python.as_ref().and_then(|p| p.install.as_ref()).filter(|_| job.python);
    match tool {
        "docker" => matches!(job.work, Work::Image(_)),
        "kubectl" | ARGO_ROLLOUTS | "ssh" => {
            let target = match &job.work {
                Work::Deploy(d) => Some(&d.target),
                Work::Reconcile(r) => Some(&r.target),
                Work::Drill(d) => Some(&d.place.target),
                _ => None,
            };
            target.is_some_and(|t| t.tools().contains(&tool))
        }
        "poetry" => matches!(install, Some(PlanInstall::Poetry { .. })),
        "uv" => matches!(install, Some(PlanInstall::Uv { .. })),
        _ => true,
    }
}

/// The programs that the jobs of the script call.
pub(super) fn tools(plans: &[&Plan]) -> Vec<Check> {
    let mut all = Vec::new();
    for &(tool, minimum, words) in TOOLS {
        let every = plans.iter().flat_map(|p| p.jobs.iter().map(move |j| (*p, j)));
        let jobs: Vec<String> = every
            .clone()
            .filter(|(p, j)| needs(p, j, tool))
            .map(|(p, j)| format!("{}/{}", p.pipeline, j.id))
            .collect();
        if jobs.is_empty() {
            continue;
        }
        let who = if jobs.len() == every.count() { "every job".to_owned() } else { jobs.join(", ") };
        all.push(one(tool, minimum, words, &who));
    }
    all
}

fn one(tool: &str, minimum: Option<Version>, words: &[&str], who: &str) -> Check {
    let least = minimum.map(|(a, b)| format!(" {a}.{b} or newer")).unwrap_or_default();
    let with = if tool == "docker" { " with buildx" } else { "" };
    let (id, title) = (format!("tool/{tool}"), format!("{tool}{with}{least}, for {who}"));
    let help = format!("install {tool}{with}{least} to run these jobs here; runners have their own");
    match call(Utf8Path::new("."), tool, words) {
        Err(why) => Check::missing(id, title).detail(why).help(help),
        Ok(said) => {
            let told = said.out.lines().find(|l| !l.trim().is_empty()).unwrap_or_default().trim().to_owned();
            let enough = said.well && minimum.is_none_or(|least| version(&told).is_some_and(|v| v >= least));
            Check::of(id, title, enough, help).detail(if told.is_empty() { said.err } else { told })
        }
    }
}

/// The first `3.11` of a line.
fn version(line: &str) -> Option<Version> {
    let words = line.split(|c: char| !c.is_ascii_digit() && c != '.');
    words
        .filter_map(|w| {
            let mut parts = w.split('.');
            Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
        })
        .next()
}

/// The secrets that the jobs want, in this environment. The platforms have their own, so none of them is missing.
pub(super) fn secrets(plans: &[&Plan]) -> Vec<Check> {
    let mut all: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (plan, job) in plans.iter().flat_map(|p| p.jobs.iter().map(move |j| (p, j))) {
        // Nobody approves at a desk, and no platform's own API is asked from one.
        let here =
            |s: &&SecretUse| !matches!(s.from, SecretFrom::GithubTokenOnly | SecretFrom::StoreOnGitlab);
        for secret in job.secrets.iter().filter(here) {
            all.entry(&secret.name).or_default().push(format!("{}/{}", plan.pipeline, job.id));
        }
    }
    let check = |(name, jobs): (&str, Vec<String>)| {
        let set = std::env::var_os(name).is_some_and(|v| !v.is_empty());
        let outcome = if set { Outcome::Well } else { Outcome::Note };
        let title = format!("the secret {name} in this environment, for {}", jobs.join(", "));
        let check = Check::new(format!("secret/{name}"), title, outcome);
        if set { check } else { check.detail("not set here; the platforms have their own") }
    };
    all.into_iter().map(check).collect()
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_are_found_in_what_tools_say() {
        for (line, found) in [
            ("GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)", Some((5, 2))),
            ("Python 3.8.20", Some((3, 8))),
            ("git version 2.39.5 (Apple Git-154)", Some((2, 39))),
            ("Docker version 28.5.1, build e180ab8", Some((28, 5))),
            ("nothing", None),
        ] {
            assert_eq!(version(line), found, "{line}");
        }
    }
}
