//! A spec and everything it uses, read from disk, parsed and decoded.

use super::allow::{self, Allow};
use super::decimal::Literal;
use super::decode::{self, Decoder, Found, Value};
use super::lets::{self, LetValue, Lets, Unfilled};
use super::texts::{Disk, Texts};
use super::uses::{self, Files};
use super::{RUN_VALUES, Spec, Template};
use crate::diag::{Code, FileId, Finding, SourceMap, Span, Spanned, sort_and_dedup, words};
use crate::spec::shape::Place;
use crate::syntax::{ArgKind, Piece, Statement};
use camino::{Utf8Path, Utf8PathBuf};
use indexmap::{IndexMap, IndexSet};
use sha2::{Digest, Sha256};
use std::cell::Cell;

/// What came out of reading one `.mlpipe` file and everything it uses.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The spec; none when the file is a library or there was nothing to go on. Where there are findings too, it holds
    /// what could be understood, so that the checks behind it can tell theirs in the same run.
    pub spec: Option<Spec>,
    /// The file has no `pipeline`: it is there to be used by others.
    pub is_library: bool,
    /// Findings of reading, syntax, words, arguments, units, `let` and `use`, in their order.
    pub findings: Vec<Finding>,
    /// The comments of all files that allow findings. What is wrong with such a comment is among the findings.
    pub allows: Vec<Allow>,
    /// Every file that was read, the spec first, each once, with its path below the root.
    pub files: Vec<(Utf8PathBuf, FileId)>,
    /// Files that a `use` names and of which nothing could be read: not there, or not in the language. Below the root.
    pub unread: Vec<Utf8PathBuf>,
}

/// Loads the spec at `path`, which is below `root` (either relative to it or absolute).
pub fn load(root: &Utf8Path, path: &Utf8Path, sources: &mut SourceMap) -> Loaded {
    load_from(&Disk, root, path, sources)
}

/// The same, where some texts are not those of the disk.
pub fn load_from(texts: &dyn Texts, root: &Utf8Path, path: &Utf8Path, sources: &mut SourceMap) -> Loaded {
    let mut loaded = Loaded::default();
    let Some(files) = uses::read_all(root, path, sources, texts, &mut loaded.findings) else {
        sort_and_dedup(&mut loaded.findings);
        return loaded;
    };
    loaded.files = files.all.iter().map(|f| (f.path.clone(), f.id)).collect();
    loaded.unread.clone_from(&files.unread);
    for file in &files.all {
        let (allows, findings) = allow::decode(file.id, &file.tree, &sources.file(file.id).text);
        loaded.allows.extend(allows);
        loaded.findings.extend(findings);
    }
    loaded.is_library = !files.main().tree.statements.iter().any(|s| s.word.node == "pipeline");

    let mut decoder = Decoder::new(sources);
    decoder.names_missing = loaded.findings.iter().any(Finding::is_error);
    decoder.lets = collected(&mut decoder, &files, loaded.is_library);
    let found = Found { statements: files.taken(&mut decoder.findings) };
    let mut spec = decode::spec(&mut decoder, &found);
    loaded.findings.append(&mut decoder.findings);
    if !loaded.is_library {
        spec.path.clone_from(&files.main().path);
        spec.sha256 = hash(&files, sources);
        spec.doubtful = doubtful(&files, &loaded.findings);
        loaded.spec = Some(spec);
    }
    sort_and_dedup(&mut loaded.findings);
    loaded
}

/// Where something was not understood: the top-level statement around each error, or the error's own place.
fn doubtful(files: &Files, findings: &[Finding]) -> Vec<Span> {
    let mut statements: Vec<Span> =
        files.all.iter().flat_map(|f| &f.tree.statements).map(|s| s.span).collect();
    statements.sort_unstable();
    let around = |at: Span| {
        let behind = statements.partition_point(|s| (s.file, s.start) <= (at.file, at.start));
        statements[..behind].last().filter(|s| s.contains(at)).copied()
    };
    let mut spans: Vec<Span> = findings
        .iter()
        .filter(|f| f.is_error())
        .filter_map(|f| f.span)
        .map(|at| around(at).unwrap_or(at))
        .collect();
    spans.sort_unstable();
    spans.dedup();
    spans
}

/// SHA-256 over paths and contents of all files. Each part is preceded by its length, so that a byte cannot move from
/// one to the next unseen; line ends count as `\n`, so that a checkout with other ones has the same hash.
fn hash(files: &Files, sources: &SourceMap) -> String {
    let mut hasher = Sha256::new();
    let mut part = |text: &str| {
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    };
    for file in &files.all {
        part(file.path.as_str());
        part(&sources.file(file.id).text.replace("\r\n", "\n"));
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One `let` statement with its value not worked out yet.
struct Pending<'t> {
    name: Spanned<String>,
    statement: &'t Statement,
}

/// Collects the `let`s of all files and works out their values.
fn collected(decoder: &mut Decoder<'_>, files: &Files, is_library: bool) -> Lets {
    let mut given: IndexMap<String, Pending<'_>> = IndexMap::new();
    let mut without: IndexMap<String, Unfilled> = IndexMap::new();
    for file in files.used_first() {
        let mut here: IndexMap<&str, Span> = IndexMap::new();
        for statement in file.tree.statements.iter().filter(|s| s.word.node == "let") {
            let Some(first) = statement.args.first() else { continue };
            let Some(name) = first.as_name() else { continue };
            if let Some(place) = here.insert(name, first.span) {
                decoder.findings.push(
                    Finding::at(
                        Code::NAME_TWICE,
                        first.span,
                        format!("there are two statements `let {name}`"),
                    )
                    .also(place, "it stands here already")
                    .help("give one of them another name, or take it out"),
                );
                continue;
            }
            if RUN_VALUES.contains(&name) {
                decoder.findings.push(
                    Finding::at(
                        Code::BAD_NAME,
                        first.span,
                        format!("`{name}` is a value of the run, not a `let`"),
                    )
                    .help("choose another name: `${…}` would not say which of the two it means"),
                );
                continue;
            }
            if statement.args.len() == 1 && !statement.damaged {
                let unfilled = Unfilled {
                    statement: statement.head,
                    via: file.via,
                    may_stay: is_library,
                    told: Cell::new(false),
                };
                without.entry(name.to_owned()).or_insert(unfilled);
                continue;
            }
            if let Some(policy) = given.get(name) {
                decoder.findings.push(
                    Finding::at(
                        Code::LET_OVERRIDDEN,
                        first.span,
                        format!("`let {name}` has a value already, and a value is policy"),
                    )
                    .also(policy.name.span, "it is given here")
                    .help(
                        "take this one out, or take the value out of the library so that its users fill it",
                    ),
                );
                continue;
            }
            let name = Spanned::new(name.to_owned(), first.span);
            given.insert(name.node.clone(), Pending { name, statement });
        }
    }
    without.retain(|name, _| !given.contains_key(name));
    for (name, unfilled) in without.iter().filter(|(_, u)| u.via.is_none() && !u.may_stay) {
        unfilled.told.set(true);
        decoder.findings.push(lets::unfilled(name, unfilled, None));
    }
    decoder.lets = Lets { values: IndexMap::new(), unfilled: without };
    resolve(decoder, given);
    std::mem::take(&mut decoder.lets)
}

/// Works out values, those first that need no other. What is left over goes in a circle.
fn resolve(decoder: &mut Decoder<'_>, mut pending: IndexMap<String, Pending<'_>>) {
    let mut wanted_by: IndexMap<String, Vec<String>> = IndexMap::new();
    let mut missing: IndexMap<String, usize> = IndexMap::new();
    for (name, one) in &pending {
        let open: Vec<&str> = needs(one.statement).filter(|n| pending.contains_key(*n)).collect();
        missing.insert(name.clone(), open.len());
        for need in open {
            wanted_by.entry(need.to_owned()).or_default().push(name.clone());
        }
    }
    let mut ready: Vec<String> =
        missing.iter().filter(|(_, n)| **n == 0).map(|(k, _)| k.clone()).rev().collect();
    while let Some(name) = ready.pop() {
        let Some(one) = pending.swap_remove(&name) else { continue };
        let value = value_of(decoder, one.statement);
        decoder.lets.values.insert(name.clone(), Spanned::new(value, one.name.span));
        for next in wanted_by.swap_remove(&name).unwrap_or_default() {
            if let Some(n) = missing.get_mut(&next) {
                *n -= 1;
                if *n == 0 {
                    ready.push(next);
                }
            }
        }
    }
    pending.sort_by(|_, a, _, b| a.name.span.cmp(&b.name.span));
    if let Some(path) = circle(&pending) {
        let first = &pending[path[0]].name;
        decoder.findings.push(
            Finding::at(
                Code::LET_CYCLE,
                first.span,
                format!("these `let`s need each other: {}", words::cycle(&path)),
            )
            .help("give one of them a value that needs no other"),
        );
    }
    for (name, one) in pending {
        decoder.lets.values.insert(name, Spanned::new(LetValue::Unknown, one.name.span));
    }
}

/// What a `let` needs: the names that its value mentions.
fn needs(statement: &Statement) -> impl Iterator<Item = &str> {
    statement.args.iter().skip(1).flat_map(|arg| {
        let refs: Vec<&str> = match &arg.kind {
            ArgKind::Text(text) => text
                .pieces
                .iter()
                .filter_map(|p| match p {
                    Piece::Ref(name) => Some(name.as_str()),
                    _ => None,
                })
                .collect(),
            _ => arg.as_name().into_iter().collect(),
        };
        refs
    })
}

/// One circle among `let`s each of which needs another of them.
fn circle<'p>(pending: &'p IndexMap<String, Pending<'_>>) -> Option<Vec<&'p str>> {
    let mut path: IndexSet<&str> = IndexSet::new();
    path.insert(pending.keys().next()?);
    loop {
        let last = *path.last()?;
        let statement = pending.get(last)?.statement;
        let next = needs(statement).find_map(|n| pending.get_key_value(n).map(|(k, _)| k.as_str()))?;
        if let Some(start) = path.get_index_of(next) {
            return Some(path.into_iter().skip(start).collect());
        }
        path.insert(next);
    }
}

fn value_of(decoder: &mut Decoder<'_>, statement: &Statement) -> LetValue {
    let items = decoder.items([statement], Place::Top);
    let value = items.first().and_then(|item| item.values().find(|(name, _)| *name == "value"));
    match value.map(|(_, v)| &v.node) {
        Some(Value::Literal(literal)) => LetValue::Literal(Literal::clone(literal)),
        Some(Value::Template(template)) => LetValue::Text(Template::clone(template)),
        _ => LetValue::Unknown,
    }
}
