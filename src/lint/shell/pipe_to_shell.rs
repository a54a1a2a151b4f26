#![doc = include_str!("../../../docs/findings/MLP760.md")]

use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::lint::commands::commands;
use crate::lint::script::{self, Join, Simple, Word};
use crate::lint::urls;

/// Programs that run what they are given.
const SHELLS: [&str; 9] = ["sh", "bash", "zsh", "dash", "ksh", "python", "python3", "perl", "node"];

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    for command in commands(subject.spec) {
        let Some(script) = &command.script else { continue };
        let mut loads: Option<&Simple> = None;
        for simple in &script.commands {
            if simple.before != Join::Pipe {
                loads = None;
            }
            let runner = simple.tool().first().map_or("", |w| w.text.as_str());
            let found = match loads {
                Some(_) if runs_input(simple) => true,
                _ => {
                    let inside = SHELLS.contains(&runner) || matches!(runner, "eval" | "source" | ".");
                    inside && simple.words.iter().any(loads_inside)
                }
            };
            if found {
                let range = loads.map_or(simple.range.clone(), |l| l.range.start..simple.range.end);
                let message = format!(
                    "{} runs what a server sends, unseen: `{runner}` gets it straight",
                    command.owner
                );
                out.push(
                    Finding::at(Code::PIPE_TO_SHELL, command.place(subject, range), message)
                        .help("load a fixed version into a file, check it with `sha256sum -c`, and run that"),
                );
            }
            if is_load(simple) {
                loads = Some(simple);
            }
        }
    }
}

/// `curl` or `wget` from somewhere else than this machine.
fn is_load(simple: &Simple) -> bool {
    let far = |w: &Word| urls::host(&w.text).is_none_or(|h| !urls::is_local(h));
    matches!(simple.name(), "curl" | "wget") && simple.words[1..].iter().all(far)
}

/// `sh`, `bash -s -- --yes`: a shell without a script of its own.
fn runs_input(simple: &Simple) -> bool {
    let tool = simple.tool();
    let Some((name, words)) = tool.split_first() else { return false };
    let (mut own, mut words) = (false, words.iter().map(|w| w.text.as_str()));
    for word in words.by_ref() {
        match word {
            "-s" | "-" => break,
            "-c" | "-m" => own = true,
            "-e" if matches!(name.text.as_str(), "perl" | "node") => own = true,
            _ if word.starts_with('-') => {}
            _ => own = true,
        }
    }
    SHELLS.contains(&name.text.rsplit('/').next().unwrap_or_default()) && !own
}

/// `$(curl …)`, `<(curl …)`.
fn loads_inside(word: &Word) -> bool {
    word.inner
        .iter()
        .any(|(text, _)| script::read(text).is_some_and(|s| s.commands.first().is_some_and(is_load)))
}
