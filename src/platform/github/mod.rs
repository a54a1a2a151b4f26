//! The Github back end.

use super::{Capability, Platform};
use crate::diag::Finding;
use crate::plan::Plan;
use crate::render::TemplateBug;
use crate::spec::PlatformName;

/// Github.
pub struct Github;

impl Platform for Github {
    fn name(&self) -> PlatformName {
        PlatformName::Github
    }

    fn default_path(&self, pipeline: &str, shared: bool) -> String {
        if shared {
            format!(".github/workflows/{pipeline}.yml")
        } else {
            format!(".github/workflows/{pipeline}.yml")
        }
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
