//! One step: a call of the script, or one of the few forms that set a job up.

use super::env::{self, Scope};
use super::expression::{Expr, Function, Piece, pieces};
use super::job::{flag, plain};
use super::tree::{Map, Tree};
use super::workflow::{Head, condition};
use crate::prove::{Call, Unreadable};

/// A step, read.
pub(super) struct Read {
    pub(super) id: Option<String>,
    pub(super) condition: Option<Expr>,
    pub(super) continue_on_error: bool,
    pub(super) minutes: Option<u64>,
    pub(super) kind: Kind,
}

/// What it does.
pub(super) enum Kind {
    Checkout {
        credentials_left: bool,
    },
    /// Interpreter, installer.
    SetUp,
    /// Takes what an earlier run left, and leaves it to later ones.
    Cache,
    /// Fetches the artifact of this name.
    Fetch(String),
    /// Fetches those of these names that are there; all when none is named.
    FetchAny(Vec<String>),
    Call(Call),
    Keep {
        name: String,
        /// Without a `/` or `/**` at the end.
        paths: Vec<String>,
    },
}

const KEYS: &[&str] =
    &["name", "id", "if", "env", "run", "uses", "with", "timeout-minutes", "continue-on-error"];

/// Reads a step.
pub(super) fn read(tree: &Tree<'_>, head: &Head) -> Result<Read, Unreadable> {
    let map = tree.map(KEYS)?;
    if let Some(name) = map.get("name") {
        plain(&name)?;
    }
    let kind = match (map.get("run"), map.get("uses")) {
        (Some(run), None) => run_kind(&run, &map, head)?,
        (None, Some(uses)) => action(&uses, &map)?,
        _ => return Err(tree.refuse("a step has either `run` or `uses`")),
    };
    let mut odd: Vec<&str> = match &kind {
        Kind::Call(_) => vec!["with"],
        Kind::Keep { .. } => vec!["env", "timeout-minutes", "continue-on-error"],
        _ => vec!["if", "env", "timeout-minutes", "continue-on-error"],
    };
    odd.retain(|key| map.get(key).is_some());
    if let Some(key) = odd.first() {
        let tree = map.need(key)?;
        return Err(tree.refuse(format!("`{key}` is not known in a step of this kind")));
    }
    Ok(Read {
        id: map.get("id").map(|i| i.text().map(str::to_owned)).transpose()?,
        condition: map.get("if").map(|c| in_step(&c)).transpose()?,
        continue_on_error: flag(&map, "continue-on-error")?,
        minutes: map.get("timeout-minutes").map(|t| t.count()).transpose()?,
        kind,
    })
}

/// A step's condition. Of a step, outcome and conclusion may be asked; of a job, its result.
fn in_step(tree: &Tree<'_>) -> Result<Expr, Unreadable> {
    let condition = condition(tree)?;
    for name in condition.names() {
        if !matches!(name[0].as_str(), "github" | "needs" | "steps") {
            return Err(tree.refuse(format!("`{}` is not known in a step's condition", name.join("."))));
        }
    }
    Ok(condition)
}

fn run_kind(run: &Tree<'_>, map: &Map<'_>, head: &Head) -> Result<Kind, Unreadable> {
    let line = plain(run)?;
    let words = words(&line).ok_or_else(|| run.refuse(format!("the command `{line}` is not known")))?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        // Without `exec` the signals of a cancel end the step's shell alone, and the script works on beside its `restore`
        // (`actions/runner`, `ProcessInvoker.cs`: SIGINT, SIGTERM and KILL go to the entry process only).
        ["exec", "sh", script, args @ ..] if is_script(script) => {
            let call = Call {
                script: (*script).to_owned(),
                args: args.iter().map(|a| (*a).to_owned()).collect(),
                env: env::read(map.get("env"), Scope::Script, &head.triggers)?,
                ..Call::default()
            };
            Ok(Kind::Call(call))
        }
        ["python", "-m", "pip", "install", "--disable-pip-version-check", poetry]
            if poetry.strip_prefix("poetry=").and_then(|v| v.strip_prefix('=')).is_some_and(is_version) =>
        {
            Ok(Kind::SetUp)
        }
        _ => Err(run.refuse(format!("the command `{line}` is not known"))),
    }
}

fn is_script(path: &str) -> bool {
    let name = path.strip_prefix(".mlpipe/").and_then(|p| p.strip_suffix(".sh"));
    name.is_some_and(|n| {
        !n.is_empty() && n.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    })
}

fn is_version(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// The words of a command that is one, with nothing in it that a shell would expand: plain characters, `'…'` and `\'`.
fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '\\' => match chars.next()? {
                '\'' => word.get_or_insert_default().push('\''),
                _ => return None,
            },
            c if c.is_ascii_alphanumeric() || "_-./=".contains(c) => word.get_or_insert_default().push(c),
            _ => return None,
        }
    }
    words.extend(word);
    Some(words)
}

/// An action, by owner and name, pinned by a commit: a tag or a branch is whatever somebody moves it to.
fn action(uses: &Tree<'_>, map: &Map<'_>) -> Result<Kind, Unreadable> {
    let text = uses.text()?;
    let (name, commit) = text.split_once('@').unwrap_or((text, ""));
    if commit.len() != 40 || !commit.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
        return Err(uses.refuse(format!("the action `{text}` is not pinned by a commit")));
    }
    let with = map.need("with")?;
    match name {
        "actions/checkout" => checkout(&with),
        "actions/setup-python" => {
            with.map(&["python-version"])?.need("python-version")?.text()?;
            Ok(Kind::SetUp)
        }
        "astral-sh/setup-uv" => {
            let with = with.map(&["version", "enable-cache"])?;
            with.need("version")?.text()?;
            let cache = with.need("enable-cache")?;
            match cache.boolean()? {
                true => Err(cache.refuse("a cache of the action itself is not known")),
                false => Ok(Kind::SetUp),
            }
        }
        "actions/cache" => cache(&with),
        "actions/download-artifact" => download(&with),
        "actions/upload-artifact" => upload(&with),
        _ => Err(uses.refuse(format!("the action `{name}` is not known"))),
    }
}

/// `persist-credentials` is on unless it is switched off (`action.yml`).
fn checkout(with: &Tree<'_>) -> Result<Kind, Unreadable> {
    let with = with.map(&["fetch-depth", "persist-credentials"])?;
    if let Some(depth) = with.get("fetch-depth")
        && depth.count()? != 1
    {
        return Err(depth.refuse("only the commit itself is fetched"));
    }
    let credentials_left = with.get("persist-credentials").map_or(Ok(true), |p| p.boolean())?;
    Ok(Kind::Checkout { credentials_left })
}

/// Downloaded packages: a folder of its own, a key of texts, the runner's kind and hashes of files. What a cache
/// brings decides nothing.
fn cache(with: &Tree<'_>) -> Result<Kind, Unreadable> {
    let with = with.map(&["path", "key", "restore-keys"])?;
    let path = with.need("path")?;
    let folder = path.text()?.strip_prefix(".mlpipe-cache/").unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if folder.is_empty() || !folder.chars().all(plain) {
        return Err(path.refuse("a cache of something else than downloaded packages is not known"));
    }
    for key in [Some(with.need("key")?), with.get("restore-keys")].into_iter().flatten() {
        for piece in pieces(key.text()?).map_err(|e| key.refuse(e))? {
            match piece {
                Piece::Text(_) => {}
                Piece::Expr(e, _) if e.is("runner.os") || e.is("runner.arch") => {}
                Piece::Expr(Expr::Call(Function::HashFiles, with), _)
                    if with.iter().all(|w| matches!(w, Expr::Text(_))) => {}
                Piece::Expr(_, written) => {
                    return Err(key.refuse(format!("`{written}` is not known in a cache's key")));
                }
            }
        }
    }
    Ok(Kind::Cache)
}

/// By name one artifact, and the step fails when it is not there; by pattern those that are there
/// (`download-artifact`, `src/download-artifact.ts`). Without `merge-multiple` each of those gets a folder of its own.
fn download(with: &Tree<'_>) -> Result<Kind, Unreadable> {
    let all = with.map(&["name", "pattern", "merge-multiple", "path"])?;
    let path = all.need("path")?;
    if path.text()? != "mlpipe-out" {
        return Err(path.refuse("records are fetched into `mlpipe-out`"));
    }
    match (all.get("name"), all.get("pattern"), all.get("merge-multiple")) {
        (Some(name), None, None) => Ok(Kind::Fetch(plain(&name)?)),
        (None, Some(pattern), Some(merge)) if merge.boolean()? => {
            let text = plain(&pattern)?;
            let names = names(&text);
            names
                .map(Kind::FetchAny)
                .ok_or_else(|| pattern.refuse(format!("the pattern `{text}` is not known")))
        }
        _ => Err(with.refuse("records are fetched by name, or by pattern and into one folder")),
    }
}

/// The names that a pattern stands for: one, several as `mlpipe-{a,b}`, or all of the run, `mlpipe-*`.
fn names(pattern: &str) -> Option<Vec<String>> {
    let plain = |t: &str| !t.is_empty() && t.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if pattern == "mlpipe-*" {
        return Some(Vec::new());
    }
    let names: Vec<String> = match pattern.split_once('{') {
        None => vec![pattern.to_owned()],
        Some((before, rest)) => {
            rest.strip_suffix('}')?.split(',').map(|one| format!("{before}{one}")).collect()
        }
    };
    names.iter().all(|n| plain(n)).then_some(names)
}

/// Several paths keep their place below the folder that they share (`upload-artifact`, `src/shared/search.ts`): what
/// is fetched into `mlpipe-out` again must have come from there.
fn upload(with: &Tree<'_>) -> Result<Kind, Unreadable> {
    let with = with.map(&["name", "path", "overwrite", "if-no-files-found", "retention-days"])?;
    let overwrite = with.need("overwrite")?;
    if !overwrite.boolean()? {
        return Err(overwrite.refuse("an artifact that is never replaced fails a run that is repeated"));
    }
    let missing = with.need("if-no-files-found")?;
    if missing.text()? != "error" {
        return Err(missing.refuse("a record that is missing has to be an error"));
    }
    let days = with.need("retention-days")?;
    if !(31..=90).contains(&days.count()?) {
        return Err(days.refuse("records are kept for longer than an approval may wait, 31 to 90 days"));
    }
    let path = with.need("path")?;
    let mut paths: Vec<String> = Vec::new();
    for line in path.text()?.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let line = line.strip_suffix("/**").or_else(|| line.strip_suffix('/')).unwrap_or(line);
        let odd = |c: char| !c.is_ascii_alphanumeric() && !"-_./".contains(c);
        if line.contains(odd) || line.split('/').any(|part| part.starts_with('.')) {
            return Err(path.refuse(format!("the path `{line}` is not known")));
        }
        paths.push(line.to_owned());
    }
    Ok(Kind::Keep { name: plain(&with.need("name")?)?, paths })
}
