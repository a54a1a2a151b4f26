//! `cargo bench`: figures as ratios from one run, because this is the only kind that carries over between machines.
//!
//! Every row pairs two commands, runs them in turn, and compares their medians. Nothing fails here: a benchmark is a
//! benchmark, never a timed test. The goals stand beside the figures.

#![allow(clippy::expect_used, clippy::print_stdout, reason = "a benchmark prints, and stops where it fails")]

use camino::Utf8PathBuf;
use mlpipe::project::Project;
use mlpipe::spec::PlatformName;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 25;

fn main() {
    // `cargo test` builds benches too and calls them so; there is nothing to test here.
    if std::env::args().any(|a| a == "--test") {
        return;
    }
    if let [_, word, how, to] = std::env::args().collect::<Vec<_>>().as_slice()
        && word == "--compile"
    {
        return compile_here(how == "proved", to);
    }
    let temp = tempfile::tempdir().expect("a folder");
    let mlpipe = PathBuf::from(env!("CARGO_BIN_EXE_mlpipe"));
    let empty = empty_process(temp.path());

    // In a folder of its own, as a user's repository would be.
    let minimal = temp.path().join("minimal");
    std::fs::create_dir(&minimal).expect("made");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/minimal");
    for file in ["minimal.mlpipe", "mlpipe.toml"] {
        std::fs::copy(example.join(file), minimal.join(file)).expect("copied");
    }
    let compile = || command(&mlpipe, &["compile", "--stdout"], &minimal);
    row("minimal example to three platforms / an empty Rust process", 4.0, &compile, &|| {
        command(&empty, &[], temp.path())
    });

    for example in ["minimal", "fastapi-service", "monorepo"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example);
        let what = format!("compile of {example}, proof included / without");
        row(&what, 1.5, &|| this(&["proved", "all"], &folder), &|| this(&["printed", "all"], &folder));
    }

    let small = gates(temp.path(), 100);
    let large = gates(temp.path(), 1000);
    row("plan of 1,000 gates / of 100", 12.0, &|| command(&mlpipe, &["plan"], &large), &|| {
        command(&mlpipe, &["plan"], &small)
    });
    let github = ["compile", "--to", "github", "--stdout"];
    row("GitHub output of 1,000 gates / of 100", 12.0, &|| command(&mlpipe, &github, &large), &|| {
        command(&mlpipe, &github, &small)
    });
    row(
        "compile of 1,000 gates to GitHub, proof included / of 100",
        15.0,
        &|| this(&["proved", "github"], &large),
        &|| this(&["proved", "github"], &small),
    );
    row(
        "compile of 1,000 gates to GitHub, proof included / without",
        1.5,
        &|| this(&["proved", "github"], &large),
        &|| this(&["printed", "github"], &large),
    );
}

/// This program again, compiling the specs of the folder it is started in, with or without the proof. A process of its
/// own, as `mlpipe compile` is; mlpipe itself has no way to leave the proof out.
fn this(words: &[&str; 2], folder: &Path) -> Command {
    let program = std::env::current_exe().expect("a path");
    command(&program, &["--compile", words[0], words[1]], folder)
}

fn compile_here(proved: bool, to: &str) {
    mlpipe::project::prepare();
    let root = Utf8PathBuf::from_path_buf(std::env::current_dir().expect("a folder")).expect("UTF-8");
    let specs = mlpipe::project::specs(&root, &root).expect("specs");
    let mut project = Project::load(&root, &specs, &specs);
    let all = PlatformName::ALL;
    let to = if to == "github" { &all[..1] } else { &all[..] };
    let (proof, printed);
    let files = if proved {
        proof = project.compile(to);
        proof.files()
    } else {
        printed = project.print(to, &mlpipe::render::Overlay::default());
        &printed
    };
    assert!(!files.is_empty() && !project.has_errors());
    for f in files {
        print!("{}", f.text);
    }
}

fn row(what: &str, goal: f64, a: &dyn Fn() -> Command, b: &dyn Fn() -> Command) {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let (x, y) = (timed(a()), timed(b()));
        if round > 0 {
            first.push(x);
            second.push(y);
        }
    }
    let (x, y) = (median(first), median(second));
    let ratio = x.as_secs_f64() / y.as_secs_f64();
    println!("{what}: {ratio:.2}  (goal: at most {goal}; {x:.2?} / {y:.2?})");
}

fn timed(mut c: Command) -> Duration {
    let start = Instant::now();
    let status = c.status().expect("started");
    let took = start.elapsed();
    assert!(status.success(), "{c:?} failed: {status}");
    took
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort();
    all[all.len() / 2]
}

fn command(program: &Path, args: &[&str], folder: &Path) -> Command {
    let mut c = Command::new(program);
    c.args(args).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
    c
}

/// The floor: what a Rust process costs that does nothing.
fn empty_process(folder: &Path) -> PathBuf {
    let source = folder.join("empty.rs");
    std::fs::write(&source, "fn main() {}\n").expect("written");
    let program = folder.join("empty");
    let status =
        Command::new("rustc").arg("-O").arg(&source).arg("-o").arg(&program).status().expect("rustc");
    assert!(status.success());
    program
}

/// A repository whose one pipeline has that many gates.
fn gates(folder: &Path, n: usize) -> PathBuf {
    let root = folder.join(format!("gates-{n}"));
    std::fs::create_dir_all(&root).expect("made");
    std::fs::write(root.join("mlpipe.toml"), "").expect("written");
    let mut spec = String::from("mlpipe 1\npipeline many\non push main\nemit github\n");
    for i in 0..n {
        spec.push_str(&format!(
            "gate g{i} {{ run \"python check.py {i}\"; metrics \"m{i}.json\"; require accuracy >= 0.85 }}\n"
        ));
    }
    std::fs::write(root.join("many.mlpipe"), spec).expect("written");
    root
}
