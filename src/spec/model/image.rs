//! The image.

use super::{Common, SecretName, Template};
use crate::diag::Spanned;

/// `image ghcr "ghcr.io/acme/fraud-scorer" { … }`.
#[derive(Debug, Clone)]
pub struct Image {
    /// Kind of registry.
    pub registry: Spanned<Registry>,
    /// Repository with its host.
    pub repository: Spanned<String>,
    /// Dockerfile; `Dockerfile` when absent.
    pub dockerfile: Option<Spanned<String>>,
    /// Build context; `.` when absent.
    pub context: Option<Spanned<String>>,
    /// Models that must lie in the build context.
    pub with_models: Vec<Spanned<String>>,
    /// Tags; `commit` when empty.
    pub tags: Vec<Spanned<ImageTag>>,
    /// Scan.
    pub scan: Option<Scan>,
    /// `login secret USER, PASSWORD`.
    pub login: Option<(SecretName, SecretName)>,
    /// Environment, runner, secrets, timeout.
    pub common: Common,
}

/// Kind of registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Registry {
    /// GitHub's.
    Ghcr,
    /// Docker Hub.
    Dockerhub,
    /// Amazon's: typed, made later.
    Ecr,
    /// Google's: typed, made later.
    Gar,
    /// Azure's: typed, made later.
    Acr,
    /// The GitLab project's.
    Gitlab,
    /// Any other, with user and password.
    Generic,
}

/// A tag of the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageTag {
    /// The full commit.
    Commit,
    /// Its first 12 digits.
    ShortCommit,
    /// The branch, made legal for a tag. It moves.
    Branch,
    /// The git tag.
    Tag,
    /// `latest`. It moves.
    Latest,
    /// A text.
    Text(Template),
}

/// `scan trivy fail_on high`.
#[derive(Debug, Clone)]
pub struct Scan {
    /// Scanner: `trivy`.
    pub tool: Spanned<String>,
    /// This severity and worse fail the job.
    pub fail_on: Spanned<ScanLevel>,
}

/// Severity of a vulnerability, mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ScanLevel {
    /// Low.
    Low,
    /// Medium.
    Medium,
    /// High.
    High,
    /// Critical.
    Critical,
}
