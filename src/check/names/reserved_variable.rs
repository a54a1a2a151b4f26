#![doc = include_str!("../../../docs/findings/MLP203.md")]

use crate::check::facts::variables;
use crate::diag::{Code, Finding};
use crate::spec::{Registry, Spec};

/// Prefixes that belong to a platform or to mlpipe.
const PREFIXES: [(&str, &str); 8] = [
    ("GITHUB_", "GitHub"),
    ("RUNNER_", "GitHub's runner"),
    ("ACTIONS_", "GitHub's runner"),
    ("CI_", "GitLab"),
    ("GITLAB_", "GitLab"),
    ("JENKINS_", "Jenkins"),
    ("HUDSON_", "Jenkins"),
    ("MLPIPE_", "mlpipe"),
];

/// Single names, with who owns them.
const NAMES: &[(&str, &str)] = &[
    ("PATH", "the shell"),
    ("HOME", "the shell"),
    ("IFS", "the shell"),
    ("ENV", "the shell"),
    ("PWD", "the shell"),
    ("OLDPWD", "the shell"),
    ("SHELL", "the shell"),
    ("SHELLOPTS", "the shell"),
    ("SHLVL", "the shell"),
    ("PS1", "the shell"),
    ("PS4", "the shell"),
    ("UID", "the shell"),
    ("EUID", "the shell"),
    ("PPID", "the shell"),
    ("RANDOM", "the shell"),
    ("SECONDS", "the shell"),
    ("LINENO", "the shell"),
    ("BASH", "the shell"),
    ("BASHOPTS", "the shell"),
    ("BASHPID", "the shell"),
    ("BASH_ENV", "the shell"),
    ("BASH_VERSION", "the shell"),
    ("POSIXLY_CORRECT", "the shell"),
    ("PIPESTATUS", "the shell"),
    ("FUNCNAME", "the shell"),
    ("LD_PRELOAD", "the loader"),
    ("LD_LIBRARY_PATH", "the loader"),
    ("LD_AUDIT", "the loader"),
    ("PYTHONPATH", "Python"),
    ("PYTHONHOME", "Python"),
    ("PYTHONSTARTUP", "Python"),
    ("PYTHONHASHSEED", "the gate's `seed`"),
    ("CI", "the platform"),
    ("WORKSPACE", "Jenkins"),
    ("BUILD_ID", "Jenkins"),
    ("BUILD_NUMBER", "Jenkins"),
    ("BUILD_TAG", "Jenkins"),
    ("BUILD_URL", "Jenkins"),
    ("JOB_NAME", "Jenkins"),
    ("JOB_URL", "Jenkins"),
    ("NODE_NAME", "Jenkins"),
    ("NODE_LABELS", "Jenkins"),
    ("EXECUTOR_NUMBER", "Jenkins"),
    ("STAGE_NAME", "Jenkins"),
    ("BRANCH_NAME", "Jenkins"),
    ("TAG_NAME", "Jenkins"),
    ("CHANGE_ID", "Jenkins"),
    ("CHANGE_FORK", "Jenkins"),
    ("CHANGE_TARGET", "Jenkins"),
    ("CHANGE_BRANCH", "Jenkins"),
    ("CHANGE_AUTHOR", "Jenkins"),
    ("CHANGE_URL", "Jenkins"),
];

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for (kind, name, span) in variables(spec) {
        if is_registry_login(spec, name) {
            continue;
        }
        let Some(owner) = owner(name) else { continue };
        out.push(
            Finding::at(
                Code::RESERVED_VARIABLE,
                span,
                format!("the {kind} name `{name}` belongs to {owner}"),
            )
            .help(help(name)),
        );
    }
}

fn owner(name: &str) -> Option<&'static str> {
    let prefix = PREFIXES.iter().find(|(p, _)| name.starts_with(p));
    prefix.or_else(|| NAMES.iter().find(|(n, _)| *n == name)).map(|(_, owner)| *owner)
}

/// Outside GitLab, its registry is entered with secrets that bear GitLab's own names.
fn is_registry_login(spec: &Spec, name: &str) -> bool {
    let gitlab = spec.image.as_ref().is_some_and(|i| i.registry.node == Registry::Gitlab);
    gitlab && matches!(name, "CI_REGISTRY_USER" | "CI_REGISTRY_PASSWORD")
}

fn help(name: &str) -> String {
    match name {
        "PATH" | "PYTHONPATH" | "LD_LIBRARY_PATH" => {
            format!("set it inside the command that needs it: `{name}=… command`")
        }
        "PYTHONHASHSEED" => "write `seed 42` in the gate".to_owned(),
        _ => "choose a name of your own, such as one that starts with your service's name".to_owned(),
    }
}
