//! Back ends: thin files that start the script. A new platform is one module folder, one template folder and one
//! line in [`all`].

pub mod github;
pub mod gitlab;
pub mod jenkins;
mod tools;

use crate::diag::Finding;
use crate::plan::Plan;
use crate::render::{Overlay, TemplateBug};
use crate::spec::PlatformName;
use serde::Serialize;

/// One platform's back end.
pub trait Platform: Sync {
    /// Which one.
    fn name(&self) -> PlatformName;

    /// Where its file stands: `shared` when more than one pipeline of the repository is emitted to this platform.
    fn default_path(&self, pipeline: &str, shared: bool) -> String;

    /// How a comment line starts: `#` or `//`.
    fn comment(&self) -> &'static str {
        "#"
    }

    /// What this platform cannot do with this plan, before anything is written: limits, names, sizes that are known
    /// without printing.
    fn limits(&self, plan: &Plan) -> Vec<Finding>;

    /// The pipeline's file by the built-in templates, without the header.
    ///
    /// # Errors
    /// A template that fails: our bug.
    fn emit(&self, plan: &Plan) -> Result<String, TemplateBug> {
        self.emit_with(plan, &Overlay::default())
    }

    /// The pipeline's file, without the header, by the overlay's templates where it has some.
    ///
    /// # Errors
    /// A template that fails.
    fn emit_with(&self, plan: &Plan, overlay: &Overlay) -> Result<String, TemplateBug>;

    /// Limits that only the printed text shows (a Jenkinsfile over its budget).
    fn text_limits(&self, _plan: &Plan, _text: &str) -> Vec<Finding> {
        Vec::new()
    }

    /// The file that holds several pipelines of one repository together: path and text without the header.
    ///
    /// # Errors
    /// A template that fails.
    fn root(&self, _plans: &[&Plan], _overlay: &Overlay) -> Result<Option<(String, String)>, TemplateBug> {
        Ok(None)
    }

    /// Path of [`Platform::root`]'s file.
    fn root_path(&self) -> Option<&'static str> {
        None
    }

    /// The templates: path below `templates/` and text.
    fn templates(&self) -> &'static [(&'static str, &'static str)];

    /// What several pipelines cannot share in [`Platform::root`]'s file.
    fn root_limits(&self, _plans: &[&Plan]) -> Vec<Finding> {
        Vec::new()
    }

    /// What the platform can do, feature by feature.
    fn capabilities(&self) -> &'static [Capability];
}

/// How a platform keeps a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Support {
    /// The platform's own means.
    Native,
    /// The script or another construct does it.
    Emulated,
    /// A setting outside the file, checked in the run where that can be done.
    Outside,
    /// Not expressible: refused.
    No,
}

/// One line of a capability table.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Capability {
    /// The feature, in the language's words: `on schedule`.
    pub feature: &'static str,
    /// How it is kept.
    pub support: Support,
    /// How, or what to do, in one sentence.
    pub how: &'static str,
}

/// Every back end, in the order in which they are shown.
pub fn all() -> [&'static dyn Platform; 3] {
    [&github::Github, &gitlab::Gitlab, &jenkins::Jenkins]
}

/// The back end of that name.
pub fn get(name: PlatformName) -> &'static dyn Platform {
    match name {
        PlatformName::Github => &github::Github,
        PlatformName::Gitlab => &gitlab::Gitlab,
        PlatformName::Jenkins => &jenkins::Jenkins,
    }
}
