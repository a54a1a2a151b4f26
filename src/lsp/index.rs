//! The names of a repository: which place means what, over all files that use each other.

use super::documents::Documents;
use super::names::{self, Known, NameKind, Occurrence};
use super::text::Lines;
use super::uri;
use crate::spec::Texts;
use crate::spec::shape::Place;
use crate::syntax::{self, ArgKind, Tree};
use camino::{Utf8Path, Utf8PathBuf};
use std::collections::{BTreeMap, BTreeSet};

/// One file and its names.
pub(super) struct File {
    pub(super) text: String,
    pub(super) lines: Lines,
    pub(super) tree: Tree,
    pub(super) names: Vec<Occurrence>,
    uses: Vec<Use>,
}

/// `use "path" only name`.
struct Use {
    /// As it is written.
    path: String,
    file: Utf8PathBuf,
    only: Vec<String>,
}

/// A place in the index: a file, and one of its names.
pub(super) type Found<'i> = (&'i Utf8Path, &'i Occurrence);

/// The names of a repository.
pub(super) struct Index {
    pub(super) files: BTreeMap<Utf8PathBuf, File>,
    /// Specs with all that they use, themselves first.
    families: Vec<Vec<Utf8PathBuf>>,
    /// The names of all `let`s.
    pub(super) lets: BTreeSet<String>,
    targets: BTreeMap<String, Place>,
}

impl Index {
    /// Reads the files of these families: open ones as they are in the editor.
    pub(super) fn build(documents: &Documents, families: Vec<Vec<Utf8PathBuf>>) -> Self {
        let paths: BTreeSet<Utf8PathBuf> = families.iter().flatten().cloned().collect();
        let mut index =
            Self { files: BTreeMap::new(), families, lets: BTreeSet::new(), targets: BTreeMap::new() };
        for path in paths {
            let Some(text) = documents.unsaved(&path).or_else(|| std::fs::read_to_string(&path).ok()) else {
                continue;
            };
            let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
            // The compiler does not read a larger one either, and says so.
            let read = text.len() as u64 <= syntax::MAX_BYTES;
            let tree = if read { names::tree(&text) } else { Tree::default() };
            let lines = documents.lines(&path, &text);
            index.top(&tree);
            let uses = uses(&path, &tree);
            index.files.insert(path, File { text, lines, tree, names: Vec::new(), uses });
        }
        let (lets, targets) = (&index.lets, &index.targets);
        let known = Known { is_let: &|n| lets.contains(n), target: &|n| targets.get(n).copied() };
        for file in index.files.values_mut() {
            file.names = names::of(&file.tree, &file.text, &known);
        }
        index
    }

    /// Notes what the rest cannot be understood without.
    fn top(&mut self, tree: &Tree) {
        for statement in &tree.statements {
            let name = |i: usize| statement.args.get(i).and_then(|a| a.as_name());
            match (statement.word.as_str(), name(0), name(1)) {
                ("let", Some(name), _) => {
                    self.lets.insert(name.to_owned());
                }
                ("target", Some(name), Some(kind)) => {
                    if let Some(place) = Place::of_target(kind) {
                        self.targets.insert(name.to_owned(), place);
                    }
                }
                _ => {}
            }
        }
    }

    /// The kind of a target with a name.
    pub(super) fn target(&self, name: &str) -> Option<Place> {
        self.targets.get(name).copied()
    }

    /// The name at a byte of a file.
    pub(super) fn at(&self, path: &Utf8Path, offset: usize) -> Option<Found<'_>> {
        let (path, file) = self.files.get_key_value(path)?;
        let touches = |o: &&Occurrence| o.start <= offset && offset <= o.end;
        // Between two names that touch, such as `quality.accuracy`, the one that begins here is meant.
        let name = file.names.iter().filter(touches).max_by_key(|o| o.start)?;
        Some((path, name))
    }

    /// Where a name is given: once, but for a `let`, an input or a metric.
    pub(super) fn given(&self, path: &Utf8Path, name: &Occurrence) -> Vec<Found<'_>> {
        let kinds: &[NameKind] = match name.kind {
            NameKind::Subject => &NameKind::SUBJECTS,
            NameKind::Taken => return self.taken(path, name),
            NameKind::RunValue => &[],
            _ => std::slice::from_ref(&name.kind),
        };
        if name.kind == NameKind::Subject && name.name == "image" {
            return self.first(path, &|o| o.kind == NameKind::Image && o.given);
        }
        self.first(path, &|o| {
            o.given && kinds.contains(&o.kind) && o.name == name.name && o.owner == name.owner
        })
    }

    /// What a name in `only` stands for.
    fn taken(&self, path: &Utf8Path, name: &Occurrence) -> Vec<Found<'_>> {
        let uses = self.files.get(path).map(|f| f.uses.as_slice()).unwrap_or_default();
        let Some(used) = uses.iter().find(|u| u.path == name.owner) else { return Vec::new() };
        self.first(&used.file, &|o| o.given && NameKind::TAKEABLE.contains(&o.kind) && o.name == name.name)
    }

    /// What fits in the nearest file: this one, else those that it uses, else, for a library, those that use it.
    fn first(&self, path: &Utf8Path, fits: &dyn Fn(&Occurrence) -> bool) -> Vec<Found<'_>> {
        let here = |path: &Utf8Path| -> Vec<Found<'_>> {
            let file = self.files.get_key_value(path);
            file.map(|(p, f)| f.names.iter().filter(|o| fits(o)).map(|o| (p.as_path(), o)).collect())
                .unwrap_or_default()
        };
        let own = here(path);
        // A `let` without a value in one file is filled in another: both give it.
        let is_let = own.first().is_some_and(|(_, o)| o.kind == NameKind::Let);
        if !own.is_empty() && !is_let {
            return own;
        }
        let below = self.below(path);
        let taken =
            below.iter().flat_map(|(p, only)| here(p).into_iter().filter(move |(_, o)| takes(only, o)));
        let used: Vec<Found<'_>> = taken.collect();
        if !used.is_empty() && !is_let {
            return used;
        }
        let mut all = own;
        all.extend(used);
        let families = self.families.iter().filter(|f| f.iter().any(|p| p == path));
        let mut around: Vec<Found<'_>> = families.flatten().flat_map(|p| here(p)).collect();
        around.retain(|(_, o)| o.kind == NameKind::Let || all.is_empty());
        all.extend(around);
        all.sort_by_key(|(p, o)| (p.to_owned(), o.start));
        all.dedup();
        all
    }

    /// The files that a file uses, near ones first, without itself, each with the names that it takes from there where it
    /// does not take all.
    fn below(&self, path: &Utf8Path) -> Vec<(Utf8PathBuf, Option<Vec<String>>)> {
        let mut order: Vec<(Utf8PathBuf, Option<Vec<String>>)> = vec![(path.to_owned(), None)];
        let mut next = 0;
        while let Some((file, taken)) = order.get(next).cloned() {
            for used in self.files.get(&file).map(|f| f.uses.as_slice()).unwrap_or_default() {
                if order.iter().any(|(f, _)| *f == used.file) {
                    continue;
                }
                let only = match (&taken, used.only.as_slice()) {
                    (taken, []) => taken.clone(),
                    (None, only) => Some(only.to_vec()),
                    (Some(taken), only) => Some(only.iter().filter(|o| taken.contains(o)).cloned().collect()),
                };
                order.push((used.file.clone(), only));
            }
            next += 1;
        }
        order.split_off(1)
    }

    /// Every place of a name: where it is given, and where it is used.
    pub(super) fn all(&self, path: &Utf8Path, name: &Occurrence) -> Vec<Found<'_>> {
        let given = self.given(path, name);
        let mut found = Vec::new();
        for (file, content) in &self.files {
            for other in content.names.iter().filter(|o| o.name == name.name) {
                let same = if given.is_empty() {
                    // Secrets and metrics need no statement that gives them.
                    other.kind == name.kind && other.owner == name.owner && self.together(path, file)
                } else {
                    given.contains(&(file.as_path(), other))
                        || self.given(file, other).iter().any(|g| given.contains(g))
                };
                if same {
                    found.push((file.as_path(), other));
                }
            }
        }
        found
    }

    /// Are two files read together?
    fn together(&self, a: &Utf8Path, b: &Utf8Path) -> bool {
        a == b || self.families.iter().any(|f| f.iter().any(|p| p == a) && f.iter().any(|p| p == b))
    }

    /// What may be named in a file: given there, or in what it uses.
    pub(super) fn visible(&self, path: &Utf8Path, kinds: &[NameKind]) -> Vec<Found<'_>> {
        let mut found: Vec<Found<'_>> = Vec::new();
        for (file, only) in std::iter::once((path.to_owned(), None)).chain(self.below(path)) {
            let Some((path, content)) = self.files.get_key_value(&file) else { continue };
            let offered = content.names.iter().filter(|o| o.given && kinds.contains(&o.kind));
            for name in offered.filter(|o| takes(&only, o)) {
                if !found
                    .iter()
                    .any(|(_, o)| o.kind == name.kind && o.name == name.name && o.owner == name.owner)
                {
                    found.push((path, name));
                }
            }
        }
        found
    }

    /// Every secret that the files read with this one name.
    pub(super) fn secrets(&self, path: &Utf8Path) -> BTreeSet<&str> {
        let files = self.files.iter().filter(|(p, _)| self.together(path, p));
        files
            .flat_map(|(_, f)| &f.names)
            .filter(|o| o.kind == NameKind::Secret)
            .map(|o| o.name.as_str())
            .collect()
    }

    /// The line in which a name is given, without its block.
    pub(super) fn line(&self, path: &Utf8Path, name: &Occurrence) -> String {
        let Some(file) = self.files.get(path) else { return String::new() };
        let line = file.text[name.statement.0..name.statement.1].lines().next().unwrap_or_default();
        line.trim_end_matches(['{', ' ']).to_owned()
    }

    /// Files without `pipeline`.
    pub(super) fn libraries(&self) -> impl Iterator<Item = &Utf8Path> {
        let is_library = |f: &File| !f.names.iter().any(|o| o.kind == NameKind::Pipeline);
        self.files.iter().filter(move |(_, f)| is_library(f)).map(|(p, _)| p.as_path())
    }

    /// The file of the `use` whose text is at a byte.
    pub(super) fn use_at(&self, path: &Utf8Path, offset: usize) -> Option<&Utf8Path> {
        let file = self.files.get(path)?;
        let text = file.tree.statements.iter().filter(|s| s.word.node == "use").find_map(|s| {
            let arg = s.args.first()?;
            let inside = arg.span.start as usize <= offset && offset <= arg.span.end as usize;
            match &arg.kind {
                ArgKind::Text(text) if inside => Some(text.verbatim.as_str()),
                _ => None,
            }
        })?;
        self.used(path, text)
    }

    /// The file that a `use` of this path, as it is written, takes from.
    pub(super) fn used(&self, path: &Utf8Path, written: &str) -> Option<&Utf8Path> {
        let used = self.files.get(path)?.uses.iter().find(|u| u.path == written)?;
        self.files.get_key_value(&used.file).map(|(p, _)| p.as_path())
    }
}

/// Does a `use` with these names behind `only` take that one? What a gate measures comes with it, and a `let` always.
fn takes(only: &Option<Vec<String>>, name: &Occurrence) -> bool {
    let top = if name.kind == NameKind::Metric { &name.owner } else { &name.name };
    name.kind == NameKind::Let || only.as_ref().is_none_or(|only| only.contains(top))
}

fn uses(path: &Utf8Path, tree: &Tree) -> Vec<Use> {
    let folder = path.parent().unwrap_or(path);
    let uses = tree.statements.iter().filter(|s| s.word.node == "use");
    uses.filter_map(|s| {
        let ArgKind::Text(text) = &s.args.first()?.kind else { return None };
        let only = s.args.iter().skip(2).filter_map(|a| a.as_name().map(str::to_owned)).collect();
        let file = uri::real(&folder.join(&text.verbatim));
        Some(Use { path: text.verbatim.clone(), file, only })
    })
    .collect()
}
