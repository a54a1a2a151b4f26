//! Reading files: the spec, and what it takes from others by `use`.

use super::decode::Decoder;
use super::keywords;
use super::read;
use super::shape::Place;
use super::texts::Texts;
use crate::diag::{Code, FileId, Finding, SourceMap, Span, Spanned, words};
use crate::syntax::{self, Statement, Tree};
use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use indexmap::IndexSet;

/// What may be taken from another file.
const TAKEABLE: [&str; 5] = ["gate", "target", "runner", "data", "let"];

/// Files that use each other in a longer chain are refused.
const MAX_CHAIN: usize = 64;

/// One file that was read.
#[derive(Debug)]
pub(super) struct File {
    /// Below the root, with `/`.
    pub(super) path: Utf8PathBuf,
    pub(super) id: FileId,
    pub(super) tree: Tree,
    /// The `use` of the spec through which it came in.
    pub(super) via: Option<Span>,
    /// The same file under whatever name.
    canonical: Utf8PathBuf,
    uses: Vec<Use>,
}

/// `use "…" only …`.
#[derive(Debug)]
struct Use {
    /// Index of the file.
    file: usize,
    only: Vec<Spanned<String>>,
}

/// The spec and all files that it uses, each once.
#[derive(Debug)]
pub(super) struct Files {
    /// The spec first, then the others in the order in which they were met.
    pub(super) all: Vec<File>,
    /// Files below the root of which nothing could be read.
    pub(super) unread: Vec<Utf8PathBuf>,
}

/// Reads a spec and everything it uses. None when the spec itself cannot be read or has nothing in it.
pub(super) fn read_all(
    root: &Utf8Path,
    path: &Utf8Path,
    sources: &mut SourceMap,
    texts: &dyn Texts,
    findings: &mut Vec<Finding>,
) -> Option<Files> {
    let below = path.strip_prefix(root).unwrap_or(path);
    let mut reader = Reader {
        root,
        canonical_root: None,
        sources,
        texts,
        findings,
        files: Vec::new(),
        unread: Vec::new(),
        open: Vec::new(),
    };
    reader.file(below, None)?;
    Some(Files { all: reader.files, unread: reader.unread })
}

struct Reader<'a> {
    root: &'a Utf8Path,
    canonical_root: Option<Utf8PathBuf>,
    sources: &'a mut SourceMap,
    texts: &'a dyn Texts,
    findings: &'a mut Vec<Finding>,
    files: Vec<File>,
    unread: Vec<Utf8PathBuf>,
    /// Files whose `use`s are being followed, outermost first, each with the `use` that led to it.
    open: Vec<(usize, Option<Span>)>,
}

impl Reader<'_> {
    /// Reads, parses, and follows the `use`s. Gives the file's index.
    fn file(&mut self, below: &Utf8Path, by: Option<Span>) -> Option<usize> {
        let full = self.root.join(below);
        let shown = below.as_str().replace('\\', "/");
        let text = match read::file(&full, self.texts) {
            Ok(text) => text,
            Err(fault) => {
                self.findings.push(fault.finding(&shown, by));
                self.unread.push(shown.into());
                return None;
            }
        };
        let id = self.sources.add(shown.as_str(), text);
        let parsed =
            syntax::parse(id, &self.sources.file(id).text, &|w| keywords::find(Place::Top, w).is_some());
        let hopeless = parsed.tree.statements.is_empty() && !parsed.findings.is_empty();
        self.findings.extend(parsed.findings);
        if parsed.tree.statements.is_empty() && !hopeless {
            self.findings.push(
                Finding::at(Code::EMPTY_FILE, Span::new(id, 0, 0), "there is nothing in this file")
                    .help("`mlpipe init` writes a spec to start from"),
            );
        }
        if parsed.tree.statements.is_empty() {
            self.unread.push(shown.into());
            return None;
        }
        let via = match self.open.as_slice() {
            [] => None,
            [_] => by,
            [_, (first, _), ..] => self.files[*first].via,
        };
        let canonical = full.canonicalize_utf8().unwrap_or(full);
        let index = self.files.len();
        self.files.push(File { path: shown.into(), id, tree: parsed.tree, via, canonical, uses: Vec::new() });
        self.open.push((index, by));
        self.follow(index);
        self.open.pop();
        Some(index)
    }

    fn follow(&mut self, index: usize) {
        let statements: Vec<Statement> =
            self.files[index].tree.statements.iter().filter(|s| s.word.node == "use").cloned().collect();
        for statement in statements {
            let mut decoder = Decoder::new(self.sources);
            let items = decoder.items([&statement], Place::Top);
            let (path, only) = match items.first() {
                Some(item) => (item.text("path"), item.texts("name")),
                None => (None, Vec::new()),
            };
            drop(items);
            self.findings.append(&mut decoder.findings);
            let Some(path) = path else { continue };
            if let Some(file) = self.used(index, &path) {
                self.files[index].uses.push(Use { file, only });
            }
        }
    }

    /// The file that a `use` names, read now or before.
    fn used(&mut self, by: usize, path: &Spanned<String>) -> Option<usize> {
        let folder = self.files[by].path.parent().unwrap_or(Utf8Path::new("")).to_owned();
        let Some(below) = joined(&folder, path) else {
            self.outside(path);
            return None;
        };
        let full = self.root.join(&below);
        if let Ok(canonical) = full.canonicalize_utf8() {
            if !self.inside(&canonical) {
                self.outside(path);
                return None;
            }
            if let Some(known) = self.files.iter().position(|f| f.canonical == canonical) {
                return self.known(known, path);
            }
        }
        if self.open.len() > MAX_CHAIN {
            self.findings.push(
                Finding::at(
                    Code::TOO_DEEP,
                    path.span,
                    format!("files use each other more than {MAX_CHAIN} deep"),
                )
                .help("let a spec use its libraries directly"),
            );
            return None;
        }
        let file = self.file(&below, Some(path.span))?;
        if let Some(pipeline) = self.files[file].tree.statements.iter().find(|s| s.word.node == "pipeline") {
            self.findings.push(
                Finding::at(
                    Code::BAD_USE,
                    path.span,
                    format!("`{below}` is a pipeline of its own, not a library"),
                )
                .also(pipeline.head, "it says so here")
                .help("move what both need into a file without `pipeline`, and `use` that in both"),
            );
            return None;
        }
        Some(file)
    }

    /// A file that was read before: fine, unless it is one of those being followed.
    fn known(&mut self, known: usize, path: &Spanned<String>) -> Option<usize> {
        let Some(start) = self.open.iter().position(|(o, _)| *o == known) else { return Some(known) };
        let circle = &self.open[start..];
        let mut names: Vec<&str> = circle.iter().map(|(i, _)| self.files[*i].path.as_str()).collect();
        // One circle is told in one way, whichever of its files is read first.
        let first = (0..names.len()).min_by_key(|i| names[*i]).unwrap_or_default();
        let span = circle[first].1.filter(|_| first > 0).unwrap_or(path.span);
        names.rotate_left(first);
        self.findings.push(
            Finding::at(
                Code::USE_CYCLE,
                span,
                format!("these files use each other: {}", words::cycle(&names)),
            )
            .help("move what both need into a third file that uses neither"),
        );
        None
    }

    fn inside(&mut self, canonical: &Utf8Path) -> bool {
        let root = self.root;
        let known = self.canonical_root.get_or_insert_with(|| {
            let root = if root.as_str().is_empty() { Utf8Path::new(".") } else { root };
            root.canonicalize_utf8().unwrap_or_else(|_| root.to_owned())
        });
        canonical.starts_with(known)
    }

    fn outside(&mut self, path: &Spanned<String>) {
        self.findings.push(
            Finding::at(Code::USE_OUTSIDE, path.span, format!("`{}` lies outside the repository", path.node))
                .help("a `use` takes a file of this repository, by its path from the file that uses it"),
        );
    }
}

impl Files {
    /// The spec itself.
    pub(super) fn main(&self) -> &File {
        &self.all[0]
    }

    /// Every file, used ones before those that use them.
    pub(super) fn used_first(&self) -> Vec<&File> {
        let mut order = Vec::new();
        self.visit(0, &mut order);
        order.into_iter().map(|i| &self.all[i]).collect()
    }

    fn visit(&self, file: usize, order: &mut Vec<usize>) {
        for used in &self.all[file].uses {
            self.visit_once(used.file, order);
        }
        if !order.contains(&file) {
            order.push(file);
        }
    }

    fn visit_once(&self, file: usize, order: &mut Vec<usize>) {
        if !order.contains(&file) {
            self.visit(file, order);
        }
    }

    /// The statements that make the spec: what it takes from others, then its own, without `let` and `use`.
    pub(super) fn taken(&self, findings: &mut Vec<Finding>) -> Vec<&Statement> {
        let mut offers: Vec<Option<Vec<&Statement>>> = vec![None; self.all.len()];
        self.offer(0, &mut offers, findings);
        let main = offers.into_iter().next().flatten().unwrap_or_default();
        main.into_iter().filter(|s| s.word.node != "let").collect()
    }

    /// What a file offers: what it takes from others, then what is its own.
    fn offer<'f>(
        &'f self,
        index: usize,
        offers: &mut Vec<Option<Vec<&'f Statement>>>,
        findings: &mut Vec<Finding>,
    ) {
        let file = &self.all[index];
        let mut offered: Vec<&Statement> = Vec::new();
        let mut places: IndexSet<Span> = IndexSet::new();
        for used in &file.uses {
            if offers[used.file].is_none() {
                self.offer(used.file, offers, findings);
            }
            let theirs = offers[used.file].as_deref().unwrap_or_default();
            self.check_only(used, theirs, findings);
            for statement in theirs.iter().filter(|s| used.takes(s)) {
                if places.insert(statement.span) {
                    offered.push(statement);
                }
            }
        }
        let library = !file.tree.statements.iter().any(|s| s.word.node == "pipeline");
        for statement in &file.tree.statements {
            let word = statement.word.node.as_str();
            if word == "use" {
                continue;
            }
            if library
                && !TAKEABLE.contains(&word)
                && word != "mlpipe"
                && keywords::find(Place::Top, word).is_some()
            {
                findings.push(
                    Finding::at(Code::NOT_TAKEN, statement.head, format!("`{word}` in a library is taken by nobody"))
                        .help("a file without `pipeline` offers gates, targets, runners, data and lets; write this into the spec"),
                );
                continue;
            }
            if word != "mlpipe" || index == 0 {
                offered.push(statement);
            }
        }
        offers[index] = Some(offered);
    }

    fn check_only(&self, used: &Use, theirs: &[&Statement], findings: &mut Vec<Finding>) {
        let names: IndexSet<&str> = theirs.iter().filter_map(|s| name_of(s)).collect();
        let path = &self.all[used.file].path;
        for name in used.only.iter().filter(|name| !names.contains(name.as_str())) {
            let finding = Finding::at(
                Code::USE_UNKNOWN,
                name.span,
                format!("`{path}` has nothing called `{}`", name.node),
            );
            findings.push(match words::nearest(name, names.iter().copied()) {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => {
                    finding.help(format!("it has {}", words::and_list(&names.iter().collect::<Vec<_>>())))
                }
            });
        }
    }
}

impl Use {
    fn takes(&self, statement: &Statement) -> bool {
        let named = |n: &str| self.only.iter().any(|o| o.node == n);
        self.only.is_empty() || name_of(statement).is_some_and(named)
    }
}

fn name_of(statement: &Statement) -> Option<&str> {
    statement.args.first()?.as_name()
}

/// A path from a folder below the root, with `.` and `..` taken out. None when it leaves the root.
fn joined(folder: &Utf8Path, path: &str) -> Option<Utf8PathBuf> {
    let mut parts: Vec<&str> = folder.components().map(|c| c.as_str()).collect();
    for component in Utf8Path::new(path).components() {
        match component {
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir => {
                parts.pop()?;
            }
            Utf8Component::Normal(part) => parts.push(part),
            Utf8Component::RootDir | Utf8Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/").into())
}
