//! `mlpipe init`: a commented first spec, and the lines that git needs.

use super::Exit;
use super::common::{Shell, shown};
use crate::output::{self, OutputFile};
use camino::{Utf8Path, Utf8PathBuf};
use std::io::Write;

const SPEC: &str = include_str!("../../templates/init/release.mlpipe");
const ATTRIBUTES: &[&str] = &[
    ".mlpipe/** linguist-generated text eol=lf",
    ".github/workflows/*.yml text eol=lf",
    ".gitlab-ci.yml linguist-generated text eol=lf",
    "Jenkinsfile linguist-generated text eol=lf",
    "*.mlpipe text eol=lf",
];
const IGNORE: &[&str] = &["mlpipe-out/", ".mlpipe-venv/", ".mlpipe-cache/"];

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  mlpipe init && mlpipe compile")]
pub(super) struct Args {
    /// Name of the pipeline [default: the folder's]
    #[arg(long)]
    name: Option<String>,
    /// Where to write the spec
    #[arg(value_name = "FILE", default_value = "release.mlpipe")]
    file: Utf8PathBuf,
}

pub(super) fn run(shell: &Shell, args: &Args) -> Exit {
    let root = match shell.root_of(Utf8Path::new(".")) {
        Ok(r) => r,
        Err(e) => return shell.usage(&e),
    };
    let ready = place(&root, &args.file).and_then(|()| name(shell, &root, args));
    let done = ready.and_then(|name| write(&root, &args.file, &SPEC.replace("my-model", &name)));
    match done {
        Ok(added) => {
            shell.out(&format!("{}\n", args.file));
            for (file, n) in added.into_iter().filter(|(_, n)| *n > 0) {
                shell.out(&format!("{} (+{n} lines)\n", shown(&root, file)));
            }
            shell.say("next: read the spec, then `mlpipe plan` and `mlpipe compile`");
            Exit::Fine
        }
        Err(e) => shell.usage(&format!("{e}; nothing was written")),
    }
}

/// The name that was asked for, else the folder's, else, where another spec has that already, the file's.
fn name(shell: &Shell, root: &Utf8Path, args: &Args) -> Result<String, String> {
    // What is wrong with other specs is not this command's to tell; one that cannot be read holds no name.
    let others = shell.load(&[root.to_owned()]).unwrap_or_default();
    let holder = |name: &str| {
        let mut pipelines = others.iter().flat_map(|project| &project.pipelines);
        pipelines.find(|p| p.spec.pipeline.node == name).map(|p| shown(root, p.spec.path.as_str()))
    };
    let name = match &args.name {
        Some(name) => name.clone(),
        None => {
            let folder = name_of(root.file_name().unwrap_or("model"));
            if holder(&folder).is_none() { folder } else { name_of(args.file.file_stem().unwrap_or("model")) }
        }
    };
    if !is_name(&name) {
        return Err(format!(
            "`{name}` is no name for a pipeline: lower-case letters, digits and `-`, a letter first, at most 48"
        ));
    }
    match holder(&name) {
        Some(file) => Err(format!("`{file}` holds the pipeline `{name}` already: give another `--name`")),
        None => Ok(name),
    }
}

/// Writes the spec and the lines that git needs, and says how many of those were added where. Where something fails, there is
/// no spec and the files of git are as they were.
fn write(root: &Utf8Path, file: &Utf8Path, spec: &str) -> Result<Vec<(&'static str, usize)>, String> {
    let because = |path: &str, e: std::io::Error| format!("`{path}` cannot be written: {e}");
    let (mut added, mut for_git) = (Vec::new(), Vec::new());
    for (path, lines) in [(".gitattributes", ATTRIBUTES), (".gitignore", IGNORE)] {
        let (text, count) = with_lines(&root.join(path), lines).map_err(|e| because(path, e))?;
        added.push((path, count));
        for_git.extend((count > 0).then(|| OutputFile { path: path.to_owned(), text }));
    }
    // Never through a link, and never over what somebody else has just written.
    let mut new = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(file)
        .map_err(|e| because(file.as_str(), e))?;
    let done = new
        .write_all(spec.as_bytes())
        .map_err(|e| because(file.as_str(), e))
        .and_then(|()| output::write_all(root, &for_git, true, &|| false).map_err(|e| e.to_string()));
    if done.is_err() {
        let _ = std::fs::remove_file(file);
    }
    done.map(|_| added)
}

/// A spec is written where every command finds it: below the root, under its ending, and not over another.
fn place(root: &Utf8Path, file: &Utf8Path) -> Result<(), String> {
    if std::fs::symlink_metadata(file).is_ok() {
        return Err(format!("`{file}` is there already"));
    }
    if file.extension() != Some("mlpipe") {
        let stem = file.file_stem().filter(|s| !s.is_empty()).unwrap_or("release");
        return Err(format!(
            "`{file}` does not end in `.mlpipe`: write `{}`",
            file.with_file_name(format!("{stem}.mlpipe"))
        ));
    }
    let folder = file.parent().filter(|p| !p.as_str().is_empty()).unwrap_or(Utf8Path::new("."));
    let real = folder.canonicalize_utf8().map_err(|e| format!("the folder `{folder}`: {e}"))?;
    if !real.starts_with(root) {
        return Err(format!("`{file}` lies outside the root `{root}`"));
    }
    Ok(())
}

/// The text of a file with the lines that it does not have yet at its end, and how many those are.
fn with_lines(path: &Utf8Path, lines: &[&str]) -> std::io::Result<(String, usize)> {
    let mut text = match std::fs::read_to_string(path) {
        Ok(t) => t,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(e),
    };
    let missing: Vec<&str> =
        lines.iter().filter(|l| !text.lines().any(|old| old.trim() == **l)).copied().collect();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    missing.iter().for_each(|line| text.extend([line, "\n"]));
    Ok((text, missing.len()))
}

fn name_of(folder_or_file: &str) -> String {
    let raw = folder_or_file.to_lowercase();
    let name: String = raw.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let name: String = name.trim_start_matches(|c: char| !c.is_ascii_lowercase()).chars().take(48).collect();
    let name = name.trim_end_matches('-');
    if name.is_empty() { "my-model".into() } else { name.to_owned() }
}

fn is_name(s: &str) -> bool {
    s.len() <= 48
        && s.starts_with(|c: char| c.is_ascii_lowercase())
        && s.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}
