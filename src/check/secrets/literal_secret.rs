#![doc = include_str!("../../../docs/findings/MLP383.md")]

use crate::check::facts::jobs;
use crate::diag::{Code, Finding, Spanned};
use crate::spec::{ModelSource, Spec, Target};

/// How credentials of well-known issuers start, and how many letters, digits, `_` or `-` follow at least.
const PREFIXES: [(&str, usize, &str); 11] = [
    ("AKIA", 16, "an AWS access key"),
    ("ASIA", 16, "an AWS access key"),
    ("ghp_", 36, "a GitHub token"),
    ("gho_", 36, "a GitHub token"),
    ("ghs_", 36, "a GitHub token"),
    ("github_pat_", 40, "a GitHub token"),
    ("glpat-", 20, "a GitLab token"),
    ("xoxb-", 20, "a Slack token"),
    ("sk-proj-", 20, "an OpenAI key"),
    ("sk-ant-", 20, "an Anthropic key"),
    ("hooks.slack.com/services/T", 8, "a Slack webhook"),
];

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    let envs = std::iter::once(&spec.env).chain(jobs(spec).into_iter().map(|j| &j.common.env));
    for value in envs.flat_map(|env| env.values()) {
        report(&Spanned::new(value.node.to_string(), value.span), out);
    }
    for gate in spec.gates.values() {
        gate.run.iter().for_each(|s| report(s, out));
    }
    for source in spec.models.values().filter_map(|m| m.source.as_ref()) {
        match &source.node {
            ModelSource::Run(command) => report(command, out),
            ModelSource::Http { url, .. } => report(url, out),
            _ => {}
        }
    }
    for deploy in spec.deploys.values() {
        deploy.smoke.iter().for_each(|s| report(s, out));
        if let Some(Target::Command(c)) = deploy.target.as_ref().map(|t| &t.node) {
            [&c.deploy, &c.live, &c.rollback].into_iter().flatten().for_each(|s| report(s, out));
        }
    }
}

fn report(text: &Spanned<String>, out: &mut Vec<Finding>) {
    if let Some(what) = credential(&text.node) {
        // The text is not repeated: findings end up in logs.
        out.push(
            Finding::at(Code::LITERAL_SECRET, text.span, format!("{what} stands here for everyone to read"))
                .help("revoke it, put a new one in the platform's store, and write `secret NAME` in the job that wants it"),
        );
    }
}

/// What well-known credential stands in a text.
pub(crate) fn credential(text: &str) -> Option<&'static str> {
    if text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----") {
        return Some("a private key");
    }
    PREFIXES.iter().find(|(prefix, least, _)| follows(text, prefix, *least)).map(|(.., what)| *what)
}

fn follows(text: &str, prefix: &str, least: usize) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    text.match_indices(prefix).any(|(at, _)| {
        let starts = !text[..at].ends_with(word);
        starts && text[at + prefix.len()..].chars().take_while(|c| word(*c)).count() >= least
    })
}
