#![doc = include_str!("../../../docs/findings/MLP383.md")]

use super::shapes::{self, Shape, shape};
use crate::check::facts::jobs;
use crate::diag::{Code, Finding, Spanned};
use crate::spec::{ModelSource, Spec, Target};

/// Credentials that `compile` refuses: those whose shape can hardly be anything else.
///
/// Sources: AWS IAM User Guide, "IAM identifiers", "Understanding unique ID prefixes" (the alphabet is that of base32, as gitleaks has
/// it); GitHub changelog of 2021-03-31, "Authentication token format updates", and of 2026-05-15 on installation tokens
/// (`ghs_APPID_JWT`, about 520 characters with dots); GitLab Docs, "GitLab token overview", "Token prefixes", and its routable tokens
/// (with dots, up to 300 characters); for the rest the rules of gitleaks (`config/gitleaks.toml`) and the detectors of trufflehog,
/// where both agree, as read in August 2026.
pub(crate) const SHAPES: [Shape; 11] = [
    shape("AKIA", "[A-Z2-7]{16}", "an AWS access key"),
    shape("ASIA", "[A-Z2-7]{16}", "an AWS access key"),
    shape("ghp_", "[A-Za-z0-9_]{36,255}", "a GitHub token"),
    shape("gho_", "[A-Za-z0-9_]{36,255}", "a GitHub token"),
    shape("ghs_", "[A-Za-z0-9_.-]{36,}", "a GitHub token"),
    shape("github_pat_", "[A-Za-z0-9_]{82,255}", "a GitHub token"),
    shape("glpat-", "[A-Za-z0-9_.=-]{20,320}", "a GitLab token"),
    shape("xoxb-", "[0-9]{8,14}-[A-Za-z0-9-]{18,}", "a Slack token"),
    // `OpenAI` in base64 is in the middle of each: `sk-…`, `sk-proj-…`, `sk-svcacct-…`, `sk-admin-…`.
    shape("sk-", "[A-Za-z0-9_-]{20,}T3BlbkFJ[A-Za-z0-9_-]{20,}", "an OpenAI key"),
    shape("sk-ant-", "[a-z]+[0-9]{2}-[A-Za-z0-9_-]{80,}", "an Anthropic key"),
    shape("hooks.slack.com/services/T", "[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{23,25}", "a Slack webhook"),
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
    if shapes::is_private_key(text) {
        return Some("a private key");
    }
    shapes::known(&SHAPES, text)
}
