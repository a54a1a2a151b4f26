#![doc = include_str!("../../../docs/findings/MLP724.md")]

use super::dockerfile::{Dockerfile, Instruction, What, certainly_brings};
use super::in_context;
use crate::diag::{Code, Finding};
use crate::lint::Subject;

/// Commands that bring packages from elsewhere.
const INSTALLERS: [&str; 7] = [
    "pip install ",
    "pip3 install ",
    "apt-get install ",
    "apk add ",
    "conda install ",
    "mamba install ",
    "micromamba install ",
];

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let Some(image) = &subject.spec.image else { return };
    let Some((path, file)) = super::dockerfile(subject, image) else { return };
    for name in &image.with_models {
        let Some(inside) = subject.spec.models.get(&name.node).and_then(|m| in_context(image, m)) else {
            continue;
        };
        let Some((copied, installed)) = wrong_way_round(&file, &inside) else { continue };
        let message = format!(
            "`{path}`, line {installed}, installs packages behind the model, which line {copied} copies: with every new model they are all installed anew"
        );
        out.push(Finding::at(Code::MODEL_BEFORE_PACKAGES, name.span, message).help(format!(
            "let line {copied} come behind line {installed}, and before that copy only what it needs, such as `requirements.txt`: then the build cache has the packages"
        )));
    }
}

/// The line that copies the model and the first one behind it that installs packages and does not need the model.
fn wrong_way_round(file: &Dockerfile, model: &str) -> Option<(usize, usize)> {
    (0..file.stages.len()).find_map(|index| {
        let (lineage, _) = file.lineage(index);
        let all: Vec<&Instruction> = lineage.iter().flat_map(|s| &s.instructions).collect();
        let copies = |i: &&Instruction| match &i.what {
            What::Copy(sources) => sources.iter().any(|s| certainly_brings(s, model)),
            _ => false,
        };
        let at = all.iter().position(copies)?;
        let install = all[at + 1..].iter().find(|i| match &i.what {
            What::Run(command) => installs(command, model),
            _ => false,
        })?;
        Some((all[at].line, install.line))
    })
}

/// Does a command install packages by their names or a list of names? One that installs what lies in a folder may need
/// whatever was copied there.
fn installs(command: &str, model: &str) -> bool {
    let file = model.rsplit('/').next().unwrap_or(model);
    let needs = command.split_whitespace().map(|w| w.trim_matches(['"', '\''])).any(|w| {
        let path = w.split('[').next().unwrap_or(w);
        matches!(path, "." | ".." | "-e" | "--editable") || path.ends_with(".whl") || path.starts_with("./")
    });
    INSTALLERS.iter().any(|i| command.contains(i)) && !needs && !command.contains(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_need_the_copied_files_is_let_be() {
        for (command, is) in [
            ("pip install -r requirements.txt", true),
            ("python -m pip install --no-cache-dir torch==2.9.0", true),
            ("uv pip install --system -r requirements.txt", true),
            ("apt-get update && apt-get install -y libgomp1", true),
            ("pip install .", false),
            ("pip install '.[serving]'", false),
            ("pip install -e .", false),
            ("pip install ./models/en_core.whl", false),
            ("pip install /app/m.onnx", false),
            ("python warm.py", false),
        ] {
            assert_eq!(installs(command, "models/m.onnx"), is, "{command}");
        }
    }
}
