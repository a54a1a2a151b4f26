//! The one table of finding codes. A code is never reused; its page is `docs/findings/CODE.md`.

use super::Severity;

/// One kind of finding.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code {
    /// Stable id, `MLP` and three digits.
    pub id: &'static str,
    /// Stable name in words, `unknown-keyword`.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The page that `mlpipe explain` prints, in Markdown.
    pub page: &'static str,
}

/// The code with that id or name, upper or lower case.
pub fn find(id_or_name: &str) -> Option<&'static Code> {
    ALL.iter()
        .copied()
        .find(|c| c.id.eq_ignore_ascii_case(id_or_name) || c.name.eq_ignore_ascii_case(id_or_name))
}

macro_rules! codes {
    ($($(#[$doc:meta])* $konst:ident = $id:literal $name:literal $severity:ident;)*) => {
        impl Code {
            $(
                $(#[$doc])*
                pub const $konst: &'static Code = &Code {
                    id: $id,
                    name: $name,
                    severity: Severity::$severity,
                    page: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/findings/", $id, ".md")),
                };
            )*
        }
        /// Every code, in the order of their ids.
        pub static ALL: &[&Code] = &[$(Code::$konst),*];
    };
}

// 0xx reading and syntax · 1xx words, arguments, units · 2xx names and references · 3xx meaning of gates, models,
// images, deploys · 4xx limits of a platform · 5xx not compiled yet · 6xx files on disk · 9xx our own bugs
codes! {
    /// A file cannot be read.
    UNREADABLE = "MLP001" "unreadable" Error;
    /// A file is not UTF-8.
    NOT_UTF8 = "MLP002" "not-utf8" Error;
    /// A file is larger than a spec can sensibly be.
    TOO_LARGE = "MLP003" "too-large" Error;
    /// Blocks are nested deeper than any keyword needs.
    TOO_DEEP = "MLP004" "too-deep" Error;
    /// The text does not follow the grammar.
    SYNTAX = "MLP010" "syntax" Error;
    /// GitHub refuses the name of a job, an environment, a secret or a variable.
    GITHUB_NAME = "MLP410" "github-name" Error;
    /// An event has more inputs than GitHub takes.
    GITHUB_INPUTS = "MLP411" "github-inputs" Error;
    /// A branch or tag pattern that GitHub's expressions cannot say.
    GITHUB_PATTERN = "MLP412" "github-pattern" Error;
    /// A job that may take longer than GitHub lets a job run.
    GITHUB_TIME = "MLP413" "github-time" Error;
    /// A workflow or a condition that is too long for GitHub.
    GITHUB_SIZE = "MLP414" "github-size" Error;
    /// An approval that should expire.
    GITHUB_EXPIRY = "MLP415" "github-expiry" Error;
    /// Refs that differ in the case of letters only.
    GITHUB_LETTER_CASE = "MLP416" "github-letter-case" Error;
    /// A runner without labels for GitHub.
    GITHUB_RUNNER = "MLP417" "github-runner" Error;
    /// A statement without output yet.
    NOT_COMPILED_YET = "MLP500" "not-compiled-yet" Error;
    /// Two pipelines of one name.
    PIPELINE_TWICE = "MLP601" "pipeline-twice" Error;
    /// Two pipelines would write one file.
    PATH_TWICE = "MLP602" "path-twice" Error;
    /// The shared root file needs a pipeline that holds errors.
    NEIGHBOUR_BROKEN = "MLP603" "neighbour-broken" Error;
    /// A template of ours failed.
    TEMPLATE_FAILED = "MLP901" "template-failed" Error;
    /// A file that we printed does not read back.
    DOES_NOT_READ_BACK = "MLP902" "does-not-read-back" Error;
}
