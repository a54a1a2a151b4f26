//! What is made from the command line itself: the page of the commands, completions, the manual.
//! `UPDATE_CLI=1 cargo test --test generated_pages` writes `docs/cli.md` anew.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops where it fails")]

#[path = "support/runner.rs"]
mod runner;

use runner::Repo;
use std::path::Path;
use std::process::{Command, Stdio};

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cli.md");
    std::fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn the_page_is_what_the_commands_say() {
    let wanted = mlpipe::cli::page();
    if std::env::var_os("UPDATE_CLI").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cli.md");
        return std::fs::write(path, wanted).expect("written");
    }
    assert!(page() == wanted, "docs/cli.md is behind: UPDATE_CLI=1 cargo test --test generated_pages");
}

#[test]
fn the_page_is_what_the_program_prints() {
    let page = mlpipe::cli::page();
    let commands = mlpipe::cli::commands();
    assert!(commands.len() > 12, "{commands:?}");
    for command in commands.iter().map(String::as_str).chain([""]) {
        let words: Vec<&str> = [command, "--help"].into_iter().filter(|w| !w.is_empty()).collect();
        let done = Command::new(env!("CARGO_BIN_EXE_mlpipe"))
            .args(&words)
            .env("COLUMNS", mlpipe::cli::PAGE_WIDTH.to_string())
            .stdin(Stdio::null())
            .output()
            .expect("it runs");
        let printed = String::from_utf8(done.stdout).expect("UTF-8");
        let lines: Vec<&str> = printed.lines().map(str::trim_end).collect();
        let title = format!("mlpipe {command}");
        let section =
            format!("\n## `{}`\n\n```text\n{}\n```\n", title.trim_end(), lines.join("\n").trim_end());
        assert!(page.contains(&section), "{section}");
    }
}

/// What bash offers for the last of these words.
fn offered(repo: &Repo, words: &[&str]) -> Vec<String> {
    let script = format!(
        "source completions\nCOMP_WORDS=({0}); COMP_CWORD={1}\n_mlpipe mlpipe \"${{COMP_WORDS[{1}]}}\" \"${{COMP_WORDS[{2}]}}\"\n\
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.iter().map(|w| format!("'{w}'")).collect::<Vec<_>>().join(" "),
        words.len() - 1,
        words.len() - 2,
    );
    let done = Command::new("bash")
        .args(["--norc", "-c", &script])
        .current_dir(repo.path("."))
        .output()
        .expect("bash is there");
    assert!(done.stderr.is_empty(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("UTF-8").lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_values_and_codes() {
    let repo = Repo::new();
    repo.write("completions", repo.run(&["completions", "bash"], 0).out);
    assert_eq!(offered(&repo, &["mlpipe", "comp"]), ["compile", "completions"]);
    assert_eq!(offered(&repo, &["mlpipe", "compile", "--to", "git"]), ["github", "gitlab"]);
    assert_eq!(offered(&repo, &["mlpipe", "explain", "MLP01"]), {
        let ids = mlpipe::diag::ALL.iter().map(|c| c.id).filter(|id| id.starts_with("MLP01"));
        ids.collect::<Vec<_>>()
    });
    let names: Vec<&str> = mlpipe::report::SCHEMAS.iter().map(|s| s.name).collect();
    assert!(names.iter().all(|n| offered(&repo, &["mlpipe", "schema", n]).contains(&(*n).to_owned())));
}

#[test]
fn every_shell_gets_its_completions() {
    let repo = Repo::new();
    for (shell, begins) in [
        ("zsh", "#compdef mlpipe"),
        ("fish", "# Print an optspec"),
        ("powershell", "\nusing namespace System.Management.Automation"),
        ("elvish", "\nuse builtin;"),
    ] {
        let text = repo.run(&["completions", shell], 0).out;
        assert!(text.starts_with(begins), "{shell}: {}", &text[..text.len().min(80)]);
        for command in mlpipe::cli::commands() {
            assert!(text.contains(&command), "{shell} does not know `{command}`");
        }
    }
    assert!(repo.run(&["completions", "zsh"], 0).out.contains("not-utf8"), "codes come with their names");
    repo.run(&["completions", "tcsh"], 2);
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let repo = Repo::new();
    let listed = repo.run(&["man", "--dir", "share/man1"], 0).out;
    let mut wanted: Vec<String> =
        mlpipe::cli::commands().iter().map(|c| format!("share/man1/mlpipe-{c}.1")).collect();
    wanted.insert(0, "share/man1/mlpipe.1".to_owned());
    assert_eq!(listed.lines().collect::<Vec<_>>(), wanted);
    for path in &wanted {
        let text = repo.read(path);
        let name = path.trim_start_matches("share/man1/").trim_end_matches(".1");
        assert!(text.contains(&format!(".TH {name} 1 ")), "{text}");
        assert!(text.contains(".SH SYNOPSIS") && text.contains(".SH OPTIONS"), "{path}");
    }
    assert_eq!(repo.run(&["man"], 0).out, repo.read("share/man1/mlpipe.1"));
    assert_eq!(repo.run(&["man", "lint"], 0).out, repo.read("share/man1/mlpipe-lint.1"));
    assert!(repo.run(&["man", "lnt"], 2).err.contains("did you mean `lint`?"));
}
