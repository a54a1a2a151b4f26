//! Tests of the back end as a whole.

mod conditions;
mod eval;
mod limits;
mod output;
