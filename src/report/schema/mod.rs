//! The JSON schemas of what mlpipe prints, of what jobs write, and of `mlpipe.toml`.
//!
//! They are made from the very types that are printed, but in the tests and not here: the program carries texts, and
//! neither the crate that makes them nor its time. `UPDATE_SCHEMAS=1 cargo test --lib schema` writes them anew.

#[cfg(test)]
mod tests;

/// A schema, JSON Schema 2020-12.
pub struct Schema {
    /// What `mlpipe schema` calls it.
    pub name: &'static str,
    /// What it describes.
    pub of: &'static str,
    /// The schema itself.
    pub text: &'static str,
}

macro_rules! schemas {
    ($($name:literal $of:literal;)*) => {
        /// Every schema, in the order in which they are listed.
        pub const ALL: &[Schema] =
            &[$(Schema { name: $name, of: $of, text: include_str!(concat!("../../../schemas/", $name, ".json")) }),*];
    };
}

schemas! {
    "findings" "`mlpipe lint --format json`, and `check`";
    "plan" "`mlpipe plan --format json`, each document of it";
    "test" "`mlpipe test --format json`";
    "simulate" "`mlpipe simulate --format json`";
    "targets" "`mlpipe targets --format json`";
    "setup" "`mlpipe setup --format json`";
    "doctor" "`mlpipe doctor --format json`";
    "record" "`mlpipe-out/JOB.json`, what a job leaves behind";
    "message" "what `notify webhook` sends";
    "config" "`mlpipe.toml`";
}

/// The schema of that name.
pub fn find(name: &str) -> Option<&'static Schema> {
    ALL.iter().find(|s| s.name == name)
}
