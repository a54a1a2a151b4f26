//! The Jenkins back end: a declarative Jenkinsfile for a multibranch pipeline.
//!
//! Jobs become stages by level, and every stage carries its whole condition: its events and refs, and how the jobs
//! that it needs have ended (the status map `S`). `docs/platforms/jenkins.md` says what it relies on, with sources.

mod capabilities;
mod condition;
mod levels;
mod limits;
mod size;
#[cfg(test)]
mod tests;
mod view;

use super::{Capability, Platform};
use crate::diag::Finding;
use crate::plan::{Plan, Second};
use crate::render::{Overlay, TemplateBug, Templates};
use crate::spec::PlatformName;

/// Templates, by their path below `templates/`.
static TEMPLATES: Templates = Templates::new(&[
    ("jenkins/Jenkinsfile.j2", include_str!("../../../templates/jenkins/Jenkinsfile.j2")),
    ("jenkins/stage.j2", include_str!("../../../templates/jenkins/stage.j2")),
    ("jenkins/helpers.j2", include_str!("../../../templates/jenkins/helpers.j2")),
]);

/// Jenkins.
pub struct Jenkins;

impl Platform for Jenkins {
    fn name(&self) -> PlatformName {
        PlatformName::Jenkins
    }

    fn default_path(&self, pipeline: &str, shared: bool) -> String {
        if shared { format!("jenkins/{pipeline}.Jenkinsfile") } else { "Jenkinsfile".to_owned() }
    }

    fn second_path(&self, pipeline: &str, second: Second, shared: bool) -> String {
        let alone = || format!("Jenkinsfile.{}", second.word());
        if shared { self.default_path(&second.name(pipeline), true) } else { alone() }
    }

    fn comment(&self) -> &'static str {
        "//"
    }

    fn limits(&self, plan: &Plan) -> Vec<Finding> {
        limits::of_plan(plan)
    }

    fn prepare(&self) {
        TEMPLATES.prepare();
    }

    fn emit_with(&self, plan: &Plan, overlay: &Overlay) -> Result<String, TemplateBug> {
        TEMPLATES.render("jenkins/Jenkinsfile.j2", &view::View::of(plan), overlay)
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
