//! Secrets.

pub(crate) mod literal_secret;
pub(super) mod secret_and_env;
pub(super) mod secret_two_kinds;
pub(super) mod secret_unused;
pub(crate) mod shapes;
