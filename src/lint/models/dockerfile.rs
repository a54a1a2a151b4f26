//! What a Dockerfile certainly says. Nothing here guesses: what is out of the ordinary makes the whole file unread, or counts as
//! something that may bring any file.

use crate::check::facts::{is_below, normal};

/// A Dockerfile that could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dockerfile {
    /// Build stages, in order.
    pub(super) stages: Vec<Stage>,
}

/// A build stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stage {
    /// The image or stage that it begins with.
    pub(super) from: String,
    /// `AS name`, in lower case.
    name: Option<String>,
    /// Its instructions, in order.
    pub(super) instructions: Vec<Instruction>,
}

/// An instruction that brings files or runs something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Instruction {
    /// Its first line, from 1.
    pub(super) line: usize,
    /// What it does.
    pub(super) what: What,
}

/// What an instruction does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// `COPY` or `ADD` of these paths of the build context.
    Copy(Vec<String>),
    /// A shell command.
    Run(String),
    /// `COPY --from=…`: files of another stage or image.
    FromStage,
    /// Something that may bring any file: a mount, a flag that is not known here.
    Anything,
}

impl Dockerfile {
    /// Reads a Dockerfile; nothing where it uses another escape character or a here-document, or begins with anything else than
    /// a stage.
    pub(super) fn read(text: &str) -> Option<Self> {
        let directive = |l: &str| l.trim_start().to_ascii_lowercase().starts_with("# escape");
        if text.contains("<<") || text.lines().any(directive) {
            return None;
        }
        let mut stages: Vec<Stage> = Vec::new();
        for (line, text) in logical_lines(text) {
            let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((&text, ""));
            let what = match word.to_ascii_uppercase().as_str() {
                "FROM" => {
                    stages.push(Stage::read(rest)?);
                    continue;
                }
                "COPY" | "ADD" => copy(rest),
                "RUN" if mounts_files(rest) => What::Anything,
                "RUN" => What::Run(rest.to_owned()),
                "ONBUILD" => What::Anything,
                "ARG" | "ENV" | "LABEL" | "WORKDIR" | "EXPOSE" | "USER" | "CMD" | "ENTRYPOINT" | "VOLUME"
                | "SHELL" | "STOPSIGNAL" | "HEALTHCHECK" | "MAINTAINER" => continue,
                _ => return None,
            };
            stages.last_mut()?.instructions.push(Instruction { line, what });
        }
        (!stages.is_empty()).then_some(Self { stages })
    }

    /// The stages that a stage is built on, itself last, and the image that the first of them begins with.
    pub(super) fn lineage(&self, index: usize) -> (Vec<&Stage>, &str) {
        let mut lineage = vec![index];
        let mut at = index;
        loop {
            let from = &self.stages[at].from;
            let name = from.to_ascii_lowercase();
            let parent = self.stages[..at].iter().rposition(|s| s.name.as_deref() == Some(&*name));
            let Some(parent) = parent else {
                return (lineage.iter().rev().map(|i| &self.stages[*i]).collect(), from);
            };
            lineage.push(parent);
            at = parent;
        }
    }

    /// Every instruction of every stage.
    pub(super) fn instructions(&self) -> impl Iterator<Item = &Instruction> {
        self.stages.iter().flat_map(|s| &s.instructions)
    }
}

impl Stage {
    /// `--platform=… IMAGE AS NAME`.
    fn read(rest: &str) -> Option<Self> {
        let mut words = rest.split_whitespace().filter(|w| !w.starts_with("--"));
        let from = words.next()?.to_owned();
        let name = match (words.next(), words.next()) {
            (Some(word), Some(name)) if word.eq_ignore_ascii_case("as") => Some(name.to_ascii_lowercase()),
            (None, None) => None,
            _ => return None,
        };
        Some(Self { from, name, instructions: Vec::new() })
    }
}

/// Instructions with their continuations put together, comments and empty lines left out, each with its first line's number.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut all: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (line, number) in text.lines().zip(1..) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (body, goes_on) = line.strip_suffix('\\').map_or((line, false), |l| (l.trim_end(), true));
        match all.last_mut().filter(|_| open) {
            Some((_, known)) => {
                known.push(' ');
                known.push_str(body);
            }
            None => all.push((number, body.to_owned())),
        }
        open = goes_on;
    }
    all
}

/// Does a command see files by a mount? A cache is no file of anybody's.
fn mounts_files(command: &str) -> bool {
    command.split_whitespace().any(|w| w.starts_with("--mount=") && !w.starts_with("--mount=type=cache"))
}

/// `[--chown=…] SOURCE… DESTINATION`, or the same as a list in brackets.
fn copy(rest: &str) -> What {
    let mut rest = rest.trim();
    let mut from_stage = false;
    while let Some(flag) = rest.strip_prefix("--") {
        let (flag, behind) = flag.split_once(char::is_whitespace).unwrap_or((flag, ""));
        from_stage |= flag.starts_with("from=");
        if !(from_stage
            || flag.starts_with("chown=")
            || flag.starts_with("chmod=")
            || flag == "link"
            || flag.starts_with("link="))
        {
            return What::Anything;
        }
        rest = behind.trim_start();
    }
    let mut paths: Vec<String> = match rest.starts_with('[') {
        true => serde_json::from_str(rest).unwrap_or_default(),
        false => rest.split_whitespace().map(str::to_owned).collect(),
    };
    paths.pop();
    match (from_stage, paths.is_empty()) {
        (true, _) => What::FromStage,
        (_, true) => What::Anything,
        _ => What::Copy(paths),
    }
}

/// May an instruction bring the file at this path of the build context?
pub(super) fn may_bring(source: &str, path: &str) -> bool {
    if source.contains(['*', '?', '[', '$']) || source.contains("://") {
        return true;
    }
    // A leading `/` means the context's own root, and so does a `..` that would leave it.
    match normal(source.trim_start_matches('/')) {
        // A model may be a folder, of which one file is copied.
        Some(source) => is_below(path, &source) || is_below(&source, path),
        None => true,
    }
}

/// Does an instruction bring that file for certain?
pub(super) fn certainly_brings(source: &str, path: &str) -> bool {
    let plain = !source.contains(['*', '?', '[', '$']) && !source.contains("://");
    let folder = normal(source.trim_start_matches('/')).filter(|_| plain);
    folder.is_some_and(|folder| is_below(path, &folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Dockerfile {
        Dockerfile::read(text).unwrap_or_else(|| panic!("unread: {text}"))
    }

    #[test]
    fn instructions_keep_their_line_over_continuations_and_comments() {
        let file = read(
            "# syntax=docker/dockerfile:1\nARG V=3.11\n\nFROM python:3.11 AS Base\nRUN apt-get update && \\\n  # why\n  \\\n  apt-get install -y git\nCOPY --chown=1:1 a b /app/\n",
        );
        let [Instruction { line: 5, what: What::Run(run) }, Instruction { line: 9, what: What::Copy(paths) }] =
            &file.stages[0].instructions[..]
        else {
            panic!("{file:?}")
        };
        assert!(run.ends_with("apt-get install -y git"), "{run}");
        assert_eq!(paths, &["a", "b"]);
    }

    #[test]
    fn a_stage_stands_on_those_before_it() {
        let file = read("FROM python:3.11 AS base\nCOPY a .\nFROM node:22\nFROM Base\nRUN b\n");
        let (stages, image) = file.lineage(2);
        assert_eq!((stages.len(), image), (2, "python:3.11"));
    }

    #[test]
    fn what_is_out_of_the_ordinary_is_not_read() {
        for text in [
            "",
            "RUN a\n",
            "# escape=`\nFROM a\n",
            "FROM a\nRUN <<EOF\nb\nEOF\n",
            "FROM a\nINCLUDE+ b\n",
            "FROM a b c d\n",
        ] {
            assert_eq!(Dockerfile::read(text), None, "{text:?}");
        }
        let file = read(
            "FROM a\nCOPY --from=b c d\nRUN --mount=type=bind,target=. e\nCOPY [\"f g\", \"h\"]\nADD i\n",
        );
        let what: Vec<_> = file.instructions().map(|i| &i.what).collect();
        assert_eq!(
            what,
            [&What::FromStage, &What::Anything, &What::Copy(vec!["f g".into()]), &What::Anything,]
        );
    }

    #[test]
    fn sources_cover_what_lies_below_them() {
        for (source, path, brings) in [
            (".", "models/m.onnx", true),
            ("./", "m.onnx", true),
            ("models", "models/m.onnx", true),
            ("models/", "models/m.onnx", true),
            ("/models/m.onnx", "models/m.onnx", true),
            ("model", "models/m.onnx", false),
            ("app", "models/m.onnx", false),
            ("models/m/weights.bin", "models/m", true),
            ("*.onnx", "models/m.onnx", true),
            ("$MODEL", "models/m.onnx", true),
        ] {
            assert_eq!(may_bring(source, path), brings, "{source} {path}");
        }
    }
}
