//! Identities in a cloud.

use super::PlatformName;
use crate::diag::{Span, Spanned};
use indexmap::IndexMap;

/// A cloud that trusts the tokens of a CI platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Cloud {
    /// Amazon Web Services.
    Aws,
    /// Google Cloud.
    Gcp,
    /// Microsoft Azure.
    Azure,
}

impl Cloud {
    /// The word of the language: `aws`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Gcp => "gcp",
            Self::Azure => "azure",
        }
    }

    /// The cloud of that word.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Aws, Self::Gcp, Self::Azure].into_iter().find(|c| c.word() == word)
    }

    /// For whom a token is made out where nobody says it: what AWS' own action asks for (in the partition of China its name
    /// there), the provider itself as Google's tools do, and what Entra ID expects.
    pub fn usual_audience(self, name: &str) -> String {
        match self {
            Self::Aws if name.starts_with("arn:aws-cn:") => "sts.amazonaws.com.cn".to_owned(),
            Self::Aws => "sts.amazonaws.com".to_owned(),
            Self::Gcp => format!("https://iam.googleapis.com/{name}"),
            Self::Azure => "api://AzureADTokenExchange".to_owned(),
        }
    }

    /// Names in the environment with which programs decide who they are there: what an identity sets, and what would beat
    /// it. botocore's `create_credential_resolver` looks at keys before tokens, azure-identity's
    /// `DefaultAzureCredential` at a client secret before a federated token, and Google's tools at an access token before
    /// a credential file. The runtime keeps the same list, and a test holds the two together.
    pub fn variables(self) -> &'static [&'static str] {
        match self {
            Self::Aws => &[
                "AWS_ACCESS_KEY_ID",
                "AWS_CONFIG_FILE",
                "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                "AWS_DEFAULT_PROFILE",
                "AWS_PROFILE",
                "AWS_ROLE_ARN",
                "AWS_ROLE_SESSION_NAME",
                "AWS_SECRET_ACCESS_KEY",
                "AWS_SECURITY_TOKEN",
                "AWS_SESSION_TOKEN",
                "AWS_SHARED_CREDENTIALS_FILE",
                "AWS_WEB_IDENTITY_TOKEN_FILE",
            ],
            Self::Gcp => &[
                "CLOUDSDK_AUTH_ACCESS_TOKEN",
                "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE",
                "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE",
                "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT",
                "GOOGLE_APPLICATION_CREDENTIALS",
                "GOOGLE_CREDENTIALS",
                "GOOGLE_OAUTH_ACCESS_TOKEN",
            ],
            Self::Azure => &[
                "AZURE_CLIENT_CERTIFICATE_PASSWORD",
                "AZURE_CLIENT_CERTIFICATE_PATH",
                "AZURE_CLIENT_ID",
                "AZURE_CLIENT_SECRET",
                "AZURE_FEDERATED_TOKEN",
                "AZURE_FEDERATED_TOKEN_FILE",
                "AZURE_PASSWORD",
                "AZURE_TENANT_ID",
                "AZURE_USERNAME",
            ],
        }
    }
}

/// `auth aws role "…" region "…"`: who a job is in a cloud, without a key that lasts.
#[derive(Debug, Clone)]
pub struct Auth {
    /// Which cloud.
    pub cloud: Spanned<Cloud>,
    /// aws: the role's ARN. gcp: the full name of the workload identity provider. azure: the client (application) id.
    pub name: Spanned<String>,
    /// The same on a platform where it is another one.
    pub on: IndexMap<PlatformName, Spanned<String>>,
    /// aws: the region of calls that name none.
    pub region: Option<Spanned<String>>,
    /// gcp: the service account that is impersonated; the provider's own principal when absent.
    pub account: Option<Spanned<String>>,
    /// azure: the tenant.
    pub tenant: Option<Spanned<String>>,
    /// azure: the subscription of calls that name none.
    pub subscription: Option<Spanned<String>>,
    /// For whom the token is made out; what the cloud's own tools ask for when absent.
    pub audience: Option<Spanned<String>>,
    /// The statement.
    pub span: Span,
}
