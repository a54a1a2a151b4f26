//! Back ends: thin files that start the script. A new platform is one module folder, one template folder and one
//! line in [`all`].

mod features;
pub mod github;
pub mod gitlab;
pub mod jenkins;
mod tools;

pub use features::{Feature, Use, features, ledger, used};

use crate::diag::Finding;
use crate::plan::{Plan, Second};
use crate::render::{Overlay, TemplateBug};
use crate::spec::PlatformName;
use serde::Serialize;

/// One platform's back end.
pub trait Platform: Sync {
    /// Which one.
    fn name(&self) -> PlatformName;

    /// Where its file stands: `shared` when more than one pipeline of the repository is emitted to this platform.
    fn default_path(&self, pipeline: &str, shared: bool) -> String;

    /// The same for a pipeline beside that of a spec, which is called `pipeline`.
    fn second_path(&self, pipeline: &str, second: Second, shared: bool) -> String {
        self.default_path(&second.name(pipeline), shared)
    }

    /// How a comment line starts: `#` or `//`.
    fn comment(&self) -> &'static str {
        "#"
    }

    /// What this platform cannot do with this plan, before anything is written: limits, names, sizes that are known
    /// without printing.
    fn limits(&self, plan: &Plan) -> Vec<Finding>;

    /// Parses the built-in templates, so that printing the first file need not wait for it.
    fn prepare(&self) {}

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

    /// What the platform can do: a line for each of [`Feature::ALL`], in that order.
    fn capabilities(&self) -> &'static [Capability];

    /// The line of one feature; nothing only where the table lacks it, which a test rules out.
    fn capability(&self, feature: Feature) -> Option<&'static Capability> {
        self.capabilities().iter().find(|c| c.feature == feature)
    }
}

/// How a platform keeps a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
    /// The feature.
    pub feature: Feature,
    /// How it is kept.
    pub support: Support,
    /// How, in one sentence without a full stop.
    pub how: &'static str,
    /// What a person has to do for it; empty where nothing has to be done.
    pub to_do: &'static str,
}

impl Capability {
    const fn native(feature: Feature, how: &'static str) -> Self {
        Self { feature, support: Support::Native, how, to_do: "" }
    }

    const fn emulated(feature: Feature, how: &'static str) -> Self {
        Self { feature, support: Support::Emulated, how, to_do: "" }
    }

    const fn outside(feature: Feature, how: &'static str, to_do: &'static str) -> Self {
        Self { feature, support: Support::Outside, how, to_do }
    }

    const fn no(feature: Feature, how: &'static str, to_do: &'static str) -> Self {
        Self { feature, support: Support::No, how, to_do }
    }
}

impl Support {
    /// In a table: `native`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Emulated => "emulated",
            Self::Outside => "outside",
            Self::No => "not expressible",
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_have_the_same_rows() {
        for back in all() {
            let rows: Vec<Feature> = back.capabilities().iter().map(|c| c.feature).collect();
            assert_eq!(rows, Feature::ALL, "{}", back.name().word());
        }
    }

    #[test]
    fn what_is_left_to_a_person_says_what_to_do() {
        for (back, c) in all().iter().flat_map(|b| b.capabilities().iter().map(move |c| (b, c))) {
            let place = format!("{}: {}", back.name().word(), c.feature.words());
            let left = matches!(c.support, Support::Outside | Support::No);
            assert_eq!(left, !c.to_do.is_empty(), "{place}");
            for text in [c.how, c.to_do] {
                assert!(!text.ends_with('.') && !text.contains('\n'), "{place}: {text}");
            }
            assert!(!c.how.is_empty(), "{place}");
        }
    }
}
