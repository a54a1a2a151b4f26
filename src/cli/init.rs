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
    if args.file.exists() {
        return shell.usage(&format!("`{}` is there already; nothing was written", args.file));
    }
    let spec = SPEC.replace("my-model", &name);
    let done = std::fs::write(&args.file, spec)
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
    let name = name.trim_matches(|c: char| !c.is_ascii_lowercase()).to_owned();
    if name.is_empty() { "my-model".into() } else { name.chars().take(48).collect() }
}

fn is_name(s: &str) -> bool {
    s.len() <= 48
        && s.starts_with(|c: char| c.is_ascii_lowercase())
        && s.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}
