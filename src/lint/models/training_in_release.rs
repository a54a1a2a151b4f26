#![doc = include_str!("../../../docs/findings/MLP720.md")]

use crate::diag::{Code, Finding, Span};
use crate::lint::Subject;
use crate::plan::EventKind;
use crate::spec::{ModelSource, Spec};

/// Programs that run a script that is named behind them.
const INTERPRETERS: [&str; 7] = ["python", "python3", "bash", "sh", "torchrun", "papermill", "make"];

/// Words of a command that tries the training and does not train: a test of its code, on a few rows.
const TRIES: [&str; 16] = [
    "dry",
    "smoke",
    "fast",
    "limit",
    "max-step",
    "max_step",
    "tiny",
    "debug",
    "sanity",
    "overfit",
    "subset",
    "sample",
    "toy",
    "synthetic",
    "fixture",
    "--help",
];

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let (spec, Some(plan)) = (subject.spec, subject.plan) else { return };
    let pushed =
        |d| crate::lint::deploys::runs_on(plan, d, |e| matches!(e, EventKind::Push | EventKind::Tag));
    let Some(deploy) = spec.deploys.values().find(|d| pushed(d)) else { return };
    for (job, command, place) in commands(spec) {
        // A gate that is called `train-smoke` tries the training, too.
        let Some(script) = trains(command).filter(|_| !tries(&job)) else { continue };
        let message = format!(
            "{job} trains: `{script}` runs for every push that is deployed to `{}`",
            deploy.name.node
        );
        out.push(Finding::at(Code::TRAINING_IN_RELEASE, place, message).help(
            "train in a workflow of its own that registers a candidate, and fetch that here: `source mlflow \"models:/NAME@candidate\"`",
        ));
    }
}

/// Commands that run before anything is deployed.
fn commands(spec: &Spec) -> impl Iterator<Item = (String, &str, Span)> {
    let models = spec.models.values().filter_map(|m| match &m.source.as_ref()?.node {
        ModelSource::Run(run) => Some((format!("model `{}`", m.name.node), run.node.as_str(), run.span)),
        _ => None,
    });
    let gates = spec.gates.values().filter_map(|g| {
        let run = g.run.as_ref()?;
        Some((format!("gate `{}`", g.name.node), run.node.as_str(), run.span))
    });
    models.chain(gates)
}

/// It says that it tries the training: on a few rows, for one epoch.
fn tries(text: &str) -> bool {
    let one = |option: &str| {
        text.match_indices(option)
            .any(|(at, _)| !text[at + option.len()..].starts_with(|c: char| c.is_ascii_digit()))
    };
    TRIES.iter().any(|w| text.contains(w)) || one("epochs 1") || one("epochs=1") || one("epoch=1")
}

/// The script or target by which a command says that it trains.
fn trains(command: &str) -> Option<&str> {
    if tries(command) {
        return None;
    }
    for part in command.split(['\n', ';', '|', '&']) {
        let mut words = part.split_whitespace().skip_while(|w| w.contains('='));
        let Some(first) = words.next() else { continue };
        if is_training(first) && first.contains(['/', '.']) {
            return Some(first);
        }
        if !INTERPRETERS.contains(&first) {
            continue;
        }
        let script = words.find(|w| !w.starts_with('-'));
        if let Some(script) = script.filter(|s| is_training(s)) {
            return Some(script);
        }
    }
    None
}

/// `train.py`, `scripts/train_model.py`, `trainer.train`: the last part of a path, or a module, that is called so.
fn is_training(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.strip_suffix(".py").or_else(|| name.strip_suffix(".sh")).unwrap_or(name);
    let stem = stem.rsplit('.').next().unwrap_or(stem);
    matches!(stem, "train" | "retrain" | "training" | "train_model" | "train-model" | "retrain_model")
}

#[cfg(test)]
mod tests {
    use super::trains;

    #[test]
    fn a_command_trains_by_the_name_of_what_it_runs() {
        for (command, script) in [
            ("python train.py", Some("train.py")),
            (
                "CUDA_VISIBLE_DEVICES=0 python3 -u scripts/train_model.py --epochs 3",
                Some("scripts/train_model.py"),
            ),
            ("python -m ranker.train", Some("ranker.train")),
            ("./train.sh && pytest", Some("./train.sh")),
            ("pytest tests/train.py", None),
            ("python check_training_data.py", None),
            ("python evaluate.py --split train", None),
            ("python train.py --fast-dev-run", None),
            ("python train.py --max_epochs=1", None),
            ("python train.py --epochs 1 --batch-size 8", None),
            ("python train.py --epochs 10", Some("train.py")),
            ("python -m ranker.train --help > /dev/null && pytest", None),
            ("train", None),
            ("python predict.py train.csv", None),
        ] {
            assert_eq!(trains(command), script, "{command}");
        }
    }
}
