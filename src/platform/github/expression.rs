//! GitHub expressions as a tree, so that parentheses are set by one printer.

/// A condition made of questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expr {
    /// One question, printed: a comparison or a call.
    Atom(String),
    /// All hold; true when empty.
    All(Vec<Expr>),
    /// At least one holds; false when empty.
    Any(Vec<Expr>),
}

impl Expr {
    /// True for every run.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Atom(_) => false,
            Self::All(parts) => parts.iter().all(Self::is_true),
            Self::Any(parts) => parts.iter().any(Self::is_true),
        }
    }

    /// The same without constants and without nesting of a kind in itself.
    pub(super) fn simplify(self) -> Self {
        match self {
            Self::Atom(a) => Self::Atom(a),
            Self::All(parts) => {
                let mut flat = Vec::new();
                for part in parts {
                    match part.simplify() {
                        Self::All(inner) => flat.extend(inner),
                        other => flat.push(other),
                    }
                }
                if flat.contains(&Self::Any(Vec::new())) {
                    return Self::Any(Vec::new());
                }
                one_or(flat, Self::All)
            }
            Self::Any(parts) => {
                let mut flat: Vec<Self> = Vec::new();
                for part in parts {
                    match part.simplify() {
                        Self::Any(inner) => flat.extend(inner),
                        other if flat.contains(&other) => {}
                        other => flat.push(other),
                    }
                }
                if flat.iter().any(Self::is_true) {
                    return Self::All(Vec::new());
                }
                one_or(flat, Self::Any)
            }
        }
    }

    /// As text, without `${{ }}`.
    pub(super) fn print(&self) -> String {
        match self {
            Self::Atom(a) => a.clone(),
            Self::All(parts) if parts.is_empty() => "true".to_owned(),
            Self::Any(parts) if parts.is_empty() => "false".to_owned(),
            Self::All(parts) => parts.iter().map(Self::grouped).collect::<Vec<_>>().join(" && "),
            Self::Any(parts) => {
                let inner = |p: &Self| if let Self::Any(_) = p { p.print() } else { p.grouped() };
                parts.iter().map(inner).collect::<Vec<_>>().join(" || ")
            }
        }
    }

    /// As text that can stand beside `&&` or `||`.
    pub(super) fn grouped(&self) -> String {
        match self {
            Self::All(parts) | Self::Any(parts) => match parts.as_slice() {
                // One of a kind is what it holds, which may need the brackets itself.
                [only] => only.grouped(),
                [] => self.print(),
                _ => format!("({})", self.print()),
            },
            Self::Atom(_) => self.print(),
        }
    }
}

fn one_or(mut parts: Vec<Expr>, many: fn(Vec<Expr>) -> Expr) -> Expr {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            many(parts)
        }
        None => many(parts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parentheses_and_constants() {
        let a = |s: &str| Expr::Atom(s.into());
        let e = Expr::All(vec![
            a("x"),
            Expr::All(vec![]),
            Expr::Any(vec![a("y"), Expr::All(vec![a("z"), a("w")]), a("y")]),
        ]);
        assert_eq!(e.simplify().print(), "x && (y || (z && w))");
        assert_eq!(Expr::All(vec![a("x"), Expr::Any(vec![])]).simplify().print(), "false");
        assert!(Expr::Any(vec![a("x"), Expr::All(vec![])]).simplify().is_true());
        // Found by the proof: `x && y || z` let a notification of one job's failure go out for a cancelled run.
        let alone = Expr::Any(vec![Expr::Any(vec![a("y"), a("z")])]);
        assert_eq!(Expr::All(vec![a("x"), alone]).print(), "x && (y || z)");
    }
}
