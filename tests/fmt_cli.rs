//! `mlpipe fmt` as a user calls it: what is written, what is printed, and how it ends.

#![allow(clippy::expect_used, reason = "a test stops where it fails")]

#[path = "support/runner.rs"]
mod runner;

use runner::Repo;
use std::io::Write;
use std::process::{Command, Stdio};

const WILD: &str = "mlpipe   1\npipeline p # c\ngate unit {\n      run \"pytest\"\n}\n";
const TAME: &str = "mlpipe 1\npipeline p  # c\ngate unit {\n  run \"pytest\"\n}\n";
const BROKEN: &str = "mlpipe   1\npipeline p\ngate unit {\n  run \"pytest\"\n\ngate lint { run \"x\" }\n";

/// Runs `mlpipe fmt ARGS` with something on standard input; gives exit code, output and what was told.
fn piped(repo: &Repo, args: &[&str], input: &[u8]) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_mlpipe"))
        .arg("fmt")
        .args(args)
        .current_dir(repo.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("mlpipe starts");
    // What is too large is not read to its end.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    let ran = child.wait_with_output().expect("it ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (ran.status.code().unwrap_or(-1), text(&ran.stdout), text(&ran.stderr))
}

#[test]
fn every_spec_below_the_root_is_written() {
    let repo = Repo::new();
    repo.write("a.mlpipe", WILD);
    repo.write("b/c.mlpipe", WILD);
    repo.write("tame.mlpipe", TAME);
    repo.write("ignored/d.mlpipe", WILD);
    repo.write(".gitignore", "ignored\n");
    repo.write("other/mlpipe.toml", "");
    repo.write("other/e.mlpipe", WILD);
    let ran = repo.run(&["fmt"], 0);
    assert_eq!(ran.out, "a.mlpipe\nb/c.mlpipe\n");
    assert_eq!(ran.err, "2 files formatted, 1 already so\n");
    assert_eq!([repo.read("a.mlpipe"), repo.read("b/c.mlpipe"), repo.read("tame.mlpipe")], [TAME; 3]);
    assert_eq!([repo.read("ignored/d.mlpipe"), repo.read("other/e.mlpipe")], [WILD; 2]);
    assert_eq!(repo.run(&["fmt"], 0).err, "0 files formatted, 3 already so\n");
    assert_eq!(repo.run(&["fmt", "other", "b"], 0).out, "other/e.mlpipe\n");
    assert_eq!(repo.read("other/e.mlpipe"), TAME);
}

#[test]
fn check_and_diff_write_nothing_and_fail() {
    let repo = Repo::new();
    repo.write("a.mlpipe", WILD);
    repo.write("tame.mlpipe", TAME);
    let before = repo.files();
    let ran = repo.run(&["fmt", "--check"], 1);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("a.mlpipe\n", "1 of 2 files would change\n"));
    let ran = repo.run(&["fmt", "--diff"], 1);
    assert_eq!(
        ran.out,
        "--- a.mlpipe\n+++ a.mlpipe\n@@ -1,5 +1,5 @@\n-mlpipe   1\n-pipeline p # c\n+mlpipe 1\n+pipeline p  # c\n gate unit {\n\
         -      run \"pytest\"\n+  run \"pytest\"\n }\n"
    );
    assert_eq!(repo.run(&["fmt", "--check", "--diff"], 1).out, ran.out);
    assert_eq!(repo.files(), before);
    let ran = repo.run(&["fmt", "--check", "tame.mlpipe"], 0);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", "0 of 1 file would change\n"));
    assert_eq!(repo.run(&["fmt", "--diff", "tame.mlpipe"], 0).out, "");
}

#[test]
fn a_file_with_a_syntax_error_is_left_alone_and_the_others_are_not() {
    let repo = Repo::new();
    repo.write("broken.mlpipe", BROKEN);
    repo.write("wild.mlpipe", WILD);
    let ran = repo.run(&["fmt"], 1);
    assert_eq!(ran.out, "wild.mlpipe\n");
    // The words of the language say where the brace is missing: the next gate is no part of this one.
    assert!(ran.err.contains("MLP012") && ran.err.contains("broken.mlpipe:3:"), "{}", ran.err);
    assert!(ran.err.ends_with("1 file formatted, 0 already so, 1 refused\n"), "{}", ran.err);
    assert_eq!([repo.read("broken.mlpipe"), repo.read("wild.mlpipe")], [BROKEN, TAME]);
    assert!(repo.run(&["fmt", "--check"], 1).err.ends_with("0 of 2 files would change, 1 refused\n"));
    repo.write("latin.mlpipe", b"mlpipe 1\npipeline \xe4\n");
    let ran = repo.run(&["fmt", "latin.mlpipe"], 1);
    assert!(ran.err.contains("MLP002") && ran.err.contains("byte 18 fits no character"), "{}", ran.err);
    repo.write("large.mlpipe", " ".repeat(1024 * 1024 + 1));
    assert!(repo.run(&["fmt", "large.mlpipe"], 1).err.contains("MLP003"));
}

#[test]
fn a_spec_that_is_wrong_in_what_it_says_is_formatted_all_the_same() {
    let repo = Repo::new();
    repo.write("a.mlpipe", "pipeline   P\nfrobnicate   { x }\n");
    repo.run(&["fmt"], 0);
    assert_eq!(repo.read("a.mlpipe"), "pipeline P\nfrobnicate { x }\n");
}

#[test]
fn standard_input_goes_to_standard_output() {
    let repo = Repo::new();
    assert_eq!(piped(&repo, &["-"], WILD.as_bytes()), (0, TAME.into(), String::new()));
    assert_eq!(piped(&repo, &["-"], TAME.as_bytes()), (0, TAME.into(), String::new()));
    assert_eq!(piped(&repo, &["-"], b""), (0, String::new(), String::new()));
    let marked = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    assert_eq!(piped(&repo, &["-"], marked(WILD).as_bytes()).1, marked(TAME));
    assert_eq!(piped(&repo, &["-", "--check"], TAME.as_bytes()).0, 0);
    assert_eq!(piped(&repo, &["-", "--check"], WILD.as_bytes()), (1, "<stdin>\n".into(), String::new()));
    let (code, out, _) = piped(&repo, &["-", "--diff"], WILD.as_bytes());
    assert_eq!(code, 1);
    assert!(out.starts_with("--- <stdin>\n+++ <stdin>\n@@"), "{out}");
    let (code, out, err) = piped(&repo, &["-"], BROKEN.as_bytes());
    assert_eq!((code, out.as_str()), (1, ""), "no half of a text comes back");
    assert!(err.contains("MLP012") && err.contains("<stdin>:3:"), "{err}");
    let (code, _, err) = piped(&repo, &["-"], b"\xe4");
    assert!(code == 1 && err.contains("MLP002"), "{code} {err}");
    let (code, _, err) = piped(&repo, &["-"], &[b' '; 2 * 1024 * 1024]);
    assert!(code == 1 && err.contains("MLP003"), "{code} {err}");
    assert_eq!(repo.files().len(), 1, "nothing is written");
}

#[test]
fn a_range_is_of_one_file() {
    let repo = Repo::new();
    repo.write("a.mlpipe", WILD);
    repo.run(&["fmt", "--range", "2:2"], 0);
    assert_eq!(repo.read("a.mlpipe"), WILD.replace("p # c", "p  # c"));
    let (_, out, _) = piped(&repo, &["--range", "1:1", "-"], WILD.as_bytes());
    assert_eq!(out, WILD.replace("mlpipe   1", "mlpipe 1"));
    repo.write("b.mlpipe", WILD);
    assert!(repo.run(&["fmt", "--range", "1:2"], 2).err.contains("lines of one file; the paths hold 2"));
    for bad in ["0:1", "2:1", "1", "a:b", ":", "1:2:3", "-1:2"] {
        assert!(repo.run(&["fmt", &format!("--range={bad}"), "a.mlpipe"], 2).err.contains("10:20"), "{bad}");
    }
}

#[test]
fn wrong_usage_and_unreadable_input_exit_with_2() {
    let repo = Repo::new();
    assert!(repo.run(&["fmt"], 2).err.contains("mlpipe init"));
    assert!(repo.run(&["fmt", "nowhere.mlpipe"], 2).err.contains("no such file"));
    repo.write("a.mlpipe", WILD);
    assert!(repo.run(&["fmt", "-", "a.mlpipe"], 2).err.contains("stands alone"));
    assert_eq!(repo.read("a.mlpipe"), WILD);
}

#[test]
#[cfg(unix)]
fn the_mode_and_a_link_stay_and_a_read_only_file_is_said_so() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let repo = Repo::new();
    repo.write("real.mlpipe", WILD);
    symlink("real.mlpipe", repo.path("link.mlpipe")).expect("linked");
    let mode = |mode| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(repo.path("real.mlpipe"), mode).expect("set");
    };
    mode(0o640);
    assert_eq!(repo.run(&["fmt", "link.mlpipe"], 0).out, "real.mlpipe\n");
    assert!(repo.path("link.mlpipe").is_symlink());
    assert_eq!(repo.read("real.mlpipe"), TAME);
    let is = std::fs::metadata(repo.path("real.mlpipe")).expect("there").permissions().mode() & 0o777;
    assert_eq!(is, 0o640);
    repo.write("real.mlpipe", WILD);
    repo.write("another.mlpipe", WILD);
    mode(0o440);
    let before = repo.files();
    let err = repo.run(&["fmt"], 2).err;
    assert!(err.contains("`real.mlpipe` cannot be written") && err.contains("read-only"), "{err}");
    assert_eq!(repo.files(), before, "all files or none");
    std::fs::remove_file(repo.path("link.mlpipe")).expect("removed");
    let elsewhere = Repo::new();
    elsewhere.write("far.mlpipe", WILD);
    symlink(elsewhere.path("far.mlpipe"), repo.path("far.mlpipe")).expect("linked");
    assert!(repo.run(&["--root", ".", "fmt", "far.mlpipe"], 2).err.contains("outside the root"));
    assert_eq!(elsewhere.read("far.mlpipe"), WILD);
}
