#![doc = include_str!("../../../docs/findings/MLP740.md")]

use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::lint::commands::{Command, Role, commands};
use crate::lint::script::{Join, Script, Simple};

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    for command in commands(subject.spec) {
        let judged = command.gate.is_some_and(|g| g.advisory.is_some() || !g.require.is_empty());
        // A `live` that prints nothing says that nothing serves, and a model's source must leave a file.
        if judged || matches!(command.role, Role::Live | Role::Source) {
            continue;
        }
        let Some(script) = command.script.as_ref().filter(|s| s.plain) else { continue };
        let mut shell = Shell { errexit: true, pipefail: true, verb: command.role == Role::Verb, lost: None };
        if !shell.can_fail(script)
            && let Some(lost) = shell.lost
        {
            out.push(tell(subject, &command, &lost));
        }
    }
}

fn tell(subject: Subject<'_>, command: &Command<'_>, lost: &Lost<'_>) -> Finding {
    let bytes = lost.command.range.clone();
    let what = command.shell.node[bytes.clone()].lines().next().unwrap_or_default();
    let whose = match command.role {
        Role::Smoke => "the smoke test of ",
        Role::Verb => "a command of ",
        _ => "the ",
    };
    let message = format!("{whose}{} passes whatever becomes of `{what}`: {}", command.owner, lost.why);
    let help = match command.role {
        Role::Gate => "let it fail, or say that the gate only reports: `advisory \"reason\"`",
        _ => "let it fail: a deploy that fails is put back, and one that hides it is not",
    };
    Finding::at(Code::FAILURE_SWALLOWED, command.place(subject, bytes), message).help(help)
}

/// A command whose failure nobody hears.
struct Lost<'a> {
    command: &'a Simple,
    why: String,
}

/// How commands may end.
#[derive(Clone, Copy)]
struct Ends {
    well: bool,
    badly: bool,
}

/// Programs that never fail, as far as anybody looks at it.
const QUIET: [&str; 8] = ["true", ":", "echo", "printf", "sleep", "set", "exit", "date"];

/// Programs that prepare or tidy, and check nothing: that they may fail makes no gate of a command.
const PREPARE: [&str; 19] = [
    "cd", "mkdir", "source", ".", "export", "pip", "pip3", "npm", "apt-get", "apk", "rm", "cp", "mv",
    "touch", "chmod", "ls", "cat", "pwd", "unset",
];

/// `bash -Eeuo pipefail`, as a command of a spec is run, playing a plain script in which everything may fail that can.
struct Shell<'a> {
    errexit: bool,
    pipefail: bool,
    /// It deploys: then copying a file is the very thing that matters.
    verb: bool,
    /// The first command whose failure is lost.
    lost: Option<Lost<'a>>,
}

impl<'a> Shell<'a> {
    /// Is there an outcome of its commands that makes the script fail, or something that is not followed here?
    fn can_fail(&mut self, script: &'a Script) -> bool {
        let own: Vec<&Simple> = script.commands.iter().filter(|c| !c.nested).collect();
        let mut last_badly = false;
        for list in own.chunk_by(|a, _| !matches!(a.after, Join::Then | Join::Background)) {
            if list.iter().any(|c| c.negated || matches!(c.name(), "trap" | "eval" | "exec" | "return")) {
                return true;
            }
            match self.list(list) {
                None => return true,
                Some(badly) => last_badly = badly,
            }
            if let [only] = list
                && only.name() == "exit"
            {
                return false;
            }
        }
        last_badly
    }

    /// Plays one list of commands. Nothing where the script ends badly in it, else whether its status may be bad.
    fn list(&mut self, list: &[&'a Simple]) -> Option<bool> {
        if list.last().is_some_and(|c| c.after == Join::Background) {
            self.lose(list, || "nobody waits for what runs in the background".to_owned());
            return Some(false);
        }
        let mut status = Ends { well: true, badly: false };
        let mut stops = false;
        for (i, pipeline) in list.chunk_by(|a, _| a.after == Join::Pipe).enumerate() {
            let own = self.pipeline(pipeline)?;
            let before = status;
            let or = i > 0 && pipeline[0].before == Join::Or;
            let reached = if or { before.badly } else { before.well };
            status = if or {
                Ends { well: before.well || own.well, badly: before.badly && own.badly }
            } else {
                Ends { well: reached && own.well, badly: i > 0 && before.badly || reached && own.badly }
            };
            // Only what fails at the end of a list makes the shell stop.
            stops = reached && own.badly;
            if or && before.badly && !status.badly {
                let words = pipeline.iter().flat_map(|c| c.words.iter().map(|w| w.text.as_str()));
                let text = words.collect::<Vec<_>>().join(" ");
                self.lose(list, || format!("`|| {text}` makes a success of it"));
            }
        }
        if stops && self.errexit {
            return None;
        }
        if status.badly && list.last().is_some_and(|c| !c.last) {
            let why = match self.errexit {
                true => "what fails in front of `&&` does not stop a script that goes on behind it",
                false => "after `set +e` a script goes on, and only its last command decides",
            };
            self.lose(list, || why.to_owned());
        }
        Some(status.badly)
    }

    fn pipeline(&mut self, pipeline: &[&'a Simple]) -> Option<Ends> {
        for command in pipeline {
            self.settings(command);
            let zero = command.words.get(1).is_some_and(|w| w.text == "0");
            if command.name() == "exit" && !zero {
                return None;
            }
        }
        let (last, others) = pipeline.split_last()?;
        let others_fail = others.iter().any(|c| self.may_fail(c));
        if others_fail && !self.pipefail {
            self.lose(pipeline, || "without `pipefail` only the last program of a pipe decides".to_owned());
        }
        let badly = self.may_fail(last) || others_fail && self.pipefail;
        Some(Ends { well: true, badly })
    }

    fn may_fail(&self, command: &Simple) -> bool {
        let name = command.name();
        let tool = command.tool();
        let word = |i: usize| tool.get(i).map_or("", |w| w.text.as_str());
        let installs = matches!(
            (word(0), word(1)),
            ("poetry" | "uv" | "pdm", "install" | "sync" | "pip" | "add" | "lock")
                | ("docker" | "podman", "pull" | "stop" | "rm" | "kill" | "rmi" | "login")
        ) || PREPARE.contains(&word(0));
        !(name.is_empty() || QUIET.contains(&name) || installs && !self.verb)
    }

    /// `set +e`, `set -o pipefail`, `set +eo pipefail`.
    fn settings(&mut self, command: &Simple) {
        if command.name() != "set" {
            return;
        }
        let mut words = command.words[1..].iter().map(|w| w.text.as_str());
        while let Some(word) = words.next() {
            let Some(on) = word.chars().next().filter(|c| matches!(c, '+' | '-')).map(|c| c == '-') else {
                return;
            };
            if word.contains('e') {
                self.errexit = on;
            }
            if word.contains('o') {
                match words.next() {
                    Some("errexit") => self.errexit = on,
                    Some("pipefail") => self.pipefail = on,
                    _ => {}
                }
            }
        }
    }

    fn lose(&mut self, list: &[&'a Simple], why: impl FnOnce() -> String) {
        if self.lost.is_none()
            && let Some(command) = list.iter().find(|c| self.may_fail(c))
        {
            self.lost = Some(Lost { command, why: why() });
        }
    }
}
