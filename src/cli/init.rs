//! `mlpipe init`: a commented first spec, and the lines that git needs.

use super::Exit;
use super::common::{Shell, shown};
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
    let name = args.name.clone().unwrap_or_else(|| name_of(&root));
    if !is_name(&name) {
        return shell.usage(&format!(
            "`{name}` is no name for a pipeline: lower-case letters, digits and `-`, a letter first, at most 48"
        ));
    }
    if let Err(e) = place(&root, &args.file) {
        return shell.usage(&format!("{e}; nothing was written"));
    }
    let spec = SPEC.replace("my-model", &name);
    // Never through a link, and never over what somebody else has just written.
    let new = std::fs::OpenOptions::new().write(true).create_new(true).open(&args.file);
    let done = new
        .and_then(|mut f| f.write_all(spec.as_bytes()))
        .and_then(|()| add_lines(&root.join(".gitattributes"), ATTRIBUTES))
        .and_then(|a| Ok((a, add_lines(&root.join(".gitignore"), IGNORE)?)));
    match done {
        Ok((attributes, ignore)) => {
            shell.out(&format!("{}\n", args.file));
            for (n, file) in [(attributes, ".gitattributes"), (ignore, ".gitignore")] {
                if n > 0 {
                    shell.out(&format!("{} (+{n} lines)\n", shown(&root, file)));
                }
            }
            shell.say("next: read the spec, then `mlpipe plan` and `mlpipe compile`");
            Exit::Fine
        }
        Err(e) => shell.usage(&format!("cannot write: {e}")),
    }
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

/// Appends the lines that a file does not have yet; how many.
fn add_lines(path: &Utf8Path, lines: &[&str]) -> std::io::Result<usize> {
    let old = match std::fs::read_to_string(path) {
        Ok(t) => t,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(e),
    };
    let missing: Vec<&&str> = lines.iter().filter(|l| !old.lines().any(|o| o.trim() == **l)).collect();
    if missing.is_empty() {
        return Ok(0);
    }
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
    if !old.is_empty() && !old.ends_with('\n') {
        writeln!(file)?;
    }
    for l in &missing {
        writeln!(file, "{l}")?;
    }
    Ok(missing.len())
}

fn name_of(root: &Utf8Path) -> String {
    let raw = root.file_name().unwrap_or("model").to_lowercase();
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
