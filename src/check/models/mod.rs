//! Models.

pub(super) mod bad_checksum;
pub(super) mod bad_mlflow_uri;
pub(super) mod bad_model_version;
pub(super) mod bad_url;
pub(super) mod model_outside_context;
pub(super) mod model_save;
pub(super) mod no_model_version;
pub(super) mod save_twice;
