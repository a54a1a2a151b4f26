#![doc = include_str!("../../../docs/findings/MLP755.md")]

use super::names::is_credential;
use super::shapes;
use crate::check::facts::jobs;
use crate::check::secrets::literal_secret;
use crate::diag::{Code, Finding, Span};
use crate::lint::Subject;
use crate::lint::commands::{Command, commands};
use crate::lint::script::{Simple, Word};
use crate::spec::{Install, ModelSource};

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let spec = subject.spec;
    let envs = std::iter::once(&spec.env).chain(jobs(spec).into_iter().map(|j| &j.common.env));
    for (name, value) in envs.flatten() {
        let Some(text) = value.node.as_literal() else { continue };
        let random = is_credential(name) && shapes::is_random(&text);
        report(&text, value.span, random.then(|| format!("the value of `{name}`")), out);
    }
    for command in commands(spec) {
        let random = command.script.iter().flat_map(|s| &s.commands).find_map(given);
        let place = random.as_ref().map_or(command.shell.span, |(_, word)| place(subject, &command, word));
        report(&command.shell.node, place, random.map(|(what, _)| what), out);
    }
    for model in spec.models.values() {
        match model.source.as_ref().map(|s| &s.node) {
            Some(ModelSource::Http { url, .. }) => report(&url.node, url.span, None, out),
            Some(ModelSource::Mlflow { uri, .. }) => report(&uri.node, uri.span, None, out),
            _ => {}
        }
    }
    if let Some(Install::Pip(files)) = spec.python.as_ref().and_then(|p| p.install.as_ref()) {
        files.iter().for_each(|f| report(&f.node, f.span, None, out));
    }
}

fn place(subject: Subject<'_>, command: &Command<'_>, word: &Word) -> Span {
    command.place(subject, word.range.clone())
}

/// One text: what it holds is not repeated, because findings end up in logs.
fn report(text: &str, span: Span, random: Option<String>, out: &mut Vec<Finding>) {
    // What `compile` refuses is told there.
    if literal_secret::credential(text).is_some() {
        return;
    }
    let Some(what) = shapes::credential(text).map(str::to_owned).or(random) else { return };
    out.push(
        Finding::at(Code::SECRET_IN_TEXT, span, format!("{what} stands here for everyone to read")).help(
            "revoke it, put a new one in the platform's store, and write `secret NAME` in the job that wants it",
        ),
    );
}

/// A random text that a command gives to something that wants a credential.
fn given(simple: &Simple) -> Option<(String, &Word)> {
    let named = simple.assigns.iter().chain(simple.words.iter().filter(|_| simple.name() == "export"));
    for word in named {
        if let Some((name, value)) = word.text.split_once('=')
            && is_credential(name)
            && shapes::is_random(value)
        {
            return Some((format!("the value of `{name}`"), word));
        }
    }
    for pair in simple.words.windows(2) {
        let [option, value] = pair else { continue };
        if option.text.starts_with("--") && is_credential(&option.text) && shapes::is_random(&value.text) {
            return Some((format!("the value of `{}`", option.text), value));
        }
    }
    for word in &simple.words {
        if let Some((option, value)) = word.text.split_once('=')
            && option.starts_with("--")
            && is_credential(option)
            && shapes::is_random(value)
        {
            return Some((format!("the value of `{option}`"), word));
        }
        if let Some((_, value)) = word.text.split_once("Bearer ")
            && shapes::is_random(value)
        {
            return Some(("a bearer token".to_owned(), word));
        }
    }
    None
}
