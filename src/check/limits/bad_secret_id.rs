#![doc = include_str!("../../../docs/findings/MLP459.md")]

use crate::diag::{Code, Finding};
use crate::spec::{PlatformName, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for ids in spec.secrets.values() {
        for (platform, id) in &ids.ids {
            if let Some(rule) = problem(*platform, &id.node) {
                let message = format!(
                    "`{}` cannot be the id of a secret on {}",
                    id.node.escape_debug(),
                    platform.word()
                );
                out.push(Finding::at(Code::BAD_SECRET_ID, id.span, message).help(rule));
            }
        }
    }
}

fn problem(platform: PlatformName, id: &str) -> Option<&'static str> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let digit_first = id.starts_with(|c: char| c.is_ascii_digit());
    match platform {
        PlatformName::Github => {
            let legal = !id.is_empty() && id.chars().all(word) && !digit_first;
            let owned = id.to_ascii_uppercase().starts_with("GITHUB_");
            (!legal || owned)
                .then_some("write letters, digits and `_`, not starting with a digit or with `GITHUB_`")
        }
        PlatformName::Gitlab => {
            let legal = !id.is_empty() && id.len() <= 255 && id.chars().all(word) && !digit_first;
            (!legal).then_some("write letters, digits and `_`, not starting with a digit")
        }
        PlatformName::Jenkins => {
            let legal = !id.is_empty() && id.chars().all(|c| word(c) || matches!(c, '.' | '-'));
            (!legal).then_some("write letters, digits, `_`, `.` and `-`")
        }
    }
}
