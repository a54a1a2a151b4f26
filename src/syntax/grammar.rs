//! The parser that pest makes from `grammar/mlpipe.pest`.
#![allow(missing_docs, reason = "the derive writes no docstrings; the grammar documents its rules itself")]

#[derive(pest_derive::Parser)]
#[grammar = "../grammar/mlpipe.pest"]
pub(crate) struct Grammar;
