//! Templates and quoting, shared by the script and the platforms.
//!
//! Raw text cannot reach a template: the engine prints numbers, booleans and [`Quoted`] values only, and a
//! [`Quoted`] is made by the quoter of its context. A template that tries anything else fails, and that is our bug.

mod engine;
mod overlay;
mod quote;

pub use engine::{Engine, TemplateBug, Templates};
pub use overlay::{Overlaid, Overlay};
pub use quote::{
    Quoted, bash, comment, expression_literal, groovy, groovy_casc, yaml, yaml_casc, yaml_folded, yaml_github,
};
