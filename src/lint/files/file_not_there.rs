#![doc = include_str!("../../../docs/findings/MLP770.md")]

use crate::check::facts::normal;
use crate::diag::{Code, Finding, Span};
use crate::lint::Subject;
use crate::spec::{Install, ModelSource, Spec};

/// A file or folder that has to be in the repository before any command of a job runs.
struct Needed {
    path: String,
    /// As it is written, where that counts from a `workdir`.
    written: Option<String>,
    span: Span,
    /// `image`: what wants it.
    what: &'static str,
}

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let needed = needed(subject.spec);
    let (there, missing): (Vec<&Needed>, Vec<&Needed>) =
        needed.iter().partition(|n| subject.beside.exists(&n.path));
    // A spec in a folder without any file that it names is an example or a draft; they may be anywhere.
    let real = there.iter().any(|n| subject.beside.is_file(&n.path));
    if !real && !subject.beside.exists(".git") {
        return;
    }
    for n in missing {
        let message = format!("{} wants `{}`, and the repository has none", n.what, n.path);
        let help = match &n.written {
            Some(path) if subject.beside.exists(path) => {
                "it counts from the `workdir`: write its path from there".to_owned()
            }
            Some(_) => "write its path from the `workdir`, or add it".to_owned(),
            None => "write its path from the repository's root, or add it".to_owned(),
        };
        out.push(Finding::at(Code::FILE_NOT_THERE, n.span, message).help(help));
    }
}

fn needed(spec: &Spec) -> Vec<Needed> {
    let mut all = Vec::new();
    let whole = spec.workdir.as_ref().map_or("", |w| w.node.as_str());
    let mut add = |folder: &str, written: &str, span, what| {
        let full = if folder.is_empty() { written.to_owned() } else { format!("{folder}/{written}") };
        // The root itself is always there, and `normal` knows no path outside.
        if let Some(path) = normal(&full).filter(|p| !p.is_empty()) {
            let written = (!folder.is_empty()).then(|| written.to_owned());
            all.push(Needed { path, written, span, what });
        }
    };
    if let Some(workdir) = &spec.workdir {
        add("", &workdir.node, workdir.span, "`workdir`");
    }
    // Where each job has a folder of its own, so have its requirements.
    let moved = spec.gates.values().any(|g| g.common.workdir.is_some());
    if let (Some(Install::Pip(files)), false) = (spec.python.as_ref().and_then(|p| p.install.as_ref()), moved)
    {
        for file in files {
            add(whole, &file.node, file.span, "`install pip`");
        }
    }
    for gate in spec.gates.values() {
        if let Some(workdir) = &gate.common.workdir {
            add("", &workdir.node, workdir.span, "`workdir`");
        }
        // A command may write the baseline first; without one nobody does.
        if let (Some(baseline), None) = (&gate.baseline, &gate.run) {
            let folder = gate.common.workdir.as_ref().map_or(whole, |w| w.node.as_str());
            add(folder, &baseline.node, baseline.span, "`baseline`");
        }
    }
    for model in spec.models.values() {
        if let Some(ModelSource::Path(path)) = model.source.as_ref().map(|s| &s.node) {
            add("", &path.node, path.span, "`source path`");
        }
    }
    if let Some(image) = &spec.image {
        match &image.dockerfile {
            Some(path) => add("", &path.node, path.span, "`dockerfile`"),
            None => add("", "Dockerfile", image.repository.span, "the image"),
        }
        if let Some(path) = &image.context {
            add("", &path.node, path.span, "`context`");
        }
    }
    all
}
