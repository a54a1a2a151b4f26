//! The default runner of each job kind on each platform: one table.
//!
//! GitHub's hosted image has git, bash, Python, docker and kubectl. GitLab and Jenkins have no such image, so each kind
//! names what holds its tools; a `runner` statement replaces it, and the script names what is missing.

use super::Builder;
use crate::diag::Spanned;
use crate::plan::{GitlabRunner, PlanRunner};

/// What a job needs of its runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// User commands, under Python.
    Commands,
    /// docker with buildx.
    Build,
    /// kubectl beside user commands.
    Kubernetes,
    /// The script alone.
    Light,
}

const GITHUB: &str = "ubuntu-24.04";
/// Python of GitLab jobs whose spec has no `python` statement.
const PYTHON: &str = "3.13";
const DOCKER_CLI: &str = "docker:28.5-cli";
const DOCKER_ENGINE: &str = "docker:28.5-dind";

fn gitlab(kind: Kind, python: &str) -> GitlabRunner {
    let words = |w: &[&str]| w.iter().map(|s| (*s).to_owned()).collect();
    match kind {
        Kind::Commands | Kind::Light => {
            GitlabRunner { image: Some(format!("python:{python}-bookworm")), ..GitlabRunner::default() }
        }
        Kind::Build => GitlabRunner {
            image: Some(DOCKER_CLI.into()),
            services: words(&[DOCKER_ENGINE]),
            prepare: words(&["apk add --no-cache bash git python3"]),
            ..GitlabRunner::default()
        },
        Kind::Kubernetes => GitlabRunner {
            image: Some(format!("python:{python}-alpine3.22")),
            prepare: words(&["apk add --no-cache bash git kubectl"]),
            ..GitlabRunner::default()
        },
    }
}

fn jenkins(kind: Kind) -> &'static str {
    match kind {
        Kind::Commands | Kind::Light => "linux",
        Kind::Build => "linux && docker",
        Kind::Kubernetes => "linux && kubectl",
    }
}

impl Builder<'_> {
    /// The runner of a job: its own, else the pipeline's, else the kind's default.
    pub(super) fn runner(&mut self, job: &str, kind: Kind, own: Option<&Spanned<String>>) -> PlanRunner {
        let python = self.spec.python.as_ref().map_or(PYTHON, |p| p.version.node.as_str());
        let default = PlanRunner {
            name: None,
            github: vec![GITHUB.into()],
            gitlab: gitlab(kind, python),
            jenkins: jenkins(kind).into(),
            offline: false,
        };
        let chosen = own.or(self.spec.runner.as_ref().filter(|_| kind != Kind::Build && kind != Kind::Light));
        let Some(named) = chosen.and_then(|n| self.spec.runners.get(&n.node)) else {
            self.defaulted(
                format!("{job}.runner"),
                format!(
                    "github {}, gitlab {}, jenkins {}",
                    default.github.join(" "),
                    default.gitlab.image.as_deref().unwrap_or("-"),
                    default.jenkins
                ),
                "the usual runner for this kind of job",
            );
            return default;
        };
        let words = |v: &[Spanned<String>]| v.iter().map(|s| s.node.clone()).collect::<Vec<_>>();
        let own_gitlab = !named.gitlab.is_empty() || named.image.is_some();
        PlanRunner {
            name: Some(named.name.node.clone()),
            github: if named.github.is_empty() { default.github } else { words(&named.github) },
            gitlab: if own_gitlab {
                GitlabRunner {
                    tags: words(&named.gitlab),
                    image: named.image.as_ref().map(|i| i.node.clone()),
                    ..GitlabRunner::default()
                }
            } else {
                default.gitlab
            },
            jenkins: named.jenkins.as_ref().map_or(default.jenkins, |j| j.node.clone()),
            offline: named.offline,
        }
    }
}
