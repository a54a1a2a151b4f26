//! The actions that a workflow uses, by commit and by version: `actions.toml`.

use crate::render::{Quoted, TemplateBug};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The data file, as it stands beside this module.
const TEXT: &str = include_str!("actions.toml");

/// The data file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pins {
    /// Actions, by the name under which templates know them.
    pub(super) actions: BTreeMap<String, Pin>,
}

/// One action.
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
    #[cfg_attr(not(test), expect(dead_code, reason = "read by the tests, kept beside the pin on purpose"))]
    pub(super) inputs: Vec<String>,
}

/// One `uses:` line: the action by commit, and its release for the comment.
#[derive(Debug, Serialize)]
pub(super) struct Uses {
    action: Quoted,
    tag: Quoted,
}

/// Reads the data file.
///
/// # Errors
/// A data file that does not parse: our bug.
pub(super) fn read() -> Result<Pins, TemplateBug> {
    toml::from_str(TEXT).map_err(|e| TemplateBug {
        template: "src/platform/github/actions.toml".to_owned(),
        line: None,
        detail: e.to_string(),
    })
}

impl Pins {
    /// Every action, `-` written as `_` because templates name them.
    pub(super) fn uses(&self) -> BTreeMap<String, Uses> {
        let quote = |(name, pin): (&String, &Pin)| {
            let action = Quoted::word(&format!("{}@{}", pin.repo, pin.sha));
            (name.replace('-', "_"), Uses { action, tag: Quoted::word(&pin.tag) })
        };
        self.actions.iter().map(quote).collect()
    }
}
