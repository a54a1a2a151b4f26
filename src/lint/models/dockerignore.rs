//! What a `.dockerignore` keeps out of a build context, by the rules of Docker's documentation ("Build context").

use crate::check::facts::{is_below, normal};

/// The line that keeps a file, or a folder with everything in it, out of the build; nothing where none does or it cannot be told
/// for certain.
pub(super) fn excluded<'t>(text: &'t str, path: &str) -> Option<&'t str> {
    let mut by = None;
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let (pattern, back) = line.strip_prefix('!').map_or((line, false), |p| (p, true));
        let pattern = normal(pattern.trim().trim_start_matches('/'))?;
        if pattern.contains(['[', '\\']) || pattern.split('/').any(|p| p.contains("**") && p != "**") {
            return None;
        }
        if back && is_below(&pattern, path) && pattern != path {
            // A part of the folder comes back.
            return None;
        }
        if matches_or_holds(&pattern, path) {
            by = (!back).then_some(line);
        }
    }
    by
}

/// Does the pattern match the path, or a folder that it lies in?
fn matches_or_holds(pattern: &str, path: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    (1..=path.len()).any(|end| matches(&pattern, &path[..end]))
}

fn matches(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        ([], _) => path.is_empty(),
        (["**", rest @ ..], _) => (0..=path.len()).any(|eaten| matches(rest, &path[eaten..])),
        ([first, rest @ ..], [name, below @ ..]) => {
            part(first.as_bytes(), name.as_bytes()) && matches(rest, below)
        }
        (_, []) => false,
    }
}

/// One part of a path: `*` is any number of characters, `?` is one.
fn part(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], _) => name.is_empty(),
        ([b'*', rest @ ..], _) => (0..=name.len()).any(|eaten| part(rest, &name[eaten..])),
        ([b'?', rest @ ..], [_, below @ ..]) => part(rest, below),
        ([c, rest @ ..], [d, below @ ..]) => c == d && part(rest, below),
        (_, []) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::excluded;

    #[test]
    fn the_last_line_that_matches_decides() {
        for (text, path, by) in [
            ("models\n", "models/m.onnx", Some("models")),
            ("models/\n", "models/m.onnx", Some("models/")),
            ("/models/*.onnx", "models/m.onnx", Some("/models/*.onnx")),
            ("**/*.onnx", "models/a/m.onnx", Some("**/*.onnx")),
            ("**/*.onnx", "m.onnx", Some("**/*.onnx")),
            // At the root of the context only, unlike in git.
            ("*.onnx", "models/m.onnx", None),
            ("*\n!app\n", "models/m.onnx", Some("*")),
            ("*\n!models\n", "models/m.onnx", None),
            ("*\n!models/\nmodels/m.*", "models/m.onnx", Some("models/m.*")),
            ("*\n!models/m.onnx", "models/m.onnx", None),
            ("*\n!models/m/weights.bin", "models/m", None),
            ("# models\n\n  data/ \n", "models/m.onnx", None),
            ("model", "models/m.onnx", None),
            ("models/?.onnx", "models/m.onnx", Some("models/?.onnx")),
            ("models/[a-m].onnx", "models/m.onnx", None),
            ("models/**", "models/a/m.onnx", Some("models/**")),
            ("mod**\n", "models/m.onnx", None),
        ] {
            assert_eq!(excluded(text, path), by, "{text:?} {path}");
        }
    }
}
