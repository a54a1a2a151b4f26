#![doc = include_str!("../../../docs/findings/MLP741.md")]

use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::lint::commands::{Command, commands};
use crate::lint::script::{Join, Simple, Word};

// What the tools' own documents say, as read in August 2026: ruff, flake8, pylint, bandit, hadolint, tfsec and sqlfluff, `--help` of
// each; checkov, "Hard and soft fail"; safety, `safety check --help` (`--exit-code/--continue-on-error`); pip-audit, README, "Dry
// runs"; Trivy, "Others", "Exit Code" (0 by default), and the pages of its subcommands; gitleaks, README (`--exit-code`, 1 by
// default); grype, `--help` of it; Semgrep, "CLI reference", "Exit codes"; Black, "The basics", "Writeback and reporting"; Prettier, "CLI".

/// An option that makes a tool succeed whatever it finds: the tool, its subcommand (or none), the option in its spellings, and the
/// options beside which it does not.
const TOLD: [(&str, &str, &[&str], &[&str]); 12] = [
    ("ruff", "check", &["--exit-zero", "-e"], &[]),
    ("flake8", "", &["--exit-zero"], &[]),
    ("pylint", "", &["--exit-zero"], &[]),
    ("bandit", "", &["--exit-zero"], &[]),
    ("pip-audit", "", &["--dry-run", "-d"], &["--fix"]),
    ("checkov", "", &["--soft-fail", "-s"], &["--hard-fail-on"]),
    ("tfsec", "", &["--soft-fail", "-s"], &[]),
    ("hadolint", "", &["--no-fail"], &[]),
    ("sqlfluff", "lint", &["--nofail"], &[]),
    ("safety", "check", &["--continue-on-error"], &[]),
    ("trivy", "", &["--exit-code=0"], &[]),
    ("gitleaks", "", &["--exit-code=0"], &[]),
];

/// A tool that succeeds whatever it finds unless an option says otherwise.
struct Untold {
    tool: &'static str,
    /// Subcommands that look for something; any where there are none here.
    under: &'static [&'static str],
    /// Subcommands that look for nothing.
    besides: &'static [&'static str],
    /// Options that say otherwise, name a file that may, or ask for something else.
    options: &'static [&'static str],
    /// What to write.
    write: &'static str,
    /// Files beside the spec that may say otherwise.
    files: &'static [&'static str],
}

const UNTOLD: [Untold; 3] = [
    Untold {
        tool: "trivy",
        under: &[
            "image",
            "i",
            "fs",
            "filesystem",
            "repo",
            "repository",
            "config",
            "conf",
            "rootfs",
            "sbom",
            "vm",
        ],
        besides: &[],
        options: &["--exit-code", "--config", "-c", "--download-db-only", "--help", "-h"],
        write: "--exit-code 1",
        files: &["trivy.yaml"],
    },
    Untold {
        tool: "grype",
        under: &[],
        besides: &["db", "version", "config", "completion", "explain", "help", "login"],
        options: &["--fail-on", "-f", "--config", "-c"],
        write: "--fail-on high",
        files: &[".grype.yaml", ".grype/config.yaml"],
    },
    Untold {
        tool: "semgrep",
        under: &["scan"],
        besides: &[],
        options: &["--error", "--validate", "--test"],
        write: "--error",
        files: &[],
    },
];

/// A tool that changes what it finds, and then succeeds.
const FORMATTERS: [(&str, &str, &[&str], &str); 4] = [
    ("black", "", &["--check", "--version", "--help", "-h"], "--check"),
    ("isort", "", &["--check", "--check-only", "-c", "--version", "--help", "-h"], "--check"),
    ("ruff", "format", &["--check", "--diff", "--exit-non-zero-on-format", "--help", "-h"], "--check"),
    ("prettier", "", &["--check", "-c", "--list-different", "-l"], "--check"),
];

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    for command in commands(subject.spec) {
        if command.gate.is_none_or(|g| g.advisory.is_some() || !g.require.is_empty()) {
            continue;
        }
        let Some(script) = &command.script else { continue };
        for (i, simple) in script.commands.iter().enumerate() {
            let behind = &script.commands[i + 1..];
            let others = script.commands.iter().filter(|c| !std::ptr::eq(*c, simple));
            if read_later(simple, behind) || others.clone().any(|c| same_tool(c, simple)) {
                continue;
            }
            if let Some((why, help)) = passes(subject, &command, simple, behind) {
                let place = command.place(subject, simple.range.clone());
                let name = simple.tool().first().map_or("", |w| w.text.as_str());
                let message = format!("`{name}` in {} {why}", command.owner);
                out.push(Finding::at(Code::TOOL_TOLD_TO_PASS, place, message).help(help));
            }
        }
    }
}

/// Its output goes somewhere, and something that comes later may judge it.
fn read_later(simple: &Simple, behind: &[Simple]) -> bool {
    let to_file = |w: &Word| {
        ["-o", "--output", "--output-file", "--report-path", "--output-path", "-r"].contains(&w.text.as_str())
            || ["--output=", "--output-file=", "--report-path="].iter().any(|o| w.text.starts_with(o))
    };
    let leaves = simple.after == Join::Pipe
        || simple.nested
        || simple.redirects.iter().any(|r| r.operator.starts_with(['>', '&']))
        || simple.words.iter().any(to_file);
    leaves && behind.iter().any(|c| !matches!(c.name(), "echo" | "true" | ":" | "cat" | "exit"))
}

/// The same tool runs twice: once to show, once to judge.
fn same_tool(other: &Simple, simple: &Simple) -> bool {
    let name = |s: &Simple| s.tool().first().map(|w| w.text.clone());
    name(other) == name(simple) && subcommand(other.tool()) == subcommand(simple.tool())
}

/// The first word behind the tool that is no option.
fn subcommand(tool: &[Word]) -> &str {
    tool.get(1).map(|w| w.text.as_str()).filter(|w| !w.starts_with('-')).unwrap_or_default()
}

fn passes(
    subject: Subject<'_>,
    command: &Command<'_>,
    simple: &Simple,
    behind: &[Simple],
) -> Option<(String, String)> {
    let tool_words = simple.tool();
    let (name, sub) = (tool_words.first()?.text.as_str(), subcommand(tool_words));
    let options: Vec<String> = options(tool_words);
    let has = |o: &str| {
        options.iter().any(|w| w == o || w.strip_prefix(o).is_some_and(|rest| rest.starts_with('=')))
    };
    for (tool, under, told, but) in TOLD {
        if but.iter().any(|o| has(o)) {
            continue;
        }
        let Some(option) = told.iter().find(|o| options.iter().any(|w| w == *o)) else { continue };
        if name == tool && (under.is_empty() || sub == under) {
            let option = option.replace("--exit-code=0", "--exit-code 0");
            let why = format!("passes whatever it finds: `{option}`");
            return Some((
                why,
                format!("take `{option}` out, or say that the gate only reports: `advisory \"reason\"`"),
            ));
        }
    }
    for untold in UNTOLD {
        let (tool, write) = (untold.tool, untold.write);
        let runs =
            name == tool && (untold.under.contains(&sub) || untold.under.is_empty() && !sub.is_empty());
        if runs
            && !untold.besides.contains(&sub)
            && !lists_parts(tool_words)
            && !untold.options.iter().any(|o| has(o))
            && !told_elsewhere(subject, command, simple, &untold)
        {
            let why = format!("passes whatever it finds: it fails only under `{write}`");
            return Some((
                why,
                format!("write `{write}`, or say that the gate only reports: `advisory \"reason\"`"),
            ));
        }
    }
    for (tool, under, checks, write) in FORMATTERS {
        let last = behind.iter().all(|c| matches!(c.name(), "echo" | "true" | ":"));
        let works = tool != "prettier" || has("--write") || has("-w");
        if name == tool
            && (under.is_empty() || sub == under)
            && !checks.iter().any(|o| has(o))
            && last
            && works
        {
            let why = match has("--diff") {
                true => "shows what it would repair, and passes".to_owned(),
                false => "repairs what it finds in the runner's copy, and passes".to_owned(),
            };
            return Some((why, format!("write `{write}`: then it says what is wrong, and fails")));
        }
    }
    None
}

/// It writes down what an image is made of, for others to judge: a bill of materials.
fn lists_parts(tool: &[Word]) -> bool {
    let format = |w: &Word| {
        let value = w.text.rsplit('=').next().unwrap_or_default();
        ["cyclonedx", "spdx", "github"].iter().any(|f| value.starts_with(f))
    };
    let option = |w: &Word| ["--format", "-f", "--output", "-o"].iter().any(|o| w.text.starts_with(o));
    tool.windows(2).any(|pair| option(&pair[0]) && format(&pair[1]))
        || tool.iter().any(|w| option(w) && format(w))
}

/// A file or a variable may say what no option does.
fn told_elsewhere(subject: Subject<'_>, command: &Command<'_>, simple: &Simple, untold: &Untold) -> bool {
    let variable = format!("{}_", untold.tool.to_uppercase());
    let set = |name: &String| name.starts_with(&variable);
    untold.files.iter().any(|f| subject.beside.text(f).is_some())
        || subject.spec.env.keys().chain(command.common.env.keys()).any(set)
        || simple.assigns.iter().any(|w| w.text.starts_with(&variable))
}

/// The options, `--exit-code 0` as `--exit-code=0`.
fn options(tool: &[Word]) -> Vec<String> {
    let mut all = Vec::new();
    for (i, word) in tool.iter().enumerate().filter(|(_, w)| w.text.starts_with('-')) {
        match tool.get(i + 1) {
            Some(value) if word.text == "--exit-code" => all.push(format!("--exit-code={}", value.text)),
            _ => all.push(word.text.clone()),
        }
    }
    all
}
