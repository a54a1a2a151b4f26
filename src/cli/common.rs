//! What every command shares: the root, the specs, and how things are said.

use super::{Color, Exit};
use crate::diag::{Code, Finding, plain};
use crate::output::{self, OutputFile, WriteError};
use crate::project::{self, ConfigFrom, DiscoverError, Others, Project, Proved, Settings};
use crate::render::Overlay;
use crate::report;
use crate::spec::{Disk, PlatformName, Texts};
use camino::{Utf8Path, Utf8PathBuf};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// No selected spec makes a file.
pub(super) const NOTHING: &str = "nothing to compile: the paths hold libraries only (files without `pipeline`), or `--to` names a \
                                  platform that no spec emits";

/// So many findings are shown to people.
pub(super) const LIMIT: usize = 200;

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
    pub(super) settings: Settings,
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
    /// The platforms named, else those of the configuration, else all.
    pub(super) fn of(to: &[Self], project: &Project) -> Vec<PlatformName> {
        let said = &project.config.platforms;
        if to.is_empty() && !said.is_empty() { said.clone() } else { Self::platforms(to) }
    }

    /// The platforms named, or all.
    fn platforms(to: &[Self]) -> Vec<PlatformName> {
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
    pub(super) fn new(root: Option<Utf8PathBuf>, config: Option<Utf8PathBuf>, color: Color) -> Self {
        let fancy = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => std::io::stderr().is_terminal() && colours(|name| std::env::var_os(name)),
        };
        let config = match config {
            None => ConfigFrom::Root,
            Some(word) if word == "none" => ConfigFrom::Nothing,
            Some(path) => ConfigFrom::File(from_root(&path)),
        };
        Self { root, settings: Settings::now(config), fancy, unwritten: RefCell::new(None) }
    }

    /// Prints to standard output, byte for byte unless a person looks at it. A closed pipe is not an error; any other is kept
    /// for [`Shell::end`].
    pub(super) fn out(&self, text: &str) {
        let mut stdout = std::io::stdout().lock();
        let text = if stdout.is_terminal() { plain(text) } else { text.into() };
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
        let _ = writeln!(std::io::stderr().lock(), "{}", plain(text));
    }

    /// Says what is wrong with the call itself.
    pub(super) fn usage(&self, text: &str) -> Exit {
        self.say(&format!("mlpipe: {text}"));
        Exit::Usage
    }

    /// Shows findings on standard error, with a closing count.
    pub(super) fn findings(&self, projects: &[Project]) {
        let hint = "`mlpipe lint --no-limit` shows them all, `mlpipe explain CODE` says more";
        self.findings_up_to(projects, LIMIT, hint);
    }

    /// The same, with how many are shown, and what the last line says where that were not all.
    pub(super) fn findings_up_to(&self, projects: &[Project], limit: usize, hint: &str) {
        let bases = report::bases(projects, from_here);
        self.findings_in(&groups(projects, &bases), limit, hint);
    }

    /// The same for findings that no project may hold.
    pub(super) fn findings_in(&self, groups: &[report::Group<'_>], limit: usize, hint: &str) {
        let all: Vec<&Finding> = groups.iter().flat_map(|g| g.findings).collect();
        if all.is_empty() {
            return;
        }
        let look = report::Look { fancy: self.fancy, width: terminal_width(), limit };
        // Its colours are commands to the terminal, and nothing else in it is one.
        let _ = writeln!(std::io::stderr().lock(), "{}", report::human(groups, look).trim_end());
        let hint = if all.len() > limit { hint } else { "`mlpipe explain CODE` says more" };
        let allowed = groups.iter().map(|g| g.allowed.len()).sum();
        self.say(&format!("\n{}{}; {hint}", report::summary(&all), Self::allowed(allowed)));
    }

    /// How many findings comments allow, for the end of a line; nothing where there are none.
    pub(super) fn allowed(count: usize) -> String {
        if count == 0 { String::new() } else { format!(" ({count} allowed)") }
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

    /// The templates of `--templates`, else those of the configuration, else none.
    fn overlay(&self, folder: Option<&Utf8Path>, project: &Project) -> Result<Overlay, Exit> {
        folder
            .or(project.config.templates.as_deref())
            .map_or_else(|| Ok(Overlay::default()), project::overlay)
            .map_err(|e| self.usage(&e.to_string()))
    }

    /// Compiles what was loaded, in memory: findings are in the projects then, and the files are given.
    pub(super) fn compile(
        &self,
        projects: &mut [Project],
        to: &[To],
        templates: Option<&Utf8Path>,
        strict: bool,
    ) -> Result<Vec<Proved>, Exit> {
        let mut files = Vec::new();
        for p in projects {
            let (platforms, overlay) = (To::of(to, p), self.overlay(templates, p)?);
            files.push(p.compile_with(&platforms, &overlay));
            if strict {
                p.strict(&platforms);
            }
        }
        Ok(files)
    }

    /// The same where only what somebody touched is looked at; the files are for comparing, not for writing.
    pub(super) fn compile_touched(
        &self,
        projects: &mut [Project],
        to: &[To],
        templates: Option<&Utf8Path>,
        strict: bool,
    ) -> Result<Vec<Vec<OutputFile>>, Exit> {
        let mut files = Vec::new();
        for p in projects {
            let (platforms, overlay) = (To::of(to, p), self.overlay(templates, p)?);
            files.push(p.compile_touched(&platforms, &overlay));
            if strict {
                p.strict(&platforms);
            }
        }
        Ok(files)
    }

    /// Loads the specs below these paths, each with its root's other pipelines; none means all below the root. Paths
    /// may lie below several roots.
    pub(super) fn load(&self, paths: &[Utf8PathBuf]) -> Result<Vec<Project>, String> {
        self.load_from(&Disk, paths)
    }

    /// The same, where some texts are not those of the disk.
    pub(super) fn load_from(&self, texts: &dyn Texts, paths: &[Utf8PathBuf]) -> Result<Vec<Project>, String> {
        let mut projects = Vec::new();
        for (root, selected) in self.specs(paths)? {
            let mut all = if paths.is_empty() { selected.clone() } else { every_spec(&root)? };
            all.extend(selected.iter().cloned());
            all.sort();
            all.dedup();
            projects.push(Project::load_from(texts, &root, &all, &selected, Others::Planned, &self.settings));
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

/// The findings of projects, each with the way to its root.
pub(super) fn groups<'a>(projects: &'a [Project], bases: &'a [Utf8PathBuf]) -> Vec<report::Group<'a>> {
    projects.iter().zip(bases).map(|(p, base)| report::Group::of(p, base)).collect()
}

/// Every spec of a root; a root may have none beside those that the user names.
pub(super) fn every_spec(root: &Utf8Path) -> Result<Vec<Utf8PathBuf>, String> {
    match project::specs(root, root) {
        Err(DiscoverError::Nothing { .. }) => Ok(Vec::new()),
        found => found.map_err(|e| e.to_string()),
    }
}

/// Two texts of one file as a unified diff.
pub(super) fn diff(path: &str, before: &str, after: &str) -> String {
    output::unified((path, before), (path, after))
}

/// Writes specs, which are the user's own files, and being rewritten is what they are named for. All of them or none.
pub(super) fn rewrite(shell: &Shell, root: &Utf8Path, files: &[OutputFile]) -> Result<(), Exit> {
    match output::write_all(root, files, true, &interruptible()) {
        Ok(_) => Ok(()),
        Err(e @ WriteError::Interrupted) => {
            shell.say(&format!("mlpipe: {e}"));
            Err(Exit::Interrupted)
        }
        Err(e) => Err(shell.usage(&format!("{e}; no file below `{root}` was written"))),
    }
}

fn terminal_width() -> usize {
    std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok()).map_or(100, |w: usize| w.clamp(40, 160))
}

/// Does the environment leave colours to us? An empty NO_COLOR is none, as <https://no-color.org> says.
fn colours(env: impl Fn(&str) -> Option<OsString>) -> bool {
    let refused = env("NO_COLOR").is_some_and(|v| !v.is_empty());
    !refused && env("TERM").is_none_or(|v| v != "dumb")
}

/// A path of the command line, whole.
fn from_root(path: &Utf8Path) -> Utf8PathBuf {
    let here = std::env::current_dir().ok().and_then(|p| Utf8PathBuf::from_path_buf(p).ok());
    here.map_or_else(|| path.to_owned(), |h| h.join(path))
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

#[cfg(test)]
mod tests {
    use super::colours;

    #[test]
    fn the_environment_can_refuse_colours() {
        for (variables, wanted) in [
            (&[][..], true),
            (&[("NO_COLOR", "1")], false),
            (&[("NO_COLOR", "")], true),
            (&[("TERM", "dumb")], false),
            (&[("TERM", "xterm-256color")], true),
        ] {
            let env = |name: &str| variables.iter().find(|v| v.0 == name).map(|v| v.1.into());
            assert_eq!(colours(env), wanted, "{variables:?}");
        }
    }
}
