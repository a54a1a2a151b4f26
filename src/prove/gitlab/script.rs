//! Lines of `before_script`, `script` and `after_script`: each one that mlpipe prints, by its exact form.

use crate::prove::yaml::{Node, refuse};
use crate::prove::{Unreadable, Value};

/// A call of the script.
#[derive(Debug, Clone)]
pub(super) struct ScriptCall {
    /// `.mlpipe/NAME.sh`.
    pub(super) script: String,
    /// Its arguments.
    pub(super) args: Vec<String>,
    /// Line in the file.
    pub(super) line: usize,
    /// What the shell exported before it.
    pub(super) exports: Vec<(String, Value)>,
}

/// What a handler asks `CI_JOB_STATUS` for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Success,
    Failed,
    Canceled,
}

/// When a handler's call is made, once `script` has started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// Whatever the status.
    Anything,
    /// If it is this one.
    Is(Status),
    /// If it is another one.
    IsNot(Status),
}

impl Asked {
    /// Does this status let the call be made?
    pub(super) fn holds(self, status: Status) -> bool {
        match self {
            Self::Anything => true,
            Self::Is(s) => s == status,
            Self::IsNot(s) => s != status,
        }
    }
}

/// The calls of `script`, in order.
pub(super) fn script(node: &Node) -> Result<Vec<ScriptCall>, Unreadable> {
    let mut exports = Vec::new();
    let mut calls = Vec::new();
    for n in node.list()? {
        let line = n.text()?;
        match export(line, &exports) {
            Some(e) => exports.push(e),
            None => calls.push(call(line, n.line, &exports)?),
        }
    }
    Ok(calls)
}

/// The calls of `after_script`, which has a shell of its own: what `script` exported is not there.
pub(super) fn after_script(node: &Node) -> Result<Vec<(ScriptCall, Asked)>, Unreadable> {
    let mut exports = Vec::new();
    let mut calls = Vec::new();
    for n in node.list()? {
        let text = n.text()?;
        let lines: Vec<&str> = text.trim_end_matches('\n').split('\n').collect();
        match lines[..] {
            [first, ref inner @ .., "fi"] => {
                let Some(asked) = asked(first) else {
                    return refuse(n.line + 1, format!("`{first}` is not understood"));
                };
                for (i, l) in inner.iter().enumerate() {
                    // The text of a literal block begins on the line below its `|`.
                    calls.push((call(l.trim_start_matches(' '), n.line + 2 + i, &exports)?, asked));
                }
            }
            [one] => match export(one, &exports) {
                Some(e) => exports.push(e),
                None => calls.push((call(one, n.line, &exports)?, Asked::Anything)),
            },
            _ => return refuse(n.line, "a block that is not understood"),
        }
    }
    Ok(calls)
}

/// `if [ "$CI_JOB_STATUS" != success ]; then`.
fn asked(line: &str) -> Option<Asked> {
    let inner = line.strip_prefix("if [ \"$CI_JOB_STATUS\" ")?.strip_suffix(" ]; then")?;
    let (sign, word) = inner.split_once(' ')?;
    let status = match word {
        "success" => Status::Success,
        "failed" => Status::Failed,
        "canceled" => Status::Canceled,
        _ => return None,
    };
    match sign {
        "=" => Some(Asked::Is(status)),
        "!=" => Some(Asked::IsNot(status)),
        _ => None,
    }
}

/// `sh .mlpipe/NAME.sh ARGS…`, of words that no shell reads otherwise.
fn call(text: &str, line: usize, exports: &[(String, Value)]) -> Result<ScriptCall, Unreadable> {
    let plain = |w: &str| !w.is_empty() && w.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    let mut words = text.split(' ');
    let script = (words.next() == Some("sh")).then(|| words.next()).flatten();
    let name = script.and_then(|s| s.strip_prefix(".mlpipe/")?.strip_suffix(".sh"));
    let args: Vec<String> = words.map(str::to_owned).collect();
    match (script, name) {
        (Some(script), Some(name)) if plain(name) && args.iter().all(|a| plain(a)) => {
            Ok(ScriptCall { script: script.to_owned(), args, line, exports: exports.to_vec() })
        }
        _ => refuse(line, format!("the command `{text}` is not known")),
    }
}

/// `export NAME="${OTHER-}"`: a secret that the project keeps under another name, unless a line before gave that name away.
fn export(line: &str, before: &[(String, Value)]) -> Option<(String, Value)> {
    let shell_name = |n: &str| {
        !n.is_empty()
            && !n.starts_with(|c: char| c.is_ascii_digit())
            && n.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let (name, of) = line.strip_prefix("export ")?.split_once('=')?;
    let of = of.strip_prefix("\"${")?.strip_suffix("-}\"")?;
    let given = before.iter().rev().find(|(n, _)| n == of).map(|(_, value)| value.clone());
    let value = given.unwrap_or_else(|| Value::Secret(of.to_owned()));
    (shell_name(name) && shell_name(of)).then(|| (name.to_owned(), value))
}

/// The lines of `before_script`: packages for a slim image, and the installer that the spec names.
pub(super) fn before_script(node: &Node) -> Result<(), Unreadable> {
    const PACKAGES: [&str; 2] =
        ["apk add --no-cache bash git python3", "apk add --no-cache bash git kubectl"];
    for n in node.list()? {
        let line = n.text()?;
        if !PACKAGES.contains(&line) && !brings_installer(line) {
            return refuse(n.line, format!("the command `{line}` is not known before a script"));
        }
    }
    Ok(())
}

/// Brings poetry or uv, of one version, unless it is there.
fn brings_installer(line: &str) -> bool {
    let parts = || {
        let (tool, rest) = line.strip_prefix("command -v ")?.split_once(" >/dev/null || { ")?;
        let (_, version) = rest.split_once(&format!(" {tool}=="))?;
        let (version, _) = version.split_once(' ')?;
        let known = ["poetry", "uv"].contains(&tool);
        let digits = version.chars().all(|c| c.is_ascii_digit() || c == '.') && !version.is_empty();
        (known && digits).then_some((tool, version))
    };
    parts().is_some_and(|(tool, version)| {
        let folder = format!("/opt/mlpipe-{tool}");
        line == format!(
            "command -v {tool} >/dev/null || {{ python3 -m venv {folder} && {folder}/bin/python -m pip install \
             --quiet --disable-pip-version-check {tool}=={version} && ln -s {folder}/bin/{tool} \
             /usr/local/bin/{tool}; }}"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_was_given_away_is_another_secret() {
        let secret = |name: &str| Value::Secret(name.to_owned());
        let first = export("export A=\"${C-}\"", &[]).unwrap();
        assert_eq!(first, ("A".to_owned(), secret("C")));
        let second = export("export B=\"${A-}\"", &[first]).unwrap();
        assert_eq!(second, ("B".to_owned(), secret("C")), "and not A's own");
    }
}
