//! Which specs there are.

use crate::diag::words;
use camino::{Utf8Path, Utf8PathBuf};
use ignore::WalkBuilder;
use std::sync::{Arc, Mutex};

/// Why specs could not be found.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// A path that is not there.
    #[error("`{0}`: no such file or folder")]
    Missing(Utf8PathBuf),
    /// A path outside the root.
    #[error("`{path}` lies outside the root `{root}`")]
    Outside {
        /// The path.
        path: Utf8PathBuf,
        /// The root.
        root: Utf8PathBuf,
    },
    /// A folder without specs.
    #[error("no `.mlpipe` file in `{path}` or below{}", hint(roots))]
    Nothing {
        /// The folder.
        path: Utf8PathBuf,
        /// Folders below that are roots of their own, and so were not entered.
        roots: Vec<Utf8PathBuf>,
    },
    /// A spec that no output could name.
    #[error("the path `{0}` is not UTF-8, and the generated files name their spec; rename it")]
    Name(String),
    /// A folder that cannot be read.
    #[error("{0}")]
    Walk(String),
}

fn hint(roots: &[Utf8PathBuf]) -> String {
    match roots {
        [] => "; `mlpipe init` writes one".to_owned(),
        [one] => format!("; `{one}` is a root of its own: name it"),
        many => format!(
            "; {} below are roots of their own: name them, such as `{}`",
            words::count(many.len(), "folder"),
            many[0]
        ),
    }
}

/// Every `.mlpipe` file below `path` (or the file itself), relative to the root, sorted. `.gitignore` is respected;
/// a folder with an `mlpipe.toml` of its own is a root of its own and is not entered.
///
/// # Errors
/// See [`DiscoverError`].
pub fn specs(root: &Utf8Path, path: &Utf8Path) -> Result<Vec<Utf8PathBuf>, DiscoverError> {
    let real = path.canonicalize_utf8().map_err(|_| DiscoverError::Missing(path.to_owned()))?;
    let below = |p: &Utf8Path| {
        p.strip_prefix(root)
            .map(unix)
            .map_err(|_| DiscoverError::Outside { path: path.to_owned(), root: root.to_owned() })
    };
    if !real.is_dir() {
        return Ok(vec![below(&real)?]);
    }
    below(&real)?;
    let top = real.clone();
    let mut found = Vec::new();
    let others = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&others);
    let walk = WalkBuilder::new(&real)
        .require_git(false)
        // What one person's machine ignores everywhere must not decide what a repository compiles to.
        .git_global(false)
        .filter_entry(move |e| {
            let is_other_root = e.file_type().is_some_and(|t| t.is_dir())
                && e.path() != top.as_std_path()
                && e.path().join("mlpipe.toml").exists();
            if let (true, Some(folder), Ok(mut seen)) =
                (is_other_root, Utf8Path::from_path(e.path()), seen.lock())
            {
                seen.push(folder.to_owned());
            }
            !is_other_root
        })
        .build();
    for entry in walk {
        let entry = entry.map_err(|e| DiscoverError::Walk(unreadable(&e)))?;
        let is_spec = entry.file_type().is_some_and(|t| t.is_file())
            && entry.path().extension().is_some_and(|e| e == "mlpipe");
        if is_spec {
            let path = Utf8Path::from_path(entry.path());
            found.push(below(path.ok_or_else(|| DiscoverError::Name(entry.path().display().to_string()))?)?);
        }
    }
    found.sort();
    if !found.is_empty() {
        return Ok(found);
    }
    let mut roots = others.lock().map(|r| r.clone()).unwrap_or_default();
    roots.sort();
    for r in &mut roots {
        *r = r.strip_prefix(&real).map_or_else(|_| r.clone(), |below| path.join(below));
    }
    Err(DiscoverError::Nothing { path: path.to_owned(), roots })
}

/// A folder that cannot be read might hold a spec: passing it over would be a silence.
fn unreadable(e: &ignore::Error) -> String {
    match e {
        ignore::Error::WithPath { path, err } => {
            let cause = err.io_error().map_or_else(|| err.to_string(), |e| e.kind().to_string());
            format!(
                "`{}` cannot be read, and may hold specs: {cause}; let it be read, or name it in `.gitignore`",
                path.display()
            )
        }
        ignore::Error::WithDepth { err, .. } => unreadable(err),
        other => other.to_string(),
    }
}

fn unix(p: &Utf8Path) -> Utf8PathBuf {
    Utf8PathBuf::from(p.as_str().replace('\\', "/"))
}
