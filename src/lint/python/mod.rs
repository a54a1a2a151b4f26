//! Rules about Python: what is installed, and which.

pub(super) mod end_of_life_python;
pub(super) mod test_tool_not_installed;
pub(super) mod unpinned_install;
