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
    /// A Jenkinsfile would be longer than Jenkins can compile.
    JENKINSFILE_TOO_LONG = "MLP430" "jenkinsfile-too-long" Error;
    /// A Jenkinsfile comes near the length that Jenkins can compile.
    JENKINSFILE_LONG = "MLP431" "jenkinsfile-long" Warning;
    /// Schedules in two time zones on Jenkins.
    JENKINS_TIME_ZONES = "MLP432" "jenkins-time-zones" Error;
    /// On Jenkins, everybody who may build may approve.
    JENKINS_OPEN_APPROVAL = "MLP433" "jenkins-open-approval" Note;
}
