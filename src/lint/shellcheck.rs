#![doc = include_str!("../../docs/findings/MLP775.md")]

use super::commands::{commands, place};
use crate::diag::{Code, Finding, SourceMap};
use crate::project::Project;
use crate::spec::Shell;
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The flags that a command runs under (`shell` in the runtime): told to shellcheck, so that it does not ask for them.
const PROLOGUE: &str = "set -Eeuo pipefail; shopt -s inherit_errexit\n";

/// What it may not say: it cannot follow files that a command reads, the shell is known, and the `i` of a loop that tries again
/// is used by nobody.
const EXCLUDED: &str = "SC1090,SC1091,SC2034,SC2148";

/// How long it may take for all commands together.
const LIMIT: Duration = Duration::from_secs(20);

/// Why nobody knows what shellcheck says.
#[derive(Debug, PartialEq, Eq)]
pub enum Unasked {
    /// There is no such program.
    Absent,
    /// It ended in an unexpected way, told in a few words.
    Failed(String),
}

/// Shows every command of the selected pipelines to shellcheck, once for all of them.
///
/// # Errors
/// Where it is not there, or does not do what it should within twenty seconds.
pub fn ask(project: &Project, program: &Path) -> Result<Vec<Finding>, Unasked> {
    let mut asked: Vec<Asked<'_>> = Vec::new();
    for pipeline in project.pipelines.iter().filter(|p| p.selected) {
        for command in commands(&pipeline.spec) {
            // A library is read with each pipeline that uses it.
            if !asked.iter().any(|a| a.shell.span == command.shell.span) {
                asked.push(Asked { owner: command.owner, shell: command.shell });
            }
        }
    }
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let said = run(&asked, program, LIMIT)?;
    findings(&asked, &project.sources, &said)
}

/// A command that is shown.
struct Asked<'a> {
    owner: String,
    shell: &'a Shell,
}

/// What the program prints, in its own JSON.
fn run(asked: &[Asked<'_>], program: &Path, limit: Duration) -> Result<String, Unasked> {
    let folder = tempfile::tempdir().map_err(failed("no folder for the commands"))?;
    let mut shellcheck = Command::new(program);
    shellcheck.args(["--norc", "--shell=bash", "--format=json1", "--severity=warning", "--color=never"]);
    shellcheck.arg(format!("--exclude={EXCLUDED}"));
    for (i, a) in asked.iter().enumerate() {
        std::fs::write(folder.path().join(name(i)), format!("{PROLOGUE}{}\n", a.shell.node))
            .map_err(failed("a command cannot be written"))?;
        shellcheck.arg(name(i));
    }
    shellcheck.current_dir(folder.path()).env_remove("SHELLCHECK_OPTS");
    shellcheck.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = shellcheck.spawn().map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => Unasked::Absent,
        _ => Unasked::Failed(e.to_string()),
    })?;
    let Some(mut out) = child.stdout.take() else {
        return Err(Unasked::Failed("it has no output".to_owned()));
    };
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        out.read_to_string(&mut text).map(|_| text)
    });
    // 0 is nothing found and 1 something; whatever else it says is about itself.
    match wait(&mut child, limit)? {
        Some(0 | 1) => match reader.join() {
            Ok(text) => text.map_err(failed("its output cannot be read")),
            Err(_) => Err(Unasked::Failed("its output cannot be read".to_owned())),
        },
        code => Err(Unasked::Failed(code.map_or("it was killed".to_owned(), |c| format!("exit status {c}")))),
    }
}

fn failed(what: &'static str) -> impl Fn(std::io::Error) -> Unasked {
    move |e| Unasked::Failed(format!("{what}: {e}"))
}

/// Waits for the end, and no longer than that.
fn wait(child: &mut Child, limit: Duration) -> Result<Option<i32>, Unasked> {
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status.code()),
            Ok(None) if start.elapsed() < limit => std::thread::sleep(Duration::from_millis(5)),
            Ok(None) => {
                // It may have ended in this moment; then there is nothing to kill.
                drop(child.kill());
                drop(child.wait());
                return Err(Unasked::Failed(format!("it did not end within {} s", limit.as_secs())));
            }
            Err(e) => return Err(Unasked::Failed(e.to_string())),
        }
    }
}

fn name(i: usize) -> String {
    format!("{i}.sh")
}

/// `{"comments": [{"file": "0.sh", "line": 2, …}]}`.
#[derive(serde::Deserialize)]
struct Said {
    comments: Vec<Comment>,
}

/// One remark. Lines and columns count from 1, columns in characters.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Comment {
    file: String,
    line: usize,
    end_line: usize,
    column: usize,
    end_column: usize,
    code: u32,
    message: String,
}

fn findings(asked: &[Asked<'_>], sources: &SourceMap, said: &str) -> Result<Vec<Finding>, Unasked> {
    let said: Said = serde_json::from_str(said)
        .map_err(|e| Unasked::Failed(format!("its output is not as expected: {e}")))?;
    let tell = |c: Comment| {
        let index: usize = c.file.strip_suffix(".sh")?.parse().ok()?;
        let command = asked.get(index)?;
        let text = &command.shell.node;
        let (line, end) = (c.line.checked_sub(2)?, c.end_line.checked_sub(2)?);
        let bytes = offset(text, line, c.column)..offset(text, end, c.end_column);
        Some(finding(command, sources, bytes, c.code, &c.message))
    };
    Ok(said.comments.into_iter().filter_map(tell).collect())
}

fn finding(command: &Asked<'_>, sources: &SourceMap, bytes: Range<usize>, code: u32, says: &str) -> Finding {
    let says = says.trim_end_matches(['.', ' ']);
    let mut chars = says.chars();
    // An acronym or a name stays as it is.
    let lower: String = match (chars.next(), chars.clone().next()) {
        (Some(first), Some(next)) if next.is_lowercase() || next == ' ' => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => says.to_owned(),
    };
    let message = format!("{}: {lower} (SC{code})", command.owner);
    Finding::at(Code::SHELLCHECK, place(sources, command.shell, bytes), message)
        .help(format!("https://www.shellcheck.net/wiki/SC{code} says what to write instead"))
}

/// The byte of a line and a column, both as near as the text has them; lines from 0, columns from 1 in characters.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let mut start = 0;
    for (i, part) in text.split('\n').enumerate() {
        if i == line {
            let inside = part.char_indices().nth(column.saturating_sub(1)).map_or(part.len(), |(at, _)| at);
            return start + inside;
        }
        start += part.len() + 1;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Span, Spanned};
    use std::path::PathBuf;

    /// A program that prints a text and ends.
    fn program(folder: &Path, script: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = folder.join("shellcheck");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn shell(sources: &mut SourceMap, written: &str, text: &str) -> Shell {
        let file = sources.add("a.mlpipe", format!("gate a {{ run {written} }}\n"));
        Spanned::new(text.to_owned(), Span::new(file, 13, 13 + written.len()))
    }

    #[test]
    fn what_it_says_is_told_at_its_place() {
        let mut sources = SourceMap::default();
        let one = shell(&mut sources, "\"cd ä; rm -rf $x/*\"", "cd ä; rm -rf $x/*");
        let two = shell(&mut sources, "\"\"\"\n    true\n    [ a = b ]\n  \"\"\"", "true\n[ a = b ]\n");
        let asked = [
            Asked { owner: "gate `a`".into(), shell: &one },
            Asked { owner: "gate `b`".into(), shell: &two },
        ];
        // As shellcheck 0.11.0 prints it, shortened.
        let said = r#"{"comments":[
            {"file":"0.sh","line":2,"endLine":2,"column":14,"endColumn":18,"level":"warning","code":2115,
             "message":"Use \"${var:?}\" to ensure this never expands to /* .","fix":null},
            {"file":"1.sh","line":3,"endLine":3,"column":3,"endColumn":4,"level":"warning","code":2050,
             "message":"This expression is constant.","fix":null}]}"#;
        let told = findings(&asked, &sources, said).unwrap();
        let shown: Vec<_> =
            told.iter().map(|f| (sources.text(f.span.unwrap()), f.message.as_str())).collect();
        assert_eq!(
            shown,
            [
                ("$x/*", "gate `a`: use \"${var:?}\" to ensure this never expands to /* (SC2115)"),
                ("a", "gate `b`: this expression is constant (SC2050)"),
            ]
        );
    }

    #[test]
    fn a_program_that_is_not_there_or_fails_is_told_apart() {
        let mut sources = SourceMap::default();
        let one = shell(&mut sources, "\"pytest\"", "pytest");
        let asked = [Asked { owner: "gate `a`".into(), shell: &one }];
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join("gone");
        assert_eq!(run(&asked, &gone, LIMIT), Err(Unasked::Absent));
        let broken = program(folder.path(), "exit 3");
        assert_eq!(run(&asked, &broken, LIMIT), Err(Unasked::Failed("exit status 3".to_owned())));
        let slow = program(folder.path(), "exec sleep 60");
        let told = run(&asked, &slow, Duration::from_millis(50));
        assert_eq!(told, Err(Unasked::Failed("it did not end within 0 s".to_owned())));
        let noise = program(folder.path(), "echo hello");
        assert!(matches!(
            findings(&asked, &sources, &run(&asked, &noise, LIMIT).unwrap()),
            Err(Unasked::Failed(_))
        ));
    }

    #[test]
    fn it_sees_the_flags_and_the_command() {
        let mut sources = SourceMap::default();
        let one = shell(&mut sources, "\"pytest\"", "pytest");
        let asked = [Asked { owner: "gate `a`".into(), shell: &one }];
        let folder = tempfile::tempdir().unwrap();
        let shows = program(folder.path(), "cat 0.sh; exit 1");
        assert_eq!(run(&asked, &shows, LIMIT).unwrap(), format!("{PROLOGUE}pytest\n"));
    }
}
