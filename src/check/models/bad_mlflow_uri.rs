#![doc = include_str!("../../../docs/findings/MLP344.md")]

use crate::diag::{Code, Finding};
use crate::spec::{ModelSource, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for source in spec.models.values().filter_map(|m| m.source.as_ref()) {
        let ModelSource::Mlflow { uri, .. } = &source.node else { continue };
        if let Some(why) = problem(&uri.node) {
            out.push(
                Finding::at(Code::BAD_MLFLOW_URI, uri.span, format!("`{}` {why}", uri.node))
                    .help("write `\"models:/NAME@ALIAS\"` or `\"models:/NAME/7\"`"),
            );
        }
    }
}

fn problem(uri: &str) -> Option<&'static str> {
    let Some(rest) = uri.strip_prefix("models:/") else { return Some("does not start with `models:/`") };
    let rest = rest.trim_start_matches('/');
    let (name, is_alias, which) = match (rest.rsplit_once('@'), rest.rsplit_once('/')) {
        (Some((name, alias)), _) => (name, true, alias),
        (None, Some((name, version))) => (name, false, version),
        (None, None) => return Some("names no version and no alias"),
    };
    if name.is_empty() || which.is_empty() || name.contains('/') {
        Some("is not a model with a version or an alias")
    } else if which.eq_ignore_ascii_case("latest") {
        Some("asks for the latest version, which nobody has chosen")
    } else if !is_alias && !which.bytes().all(|b| b.is_ascii_digit()) {
        Some("names a stage, which MLflow has deprecated for aliases")
    } else {
        None
    }
}
