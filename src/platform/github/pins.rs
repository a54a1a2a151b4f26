//! The actions that a workflow uses, by commit: `actions.toml`.

use crate::render::{Quoted, TemplateBug};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The data file, as it stands beside this module.
const TEXT: &str = include_str!("actions.toml");

/// One action, as the data file has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pin {
    /// `owner/name`.
    pub(super) repo: String,
    /// The release that the commit belongs to.
    pub(super) tag: String,
    /// The commit.
    pub(super) sha: String,
    /// Inputs that the templates rely on: for whoever moves the pin, and for the test that compares them.
    #[serde(rename = "inputs")]
    #[cfg_attr(not(test), expect(dead_code, reason = "read by the tests, kept beside the pin on purpose"))]
    pub(super) inputs: Vec<String>,
}

/// One `uses:` line: the action by commit, and its release for the comment.
#[derive(Debug, Serialize)]
pub(super) struct Uses {
    action: Quoted,
    tag: Quoted,
}

/// The data file, read.
///
/// # Errors
/// A data file that does not parse: our bug.
pub(super) fn read() -> Result<BTreeMap<String, Pin>, TemplateBug> {
    toml::from_str(TEXT).map_err(|e| TemplateBug {
        template: "src/platform/github/actions.toml".to_owned(),
        line: None,
        detail: e.to_string(),
    })
}

/// Every action by its name in the data file, `-` written as `_` because templates name them.
///
/// # Errors
/// A data file that does not parse: our bug.
pub(super) fn uses() -> Result<BTreeMap<String, Uses>, TemplateBug> {
    let quote = |(name, pin): (String, Pin)| {
        let action = Quoted::word(&format!("{}@{}", pin.repo, pin.sha));
        (name.replace('-', "_"), Uses { action, tag: Quoted::word(&pin.tag) })
    };
    Ok(read()?.into_iter().map(quote).collect())
}
