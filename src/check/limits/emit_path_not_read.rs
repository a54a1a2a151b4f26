#![doc = include_str!("../../../docs/findings/MLP458.md")]

use crate::diag::{Code, Finding};
use crate::spec::{PlatformName, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for emit in &spec.emit {
        let Some(path) = &emit.path else { continue };
        let yaml = path.ends_with(".yml") || path.ends_with(".yaml");
        let (why, help) = match emit.platform.node {
            PlatformName::Github if !(yaml && in_workflows(&path.node)) => (
                "GitHub reads workflows from `.github/workflows/NAME.yml` and nowhere else",
                format!("write `\".github/workflows/{}\"`", file_name(&path.node)),
            ),
            PlatformName::Gitlab if !yaml => (
                "GitLab reads a pipeline from a file that ends with `.yml` or `.yaml`",
                "write such a name, or leave the path out for `.gitlab-ci.yml`".to_owned(),
            ),
            _ => continue,
        };
        out.push(Finding::at(Code::EMIT_PATH_NOT_READ, path.span, why).help(help));
    }
}

fn in_workflows(path: &str) -> bool {
    let path = path.trim_start_matches("./");
    path.strip_prefix(".github/workflows/").is_some_and(|name| !name.contains('/'))
}

/// The last part of a path, with an ending that GitHub reads.
fn file_name(path: &str) -> String {
    let last = path.rsplit('/').next().unwrap_or_default();
    let stem = last.strip_suffix(".yml").or_else(|| last.strip_suffix(".yaml")).unwrap_or(last);
    format!("{}.yml", if stem.is_empty() { "release" } else { stem })
}
