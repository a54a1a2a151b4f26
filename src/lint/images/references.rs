//! Images that a spec and its Dockerfile name.

use crate::diag::Span;
use crate::lint::Subject;

/// One image that something runs in or is built on.
pub(super) struct Reference {
    /// Where it is told: its own place in the spec, or that of the image whose Dockerfile names it.
    pub(super) span: Span,
    /// ``the runner `gpu` runs in``, `` `Dockerfile`, line 3, builds on``.
    pub(super) says: String,
    /// `python:3.12-slim`.
    pub(super) image: String,
}

/// What an image is chosen by.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Chosen {
    /// Nothing, or a tag that says "the newest".
    Newest,
    /// A tag.
    Tag,
    /// A digest.
    Digest,
}

/// Tags that move with every release.
const MOVING: [&str; 8] = ["latest", "stable", "edge", "nightly", "main", "master", "dev", "rolling"];

/// How the image is chosen.
pub(super) fn chosen(image: &str) -> Chosen {
    // An image of this machine, by its own id.
    let id = image.strip_prefix("sha256:").unwrap_or(image);
    let is_id = id.len() >= 12 && id.bytes().all(|b| b.is_ascii_hexdigit());
    if image.contains('@') || is_id {
        return Chosen::Digest;
    }
    match image.rsplit('/').next().and_then(|last| last.split_once(':')) {
        Some((_, tag)) if !MOVING.contains(&tag) => Chosen::Tag,
        _ => Chosen::Newest,
    }
}

/// Images of runners, and those of the Dockerfile beside the spec.
pub(super) fn references(subject: Subject<'_>) -> Vec<Reference> {
    let mut all = Vec::new();
    for (name, runner) in &subject.spec.runners {
        if let Some(image) = &runner.image {
            let says = format!("the runner `{name}` runs in");
            all.push(Reference { span: image.span, says, image: image.node.clone() });
        }
    }
    if let Some(image) = &subject.spec.image {
        let path = image.dockerfile.as_ref().map_or("Dockerfile", |d| d.node.as_str());
        let span = image.dockerfile.as_ref().map_or(image.repository.span, |d| d.span);
        let mut lines: Vec<(String, Vec<String>)> = Vec::new();
        for (line, base) in subject.beside.text(path).iter().flat_map(|text| bases(text)) {
            match lines.iter_mut().find(|(known, _)| *known == base) {
                Some((_, at)) => at.push(line.to_string()),
                None => lines.push((base, vec![line.to_string()])),
            }
        }
        for (base, at) in lines {
            let s = if at.len() > 1 { "s" } else { "" };
            let says = format!("`{path}`, line{s} {}, builds on", at.join(" and "));
            all.push(Reference { span, says, image: base });
        }
    }
    all
}

/// The images behind `FROM`, with their lines: stages of the file itself and what a variable without a default names are left
/// out.
fn bases(dockerfile: &str) -> Vec<(usize, String)> {
    let (mut all, mut stages, mut defaults) = (Vec::new(), Vec::new(), Vec::new());
    for (line, number) in dockerfile.lines().zip(1..) {
        let words: Vec<&str> = line.split_whitespace().filter(|w| !w.starts_with("--")).collect();
        let first = words.first().map(|w| w.to_ascii_uppercase());
        match (first.as_deref(), words.as_slice()) {
            (Some("ARG"), [_, given, ..]) if all.is_empty() => {
                if let Some((name, value)) = given.split_once('=') {
                    defaults.push((name.to_owned(), value.trim_matches(['"', '\'']).to_owned()));
                }
            }
            (Some("FROM"), [_, image, rest @ ..]) => {
                let full = filled(image, &defaults);
                let known =
                    full.as_ref().is_none_or(|i| stages.contains(&i.to_lowercase()) || i == "scratch");
                if let (Some(image), false) = (full, known) {
                    all.push((number, image));
                }
                if let [word, stage] = rest
                    && word.eq_ignore_ascii_case("as")
                {
                    stages.push(stage.to_lowercase());
                }
            }
            _ => {}
        }
    }
    all
}

/// The text with `$NAME` and `${NAME}` filled from the defaults; nothing where one has none.
fn filled(text: &str, defaults: &[(String, String)]) -> Option<String> {
    let mut full = text.to_owned();
    for (name, value) in defaults {
        full = full.replace(&format!("${{{name}}}"), value).replace(&format!("${name}"), value);
    }
    (!full.contains('$')).then_some(full)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases_are_images_of_others() {
        let text = "# FROM no\nARG PY=3.12\nFROM --platform=linux/amd64 python:${PY}-slim AS build\nRUN x\n\
                    from build as test\nFROM scratch\nFROM $UNKNOWN\nFROM gcr.io/distroless/base\n";
        assert_eq!(
            bases(text),
            [(3, "python:3.12-slim".to_owned()), (8, "gcr.io/distroless/base".to_owned())]
        );
    }

    #[test]
    fn a_port_is_no_tag() {
        assert_eq!(chosen("registry:5000/a/b"), Chosen::Newest);
        assert_eq!(chosen("registry:5000/a/b:1.2"), Chosen::Tag);
        assert_eq!(chosen("python"), Chosen::Newest);
        assert_eq!(chosen("python:latest"), Chosen::Newest);
        assert_eq!(chosen("python:3.12@sha256:00"), Chosen::Digest);
        assert_eq!(chosen("sha256:4224eead35ea350b"), Chosen::Digest);
    }
}
