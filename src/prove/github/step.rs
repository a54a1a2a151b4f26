//! What a step does: a call of the script, or one of the set-up steps that are known.

use super::super::Unreadable;
use super::yaml::{Map, pairs};

/// A step, by what it does.
pub(super) enum Kind {
    /// `sh .mlpipe/NAME.sh ARGS…`.
    Call {
        /// Path of the script.
        script: String,
        /// Its arguments.
        args: Vec<String>,
    },
    /// `actions/checkout`, of the run's own commit.
    Checkout {
        /// The token stays in the working copy's configuration.
        credentials: bool,
    },
    /// An interpreter, a tool or a cache.
    Setup,
    /// `actions/download-artifact`.
    Download {
        /// Jobs whose artifacts they are.
        jobs: Vec<String>,
    },
    /// `actions/upload-artifact`.
    Upload {
        /// Name.
        artifact: String,
        /// Paths, without a trailing `/`.
        paths: Vec<String>,
    },
}

/// Set-up actions, with what they may be told.
const SETUP: [(&str, &[&str]); 3] = [
    ("actions/setup-python", &["python-version"]),
    ("astral-sh/setup-uv", &["version", "enable-cache"]),
    ("actions/cache", &["path", "key", "restore-keys"]),
];
const ARTIFACT: &str = "mlpipe-";
const RECORDS: &str = "mlpipe-out";
const POETRY: &str = "python -m pip install --disable-pip-version-check poetry==";

pub(super) fn kind(step: &Map<'_>) -> Result<Kind, Unreadable> {
    match (step.text("uses")?, step.text("run")?) {
        (Some(action), None) => uses(step, &action),
        (None, Some(command)) => run(step, &command),
        _ => Err(step.refuse("a step neither uses an action nor runs a command".into())),
    }
}

fn run(step: &Map<'_>, command: &str) -> Result<Kind, Unreadable> {
    let version = command.strip_prefix(POETRY);
    if version.is_some_and(|v| !v.is_empty() && v.chars().all(|c| c.is_ascii_digit() || c == '.')) {
        return Ok(Kind::Setup);
    }
    match words(command) {
        Some(all) if all.len() >= 3 && all[0] == "sh" && all[1].starts_with(".mlpipe/") => {
            Ok(Kind::Call { script: all[1].clone(), args: all[2..].to_vec() })
        }
        _ => Err(step.refuse(format!("the command `{command}` is no call of the script"))),
    }
}

/// The words of a command that has nothing of the shell's in it but single quotes.
pub(in super::super) fn words(command: &str) -> Option<Vec<String>> {
    let mut out = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = command.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' => out.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            c if c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c) => {
                word.get_or_insert_default().push(c)
            }
            _ => return None,
        }
    }
    out.extend(word);
    Some(out)
}

fn uses(step: &Map<'_>, action: &str) -> Result<Kind, Unreadable> {
    let (name, version) = action.split_once('@').unwrap_or((action, ""));
    if version.len() != 40 || !version.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err(step.refuse(format!("the action `{action}` is not pinned to a commit")));
    }
    let with = match step.get("with") {
        Some(v) => pairs(v).ok_or_else(|| step.refuse("`with` is not a mapping of texts".into()))?,
        None => Vec::new(),
    };
    if let Some((key, _)) = with.iter().find(|(_, v)| v.contains("secrets.") || v.contains("github.token")) {
        return Err(step.refuse(format!("`{key}` hands a secret to `{name}`")));
    }
    let known = |keys: &[&str]| match with.iter().find(|(k, _)| !keys.contains(&k.as_str())) {
        Some((key, _)) => Err(step.refuse(format!("`{key}` of `{name}` is not known here"))),
        None => Ok(()),
    };
    let of = |key: &str| with.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str());
    if let Some((_, keys)) = SETUP.iter().find(|(n, _)| *n == name) {
        known(keys)?;
        return Ok(Kind::Setup);
    }
    match name {
        "actions/checkout" => {
            known(&["fetch-depth", "persist-credentials"])?;
            // Kept unless it is said otherwise: README of actions/checkout.
            Ok(Kind::Checkout { credentials: of("persist-credentials") != Some("false") })
        }
        "actions/download-artifact" => {
            known(&["name", "pattern", "merge-multiple", "path"])?;
            if of("path") != Some(RECORDS) {
                return Err(step.refuse(format!("records are fetched to another folder than {RECORDS}")));
            }
            let all = match (of("name"), of("pattern"), of("merge-multiple")) {
                (Some(name), None, None) => Some(vec![name.to_owned()]),
                (None, Some(pattern), Some("true")) => braces(pattern),
                _ => None,
            };
            let jobs = all.and_then(|all| {
                all.iter().map(|a| a.strip_prefix(ARTIFACT).map(str::to_owned)).collect::<Option<Vec<_>>>()
            });
            let jobs =
                jobs.ok_or_else(|| step.refuse("which records are fetched is not understood".into()))?;
            Ok(Kind::Download { jobs })
        }
        "actions/upload-artifact" => {
            known(&["name", "path", "overwrite", "if-no-files-found", "retention-days"])?;
            let paths =
                of("path").unwrap_or_default().lines().map(|l| l.trim_end_matches('/').to_owned()).collect();
            Ok(Kind::Upload { artifact: of("name").unwrap_or_default().to_owned(), paths })
        }
        _ => Err(step.refuse(format!("the action `{name}` is not known here"))),
    }
}

/// `mlpipe-{a,b}` as `mlpipe-a` and `mlpipe-b`.
fn braces(pattern: &str) -> Option<Vec<String>> {
    let plain = |s: &str| s.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if plain(pattern) {
        return Some(vec![pattern.to_owned()]);
    }
    let (before, rest) = pattern.split_once('{')?;
    let inner = rest.strip_suffix('}')?;
    inner.split(',').all(plain).then(|| inner.split(',').map(|one| format!("{before}{one}")).collect())
}
