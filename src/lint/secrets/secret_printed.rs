#![doc = include_str!("../../../docs/findings/MLP758.md")]

use super::names::{is_address, is_secret, of_job};
use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::lint::commands::{Command, commands};
use crate::lint::script::{Join, Simple};

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    for command in commands(subject.spec) {
        for simple in command.script.iter().flat_map(|s| &s.commands) {
            let elsewhere = simple.redirects.iter().any(|r| {
                r.operator.contains('>')
                    && !matches!(r.word.text.as_str(), "1" | "2" | "/dev/stderr" | "/dev/stdout")
            });
            let group = command.script.as_ref().is_some_and(|s| !s.plain)
                && group_goes_elsewhere(&command.shell.node[simple.range.end..]);
            // The runner of GitHub Actions takes that line, and masks what it says from then on.
            let masks = simple.words.iter().any(|w| w.text.contains("::add-mask::"));
            if simple.nested || simple.after == Join::Pipe || elsewhere || group || masks {
                continue;
            }
            let Some(what) = printed(&command, simple) else { continue };
            let message = format!("{} prints {what} into the log", command.owner);
            out.push(
                Finding::at(Code::SECRET_PRINTED, command.place(subject, simple.range.clone()), message)
                    .help("take it out; to see whether a secret is there, print `${NAME:+set}`"),
            );
        }
    }
}

/// Behind a command the end of a group or loop whose output goes into a file or a pipe, as far as the text tells.
fn group_goes_elsewhere(behind: &str) -> bool {
    let text: String = behind.chars().filter(|c| !matches!(c, ' ' | '\t')).collect();
    ["}", ")", "done", "fi", "esac"].iter().any(|end| {
        text.match_indices(end).any(|(at, _)| {
            let rest = &text[at + end.len()..];
            rest.starts_with('>') || rest.starts_with('|') && !rest.starts_with("||")
        })
    })
}

fn printed(command: &Command<'_>, simple: &Simple) -> Option<String> {
    let alone = simple.words.len() == 1;
    match simple.name() {
        "echo" | "printf" => {
            let mut variables = simple.words.iter().flat_map(|w| &w.variables);
            let secret = variables.find(|v| is_secret(command, v) && !is_address(v))?;
            Some(format!("the secret `{secret}`"))
        }
        "printenv" if !alone => {
            let secret =
                simple.words[1..].iter().find(|w| is_secret(command, &w.text) && !is_address(&w.text))?;
            Some(format!("the secret `{}`", secret.text))
        }
        "env" | "printenv" if alone => {
            let secret = of_job(command.common).find(|s| !is_address(s))?;
            Some(format!("its whole environment, with the secret `{secret}`,"))
        }
        _ => None,
    }
}
