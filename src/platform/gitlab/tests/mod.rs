//! Tests of the GitLab back end.

mod expression;
mod file;
mod limits;
mod rules;
