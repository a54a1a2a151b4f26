#![doc = include_str!("../../../docs/findings/MLP767.md")]

use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::lint::commands::commands;
use crate::lint::script::Word;

/// What installs, and needs no version itself.
const INSTALLERS: [&str; 12] = [
    "pip",
    "setuptools",
    "wheel",
    "uv",
    "poetry",
    "pipenv",
    "pipx",
    "build",
    "hatch",
    "tox",
    "nox",
    "pre-commit",
];

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    if subject.spec.deploys.is_empty() {
        return;
    }
    for command in commands(subject.spec) {
        if command.gate.is_none_or(|g| g.advisory.is_some()) {
            continue;
        }
        let mut found: Vec<&Word> = Vec::new();
        for simple in command.script.iter().flat_map(|s| &s.commands) {
            let tool = simple.tool();
            let word = |i: usize| tool.get(i).map_or("", |w| w.text.as_str());
            let arguments = match (word(0), word(1), word(2)) {
                ("pip" | "pip3", "install", _) => &tool[2..],
                ("uv", "pip", "install") => &tool[3..],
                _ => continue,
            };
            found.extend(unpinned(arguments));
        }
        let Some((package, others)) = found.split_first() else { continue };
        // One for all of them: whoever mends the first sees the rest.
        let (and, is) = match others {
            [] => (String::new(), "is"),
            [other] => (format!(" and `{}`", other.text), "are"),
            _ => (format!(" and {} others", others.len()), "are"),
        };
        let message = format!("{} installs whatever `{}`{and} {is} on the day", command.owner, package.text);
        out.push(
            Finding::at(Code::UNPINNED_INSTALL, command.place(subject, package.range.clone()), message).help(
                format!("name the version, `{}==…`, or put it into a file of `install pip`", name(package)),
            ),
        );
    }
}

fn name(word: &Word) -> &str {
    word.text.split(['<', '>', '=', '~', '!', '[', ' ']).next().unwrap_or_default()
}

/// The packages of an installation that name no version; none where the words are not of the plain kind.
fn unpinned(arguments: &[Word]) -> Vec<&Word> {
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
        return Vec::new();
    }
    let open = |w: &&Word| {
        let text = w.text.as_str();
        let package = w.variables.is_empty()
            && w.inner.is_empty()
            && !text.contains(['/', '@', '$', '*'])
            && !text.starts_with('.');
        let local = [".whl", ".gz", ".zip"].iter().any(|end| text.ends_with(end));
        // `~=5.1` is what its author found good enough.
        package && !local && !text.contains("==") && !text.contains("~=") && !INSTALLERS.contains(&name(w))
    };
    arguments.iter().filter(|w| !options(w)).filter(open).collect()
}
