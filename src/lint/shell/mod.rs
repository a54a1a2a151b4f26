//! Rules about what is run that somebody else has written.

pub(super) mod pipe_to_shell;
pub(super) mod unpinned_action;
pub(super) mod unverified_download;
