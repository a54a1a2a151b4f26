//! `--templates DIR`: files that stand in for built-in templates.

use crate::diag::words;
use crate::render::{Overlaid, Overlay};
use crate::{platform, script};
use camino::{Utf8Path, Utf8PathBuf};
use ignore::WalkBuilder;

/// Why a folder is no overlay.
#[derive(Debug, thiserror::Error)]
pub enum OverlayError {
    /// A folder that is not there, or is none.
    #[error("--templates `{0}`: no such folder")]
    Missing(Utf8PathBuf),
    /// A folder without files.
    #[error(
        "--templates `{0}`: the folder holds no file; a template in it is called like the built-in one, such as `github/job.yml.j2`"
    )]
    Nothing(Utf8PathBuf),
    /// A file that stands in for nothing.
    #[error("--templates: `{file}` stands in for no built-in template; {hint}")]
    Unknown {
        /// The file, as the user would type it.
        file: Utf8PathBuf,
        /// What it may be meant to be.
        hint: String,
    },
    /// A file or folder that cannot be read, or is not UTF-8.
    #[error("--templates: {0}")]
    Read(String),
}

/// The names that a file of an overlay may have.
fn known() -> Vec<&'static str> {
    let platforms = platform::all().into_iter().flat_map(platform::Platform::templates);
    platforms.chain(script::templates()).map(|(name, _)| *name).collect()
}

/// Reads a folder whose files stand in for built-in templates of the same names.
///
/// # Errors
/// See [`OverlayError`]; a file that no built-in template answers to is one.
pub fn overlay(folder: &Utf8Path) -> Result<Overlay, OverlayError> {
    if !folder.is_dir() {
        return Err(OverlayError::Missing(folder.to_owned()));
    }
    let mut files = Vec::new();
    for entry in WalkBuilder::new(folder).standard_filters(false).follow_links(true).build() {
        let entry = entry.map_err(|e| OverlayError::Read(e.to_string()))?;
        if !entry.file_type().is_some_and(|t| t.is_file()) {
            continue;
        }
        let path = Utf8Path::from_path(entry.path())
            .ok_or_else(|| OverlayError::Read(format!("`{}` is not UTF-8", entry.path().display())))?;
        files.push(path.to_owned());
    }
    files.sort();
    if files.is_empty() {
        return Err(OverlayError::Nothing(folder.to_owned()));
    }
    let known = known();
    let mut overlay = Overlay::new(folder.as_str());
    for file in files {
        let name = file.strip_prefix(folder).unwrap_or(&file).as_str().replace('\\', "/");
        if !known.contains(&name.as_str()) {
            return Err(OverlayError::Unknown { hint: hint(&name, &known), file });
        }
        let text = std::fs::read_to_string(&file)
            .map_err(|e| OverlayError::Read(format!("`{file}` cannot be read: {e}")))?;
        overlay.add(name, Overlaid { file: file.into_string(), text });
    }
    Ok(overlay)
}

/// What a file that stands in for nothing may be meant to be.
fn hint(name: &str, known: &[&str]) -> String {
    if name.starts_with("script/runtime") {
        return "the runtime is the same for every pipeline and held by its own tests, so that nothing may stand in for it"
            .into();
    }
    if let Some(near) = words::nearest(name, known.iter().copied()) {
        return format!("did you mean `{near}`?");
    }
    let last = |n: &str| n.rsplit('/').next().unwrap_or(n).to_lowercase();
    let near = words::nearest(&last(name), known.iter().map(|k| k.rsplit('/').next().unwrap_or(k)));
    let same: Vec<&str> =
        known.iter().copied().filter(|k| near.is_some_and(|n| last(k) == last(n))).collect();
    if same.is_empty() {
        format!("the built-in ones are {}", words::and_list(known))
    } else {
        format!("did you mean {}?", words::or_list(&same))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_for_nothing_is_told_what_is_near() {
        let known = known();
        assert_eq!(hint("github/jobs.yml.j2", &known), "did you mean `github/job.yml.j2`?");
        assert_eq!(hint("job.yml.j2", &known), "did you mean `github/job.yml.j2` or `gitlab/job.yml.j2`?");
        assert_eq!(hint("stage.j2", &known), "did you mean `jenkins/stage.j2`?");
        assert!(hint("script/runtime/core.py", &known).contains("runtime"));
        assert!(hint("README.md", &known).contains("`script/pipeline.sh.j2`"));
    }
}
