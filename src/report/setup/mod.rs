//! What has to exist outside the files: for people, for machines, and as a script that makes it.

mod checklist;
mod script;

pub use checklist::checklist;
pub use script::script;

use crate::settings::{Manifest, SCHEMA_VERSION};
use serde::Serialize;

/// What has to exist on platforms outside the emitted files.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Document<'a> {
    /// Version of this form. It grows when a field changes its meaning or goes away; new fields may come without.
    #[cfg_attr(test, schemars(extend("const" = SCHEMA_VERSION)))]
    schema: u32,
    /// One for each repository and platform.
    manifests: &'a [Manifest],
}

/// For machines. `docs/setup.md` says how to read it.
pub fn json(manifests: &[Manifest]) -> String {
    let document = Document { schema: SCHEMA_VERSION, manifests };
    format!("{}\n", serde_json::to_string_pretty(&document).unwrap_or_default())
}
