#![doc = include_str!("../../../docs/findings/MLP376.md")]

use crate::diag::{Code, Finding, Spanned};
use crate::spec::{HostService, Spec, Target};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for deploy in spec.deploys.values() {
        let Some(Target::Ssh(ssh)) = deploy.target.as_ref().map(|t| &t.node) else { continue };
        let mut told = |at: &Spanned<String>, message: String, help: &str| {
            out.push(Finding::at(Code::BAD_HOST_SERVICE, at.span, message).help(help));
        };
        match &ssh.service {
            HostService::Compose { file, service } => {
                if !is_file(file) {
                    let message = format!("`{}` is no file on a host", file.escape_debug());
                    told(
                        file,
                        message,
                        "write its whole path, `compose \"/srv/app/compose.yml\"`, or its path from the home of who logs in, without `~`",
                    );
                }
                if !is_name(service, 1) {
                    let message =
                        format!("no service of docker compose can be called `{}`", service.escape_debug());
                    told(service, message, "write it as it stands under `services` in the compose file");
                }
            }
            HostService::Docker { container, run } => {
                if !is_name(container, 2) {
                    let message = format!("no container can be called `{}`", container.escape_debug());
                    told(
                        container,
                        message,
                        "write two letters or digits or more, with `_`, `.` and `-` between them",
                    );
                }
                for word in run {
                    if let Some((why, help)) = fault(word) {
                        let message = format!(
                            "`{}` is no option that `docker run` gets here: {why}",
                            word.escape_debug()
                        );
                        told(word, message, help);
                    }
                }
            }
        }
    }
}

/// Options that the deploy gives itself, or that would end it.
const OURS: [&str; 8] =
    ["--name", "--detach", "--rm", "--interactive", "--tty", "--pull", "--cidfile", "--help"];

/// Options of `docker run` that have no value. <https://docs.docker.com/reference/cli/docker/container/run/>
const SWITCHES: [&str; 6] =
    ["--init", "--privileged", "--read-only", "--publish-all", "--oom-kill-disable", "--no-healthcheck"];

/// What is wrong with a word of `run`, and what to write.
fn fault(word: &str) -> Option<(&'static str, &'static str)> {
    let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let long = name
        .strip_prefix("--")
        .is_some_and(|n| n.starts_with(|c: char| c.is_ascii_lowercase()) && n.chars().all(plain));
    if !long {
        return Some((
            "it is not written out",
            "write each option as one word, `--NAME=VALUE`: `\"--publish=8080:8080\"`",
        ));
    }
    if word.chars().any(char::is_control) {
        return Some(("it has a control character", "take it out"));
    }
    if OURS.contains(&name) {
        return Some(("the deploy says that itself", "take it out"));
    }
    if value.is_none() && !SWITCHES.contains(&name) {
        return Some((
            "it would take the next word, or the image, as its value",
            "write the value into the same word: `\"--publish=8080:8080\"`; a switch is `\"--NAME=true\"`",
        ));
    }
    None
}

/// As docker and compose take names: `[a-zA-Z0-9][a-zA-Z0-9_.-]*`, so many signs at the least.
fn is_name(text: &str, least: usize) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    text.len() >= least && text.chars().all(plain) && text.starts_with(|c: char| c.is_ascii_alphanumeric())
}

fn is_file(path: &str) -> bool {
    let end = path.rsplit('/').next().unwrap_or_default();
    !path.chars().any(char::is_control) && !path.starts_with('~') && !matches!(end, "" | "." | "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_one_word_each() {
        for (word, good) in [
            ("--publish=8080:8080", true),
            ("--env-file=/etc/api.env", true),
            ("--env=GREETING=hello world; $(id)", true),
            ("--init", true),
            ("--label=a=", true),
            ("--add-host=db:10.0.0.1", true),
            ("-p", false),
            ("-p=8080:8080", false),
            ("--publish", false),
            ("--name=other", false),
            ("--detach", false),
            ("--rm", false),
            ("--", false),
            ("---x=1", false),
            ("--A=1", false),
            ("8080:8080", false),
            ("", false),
            ("--env=A=1\n--rm", false),
        ] {
            assert_eq!(fault(word).is_none(), good, "{word}");
        }
    }

    #[test]
    fn names_and_files() {
        for (name, least, good) in [
            ("api", 1, true),
            ("a", 1, true),
            ("a", 2, false),
            ("a_b.c-1", 2, true),
            ("-a", 1, false),
            ("a b", 1, false),
        ] {
            assert_eq!(is_name(name, least), good, "{name}");
        }
        for (path, good) in [
            ("/srv/app/compose.yml", true),
            ("compose.yml", true),
            ("apps/it's here/compose.yml", true),
            ("", false),
            ("/", false),
            ("/srv/app/", false),
            ("~/compose.yml", false),
            ("a/..", false),
            ("a\nb", false),
        ] {
            assert_eq!(is_file(path), good, "{path}");
        }
    }
}
