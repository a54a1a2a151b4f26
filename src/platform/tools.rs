//! Versions of the installers that a spec's `python` may name: `tools.toml`, the same on every platform.

use crate::render::TemplateBug;
use serde::Deserialize;

/// The data file, as it stands beside this module.
const TEXT: &str = include_str!("tools.toml");

/// Versions of tools.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tools {
    /// Of the package `poetry`.
    pub(super) poetry: String,
    /// Of `uv`.
    pub(super) uv: String,
}

/// Reads the data file.
///
/// # Errors
/// A data file that does not parse: our bug.
pub(super) fn read() -> Result<Tools, TemplateBug> {
    toml::from_str(TEXT).map_err(|e| TemplateBug {
        template: "src/platform/tools.toml".to_owned(),
        line: None,
        detail: e.to_string(),
    })
}
