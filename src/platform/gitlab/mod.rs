//! The Gitlab back end.

use super::{Capability, Platform};
use crate::diag::Finding;
use crate::plan::Plan;
use crate::render::TemplateBug;
use crate::spec::PlatformName;

/// Gitlab.
pub struct Gitlab;

impl Platform for Gitlab {
    fn name(&self) -> PlatformName {
        PlatformName::Gitlab
    }

    fn default_path(&self, pipeline: &str, shared: bool) -> String {
        if shared { format!(".gitlab/{pipeline}.yml") } else { format!(".gitlab-ci.yml") }
    }

    fn limits(&self, _plan: &Plan) -> Vec<Finding> {
        Vec::new()
    }

    fn emit(&self, _plan: &Plan) -> Result<String, TemplateBug> {
        Ok(String::new())
    }

    fn capabilities(&self) -> &'static [Capability] {
        &[]
    }
}
