//! Writes compiled random specs for the conformance suite: `cargo run --example generate_specs -- DIR COUNT [FIRST]`.
//!
//! Each spec gets a root of its own, `DIR/gen-SEED/`, with everything that compiling makes, and the scripts of
//! `mlpipe setup`.

#![allow(clippy::print_stderr, reason = "a small program with one user, the conformance suite")]

#[path = "../support/specs.rs"]
mod specs;

use camino::{Utf8Path, Utf8PathBuf};
use mlpipe::output;
use mlpipe::project::Project;
use mlpipe::spec::PlatformName;
use mlpipe::{report, settings};
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let numbers: Option<Vec<u64>> = args.get(1..).map(|n| n.iter().filter_map(|s| s.parse().ok()).collect());
    let (Some(dir), Some(count)) = (args.first(), numbers.as_ref().and_then(|n| n.first().copied())) else {
        eprintln!("usage: generate_specs DIR COUNT [FIRST]");
        return ExitCode::from(2);
    };
    let first = numbers.and_then(|n| n.get(1).copied()).unwrap_or(0);
    for seed in first..first + count {
        if let Err(e) = write(Utf8Path::new(dir), seed) {
            eprintln!("seed {seed}: {e}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn write(dir: &Utf8Path, seed: u64) -> Result<(), String> {
    let root = dir.join(format!("gen-{seed}"));
    std::fs::create_dir_all(&root).map_err(|e| e.to_string())?;
    let root = root.canonicalize_utf8().map_err(|e| e.to_string())?;
    let text = specs::spec(seed);
    for (name, text) in [("mlpipe.toml", ""), ("release.mlpipe", text.as_str())] {
        std::fs::write(root.join(name), text).map_err(|e| e.to_string())?;
    }
    let all = vec![Utf8PathBuf::from("release.mlpipe")];
    let mut project = Project::load(&root, &all, &all);
    let files = project.compile(&PlatformName::ALL).files().to_vec();
    if let Some(f) = project.findings.iter().find(|f| f.is_error()) {
        return Err(format!("{} {} in\n{text}", f.code.id, f.message));
    }
    output::write_all(&root, &files, true, &|| false).map_err(|e| e.to_string())?;
    setup(&root, &project)
}

/// The scripts of `mlpipe setup`, with a line by which the suite takes them for generated ones.
fn setup(root: &Utf8Path, project: &Project) -> Result<(), String> {
    let plans: Vec<_> = project.plans_selected().collect();
    for platform in [PlatformName::Github, PlatformName::Gitlab] {
        let Some(manifest) = settings::manifest(platform, &plans) else { continue };
        let script = report::setup_script(&manifest).map_err(|e| e.to_string())?;
        let marked = script.replacen('\n', "\n# mlpipe: version=setup\n", 1);
        std::fs::write(root.join(format!("setup-{}.sh", platform.word())), marked)
            .map_err(|e| e.to_string())?;
    }
    Ok(())
}
