//! GitLab CI: one `.gitlab-ci.yml` that starts the script.
//!
//! What the file relies on, with its sources, and what has to be set up in the project: `docs/platforms/gitlab.md`.

mod capabilities;
mod exports;
mod inputs;
mod limits;
mod rules;
mod stages;
mod view;
mod words;

#[cfg(test)]
mod tests;

use super::{Capability, Platform, tools};
use crate::diag::Finding;
use crate::plan::{Job, Plan, RunIf};
use crate::render::{Overlay, TemplateBug, Templates};
use crate::spec::PlatformName;

static TEMPLATES: Templates = Templates::new(&[
    ("gitlab/pipeline.yml.j2", include_str!("../../../templates/gitlab/pipeline.yml.j2")),
    ("gitlab/job.yml.j2", include_str!("../../../templates/gitlab/job.yml.j2")),
    ("gitlab/head.yml.j2", include_str!("../../../templates/gitlab/head.yml.j2")),
    ("gitlab/root.yml.j2", include_str!("../../../templates/gitlab/root.yml.j2")),
]);

/// The file that GitLab reads unless the project says otherwise.
const ROOT: &str = ".gitlab-ci.yml";

/// GitLab.
pub struct Gitlab;

impl Platform for Gitlab {
    fn name(&self) -> PlatformName {
        PlatformName::Gitlab
    }

    fn default_path(&self, pipeline: &str, shared: bool) -> String {
        if shared { format!(".gitlab/{pipeline}.yml") } else { ROOT.to_owned() }
    }

    fn limits(&self, plan: &Plan) -> Vec<Finding> {
        limits::limits(plan)
    }

    fn prepare(&self) {
        TEMPLATES.prepare();
    }

    fn emit_with(&self, plan: &Plan, overlay: &Overlay) -> Result<String, TemplateBug> {
        TEMPLATES.render("gitlab/pipeline.yml.j2", &view::pipeline(plan, &tools::read()?), overlay)
    }

    fn text_limits(&self, plan: &Plan, text: &str) -> Vec<Finding> {
        limits::text_limits(plan, text)
    }

    fn root(&self, plans: &[&Plan], overlay: &Overlay) -> Result<Option<(String, String)>, TemplateBug> {
        let plans: Vec<&Plan> = plans.iter().copied().filter(|p| shared(p)).collect();
        if plans.is_empty() {
            return Ok(None);
        }
        let path = |p: &&Plan| {
            let to = p.emit.iter().find(|e| e.platform == PlatformName::Gitlab);
            to.map_or_else(|| self.default_path(&p.pipeline, true), |e| e.path.clone())
        };
        let paths: Vec<String> = plans.iter().map(path).collect();
        let text = TEMPLATES.render("gitlab/root.yml.j2", &view::root(&plans, &paths), overlay)?;
        Ok(Some((ROOT.to_owned(), text)))
    }

    fn root_limits(&self, plans: &[&Plan]) -> Vec<Finding> {
        limits::root_limits(plans)
    }

    fn root_path(&self) -> Option<&'static str> {
        Some(ROOT)
    }

    fn templates(&self) -> &'static [(&'static str, &'static str)] {
        TEMPLATES.texts()
    }

    fn capabilities(&self) -> &'static [Capability] {
        capabilities::TABLE
    }
}

/// The pipeline's file is included by a root file that holds several.
fn shared(plan: &Plan) -> bool {
    plan.emit.iter().any(|e| e.platform == PlatformName::Gitlab && e.shared_root)
}

/// Jobs of another pipeline can be in the same run.
fn meets_others(plan: &Plan) -> bool {
    plan.emit.iter().any(|e| e.platform == PlatformName::Gitlab && e.shared_root && !e.alone)
}

/// The platform looks at the jobs that it needs. What asks whether any of several failed looks at all earlier stages
/// instead: a job with `needs` is skipped as soon as one of them was.
fn by_needs(job: &Job) -> bool {
    match job.run_if {
        RunIf::AllSucceeded => true,
        RunIf::AnyFailed => job.needs.len() == 1,
        RunIf::NoneFailed => false,
    }
}

/// A job's name in GitLab: its id, except that `image` is a keyword of the file, and with the pipeline's name before it
/// where several pipelines share a root file.
pub fn job_name(plan: &Plan, id: &str) -> String {
    let own = if id == "image" { "image-push" } else { id };
    if shared(plan) { format!("{}:{own}", plan.pipeline) } else { own.to_owned() }
}

fn stage_name(plan: &Plan, stage: &str) -> String {
    if shared(plan) { format!("{}:{stage}", plan.pipeline) } else { stage.to_owned() }
}
