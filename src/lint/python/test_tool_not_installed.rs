#![doc = include_str!("../../../docs/findings/MLP765.md")]

use crate::diag::{Code, Finding, Span, Spanned};
use crate::lint::Subject;
use crate::lint::commands::{Command, commands};
use crate::lint::script::Simple;
use crate::spec::Install;
use std::collections::BTreeSet;

/// Tools that packages of the same name bring and that hardly any service needs when it serves.
const TOOLS: [&str; 15] = [
    "pytest",
    "ruff",
    "mypy",
    "black",
    "flake8",
    "bandit",
    "pylint",
    "isort",
    "coverage",
    "pip-audit",
    "pyright",
    "tox",
    "nox",
    "pre-commit",
    "deepeval",
];

/// Where the tools of tests are written down beside `requirements.txt`, as people call it.
const SIBLINGS: [&str; 9] = [
    "requirements-dev.txt",
    "requirements_dev.txt",
    "dev-requirements.txt",
    "requirements-test.txt",
    "requirements_test.txt",
    "test-requirements.txt",
    "requirements-tests.txt",
    "requirements/dev.txt",
    "requirements/test.txt",
];

/// What makes a command install something itself.
const INSTALLS: [&str; 9] = [
    "pip install",
    "pip3 install",
    "pipx",
    "uvx",
    "uv ",
    "poetry install",
    "poetry sync",
    "poetry add",
    "conda ",
];

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let Some(install) = subject.spec.python.as_ref().and_then(|p| p.install.as_ref()) else { return };
    let whole = subject.spec.workdir.as_ref().map_or("", |w| w.node.as_str());
    let mut fixed = false;
    for command in commands(subject.spec) {
        let Some(gate) = command.gate else { continue };
        if INSTALLS.iter().any(|i| command.shell.node.contains(i)) {
            continue;
        }
        let folder = gate.common.workdir.as_ref().map_or(whole, |w| w.node.as_str());
        let mut told = BTreeSet::new();
        for simple in command.script.iter().flat_map(|s| &s.commands) {
            let tool = simple.tool().first().map_or("", |w| w.text.as_str());
            if !TOOLS.contains(&tool) || !told.insert(tool.to_owned()) {
                continue;
            }
            if let Some(lack) = lacking(subject, install, folder, tool) {
                let finding = tell(subject, &command, simple, tool, &lack);
                // One edit for all of them.
                out.push(match lack.edit.filter(|_| !std::mem::replace(&mut fixed, true)) {
                    Some((at, text)) => finding.fix(format!("install {}", lack.whence), at, text),
                    None => finding,
                });
            }
        }
    }
}

fn tell(subject: Subject<'_>, command: &Command<'_>, simple: &Simple, tool: &str, lack: &Lack) -> Finding {
    let message = format!("{} runs `{tool}`, which {}", command.owner, lack.why);
    Finding::at(Code::TEST_TOOL_NOT_INSTALLED, command.place(subject, simple.range.clone()), message)
        .also(lack.place, "this is all that is installed")
        .help(format!("install {} too", lack.whence))
}

/// Why a tool is not there.
struct Lack {
    why: String,
    /// `` the group `dev` ``.
    whence: String,
    /// The statement's groups or files.
    place: Span,
    /// What to put in where, when that is certain.
    edit: Option<(Span, String)>,
}

fn lacking(subject: Subject<'_>, install: &Install, folder: &str, tool: &str) -> Option<Lack> {
    let read = |file: &str| subject.beside.text(format!("{folder}/{file}").trim_start_matches('/'));
    match install {
        Install::Poetry(groups) if groups.is_empty() => None,
        Install::Poetry(groups) => match read("pyproject.toml") {
            Some(text) => in_group(&text, names(groups), groups, tool),
            // Without the file only the usual habit is known: tools of tests are in no service.
            None => (names(groups) == ["main"]).then(|| Lack {
                why: "the group `main` does not bring".to_owned(),
                whence: "the group that holds it".to_owned(),
                place: groups[0].span,
                edit: None,
            }),
        },
        Install::Uv(groups) => {
            let text = read("pyproject.toml")?;
            let mut installed = names(groups);
            installed.push("main".to_owned());
            installed.extend(default_groups(&text));
            in_group(&text, installed, groups, tool)
        }
        Install::Pip(files) => in_files(&read, files, tool),
    }
}

fn names(groups: &[Spanned<String>]) -> Vec<String> {
    groups.iter().map(|g| g.node.clone()).collect()
}

/// What uv installs without being asked.
fn default_groups(pyproject: &str) -> Vec<String> {
    let table: Option<toml::Table> = pyproject.parse().ok();
    let said = table.as_ref().and_then(|t| t.get("tool")?.get("uv")?.get("default-groups"));
    match said {
        Some(toml::Value::Array(groups)) => {
            groups.iter().filter_map(|g| Some(g.as_str()?.to_owned())).collect()
        }
        // `"all"`, or nothing said.
        Some(_) => groups_of(pyproject).into_iter().map(|(name, _)| name).collect(),
        None => vec!["dev".to_owned()],
    }
}

/// The tool is written down in a group that is not installed, and in none that is.
fn in_group(text: &str, installed: Vec<String>, groups: &[Spanned<String>], tool: &str) -> Option<Lack> {
    let all = groups_of(text);
    let holds = |(_, packages): &&(String, Vec<String>)| packages.iter().any(|p| brings(p, tool));
    if all.iter().filter(|(name, _)| installed.contains(name)).any(|g| holds(&g)) {
        return None;
    }
    let (name, _) = all.iter().find(holds)?;
    let last = groups.last();
    let end = last.map(|g| Span { start: g.span.end, ..g.span });
    Some(Lack {
        why: format!("is in the group `{name}`"),
        whence: format!("the group `{name}`"),
        place: last.map_or_else(Span::default, |g| groups[0].span.to(g.span)),
        edit: end.map(|at| (at, format!(", {name}"))),
    })
    .filter(|_| last.is_some())
}

/// A package that brings the tool: itself, or a plugin of it.
fn brings(requirement: &str, tool: &str) -> bool {
    let end = requirement.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')));
    let name = requirement[..end.unwrap_or(requirement.len())].to_lowercase().replace(['_', '.'], "-");
    name == tool || name.strip_prefix(tool).is_some_and(|rest| rest.starts_with('-'))
}

/// Groups of a `pyproject.toml` with their packages: poetry's, and those of PEP 735; `main` is what the service itself needs.
fn groups_of(text: &str) -> Vec<(String, Vec<String>)> {
    let Ok(table) = text.parse::<toml::Table>() else { return Vec::new() };
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    let mut add = |name: &str, packages: Vec<String>| match all.iter_mut().find(|(n, _)| n == name) {
        Some((_, there)) => there.extend(packages),
        None => all.push((name.to_owned(), packages)),
    };
    if let Some(project) = table.get("project") {
        add("main", strings(project.get("dependencies")));
    }
    if let Some(poetry) = table.get("tool").and_then(|t| t.get("poetry")) {
        add("main", keys(poetry.get("dependencies")));
        add("dev", keys(poetry.get("dev-dependencies")));
        for (name, group) in poetry.get("group").and_then(toml::Value::as_table).into_iter().flatten() {
            add(name, keys(group.get("dependencies")));
        }
    }
    if let Some(groups) = table.get("dependency-groups").and_then(toml::Value::as_table) {
        for (name, group) in groups {
            let mut packages = strings(Some(group));
            let included =
                group.as_array().into_iter().flatten().filter_map(|g| g.get("include-group")?.as_str());
            for other in included {
                packages.extend(strings(groups.get(other)));
            }
            add(name, packages);
        }
    }
    all
}

fn strings(value: Option<&toml::Value>) -> Vec<String> {
    let all = value.and_then(toml::Value::as_array).into_iter().flatten();
    all.filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

fn keys(value: Option<&toml::Value>) -> Vec<String> {
    value.and_then(toml::Value::as_table).into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

/// The tool stands in a file of requirements that is not installed, and in none that is.
fn in_files(read: &dyn Fn(&str) -> Option<String>, files: &[Spanned<String>], tool: &str) -> Option<Lack> {
    for file in files {
        let text = read(&file.node)?;
        for line in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
            // Another file, or the project itself with what it needs: more than is followed here.
            let follows = line.starts_with(['.', '/']) || line.contains("://");
            let option = line.starts_with('-') && !line.starts_with("--hash") && !line.starts_with("--index");
            if follows || option || brings(line, tool) {
                return None;
            }
        }
    }
    let (first, last) = (files.first()?, files.last()?);
    let folder = first.node.rsplit_once('/').map_or(String::new(), |(f, _)| format!("{f}/"));
    let sibling = SIBLINGS.iter().map(|s| format!("{folder}{s}")).find(|path| {
        let lists = |text: String| text.lines().any(|l| brings(l.trim(), tool));
        !files.iter().any(|f| f.node == *path) && read(path).is_some_and(lists)
    })?;
    Some(Lack {
        why: format!("is in `{sibling}`"),
        whence: format!("`{sibling}`"),
        place: first.span.to(last.span),
        edit: Some((Span { start: last.span.end, ..last.span }, format!(", \"{sibling}\""))),
    })
}
