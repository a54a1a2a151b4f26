//! Branch and tag globs: as filters under `on:`, and as expressions where no filter has looked at the ref.
//!
//! A filter is exact: the language's globs are a subset of GitHub's, and the filter minds the case of letters. An
//! expression knows `==`, `startsWith`, `endsWith` and `contains`, and all four ignore it (`actions/runner`,
//! `Expressions2/EvaluationResult.cs` and `Sdk/Functions/*.cs`: `OrdinalIgnoreCase`; `fromJSON` objects are looked
//! up without case as well). So an expression also holds for a ref that differs from the pattern in the case of
//! letters only. `docs/platforms/github.md` says what keeps such a ref from deploying.

use super::expression::Expr;
use crate::plan::Pattern;
use crate::render::expression_literal;

/// What kind of name a pattern is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    /// A branch that the run is of.
    Branch,
    /// A tag that the run is of.
    Tag,
    /// The branch that a pull request wants to get into.
    Base,
}

/// The pattern as a filter: `*` and `**` mean the same there, every other special character is escaped.
pub(super) fn filter(pattern: &Pattern) -> String {
    let mut out = String::with_capacity(pattern.0.len());
    for (at, c) in pattern.0.char_indices() {
        if "\\?+[]".contains(c) || (c == '!' && at == 0) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// True when every name that `inner` matches is matched by one of `outer`: said only where it is certain.
pub(super) fn covered(inner: &Pattern, outer: &[Pattern]) -> bool {
    outer.iter().any(|o| o == inner || o.0 == "**" || (inner.is_literal() && o.matches(&inner.0)))
}

/// An expression that holds exactly (but for the case of letters) when the name matches; nothing when GitHub's
/// expressions cannot say it.
pub(super) fn test(name: Name, pattern: &Pattern) -> Option<Expr> {
    let (reference, prefix, kind) = match name {
        Name::Branch => ("github.ref_name", "refs/heads/", Some("branch")),
        Name::Tag => ("github.ref_name", "refs/tags/", Some("tag")),
        Name::Base => ("github.base_ref", "", None),
    };
    if pattern.is_literal() {
        let subject = if kind.is_some() { "github.ref" } else { reference };
        let value = expression_literal(&format!("{prefix}{}", pattern.0));
        return Some(Expr::Atom(format!("{subject} == {value}")));
    }
    let mut all: Vec<Expr> =
        kind.map(|k| Expr::Atom(format!("github.ref_type == '{k}'"))).into_iter().collect();
    all.extend(glob(&pattern.0)?.into_iter().map(|t| Expr::Atom(t.print(reference))));
    Some(Expr::All(all))
}

/// One question about a name.
#[derive(Debug, PartialEq, Eq)]
enum Ask {
    Starts(String),
    Ends(String),
    Contains(String),
    NoSlash,
}

impl Ask {
    fn print(&self, subject: &str) -> String {
        match self {
            Self::Starts(s) => format!("startsWith({subject}, {})", expression_literal(s)),
            Self::Ends(s) => format!("endsWith({subject}, {})", expression_literal(s)),
            Self::Contains(s) => format!("contains({subject}, {})", expression_literal(s)),
            Self::NoSlash => format!("!contains({subject}, '/')"),
        }
    }
}

/// The questions whose conjunction is the glob; nothing when there are none.
fn glob(pattern: &str) -> Option<Vec<Ask>> {
    let parts: Vec<&str> =
        if pattern.contains("**") { pattern.split("**").collect() } else { pattern.split('*').collect() };
    if parts.iter().any(|p| p.contains('*')) {
        return None;
    }
    let mut asks = Vec::new();
    match parts.as_slice() {
        [first, last] if !overlap(first, last) => {
            asks.extend((!first.is_empty()).then(|| Ask::Starts((*first).to_owned())));
            asks.extend((!last.is_empty()).then(|| Ask::Ends((*last).to_owned())));
        }
        ["", middle, ""] => asks.push(Ask::Contains((*middle).to_owned())),
        _ => return None,
    }
    if !pattern.contains("**") {
        // A single star stops at a slash. Where the rest of the pattern has none, "no slash anywhere" says it.
        if pattern.contains('/') {
            return None;
        }
        asks.push(Ask::NoSlash);
    }
    Some(asks)
}

/// True when a name shorter than both together could start with one and end with the other.
fn overlap(first: &str, last: &str) -> bool {
    let (first, last) = (first.to_ascii_lowercase(), last.to_ascii_lowercase());
    (1..=first.len().min(last.len())).any(|n| first.as_bytes()[first.len() - n..] == last.as_bytes()[..n])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(s: &str) -> Pattern {
        Pattern(s.into())
    }

    #[test]
    fn what_expressions_can_say() {
        let said = |name, pattern: &str| test(name, &p(pattern)).map(|e| e.print());
        for (name, pattern, want) in [
            (Name::Branch, "main", Some("github.ref == 'refs/heads/main'")),
            (Name::Tag, "v1", Some("github.ref == 'refs/tags/v1'")),
            (Name::Base, "main", Some("github.base_ref == 'main'")),
            (Name::Branch, "it's", Some("github.ref == 'refs/heads/it''s'")),
            (Name::Branch, "**", Some("github.ref_type == 'branch'")),
            (
                Name::Branch,
                "release/**",
                Some("github.ref_type == 'branch' && startsWith(github.ref_name, 'release/')"),
            ),
            (Name::Base, "release/**", Some("startsWith(github.base_ref, 'release/')")),
            (
                Name::Tag,
                "v*",
                Some(
                    "github.ref_type == 'tag' && startsWith(github.ref_name, 'v') && !contains(github.ref_name, '/')",
                ),
            ),
            (Name::Base, "**/hotfix/**", Some("contains(github.base_ref, '/hotfix/')")),
            (
                Name::Base,
                "v**-rc",
                Some("startsWith(github.base_ref, 'v') && endsWith(github.base_ref, '-rc')"),
            ),
            // `release/1/2` would pass every question that can be asked
            (Name::Branch, "release/*", None),
            // `aba` starts with `ab` and ends with `ba`, and does not match
            (Name::Branch, "ab**ba", None),
            (Name::Branch, "a**b**c", None),
            (Name::Branch, "v*.*", None),
            (Name::Branch, "a***b", None),
        ] {
            assert_eq!(said(name, pattern).as_deref(), want, "{pattern}");
        }
    }

    #[test]
    fn filters_escape_what_the_language_takes_literally() {
        assert_eq!(filter(&p("release/**")), "release/**");
        assert_eq!(filter(&p("!v1+b!")), "\\!v1\\+b!");
    }

    #[test]
    fn coverage_is_said_only_where_it_is_certain() {
        assert!(covered(&p("main"), &[p("main")]));
        assert!(covered(&p("release/1"), &[p("release/*")]));
        assert!(covered(&p("release/**"), &[p("release/**")]));
        assert!(covered(&p("release/**"), &[p("**")]));
        assert!(!covered(&p("release/**"), &[p("release/*")]));
        assert!(!covered(&p("main"), &[p("Main")]));
    }
}
