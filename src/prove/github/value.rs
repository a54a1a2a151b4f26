//! Values of expressions, and what GitHub does with them: `actions/runner`, `Expressions2/EvaluationResult.cs` and
//! `Sdk/Functions`. Strings are compared without regard to the case of letters; values of two kinds are compared as
//! numbers, where `null` and the empty string are 0 and other texts mostly no number.

use super::expression::Function;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// What a name comes to that does not exist.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A string.
    Text(String),
}

impl Value {
    /// A string.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// "Falsy values (false, 0, -0, "", '', null) are coerced to false" (docs, "Operators").
    pub(super) fn holds(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Bool(b) => *b,
            Self::Text(t) => !t.is_empty(),
        }
    }

    /// `a == b`.
    pub(super) fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => folded(a) == folded(b),
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            // NaN equals nothing, itself neither.
            (a, b) => a.number() == b.number(),
        }
    }

    /// `contains`, `startsWith`, `endsWith`.
    pub(super) fn asked(&self, function: Function, other: &Self) -> bool {
        let (a, b) = (folded(&self.as_text()), folded(&other.as_text()));
        match function {
            Function::Contains => a.contains(&b),
            Function::StartsWith => a.starts_with(&b),
            Function::EndsWith => a.ends_with(&b),
            _ => false,
        }
    }

    fn as_text(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Bool(b) => b.to_string(),
            Self::Text(t) => t.clone(),
        }
    }

    fn number(&self) -> f64 {
        match self {
            Self::Null => 0.0,
            Self::Bool(b) => f64::from(u8::from(*b)),
            Self::Text(t) if t.trim().is_empty() => 0.0,
            Self::Text(t) => t.trim().parse().unwrap_or(f64::NAN),
        }
    }
}

/// `OrdinalIgnoreCase`: letter by letter, in upper case.
fn folded(text: &str) -> String {
    text.chars()
        .map(|c| {
            let mut upper = c.to_uppercase();
            match (upper.next(), upper.next()) {
                (Some(one), None) => one,
                _ => c,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_as_the_runner_does() {
        let t = Value::text;
        for (a, b, want) in [
            (t("main"), t("MAIN"), true),
            (t("main"), t("main2"), false),
            (Value::Null, t(""), true),
            (Value::Null, t("Bot"), false),
            (Value::Null, Value::Bool(false), true),
            (Value::Bool(true), t("1"), true),
            (Value::Bool(true), t("true"), false),
            (t("1"), t("1.0"), false),
        ] {
            assert_eq!(a.equals(&b), want, "{a:?} == {b:?}");
            assert_eq!(b.equals(&a), want, "{b:?} == {a:?}");
        }
        assert!(t("Release/1").asked(Function::StartsWith, &t("release/")));
        assert!(t("v1-RC").asked(Function::EndsWith, &t("-rc")));
        assert!(!t("v1").asked(Function::Contains, &t("/")));
        assert!(Value::Null.asked(Function::Contains, &t("")));
        assert!(t("false").holds() && !t("").holds() && !Value::Null.holds());
    }
}
