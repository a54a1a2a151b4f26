//! Every command of a spec, and places inside one.

use super::Subject;
use super::script::{self, Script};
use crate::diag::{SourceMap, Span};
use crate::spec::{Common, Gate, ModelSource, Shell, Spec, Target};
use std::ops::Range;

/// What a command is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// `run` of a gate.
    Gate,
    /// `smoke` of a deploy.
    Smoke,
    /// `deploy` or `rollback` of `target command`.
    Verb,
    /// `live` of `target command`.
    Live,
    /// `source run` of a model.
    Source,
}

/// A command.
pub(super) struct Command<'a> {
    /// What it is for.
    pub role: Role,
    /// Whose it is: `` gate `quality` ``.
    pub owner: String,
    /// Its text.
    pub shell: &'a Shell,
    /// The gate that it belongs to.
    pub gate: Option<&'a Gate>,
    /// What its job carries.
    pub common: &'a Common,
    /// What it says; nothing where that is not certain.
    pub script: Option<Script>,
}

impl<'a> Command<'a> {
    fn new(role: Role, owner: String, shell: &'a Shell, common: &'a Common) -> Self {
        Self { role, owner, shell, gate: None, common, script: script::read(&shell.node) }
    }

    /// The place of some bytes of the command: exact where the text stands in the spec as the shell gets it, else its line of a
    /// block, else the whole text.
    pub(in crate::lint) fn place(&self, subject: Subject<'_>, bytes: Range<usize>) -> Span {
        place(subject.sources, self.shell, bytes)
    }
}

/// See [`Command::place`].
pub(super) fn place(sources: &SourceMap, shell: &Shell, bytes: Range<usize>) -> Span {
    let (span, text) = (shell.span, shell.node.as_str());
    let written = sources.text(span);
    let block = written.strip_prefix("\"\"\"").and_then(|w| w.strip_suffix("\"\"\""));
    let inside = block.or_else(|| written.strip_prefix('"').and_then(|w| w.strip_suffix('"')));
    let Some(inside) = inside else { return span };
    let base = span.start as usize + (written.len() - inside.len()) / 2;
    if inside == text {
        return Span::new(span.file, base + bytes.start, base + bytes.end);
    }
    let (Some(before), Some(_)) = (text.get(..bytes.start), block) else { return span };
    // A block's first line is empty and not part of the text; its lines are indented, and nothing else differs.
    let skip = usize::from(inside.starts_with('\n') || inside.starts_with("\r\n"));
    let line = before.matches('\n').count();
    let Some((at, written)) = lines(inside).nth(line + skip) else { return span };
    let own = text.lines().nth(line).unwrap_or_default();
    let Some(indent) = written.find(own).filter(|_| !own.is_empty()) else { return span };
    let column = before.len() - before.rfind('\n').map_or(0, |n| n + 1);
    let end = (column + bytes.len()).min(own.len());
    Span::new(span.file, base + at + indent + column, base + at + indent + end.max(column))
}

/// Lines with their first byte.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split('\n').map(move |line| {
        let start = at;
        at += line.len() + 1;
        (start, line)
    })
}

/// Every command: of models, gates and deploys, in that order.
pub(super) fn commands(spec: &Spec) -> Vec<Command<'_>> {
    let mut all = Vec::new();
    for model in spec.models.values() {
        if let Some(ModelSource::Run(shell)) = model.source.as_ref().map(|s| &s.node) {
            all.push(Command::new(
                Role::Source,
                format!("model `{}`", model.name.node),
                shell,
                &model.common,
            ));
        }
    }
    for gate in spec.gates.values() {
        if let Some(shell) = &gate.run {
            let mut command =
                Command::new(Role::Gate, format!("gate `{}`", gate.name.node), shell, &gate.common);
            command.gate = Some(gate);
            all.push(command);
        }
    }
    for deploy in spec.deploys.values() {
        let owner = format!("deploy `{}`", deploy.name.node);
        let mut verbs = Vec::new();
        if let Some(Target::Command(c)) = deploy.target.as_ref().map(|t| &t.node) {
            verbs.extend([(Role::Verb, &c.deploy), (Role::Live, &c.live), (Role::Verb, &c.rollback)]);
        }
        verbs.push((Role::Smoke, &deploy.smoke));
        for (role, shell) in verbs {
            all.extend(shell.iter().map(|s| Command::new(role, owner.clone(), s, &deploy.common)));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Spanned;

    /// What the place of `wanted` covers, in a spec that holds `written`.
    fn covers(written: &str, text: &str, wanted: &str) -> String {
        let mut sources = SourceMap::default();
        let file = sources.add("a.mlpipe", format!("run {written}\n"));
        let shell = Spanned::new(text.to_owned(), Span::new(file, 4, 4 + written.len()));
        let at = text.find(wanted).unwrap();
        sources.text(place(&sources, &shell, at..at + wanted.len())).to_owned()
    }

    #[test]
    fn a_place_inside_a_command_is_exact_where_it_can_be() {
        assert_eq!(covers("\"a || true\"", "a || true", "|| true"), "|| true");
        assert_eq!(covers("\"a \\\"b\\\" c\"", "a \"b\" c", "c"), "\"a \\\"b\\\" c\"");
        let block = "\"\"\"\n    one\n      two 2\n  \"\"\"";
        assert_eq!(covers(block, "one\n  two 2\n", "two"), "two");
        assert_eq!(covers("\"\"\"one two\"\"\"", "one two", "two"), "two");
    }
}
