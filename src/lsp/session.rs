//! What the server remembers: open files, the roots that they are below, what was found and what was told of it.

use super::analysis::{self, Analysis, Told};
use super::documents::{self, Documents};
use super::index::Index;
use super::protocol::Diagnostic;
use super::text::Encoding;
use super::wire;
use crate::project;
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// What the client can do.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Client {
    /// It fills in the places of a completion one by one.
    pub(super) snippets: bool,
    /// It shows symbols as a tree.
    pub(super) symbol_tree: bool,
    /// It watches files when it is asked to.
    pub(super) watches: bool,
    /// It tells of more open files than those of its language when it is asked to.
    pub(super) opens: bool,
}

/// A repository: the specs that were found below its root.
#[derive(Debug, Default)]
struct Root {
    /// Below the root.
    found: Vec<Utf8PathBuf>,
    /// Each spec with the files that it was read from; absolute.
    read: BTreeMap<Utf8PathBuf, Vec<Utf8PathBuf>>,
}

/// Checks that took longer wait for a pause as long as they took.
const QUICK: Duration = Duration::from_millis(20);

/// No pause that is waited for is longer.
const LONGEST_PAUSE: Duration = Duration::from_millis(300);

pub(super) struct Session {
    pub(super) documents: Documents,
    pub(super) client: Client,
    /// Messages to send.
    pub(super) out: Vec<Value>,
    roots: BTreeMap<Utf8PathBuf, Root>,
    analyses: BTreeMap<Utf8PathBuf, Rc<Analysis>>,
    told: BTreeMap<Utf8PathBuf, Vec<Told>>,
    published: BTreeMap<Utf8PathBuf, (Option<i64>, Vec<Diagnostic>)>,
    /// Open files that changed.
    own: BTreeSet<Utf8PathBuf>,
    /// Specs that use files that changed.
    users: BTreeSet<Utf8PathBuf>,
    indices: BTreeMap<Utf8PathBuf, Rc<Index>>,
    changed: Instant,
    cost: Duration,
}

impl Session {
    pub(super) fn new(encoding: Encoding, client: Client) -> Self {
        Self {
            documents: Documents::new(encoding),
            client,
            out: Vec::new(),
            roots: BTreeMap::new(),
            analyses: BTreeMap::new(),
            told: BTreeMap::new(),
            published: BTreeMap::new(),
            own: BTreeSet::new(),
            users: BTreeSet::new(),
            indices: BTreeMap::new(),
            changed: Instant::now(),
            cost: Duration::ZERO,
        }
    }

    /// A file was opened: there may be new neighbours on the disk too. A configuration changes what is told of every spec.
    pub(super) fn opened(&mut self, path: Utf8PathBuf) {
        self.roots.values_mut().for_each(|root| root.found.clear());
        self.touched(path);
    }

    /// A file was changed.
    pub(super) fn touched(&mut self, path: Utf8PathBuf) {
        self.indices.clear();
        self.changed = Instant::now();
        if documents::is_config(&path) {
            self.own.extend(self.documents.all().map(Utf8Path::to_owned));
        } else {
            self.own.insert(path);
        }
    }

    /// A file was closed: what was told of it is taken back, unless an open one is in it too.
    pub(super) fn closed(&mut self, path: &Utf8Path) {
        self.own.remove(path);
        self.looked_again();
        let open: BTreeSet<Utf8PathBuf> = self.documents.all().map(Utf8Path::to_owned).collect();
        let reads = |spec: &Utf8Path| {
            let files = self.roots.values().find_map(|root| root.read.get(spec));
            files.is_some_and(|files| files.iter().any(|f| open.contains(f)))
        };
        let gone: Vec<Utf8PathBuf> =
            self.told.keys().filter(|spec| !open.contains(*spec) && !reads(spec)).cloned().collect();
        let mut paths = BTreeSet::from([path.to_owned()]);
        for spec in gone {
            self.analyses.remove(&spec);
            paths.extend(self.told.remove(&spec).into_iter().flatten().map(|t| t.path));
        }
        self.publish(&paths);
    }

    /// Files on the disk changed: every open file is looked at again.
    pub(super) fn looked_again(&mut self) {
        self.indices.clear();
        self.roots.values_mut().for_each(|root| root.found.clear());
        self.own.extend(self.documents.all().map(Utf8Path::to_owned));
    }

    /// How long to wait before the next piece of work; none where there is none.
    pub(super) fn due(&self) -> Option<Duration> {
        if self.own.is_empty() && self.users.is_empty() {
            return None;
        }
        let pause = if self.cost > QUICK { self.cost.min(LONGEST_PAUSE) } else { Duration::ZERO };
        Some(pause.saturating_sub(self.changed.elapsed()))
    }

    /// Does one piece of work: an open file that changed, else the specs that use such files.
    pub(super) fn work(&mut self) {
        if let Some(path) = self.own.pop_first() {
            let start = Instant::now();
            self.look(&path);
            self.cost = start.elapsed();
        } else if let Some(spec) = self.users.pop_first() {
            self.analyse(&spec);
        }
    }

    /// What is known of a file, as it stands now.
    pub(super) fn known(&mut self, path: &Utf8Path) -> Option<Rc<Analysis>> {
        if self.own.remove(path) {
            self.look(path);
        }
        self.analyses.get(path).cloned()
    }

    /// A pipeline that a file is part of: itself, or one that uses it.
    pub(super) fn pipeline(&mut self, path: &Utf8Path) -> Option<(Rc<Analysis>, usize)> {
        let own = self.known(path)?;
        let users = self.users_of(&self.root(path), path);
        let mut specs = vec![(path.to_owned(), own)];
        specs.extend(users.into_iter().filter_map(|u| Some((u.clone(), self.analyses.get(&u)?.clone()))));
        specs.into_iter().find_map(|(spec, analysis)| {
            let below = spec.strip_prefix(&analysis.project.root).ok()?.to_owned();
            let at = analysis.project.pipelines.iter().position(|p| p.selected && p.spec.path == below)?;
            Some((analysis, at))
        })
    }

    /// The names of all files of the repository that a file belongs to.
    pub(super) fn index(&mut self, path: &Utf8Path) -> Rc<Index> {
        drop(self.known(path));
        let root = self.root(path);
        if let Some(index) = self.indices.get(&root) {
            return Rc::clone(index);
        }
        let families = self.roots.get(&root).map(|r| r.read.values().cloned().collect()).unwrap_or_default();
        let index = Rc::new(Index::build(&self.documents, families));
        self.indices.insert(root, Rc::clone(&index));
        index
    }

    /// What was told of a file.
    pub(super) fn told_of(&self, path: &Utf8Path) -> Vec<&Told> {
        let mut all: Vec<&Told> = Vec::new();
        for told in self.told.values().flatten().filter(|t| t.path == path) {
            if !all.contains(&told) {
                all.push(told);
            }
        }
        all
    }

    fn look(&mut self, path: &Utf8Path) {
        if self.documents.at(path).is_none() {
            return;
        }
        let root = self.root(path);
        self.users.remove(path);
        self.analyse(path);
        let users = self.users_of(&root, path);
        self.users.extend(users.into_iter().filter(|u| !self.own.contains(u)));
    }

    /// Specs that use a file, without itself.
    fn users_of(&self, root: &Utf8Path, path: &Utf8Path) -> Vec<Utf8PathBuf> {
        let Some(root) = self.roots.get(root) else { return Vec::new() };
        let uses = root.read.iter().filter(|(spec, files)| *spec != path && files.iter().any(|f| f == path));
        uses.map(|(spec, _)| spec.clone()).collect()
    }

    fn analyse(&mut self, spec: &Utf8Path) {
        let root = &self.root(spec);
        let below = |path: &Utf8Path| path.strip_prefix(root).ok().map(Utf8Path::to_owned);
        let Some(selected) = below(spec) else { return };
        let mut all = self.found(root);
        // One that is on the disk and was not found is ignored there: it is nobody's neighbour.
        let new = self.documents.all().filter(|d| !d.exists() && self.root(d) == *root);
        all.extend(new.filter_map(below));
        all.push(selected.clone());
        all.sort();
        all.dedup();
        let analysis = analysis::analyse(&self.documents, root, &all, &selected);
        let read = analysis.project.read.iter().map(|(spec, files)| {
            let files = files.iter().map(|(file, _)| super::uri::real(&root.join(file))).collect();
            (root.join(spec), files)
        });
        let known = &mut self.roots.entry(root.to_owned()).or_default().read;
        known.retain(|spec, _| self.documents.at(spec).is_some());
        known.extend(read);
        let old = self.told.insert(spec.to_owned(), analysis.told.clone()).unwrap_or_default();
        let mut paths: BTreeSet<Utf8PathBuf> =
            old.into_iter().chain(analysis.told.iter().cloned()).map(|t| t.path).collect();
        self.analyses.insert(spec.to_owned(), analysis);
        if self.documents.at(spec).is_some() {
            paths.insert(spec.to_owned());
        }
        self.publish(&paths);
    }

    fn publish(&mut self, paths: &BTreeSet<Utf8PathBuf>) {
        for path in paths {
            let mut now: Vec<Diagnostic> =
                self.told_of(path).into_iter().map(|t| t.diagnostic.clone()).collect();
            now.sort_by(|a, b| (a.range, a.code, &a.message).cmp(&(b.range, b.code, &b.message)));
            let version = self.documents.at(path).map(|d| d.version);
            let before = self.published.get(path);
            let silent = now.is_empty() && version.is_none();
            if before.is_some_and(|(v, told)| *v == version && *told == now) || before.is_none() && silent {
                continue;
            }
            let mut params = json!({ "uri": self.documents.uri(path), "diagnostics": now });
            if let Some(version) = version {
                params["version"] = version.into();
            }
            self.out.push(wire::notification("textDocument/publishDiagnostics", &params));
            if silent {
                self.published.remove(path);
            } else {
                self.published.insert(path.clone(), (version, now));
            }
        }
    }

    /// The root of a file; its own folder where there is none.
    fn root(&self, path: &Utf8Path) -> Utf8PathBuf {
        let folder = path.parent().unwrap_or(path);
        let known = self.roots.keys().find(|root| folder == *root);
        known.cloned().unwrap_or_else(|| project::find_root(folder).unwrap_or_else(|_| folder.to_owned()))
    }

    /// The specs below a root, found once until files come or go.
    fn found(&mut self, root: &Utf8Path) -> Vec<Utf8PathBuf> {
        // A file without a root has its folder for one, and no neighbours.
        let alone = project::find_root(root).is_err();
        let known = self.roots.entry(root.to_owned()).or_default();
        if known.found.is_empty() && !alone {
            known.found = project::specs(root, root).unwrap_or_default();
        }
        known.found.clone()
    }
}
