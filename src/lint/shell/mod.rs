//! Rules about what commands do with the network and with the shell itself.

pub(super) mod pipe_to_shell;
pub(super) mod unverified_download;
