//! The Jenkins back end.

use super::{Capability, Platform};
use crate::diag::Finding;
use crate::plan::Plan;
use crate::render::TemplateBug;
use crate::spec::PlatformName;

/// Jenkins.
pub struct Jenkins;

impl Platform for Jenkins {
    fn name(&self) -> PlatformName {
        PlatformName::Jenkins
    }

    fn default_path(&self, pipeline: &str, shared: bool) -> String {
        if shared { format!("jenkins/{pipeline}.Jenkinsfile") } else { format!("Jenkinsfile") }
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
