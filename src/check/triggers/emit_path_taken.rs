#![doc = include_str!("../../../docs/findings/MLP310.md")]

use crate::check::facts::normal;
use crate::diag::{Code, Finding, Span};
use crate::spec::{Emit, PlatformName, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    let mut taken: Vec<(String, Span, &str)> = Vec::new();
    for (i, emit) in spec.emit.iter().enumerate() {
        let span = emit.path.as_ref().map_or(emit.platform.span, |p| p.span);
        let word = emit.platform.word();
        if let Some(first) = spec.emit[..i].iter().find(|e| e.platform.node == emit.platform.node) {
            out.push(
                Finding::at(Code::EMIT_PATH_TAKEN, span, format!("`{word}` is emitted twice"))
                    .also(first.platform.span, "emitted here first")
                    .help("leave one of the two out"),
            );
            continue;
        }
        let Some(path) = path_of(emit, &spec.pipeline.node) else { continue };
        // Not every file system tells the two apart.
        let key = path.to_lowercase();
        if key == spec.path.as_str().to_lowercase() {
            out.push(
                Finding::at(Code::EMIT_PATH_TAKEN, span, format!("`{path}` is this spec itself"))
                    .help("write another path"),
            );
        } else if key.starts_with(".mlpipe/") || key.starts_with("mlpipe-out/") || key.starts_with(".git/") {
            out.push(
                Finding::at(Code::EMIT_PATH_TAKEN, span, format!("`{path}` lies in a folder with another owner"))
                    .help("write another path; mlpipe and git keep `.mlpipe`, `mlpipe-out` and `.git` to themselves"),
            );
        } else if let Some((_, first, other)) = taken.iter().find(|(k, ..)| *k == key) {
            out.push(
                Finding::at(Code::EMIT_PATH_TAKEN, span, format!("`{path}` is also the path of `{other}`"))
                    .also(*first, "taken here")
                    .help("write another path for one of the two"),
            );
        }
        taken.push((key, span, word));
    }
}

/// Where it is written when the spec says nothing, for a pipeline that is alone in its repository.
fn path_of(emit: &Emit, pipeline: &str) -> Option<String> {
    match (&emit.path, emit.platform.node) {
        (Some(path), _) => normal(&path.node),
        (None, PlatformName::Github) => Some(format!(".github/workflows/{pipeline}.yml")),
        (None, PlatformName::Gitlab) => Some(".gitlab-ci.yml".into()),
        (None, PlatformName::Jenkins) => Some("Jenkinsfile".into()),
    }
}
