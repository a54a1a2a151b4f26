#![doc = include_str!("../../../docs/findings/MLP756.md")]

use super::names::{is_credential, is_secret};
use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::lint::commands::commands;

/// Builtins of the shell, whose words no other process sees, and `env`, which puts on the program that it starts.
const BUILTINS: [&str; 20] = [
    "echo", "printf", "export", "test", "[", "[[", ":", "read", "cd", "set", "unset", "local", "declare",
    "readonly", "source", ".", "eval", "exit", "return", "env",
];

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    for command in commands(subject.spec) {
        for simple in command.script.iter().flat_map(|s| &s.commands) {
            if BUILTINS.contains(&simple.name()) {
                continue;
            }
            let named = simple.words.iter().skip(1).find_map(|word| {
                let secret = word.variables.iter().find(|v| is_credential(v) && is_secret(&command, v));
                secret.map(|s| (word, s))
            });
            let Some((word, secret)) = named else { continue };
            let message =
                format!("`{}` gets the secret `{secret}` as a word of its command line", simple.name());
            out.push(
                Finding::at(
                    Code::SECRET_ON_COMMAND_LINE,
                    command.place(subject, word.range.clone()),
                    message,
                )
                .help(match simple.name() {
                    "curl" => format!("give curl the header on standard input: `curl -H @- … <<< \"Authorization: Bearer ${secret}\"`"),
                    _ => "hand it on by the environment, a file or standard input, such as `--password-stdin`".to_owned(),
                }),
            );
        }
    }
}
