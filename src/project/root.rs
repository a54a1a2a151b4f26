//! The root: the nearest folder upwards with `mlpipe.toml`, else with `.git`.

use camino::{Utf8Path, Utf8PathBuf};

/// Why there is no root.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// Neither file in any folder upwards.
    #[error(
        "no root: neither `mlpipe.toml` nor `.git` in `{0}` or above; run `git init`, make an empty `mlpipe.toml`, or say `--root DIR`"
    )]
    None(Utf8PathBuf),
    /// A folder that cannot be looked at.
    #[error("`{0}` cannot be read: {1}")]
    Io(Utf8PathBuf, std::io::Error),
}

/// The root that a folder or file belongs to, made absolute.
///
/// # Errors
/// See [`RootError`].
pub fn find(start: &Utf8Path) -> Result<Utf8PathBuf, RootError> {
    let real = start.canonicalize_utf8().map_err(|e| RootError::Io(start.to_owned(), e))?;
    let folder = if real.is_dir() { real.as_path() } else { real.parent().unwrap_or(&real) };
    let marked = |mark: &str| folder.ancestors().find(|a| a.join(mark).exists()).map(Utf8Path::to_owned);
    marked("mlpipe.toml").or_else(|| marked(".git")).ok_or_else(|| RootError::None(start.to_owned()))
}
