//! Rules about secrets: where they stand, and where they may come to light.

pub(super) mod deploy_secret_on_pull_request;
mod names;
pub(super) mod secret_in_text;
pub(super) mod secret_in_trace;
pub(super) mod secret_on_command_line;
pub(super) mod secret_printed;
mod shapes;
