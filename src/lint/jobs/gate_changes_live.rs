#![doc = include_str!("../../../docs/findings/MLP730.md")]

use crate::diag::{Code, Finding};
use crate::lint::Subject;

/// Commands that put another release live, by their first words.
const PUTS_LIVE: [&str; 10] = [
    "kubectl rollout undo",
    "kubectl set image",
    "kubectl argo rollouts undo",
    "oc rollout undo",
    "helm rollback",
    "aws ecs update-service",
    "aws lambda update-alias",
    "aws lambda update-function-code",
    "gcloud run deploy",
    "gcloud run services update-traffic",
];

/// What a script that puts an old release back is called.
const BACK: [&str; 4] = ["rollback", "roll-back", "roll_back", "redeploy"];

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    for gate in subject.spec.gates.values() {
        let Some(run) = &gate.run else { continue };
        let Some(command) = on_failure(&run.node).find_map(puts_back) else { continue };
        let message = format!(
            "when gate `{}` fails, `{command}` changes what is live: this run has deployed nothing yet, so a good release would go",
            gate.name.node
        );
        out.push(Finding::at(Code::GATE_CHANGES_LIVE, run.span, message).help(
            "take it out: a gate that fails stops the run, and what is live stays; a release that is live is taken back by `rollback { when … }` in its deploy",
        ));
    }
}

/// What is run when a command of the script fails: whatever stands behind `||`, up to the end of that list.
fn on_failure(script: &str) -> impl Iterator<Item = &str> {
    script.split("||").skip(1).map(|behind| behind.split(['\n', '|']).next().unwrap_or(behind))
}

/// The first command of a list that puts a release back.
fn puts_back(list: &str) -> Option<&str> {
    list.split([';', '&', '{', '}', '(', ')']).map(str::trim).find(|command| {
        let known = PUTS_LIVE
            .iter()
            .any(|c| command.strip_prefix(c).is_some_and(|r| r.is_empty() || r.starts_with(' ')));
        let words: Vec<&str> = command.split_whitespace().collect();
        let script = match words.as_slice() {
            ["sh" | "bash" | "python" | "python3" | "make", script, ..] => *script,
            [first, ..] if !matches!(*first, "echo" | "printf" | "true" | "exit") => *first,
            _ => return false,
        };
        known || BACK.iter().any(|b| script.rsplit('/').next().unwrap_or(script).starts_with(b))
    })
}

#[cfg(test)]
mod tests {
    use super::{on_failure, puts_back};

    #[test]
    fn only_what_follows_a_failure_counts() {
        for (script, found) in [
            ("pytest tests || ./scripts/rollback.sh production", Some("./scripts/rollback.sh production")),
            (
                "pytest || { kubectl rollout undo deployment/app; exit 1; }",
                Some("kubectl rollout undo deployment/app"),
            ),
            ("pytest || (make rollback; exit 1)", Some("make rollback")),
            ("pytest && ./rollback.sh --dry-run", None),
            ("pytest tests/rollback.py || exit 1", None),
            ("pytest || echo rollback", None),
            ("pytest ||\n  true\n./rollback.sh", None),
        ] {
            assert_eq!(on_failure(script).find_map(puts_back), found, "{script}");
        }
    }
}
