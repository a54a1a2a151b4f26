//! Rules about files that a spec names.

pub(super) mod file_not_there;
