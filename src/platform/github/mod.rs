//! The GitHub Actions back end: one workflow file that starts the script.
//!
//! `docs/platforms/github.md` says what the file relies on, with sources.

mod capabilities;
mod condition;
mod expression;
mod limits;
mod pattern;
mod pins;
mod view;

#[cfg(test)]
mod tests;

use super::{Capability, Platform};
use crate::diag::Finding;
use crate::plan::Plan;
use crate::render::{Overlay, TemplateBug, Templates};
use crate::spec::PlatformName;

/// The templates, by the names under which they include one another.
static TEMPLATES: Templates = Templates::new(&[
    (
        "github/workflow.yml.j2",
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/github/workflow.yml.j2")),
    ),
    ("github/on.yml.j2", include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/github/on.yml.j2"))),
    ("github/job.yml.j2", include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/github/job.yml.j2"))),
]);

/// GitHub Actions.
pub struct Github;

impl Platform for Github {
    fn name(&self) -> PlatformName {
        PlatformName::Github
    }

    /// A repository holds any number of workflow files, so that sharing changes nothing.
    fn default_path(&self, pipeline: &str, _shared: bool) -> String {
        format!(".github/workflows/{pipeline}.yml")
    }

    fn limits(&self, plan: &Plan) -> Vec<Finding> {
        limits::of_plan(plan)
    }

    fn prepare(&self) {
        TEMPLATES.prepare();
    }

    fn emit_with(&self, plan: &Plan, overlay: &Overlay) -> Result<String, TemplateBug> {
        TEMPLATES.render("github/workflow.yml.j2", &view::of(plan)?, overlay)
    }

    fn text_limits(&self, plan: &Plan, text: &str) -> Vec<Finding> {
        limits::of_text(plan, text)
    }

    fn templates(&self) -> &'static [(&'static str, &'static str)] {
        TEMPLATES.texts()
    }

    fn capabilities(&self) -> &'static [Capability] {
        capabilities::TABLE
    }
}
