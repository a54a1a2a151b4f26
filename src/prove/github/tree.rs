//! The YAML of a workflow, with lines, and with every key accounted for.

use crate::prove::Unreadable;
use serde_yaml::Value;
use std::collections::HashMap;

/// A file's YAML.
pub(super) struct Document {
    value: Value,
    lines: HashMap<String, usize>,
    text: Vec<String>,
}

impl Document {
    /// Reads the text; a repeated key or a second document is an error.
    pub(super) fn read(text: &str) -> Result<Self, Unreadable> {
        let value: Value = serde_yaml::from_str(text).map_err(|e| Unreadable {
            line: e.location().map_or(0, |l| l.line()),
            what: format!("it is no YAML: {e}"),
        })?;
        let text: Vec<String> = text.lines().map(str::to_owned).collect();
        Ok(Self { value, lines: lines(&text), text })
    }

    /// The top.
    pub(super) fn root(&self) -> Tree<'_> {
        Tree { value: &self.value, path: String::new(), document: self }
    }
}

/// A value in the file.
#[derive(Clone)]
pub(super) struct Tree<'a> {
    value: &'a Value,
    path: String,
    document: &'a Document,
}

/// A mapping whose keys are all known.
pub(super) struct Map<'a> {
    tree: Tree<'a>,
}

impl<'a> Tree<'a> {
    /// Its line; where none is found, that of what it stands in.
    pub(super) fn line(&self) -> usize {
        let mut path = self.path.as_str();
        loop {
            if let Some(line) = self.document.lines.get(path) {
                return *line;
            }
            match path.rfind('/') {
                Some(at) => path = &path[..at],
                None => return 0,
            }
        }
    }

    /// It is not understood.
    pub(super) fn refuse(&self, what: impl Into<String>) -> Unreadable {
        Unreadable { line: self.line(), what: what.into() }
    }

    /// The last key on the way to it, for messages.
    pub(super) fn key(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    fn below(&self, key: &str, value: &'a Value) -> Self {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}/{key}", self.path) };
        Self { value, path, document: self.document }
    }

    /// A mapping that holds no other keys than these.
    pub(super) fn map(&self, known: &[&str]) -> Result<Map<'a>, Unreadable> {
        for (key, tree) in self.entries()? {
            if !known.contains(&key) {
                return Err(tree.refuse(format!("`{key}` is not known here")));
            }
        }
        Ok(Map { tree: self.clone() })
    }

    /// A mapping's keys and values, in order.
    pub(super) fn entries(&self) -> Result<Vec<(&'a str, Self)>, Unreadable> {
        let Value::Mapping(map) = self.value else {
            return Err(self.refuse(format!("`{}` is no mapping", self.key())));
        };
        map.iter()
            .map(|(k, v)| match k {
                Value::String(k) => Ok((k.as_str(), self.below(k, v))),
                _ => Err(self.refuse(format!("a key of `{}` is no text", self.key()))),
            })
            .collect()
    }

    /// A sequence.
    pub(super) fn items(&self) -> Result<Vec<Self>, Unreadable> {
        match self.value {
            Value::Sequence(all) => {
                Ok(all.iter().enumerate().map(|(i, v)| self.below(&i.to_string(), v)).collect())
            }
            _ => Err(self.refuse(format!("`{}` is no list", self.key()))),
        }
    }

    /// A sequence of texts.
    pub(super) fn texts(&self) -> Result<Vec<String>, Unreadable> {
        self.items()?.iter().map(|t| t.text().map(str::to_owned)).collect()
    }

    /// A text.
    pub(super) fn text(&self) -> Result<&'a str, Unreadable> {
        match self.value {
            Value::String(s) => Ok(s),
            _ => Err(self.refuse(format!("`{}` is no text", self.key()))),
        }
    }

    /// Is there nothing behind the key?
    pub(super) fn is_null(&self) -> bool {
        self.value.is_null()
    }

    /// A list?
    pub(super) fn is_list(&self) -> bool {
        self.value.is_sequence()
    }

    /// A text?
    pub(super) fn is_text(&self) -> bool {
        self.value.is_string()
    }

    /// `true` or `false`.
    pub(super) fn boolean(&self) -> Result<bool, Unreadable> {
        self.value.as_bool().ok_or_else(|| self.refuse(format!("`{}` is neither true nor false", self.key())))
    }

    /// `true` or `false`, where it is one.
    pub(super) fn as_bool(&self) -> Option<bool> {
        self.value.as_bool()
    }

    /// A whole number of at least 1.
    pub(super) fn count(&self) -> Result<u64, Unreadable> {
        self.value
            .as_u64()
            .filter(|n| *n > 0)
            .ok_or_else(|| self.refuse(format!("`{}` is no whole number above 0", self.key())))
    }

    /// A scalar as it is written: `0.50` stays `0.50`.
    pub(super) fn scalar(&self) -> Result<String, Unreadable> {
        match self.value {
            Value::String(s) => Ok(s.clone()),
            Value::Bool(b) => Ok(b.to_string()),
            Value::Number(n) => {
                let line = self.document.lines.get(&self.path).and_then(|l| self.document.text.get(l - 1));
                let written = line.and_then(|l| l.split_once(':')).map(|(_, v)| v.trim());
                Ok(written.filter(|w| w.parse::<f64>().is_ok()).map_or_else(|| n.to_string(), str::to_owned))
            }
            _ => Err(self.refuse(format!("`{}` is no scalar", self.key()))),
        }
    }
}

impl<'a> Map<'a> {
    /// What stands under the key.
    pub(super) fn get(&self, key: &str) -> Option<Tree<'a>> {
        self.tree.value.get(key).map(|v| self.tree.below(key, v))
    }

    /// What has to stand under the key.
    pub(super) fn need(&self, key: &str) -> Result<Tree<'a>, Unreadable> {
        self.get(key).ok_or_else(|| self.tree.refuse(format!("`{key}` is missing")))
    }
}

/// The line of every key and item in block style, by its path (`jobs/image/steps/2/run`), from 1. Lines are for
/// people: what is not found here is searched one level up.
fn lines(text: &[String]) -> HashMap<String, usize> {
    let mut found = HashMap::new();
    // Open parts: indent, path, how many items were seen below it.
    let mut open: Vec<(usize, String, usize)> = Vec::new();
    let mut block: Option<usize> = None;
    for (number, line) in text.iter().enumerate() {
        let content = line.trim_start();
        if content.is_empty() {
            continue;
        }
        let mut indent = line.len() - content.len();
        if block.is_some_and(|b| indent > b) || content.starts_with('#') {
            continue;
        }
        block = None;
        let mut rest = content;
        while let Some(item) = rest.strip_prefix("- ") {
            // A list may stand as far out as its key.
            while open.last().is_some_and(|(i, p, _)| *i > indent || (*i == indent && is_item(p))) {
                open.pop();
            }
            let path = open.last_mut().map_or_else(String::new, |(_, p, n)| {
                *n += 1;
                format!("{p}/{}", *n - 1)
            });
            found.insert(path.clone(), number + 1);
            open.push((indent, path, 0));
            let inner = item.trim_start();
            indent += rest.len() - inner.len();
            rest = inner;
        }
        let Some((key, value)) = rest.split_once(':') else { continue };
        while open.last().is_some_and(|(i, _, _)| *i >= indent) {
            open.pop();
        }
        let key = key.trim_matches(['"', '\'']);
        let path = open.last().map_or_else(|| key.to_owned(), |(_, p, _)| format!("{p}/{key}"));
        found.insert(path.clone(), number + 1);
        if value.trim_start().starts_with(['|', '>']) {
            block = Some(indent);
        }
        open.push((indent, path, 0));
    }
    found
}

fn is_item(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|l| l.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_keys_and_items_are_found() {
        let text = "a:\n  - x: 1\n    y: |-\n      z: no\n  - x: 2\nb: # why\n- c: 1\n- d: 0.50\n";
        let document = Document::read(text).unwrap();
        let line = |path: &str| document.lines.get(path).copied();
        for (path, want) in [
            ("a", Some(1)),
            ("a/0/x", Some(2)),
            ("a/0/y", Some(3)),
            ("a/0/y/z", None),
            ("a/1/x", Some(5)),
            ("b", Some(6)),
            ("b/0/c", Some(7)),
            ("b/1/d", Some(8)),
        ] {
            assert_eq!(line(path), want, "{path}");
        }
        let items = document.root().map(&["a", "b"]).unwrap().need("b").unwrap().items().unwrap();
        assert_eq!(items[1].map(&["d"]).unwrap().need("d").unwrap().scalar().unwrap(), "0.50");
        assert_eq!(items[1].map(&["e"]).err().unwrap().line, 8);
    }

    #[test]
    fn a_key_that_stands_twice_is_refused() {
        assert!(Document::read("a: 1\na: 2\n").is_err());
    }
}
