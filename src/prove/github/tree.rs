//! The YAML of a workflow, with every key accounted for.

use crate::prove::Unreadable;
use crate::prove::yaml::{self, Entry, Is, Node};

/// A file's YAML.
pub(super) struct Document(Node);

impl Document {
    /// Reads the text; a repeated key or a second document is an error.
    pub(super) fn read(text: &str) -> Result<Self, Unreadable> {
        let mut all = yaml::documents(text)?.into_iter();
        match (all.next(), all.next()) {
            (Some(one), None) => Ok(Self(one)),
            (None, _) => yaml::refuse(0, "the file says nothing"),
            (_, Some(second)) => yaml::refuse(second.line, "a second document"),
        }
    }

    /// The top.
    pub(super) fn root(&self) -> Tree<'_> {
        Tree { node: &self.0, key: "the file", line: self.0.line }
    }
}

/// A value in the file.
#[derive(Clone, Copy)]
pub(super) struct Tree<'a> {
    node: &'a Node,
    /// The last key on the way to it.
    key: &'a str,
    /// The line of that key; of an item, its own.
    line: usize,
}

/// A mapping whose keys are all known.
pub(super) struct Map<'a> {
    tree: Tree<'a>,
    entries: &'a [Entry],
}

impl<'a> Tree<'a> {
    /// The line of its key; of an item of a list, its own.
    pub(super) fn line(&self) -> usize {
        self.line
    }

    /// It is not understood.
    pub(super) fn refuse(&self, what: impl Into<String>) -> Unreadable {
        Unreadable { line: self.line(), what: what.into() }
    }

    /// The last key on the way to it, for messages.
    pub(super) fn key(&self) -> &'a str {
        self.key
    }

    /// A mapping that holds no other keys than these.
    pub(super) fn map(&self, known: &[&str]) -> Result<Map<'a>, Unreadable> {
        let entries = self.pairs()?;
        match entries.iter().find(|e| !known.contains(&e.key.as_str())) {
            Some(e) => Err(below(e).refuse(format!("`{}` is not known here", e.key))),
            None => Ok(Map { tree: *self, entries }),
        }
    }

    /// A mapping's keys and values, in order.
    pub(super) fn entries(&self) -> Result<Vec<(&'a str, Self)>, Unreadable> {
        Ok(self.pairs()?.iter().map(|e| (e.key.as_str(), below(e))).collect())
    }

    fn pairs(&self) -> Result<&'a [Entry], Unreadable> {
        match &self.node.is {
            Is::Map(entries) => Ok(entries),
            _ => Err(self.refuse(format!("`{}` is no mapping", self.key))),
        }
    }

    /// A sequence.
    pub(super) fn items(&self) -> Result<Vec<Self>, Unreadable> {
        match &self.node.is {
            Is::List(all) => Ok(all.iter().map(|n| Self { node: n, key: self.key, line: n.line }).collect()),
            _ => Err(self.refuse(format!("`{}` is no list", self.key))),
        }
    }

    /// A sequence of texts.
    pub(super) fn texts(&self) -> Result<Vec<String>, Unreadable> {
        self.items()?.iter().map(|t| t.text().map(str::to_owned)).collect()
    }

    /// A text.
    pub(super) fn text(&self) -> Result<&'a str, Unreadable> {
        self.node.text().map_err(|e| Unreadable {
            line: self.line,
            what: format!("`{}` is no text: {}", self.key, e.what),
        })
    }

    /// Is there nothing behind the key?
    pub(super) fn is_null(&self) -> bool {
        self.node.is == Is::Empty
    }

    /// A list?
    pub(super) fn is_list(&self) -> bool {
        matches!(self.node.is, Is::List(_))
    }

    /// A text?
    pub(super) fn is_text(&self) -> bool {
        self.node.text().is_ok()
    }

    /// `true` or `false`.
    pub(super) fn boolean(&self) -> Result<bool, Unreadable> {
        self.as_bool().ok_or_else(|| self.refuse(format!("`{}` is neither true nor false", self.key)))
    }

    /// `true` or `false`, where it is one.
    pub(super) fn as_bool(&self) -> Option<bool> {
        self.node.truth().ok()
    }

    /// A whole number of at least 1.
    pub(super) fn count(&self) -> Result<u64, Unreadable> {
        let number = if let Is::Plain(t) = &self.node.is { t.parse().ok().filter(|n| *n > 0) } else { None };
        number.ok_or_else(|| self.refuse(format!("`{}` is no whole number above 0", self.key)))
    }

    /// A scalar as it is written: `0.50` stays `0.50`.
    pub(super) fn scalar(&self) -> Result<String, Unreadable> {
        match &self.node.is {
            Is::Plain(t) | Is::Quoted(t) => Ok(t.clone()),
            _ => Err(self.refuse(format!("`{}` is no scalar", self.key))),
        }
    }
}

fn below(e: &Entry) -> Tree<'_> {
    Tree { node: &e.value, key: &e.key, line: e.line }
}

impl<'a> Map<'a> {
    /// What stands under the key.
    pub(super) fn get(&self, key: &str) -> Option<Tree<'a>> {
        self.entries.iter().find(|e| e.key == key).map(below)
    }

    /// What has to stand under the key.
    pub(super) fn need(&self, key: &str) -> Result<Tree<'a>, Unreadable> {
        self.get(key).ok_or_else(|| self.tree.refuse(format!("`{key}` is missing")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_has_the_line_of_its_key() {
        let text = "a:\n  - x: 1\n    y: |-\n      z: no\n  - x: 2\nb: # why\n- c: 1\n- d: 0.50\n";
        let document = Document::read(text).unwrap();
        let root = document.root().map(&["a", "b"]).unwrap();
        let (a, b) = (root.need("a").unwrap(), root.need("b").unwrap());
        assert_eq!((a.line(), b.line()), (1, 6));
        let lines = |t: &Tree<'_>| t.items().unwrap().iter().map(Tree::line).collect::<Vec<_>>();
        assert_eq!((lines(&a), lines(&b)), (vec![2, 5], vec![7, 8]));
        assert_eq!(a.items().unwrap()[0].map(&["x", "y"]).unwrap().need("y").unwrap().line(), 3);
        let items = b.items().unwrap();
        assert_eq!(items[1].map(&["d"]).unwrap().need("d").unwrap().scalar().unwrap(), "0.50");
        assert_eq!(items[1].map(&["e"]).err().unwrap().line, 8);
    }

    #[test]
    fn a_key_that_stands_twice_is_refused_and_so_is_a_second_document() {
        assert!(Document::read("a: 1\na: 2\n").is_err());
        assert!(Document::read("a: 1\n---\nb: 2\n").is_err());
        assert!(Document::read("# nothing\n").is_err());
    }
}
