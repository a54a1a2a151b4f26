//! Is what lies on disk what the spec says?

use super::header::{hash, split};
use super::write::OutputFile;
use camino::Utf8Path;
use similar::TextDiff;

/// Why a file on disk is not what compiling gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// It is not there.
    Missing,
    /// mlpipe did not write it.
    Foreign,
    /// It was edited by hand.
    Edited,
    /// The spec, or a file that it uses, was changed.
    SpecChanged,
    /// It was written by another version of mlpipe.
    ToolChanged {
        /// The version that wrote it.
        wrote: String,
    },
    /// Another pipeline of the repository was added, removed or changed.
    OthersChanged,
}

impl Cause {
    /// What is the matter with a file, and what to do about it.
    pub fn because(&self) -> (String, &'static str) {
        let (what, to_do) = match self {
            Self::Missing => ("is missing", "`mlpipe compile` writes it"),
            Self::Foreign => {
                ("was not written by mlpipe", "move it away, or replace it with `mlpipe compile --force`")
            }
            Self::Edited => (
                "was edited by hand",
                "make the change in the spec, then `mlpipe compile` (it overwrites the edit)",
            ),
            Self::SpecChanged => ("is older than its spec", "`mlpipe compile` brings it up to date"),
            Self::ToolChanged { wrote } => {
                let what = format!("was written by mlpipe {wrote}, this is {}", env!("CARGO_PKG_VERSION"));
                return (what, "`mlpipe compile` upgrades it, or use that version");
            }
            Self::OthersChanged => (
                "is older than another pipeline of this repository, than the templates of `--templates`, or than this build of \
                 mlpipe",
                "`mlpipe compile` brings it up to date",
            ),
        };
        (what.to_owned(), to_do)
    }
}

/// One file that differs.
#[derive(Debug, Clone)]
pub struct Drift {
    /// Path below the root.
    pub path: String,
    /// Why.
    pub cause: Cause,
    /// Unified diff from what is on disk to what compiling gives.
    pub diff: String,
}

/// Compares one file with what lies on disk, blind to CR. Nothing when they are the same.
///
/// # Errors
/// A file that is there and cannot be read.
pub fn compare(root: &Utf8Path, file: &OutputFile) -> std::io::Result<Option<Drift>> {
    let path = root.join(&file.path);
    let on_disk = match std::fs::read(&path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Some(Drift { path: file.path.clone(), cause: Cause::Missing, diff: diff("", file) }));
        }
        Err(e) => return Err(e),
    };
    let plain = on_disk.replace("\r\n", "\n");
    if plain == file.text {
        return Ok(None);
    }
    Ok(Some(Drift { path: file.path.clone(), cause: cause(&plain, file), diff: diff(&plain, file) }))
}

fn cause(on_disk: &str, file: &OutputFile) -> Cause {
    let (Some((was, body)), Some((now, _))) = (split(on_disk), split(&file.text)) else {
        return Cause::Foreign;
    };
    if was.content != hash(&body) {
        Cause::Edited
    } else if was.spec != now.spec {
        Cause::SpecChanged
    } else if was.version != now.version {
        Cause::ToolChanged { wrote: was.version }
    } else if was.content == now.content {
        // Same content and same hashes, yet another text: the header's words were touched.
        Cause::Edited
    } else {
        Cause::OthersChanged
    }
}

fn diff(on_disk: &str, file: &OutputFile) -> String {
    let path = &file.path;
    unified((&format!("{path} (on disk)"), on_disk), (&format!("{path} (from the spec)"), &file.text))
}

/// Two texts, each with its name, as a unified diff.
pub fn unified(before: (&str, &str), after: (&str, &str)) -> String {
    TextDiff::from_lines(before.1, after.1)
        .unified_diff()
        .context_radius(3)
        .header(before.0, after.0)
        .to_string()
}
