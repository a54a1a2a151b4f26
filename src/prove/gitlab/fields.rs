//! A map whose keys are all known.

use crate::prove::Unreadable;
use crate::prove::yaml::{Entry, Is, Node, refuse};

/// The entries of a map, taken one by one; what is left over at the end is not known.
pub(super) struct Fields<'a> {
    place: &'static str,
    left: Vec<&'a Entry>,
}

impl<'a> Fields<'a> {
    /// The entries of `node`. `place` says in a message where it stands: "a job".
    pub(super) fn of(node: &'a Node, place: &'static str) -> Result<Self, Unreadable> {
        match &node.is {
            Is::Map(entries) => Ok(Self { place, left: entries.iter().collect() }),
            _ => refuse(node.line, format!("{place} is expected, as a map")),
        }
    }

    /// The entry of that key, once.
    pub(super) fn take(&mut self, key: &str) -> Option<&'a Node> {
        let at = self.left.iter().position(|e| e.key == key)?;
        Some(&self.left.remove(at).value)
    }

    /// The same, as a text.
    pub(super) fn text(&mut self, key: &str) -> Result<Option<(&'a str, usize)>, Unreadable> {
        self.take(key).map(|n| Ok((n.text()?, n.line))).transpose()
    }

    /// What has not been taken.
    pub(super) fn rest(self) -> Vec<&'a Entry> {
        self.left
    }

    /// Nothing may be left.
    pub(super) fn end(self) -> Result<(), Unreadable> {
        match self.left.first() {
            None => Ok(()),
            Some(e) => refuse(e.line, format!("`{}` is not known in {}", e.key, self.place)),
        }
    }
}

/// A text that GitLab takes as it is: without variables, which it would put in.
pub(super) fn fixed(node: &Node) -> Result<String, Unreadable> {
    let text = node.text()?;
    if text.contains('$') {
        return refuse(node.line, format!("GitLab would replace the `$` in `{text}`"));
    }
    Ok(text.to_owned())
}
