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
    /// There is nothing in a file.
    EMPTY_FILE = "MLP005" "empty-file" Error;
    /// The text does not follow the grammar.
    SYNTAX = "MLP010" "syntax" Error;
    /// A string has no end.
    UNCLOSED_STRING = "MLP011" "unclosed-string" Error;
    /// A block has no end.
    UNCLOSED_BLOCK = "MLP012" "unclosed-block" Error;
    /// A brace closes nothing.
    STRAY_BRACE = "MLP013" "stray-brace" Error;
    /// A backslash with something behind it that is no escape.
    BAD_ESCAPE = "MLP014" "bad-escape" Error;
    /// `use` of a file that cannot be used.
    BAD_USE = "MLP020" "bad-use" Error;
    /// `use` of a file outside the repository.
    USE_OUTSIDE = "MLP021" "use-outside" Error;
    /// Files that use each other.
    USE_CYCLE = "MLP022" "use-cycle" Error;
    /// `only` names something that the used file does not have.
    USE_UNKNOWN = "MLP023" "use-unknown" Error;
    /// A statement of a library that nobody takes.
    NOT_TAKEN = "MLP024" "not-taken" Error;
    /// A word that is no keyword.
    UNKNOWN_WORD = "MLP100" "unknown-word" Error;
    /// A keyword where it may not stand.
    WRONG_PLACE = "MLP101" "wrong-place" Error;
    /// A statement twice where once is allowed.
    GIVEN_TWICE = "MLP102" "given-twice" Error;
    /// A name twice in one kind.
    NAME_TWICE = "MLP103" "name-twice" Error;
    /// An argument of the wrong kind.
    WRONG_ARGUMENT = "MLP104" "wrong-argument" Error;
    /// An argument too few.
    MISSING_ARGUMENT = "MLP105" "missing-argument" Error;
    /// An argument too many.
    EXTRA_ARGUMENT = "MLP106" "extra-argument" Error;
    /// A block missing, or one too many.
    WRONG_BLOCK = "MLP107" "wrong-block" Error;
    /// A statement that must be there is not.
    MISSING_STATEMENT = "MLP108" "missing-statement" Error;
    /// A word that is not one of the choices.
    UNKNOWN_CHOICE = "MLP109" "unknown-choice" Error;
    /// A name that breaks the rule for names.
    BAD_NAME = "MLP110" "bad-name" Error;
    /// A value that no output could carry or no run could use.
    BAD_VALUE = "MLP111" "bad-value" Error;
    /// A value of one dimension where another is wanted.
    UNIT_MISMATCH = "MLP120" "unit-mismatch" Error;
    /// A duration or size compared with a metric whose unit nobody said.
    UNIT_UNKNOWN = "MLP121" "unit-unknown" Error;
    /// A metric that says two units.
    UNIT_CONTRADICTION = "MLP122" "unit-contradiction" Error;
    /// A `let` that nobody filled.
    LET_UNFILLED = "MLP130" "let-unfilled" Error;
    /// A `let` with a value that somebody gives again.
    LET_OVERRIDDEN = "MLP131" "let-overridden" Error;
    /// A reference to something that is no `let` and no value of the run.
    UNKNOWN_REFERENCE = "MLP132" "unknown-reference" Error;
    /// A value of the run where it must be known before the run.
    RUN_VALUE_PLACE = "MLP133" "run-value-place" Error;
    /// `let`s that need each other.
    LET_CYCLE = "MLP134" "let-cycle" Error;
}
