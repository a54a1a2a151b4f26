//! What reaches a person's terminal, or the log of a CI: nothing that a spec or a file's name says commands either of
//! them, a line that is too long is shown in part, and what is to be copied stays in one piece.

#![allow(clippy::expect_used, reason = "a test stops where it fails")]

#[path = "support/runner.rs"]
mod runner;

use runner::{Repo, SPEC};

/// The two places that would be taken for something else than text.
fn commands(text: &str) -> Vec<char> {
    text.chars().filter(|c| c.is_control() && *c != '\n' || matches!(c, '\u{202a}'..='\u{202e}')).collect()
}

#[test]
fn a_spec_says_nothing_to_a_terminal() {
    let repo = Repo::new();
    let evil = "# \u{1b}]0;title\u{7} \u{9b}31m \u{202e}\r over\ngatte \"a\u{1b}[2J\" { run \"x\u{1b}[8m\" }";
    repo.write("release.mlpipe", SPEC.replace("gate quality", &format!("{evil}\ngate quality")));
    let told = repo.run(&["lint", "--shellcheck", "never"], 1).err;
    assert!(told.contains("gatte"), "{told}");
    assert_eq!(commands(&told), [], "{told:?}");
    let place = told.lines().position(|l| l.contains("]0;title")).expect("the comment is shown");
    let marks: Vec<&str> = told.lines().skip(place + 2).take(2).collect();
    assert!(marks.iter().any(|l| l.contains("here")), "the mark stands below its word: {told}");
}

#[test]
#[cfg(unix)]
fn a_file_name_says_nothing_to_a_terminal() {
    let repo = Repo::new();
    let name = "a\n::error::not one\n\u{1b}[31mred.mlpipe";
    repo.write(name, SPEC.replace("gate quality", "gatte quality"));
    let told = repo.run(&["lint", "--shellcheck", "never"], 1).err;
    assert_eq!(commands(&told), [], "{told:?}");
    assert!(!told.lines().any(|l| l.starts_with("::")), "a workflow command of GitHub: {told}");
    let told = repo.run(&["lint", "no\n::error::\u{1b}[31m"], 2).err;
    assert_eq!(commands(&told), [], "{told:?}");
}

#[test]
fn of_a_line_without_an_end_only_the_part_around_the_place_is_shown() {
    let repo = Repo::new();
    let gates =
        |side: &str| (0..1000).map(|n| format!("gate {side}{n} {{ run \"x\" }}; ")).collect::<String>();
    let line = format!("{}gatte x; {}\ngate quality", gates("left"), gates("right"));
    repo.write("release.mlpipe", SPEC.replace("gate quality", &line));
    let told = repo.run(&["lint", "--shellcheck", "never"], 1).err;
    assert!(told.contains("gate left999 { run \"x\" }; gatte x; gate right0 {"), "{told}");
    assert!(told.len() < 4000, "{} bytes", told.len());

    repo.write("release.mlpipe", SPEC.replace("accuracy", &"x".repeat(500_000)).replace("run ", "rn "));
    let told = repo.run(&["lint", "--shellcheck", "never"], 1).err;
    assert!(told.len() < 20_000, "{} bytes", told.len());

    repo.write("release.mlpipe", format!("{SPEC}{} {{}}\n", "é".repeat(200_000)));
    let told = repo.run(&["lint", "--shellcheck", "never"], 1).err;
    assert!(told.len() < 20_000, "{} bytes", told.len());
    assert!(told.contains('…') && told.contains("top of a file"), "{told}");
}

#[test]
fn what_is_to_be_copied_is_in_one_piece() {
    let repo = Repo::with_spec();
    repo.write("Dockerfile", "FROM python:3.12-slim\n");
    let told = repo.run(&["lint", "--shellcheck", "never"], 0).err;
    assert!(told.contains("`docker buildx"), "{told}");
    for width in 60..100 {
        let told = repo.run_wide(&["lint", "--shellcheck", "never"], 0, width).err;
        assert!(told.contains("python:3.12-slim`") && told.contains("`python:3.12-slim@sha256:…`"), "{told}");
    }
}
