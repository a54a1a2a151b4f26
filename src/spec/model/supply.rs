//! Where a model comes from.

use super::{Cloud, Common, SecretName, Shell, Template};
use crate::diag::Spanned;

/// `model fraud-scorer { … }`.
#[derive(Debug, Clone)]
pub struct Model {
    /// Name.
    pub name: Spanned<String>,
    /// Where it comes from; none for a hosted model.
    pub source: Option<Spanned<ModelSource>>,
    /// One to three parts: name / provider version / prompt version.
    pub version: Option<Spanned<Template>>,
    /// Where the file is put, below the root.
    pub save: Option<Spanned<String>>,
    /// `auth aws`: it is fetched with the pipeline's identity there, and never for a pull request.
    pub auth: Vec<Spanned<Cloud>>,
    /// Environment, runner, secrets, timeout.
    pub common: Common,
}

/// Where a model comes from.
#[derive(Debug, Clone)]
pub enum ModelSource {
    /// A file or folder of the repository.
    Path(Spanned<String>),
    /// A URL and the SHA-256 of what it must give.
    Http {
        /// `https://…`.
        url: Spanned<String>,
        /// 64 hex digits.
        sha256: Spanned<String>,
    },
    /// An MLflow registry URI, `models:/name@alias` or `models:/name/7`.
    Mlflow {
        /// The URI.
        uri: Spanned<String>,
        /// Secrets of the statement's own block (`MLFLOW_TRACKING_URI`).
        secrets: Vec<SecretName>,
    },
    /// A command that writes the file.
    Run(Shell),
    /// Typed, made later: sagemaker, s3, gs, azure, huggingface, dvc, oci, with their arguments.
    Later(Spanned<String>),
}
