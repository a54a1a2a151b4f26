#![doc = include_str!("../../../docs/findings/MLP722.md")]

use super::dockerfile::{Dockerfile, Instruction, What, may_bring};
use crate::diag::{Code, Finding};
use crate::lint::Subject;

/// Base images that hold no project's files.
const PLAIN: [&str; 10] = [
    "alpine",
    "bookworm",
    "cuda",
    "debian",
    "micromamba",
    "miniconda3",
    "python",
    "pytorch",
    "tensorflow",
    "ubuntu",
];

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let Some(image) = &subject.spec.image else { return };
    let Some((path, file)) = super::dockerfile(subject, image) else { return };
    let place = image.dockerfile.as_ref().map_or(image.common.head, |d| d.span);
    for (line, requirements, later) in missing(&file) {
        let when = match later {
            Some(later) => format!("line {later} copies it only afterwards"),
            None => "nothing copies it into the image".to_owned(),
        };
        let message = format!("`{path}`, line {line}: `pip install -r {requirements}` finds no file: {when}");
        out.push(
            Finding::at(Code::REQUIREMENTS_NOT_COPIED, place, message)
                .help(format!("write `COPY {requirements} .` before line {line} of `{path}`")),
        );
    }
}

/// Each `pip install -r FILE` whose file is certainly not there: its line, the file, and the line that brings it too late.
fn missing(file: &Dockerfile) -> Vec<(usize, String, Option<usize>)> {
    let mut all = Vec::new();
    for index in 0..file.stages.len() {
        let (lineage, image) = file.lineage(index);
        if !is_plain(image) {
            continue;
        }
        let Some((own, below)) = lineage.split_last() else { continue };
        let below = || below.iter().flat_map(|s| &s.instructions);
        for (i, instruction) in own.instructions.iter().enumerate() {
            let What::Run(command) = &instruction.what else { continue };
            for name in requirements(command) {
                let before = below().chain(&own.instructions[..i]);
                if before.chain([instruction]).any(|b| may_make(b, &name, instruction)) {
                    continue;
                }
                let behind = own.instructions[i + 1..].iter();
                let later = behind.filter(|b| may_make(b, &name, instruction)).map(|b| b.line).next();
                all.push((instruction.line, name, later));
            }
        }
    }
    all
}

/// May the file be there after this instruction?
fn may_make(instruction: &Instruction, name: &str, reader: &Instruction) -> bool {
    match &instruction.what {
        What::Copy(sources) => {
            sources.iter().any(|s| may_bring(s, name) || is_folder(s) || base(s) == base(name))
        }
        // A command that names the file before it is read may write it; so may one that fetches a whole repository.
        What::Run(command) if instruction.line != reader.line => {
            command.contains(base(name)) || fetches(command)
        }
        What::Run(command) => command.matches(base(name)).count() > 1 || fetches(command),
        What::FromStage | What::Anything => true,
    }
}

/// A folder's files land beside one another in the destination, whatever they are called.
fn is_folder(source: &str) -> bool {
    !base(source).contains('.') || source.ends_with('/')
}

fn fetches(command: &str) -> bool {
    ["git clone", "curl", "wget", "tar ", "unzip"].iter().any(|w| command.contains(w))
}

fn base(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

fn is_plain(image: &str) -> bool {
    let name = image.split(['@', ':']).next().unwrap_or(image);
    PLAIN.contains(&base(name)) && !image.contains("onbuild")
}

/// The files that a command gives to `pip install -r`, as far as they are plain names.
fn requirements(command: &str) -> Vec<String> {
    let Some((_, behind)) = command.split_once("pip install").or_else(|| command.split_once("pip3 install"))
    else {
        return Vec::new();
    };
    let words: Vec<&str> =
        behind.split_whitespace().take_while(|w| !matches!(*w, "&&" | "||" | ";" | "|")).collect();
    let named = words.windows(2).filter(|w| matches!(w[0], "-r" | "--requirement")).map(|w| w[1]);
    let plain =
        |n: &&str| n.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'/'));
    named
        .filter(plain)
        .filter(|n| !n.starts_with('/'))
        .map(|n| n.trim_start_matches("./").to_owned())
        .collect()
}
