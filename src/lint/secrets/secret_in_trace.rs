#![doc = include_str!("../../../docs/findings/MLP757.md")]

use super::names::{is_address, is_secret};
use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::lint::commands::{Command, commands};
use crate::lint::script::Simple;

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    for command in commands(subject.spec) {
        let Some(script) = &command.script else { continue };
        let mut on: Option<&Simple> = None;
        for simple in &script.commands {
            match traces(simple) {
                Some(true) => on = on.or(Some(simple)),
                Some(false) => on = None,
                None => {}
            }
            if let (Some(set), Some(secret)) = (on, expands(&command, simple)) {
                let message =
                    format!("the trace of {} prints the value of the secret `{secret}`", command.owner);
                out.push(
                    Finding::at(Code::SECRET_IN_TRACE, command.place(subject, set.range.clone()), message)
                        .help(
                            "take `-x` out, or write `set +x` in front of the command that uses the secret",
                        ),
                );
                break;
            }
        }
    }
}

/// Does it switch the trace on or off?
fn traces(simple: &Simple) -> Option<bool> {
    if simple.name() != "set" {
        return None;
    }
    let words: Vec<&str> = simple.words[1..].iter().map(|w| w.text.as_str()).collect();
    let by_name = words.windows(2).find(|p| p[1] == "xtrace").map(|p| p[0].starts_with('-'));
    let short = |w: &&&str| w.starts_with(['-', '+']) && !w.starts_with("--") && w.contains('x');
    by_name.or_else(|| words.iter().find(short).map(|w| w.starts_with('-')))
}

/// A secret of the job whose value the shell puts into the command.
fn expands<'a>(command: &Command<'_>, simple: &'a Simple) -> Option<&'a String> {
    let words = simple.words.iter().chain(&simple.assigns);
    words.flat_map(|w| &w.variables).find(|v| is_secret(command, v) && !is_address(v))
}
