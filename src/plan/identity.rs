//! Who a job is in a cloud.

use crate::spec::{Cloud, PlatformName};
use indexmap::IndexMap;
use serde::Serialize;

/// An identity of a job: the platform makes a token out to it, and the cloud takes that for a key which lasts an hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlanIdentity {
    /// Which cloud.
    pub cloud: Cloud,
    /// aws: the role's ARN. gcp: the full name of the workload identity provider. azure: the client (application) id.
    pub name: String,
    /// The same on platforms where it is another one.
    pub on: IndexMap<PlatformName, String>,
    /// aws: the region of calls that name none.
    pub region: Option<String>,
    /// gcp: the service account that is impersonated.
    pub account: Option<String>,
    /// azure: the tenant.
    pub tenant: Option<String>,
    /// azure: the subscription of calls that name none.
    pub subscription: Option<String>,
    /// For whom the token is made out, where the spec says it.
    pub audience: Option<String>,
    /// Variable with the token on GitLab and Jenkins, where it is also the credential's id: `MLPIPE_ID_TOKEN_AWS`. GitHub
    /// is asked by the script.
    pub variable: String,
    /// Only what fetches models sees it, and no command of the job.
    pub only_fetches: bool,
}

impl PlanIdentity {
    /// The variable with the token for a cloud.
    pub fn variable_of(cloud: Cloud) -> String {
        format!("MLPIPE_ID_TOKEN_{}", cloud.word().to_uppercase())
    }

    /// Role, provider or client on a platform.
    pub fn name_on(&self, platform: PlatformName) -> &str {
        self.on.get(&platform).unwrap_or(&self.name)
    }

    /// For whom the token of a platform is made out.
    pub fn audience_on(&self, platform: PlatformName) -> String {
        self.audience_for(self.name_on(platform))
    }

    /// For whom the token is made out where no platform has a name of its own.
    pub fn usual_audience(&self) -> String {
        self.audience_for(&self.name)
    }

    fn audience_for(&self, name: &str) -> String {
        self.audience.clone().unwrap_or_else(|| self.cloud.usual_audience(name))
    }
}
