#![doc = include_str!("../../../docs/findings/MLP767.md")]

use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::lint::commands::commands;
use crate::lint::script::Word;

/// What installs, and needs no version itself.
const INSTALLERS: [&str; 8] = ["pip", "setuptools", "wheel", "uv", "poetry", "pipx", "build", "hatch"];

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    if subject.spec.deploys.is_empty() {
        return;
    }
    for command in commands(subject.spec) {
        if command.gate.is_none_or(|g| g.advisory.is_some()) {
            continue;
        }
        for simple in command.script.iter().flat_map(|s| &s.commands) {
            let tool = simple.tool();
            let word = |i: usize| tool.get(i).map_or("", |w| w.text.as_str());
            let arguments = match (word(0), word(1), word(2)) {
                ("pip" | "pip3", "install", _) => &tool[2..],
                ("uv", "pip", "install") => &tool[3..],
                _ => continue,
            };
            let Some(package) = unpinned(arguments) else { continue };
            let message = format!("{} installs whatever `{}` is on the day", command.owner, package.text);
            out.push(
                Finding::at(Code::UNPINNED_INSTALL, command.place(subject, package.range.clone()), message)
                    .help(format!(
                        "name its version, `{}==…`, or put it into a file of `install pip`",
                        name(package)
                    )),
            );
        }
    }
}

fn name(word: &Word) -> &str {
    word.text.split(['<', '>', '=', '~', '!', '[', ' ']).next().unwrap_or_default()
}

/// The first package of an installation that names no version; nothing where the words are not of the plain kind.
fn unpinned(arguments: &[Word]) -> Option<&Word> {
    // Options with values, constraints and files of requirements say more than is followed here.
    let plain = [
        "-q",
        "--quiet",
        "-U",
        "--upgrade",
        "--no-cache-dir",
        "--user",
        "--pre",
        "--system",
        "--disable-pip-version-check",
    ];
    let options = |w: &&Word| w.text.starts_with('-');
    if arguments.iter().filter(options).any(|w| !plain.contains(&w.text.as_str())) {
        return None;
    }
    arguments.iter().filter(|w| !options(w)).find(|w| {
        let text = w.text.as_str();
        let package = w.variables.is_empty()
            && w.inner.is_empty()
            && !text.contains(['/', '@', '$', '*'])
            && !text.starts_with('.');
        let local = [".whl", ".gz", ".zip"].iter().any(|end| text.ends_with(end));
        package && !local && !text.contains("==") && !INSTALLERS.contains(&name(w))
    })
}
