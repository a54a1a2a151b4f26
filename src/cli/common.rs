//! What every command shares: the root, the specs, and how things are said.

use super::{Color, Exit};
use crate::diag::{Code, Finding, SourceMap};
use crate::project::{self, DiscoverError, Project};
use crate::render::Overlay;
use crate::report;
use crate::spec::PlatformName;
use camino::{Utf8Path, Utf8PathBuf};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// No selected spec makes a file.
pub(super) const NOTHING: &str = "nothing to compile: the paths hold libraries only (files without `pipeline`), or `--to` names a \
                                  platform that no spec emits";

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From here on Ctrl-C is only noted; the answer says whether it was pressed. A second one need not be quicker: what
/// follows takes milliseconds, and half of it must not happen.
pub(super) fn interruptible() -> impl Fn() -> bool {
    let _ = ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::SeqCst));
    || INTERRUPTED.load(Ordering::SeqCst)
}

/// Where a command runs and how it speaks.
pub(super) struct Shell {
    root: Option<Utf8PathBuf>,
    fancy: bool,
    unwritten: RefCell<Option<std::io::Error>>,
}

/// Platforms of `--to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum To {
    /// GitHub Actions
    Github,
    /// GitLab CI
    Gitlab,
    /// Jenkins
    Jenkins,
}

impl To {
    /// The platforms named, or all.
    pub(super) fn platforms(to: &[Self]) -> Vec<PlatformName> {
        let name = |t: &Self| match t {
            Self::Github => PlatformName::Github,
            Self::Gitlab => PlatformName::Gitlab,
            Self::Jenkins => PlatformName::Jenkins,
        };
        let asked: Vec<PlatformName> = to.iter().map(name).collect();
        PlatformName::ALL.into_iter().filter(|p| asked.is_empty() || asked.contains(p)).collect()
    }
}

impl Shell {
    pub(super) fn new(root: Option<Utf8PathBuf>, color: Color) -> Self {
        let fancy = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        };
        Self { root, fancy, unwritten: RefCell::new(None) }
    }

    /// Prints to standard output. A closed pipe is not an error; any other is kept for [`Shell::end`].
    pub(super) fn out(&self, text: &str) {
        let mut stdout = std::io::stdout().lock();
        if let Err(e) = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
            && e.kind() != std::io::ErrorKind::BrokenPipe
        {
            self.unwritten.borrow_mut().get_or_insert(e);
        }
    }

    /// How the process ends: what could not be printed (a full disk) is not fine.
    pub(super) fn end(&self, exit: Exit) -> Exit {
        match self.unwritten.borrow_mut().take() {
            Some(e) => self.usage(&format!("standard output cannot be written: {e}")),
            None => exit,
        }
    }

    /// Prints a line to standard error.
    pub(super) fn say(&self, text: &str) {
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }

    /// Says what is wrong with the call itself.
    pub(super) fn usage(&self, text: &str) -> Exit {
        self.say(&format!("mlpipe: {text}"));
        Exit::Usage
    }

    /// Shows findings on standard error, with a closing count.
    pub(super) fn findings(&self, projects: &[Project]) {
        self.findings_in(projects.iter().map(|p| (p.findings.as_slice(), &p.sources, p.root.as_path())));
    }

    /// The same for findings that no project holds: each group with the files that they are in, and its root.
    pub(super) fn findings_in<'f>(
        &self,
        groups: impl Iterator<Item = (&'f [Finding], &'f SourceMap, &'f Utf8Path)>,
    ) {
        let width = terminal_width();
        let mut all: Vec<&Finding> = Vec::new();
        for (findings, sources, root) in groups.filter(|(findings, ..)| !findings.is_empty()) {
            self.say(report::human(findings, sources, &from_here(root), self.fancy, width).trim_end());
            all.extend(findings);
        }
        if !all.is_empty() {
            self.say(&format!("\n{}; `mlpipe explain CODE` says more", report::summary(&all)));
        }
    }

    /// The root of a path: the one that the user said, else the path's own.
    pub(super) fn root_of(&self, path: &Utf8Path) -> Result<Utf8PathBuf, String> {
        if let Some(root) = &self.root {
            let real = root.canonicalize_utf8().map_err(|e| format!("--root `{root}`: {e}"))?;
            return if real.is_dir() { Ok(real) } else { Err(format!("--root `{root}`: this is no folder")) };
        }
        if !path.exists() {
            return Err(DiscoverError::Missing(path.to_owned()).to_string());
        }
        project::find_root(path).map_err(|e| e.to_string())
    }

    /// The templates of `--templates`, or none.
    pub(super) fn overlay(&self, folder: Option<&Utf8Path>) -> Result<Overlay, Exit> {
        folder
            .map_or_else(|| Ok(Overlay::default()), project::overlay)
            .map_err(|e| self.usage(&e.to_string()))
    }

    /// Loads the specs below these paths, each with its root's other pipelines; none means all below the root. Paths
    /// may lie below several roots.
    pub(super) fn load(&self, paths: &[Utf8PathBuf]) -> Result<Vec<Project>, String> {
        let mut projects = Vec::new();
        for (root, selected) in self.specs(paths)? {
            let mut all = if paths.is_empty() { selected.clone() } else { every_spec(&root)? };
            all.extend(selected.iter().cloned());
            all.sort();
            all.dedup();
            projects.push(Project::load(&root, &all, &selected));
        }
        Ok(projects)
    }

    /// The specs below these paths by their roots, in order, each once; none means all below the root.
    pub(super) fn specs(
        &self,
        paths: &[Utf8PathBuf],
    ) -> Result<BTreeMap<Utf8PathBuf, Vec<Utf8PathBuf>>, String> {
        let here = Utf8PathBuf::from(".");
        let mut by_root: BTreeMap<Utf8PathBuf, Vec<Utf8PathBuf>> = BTreeMap::new();
        for path in if paths.is_empty() { std::slice::from_ref(&here) } else { paths } {
            let root = self.root_of(path)?;
            let start = if paths.is_empty() { root.as_path() } else { path.as_path() };
            let found = project::specs(&root, start).map_err(|e| e.to_string())?;
            by_root.entry(root).or_default().extend(found);
        }
        for specs in by_root.values_mut() {
            specs.sort();
            specs.dedup();
        }
        Ok(by_root)
    }

    /// True where there is no spec at all below the root of the current folder.
    pub(super) fn is_bare(&self) -> bool {
        let root = self.root_of(Utf8Path::new("."));
        root.is_ok_and(|r| matches!(project::specs(&r, &r), Err(DiscoverError::Nothing { .. })))
    }

    /// How a command ends when only findings decide.
    pub(super) fn verdict(projects: &[Project]) -> Exit {
        Self::verdict_on(&projects.iter().flat_map(|p| &p.findings).collect::<Vec<_>>())
    }

    /// The same for findings that no project holds.
    pub(super) fn verdict_on(findings: &[&Finding]) -> Exit {
        let errors = || findings.iter().filter(|f| f.is_error());
        if errors().any(|f| f.code.id.starts_with("MLP9")) {
            Exit::Bug
        } else if errors().any(|f| f.code == Code::UNREADABLE) {
            Exit::Usage
        } else if errors().next().is_some() {
            Exit::Findings
        } else {
            Exit::Fine
        }
    }
}

/// Every spec of a root; a root may have none beside those that the user names.
pub(super) fn every_spec(root: &Utf8Path) -> Result<Vec<Utf8PathBuf>, String> {
    match project::specs(root, root) {
        Err(DiscoverError::Nothing { .. }) => Ok(Vec::new()),
        found => found.map_err(|e| e.to_string()),
    }
}

fn terminal_width() -> usize {
    std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok()).map_or(100, |w: usize| w.clamp(40, 160))
}

/// The way from the current folder to a folder.
pub(super) fn from_here(folder: &Utf8Path) -> Utf8PathBuf {
    let here = std::env::current_dir().ok().and_then(|p| Utf8PathBuf::from_path_buf(p).ok());
    match here {
        Some(h) if folder == h => Utf8PathBuf::new(),
        Some(h) => folder.strip_prefix(&h).map_or_else(|_| folder.to_owned(), Utf8Path::to_owned),
        None => folder.to_owned(),
    }
}

/// A path below a root as the user would type it.
pub(super) fn shown(root: &Utf8Path, path: &str) -> String {
    from_here(root).join(path).into_string()
}
