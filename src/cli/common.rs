//! What every command shares: the root, the specs, and how things are said.

use super::{Color, Exit};
use crate::diag::{Code, Finding};
use crate::project::{self, DiscoverError, Project};
use crate::report;
use crate::spec::PlatformName;
use camino::{Utf8Path, Utf8PathBuf};
use std::io::{IsTerminal, Write};

/// Where a command runs and how it speaks.
pub(super) struct Shell {
    root: Option<Utf8PathBuf>,
    fancy: bool,
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
        Self { root, fancy }
    }

    /// Prints to standard output; a closed pipe is not an error.
    pub(super) fn out(&self, text: &str) {
        let mut stdout = std::io::stdout().lock();
        let _ = stdout.write_all(text.as_bytes());
        let _ = stdout.flush();
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
    pub(super) fn findings(&self, project: &Project) {
        if project.findings.is_empty() {
            return;
        }
        let width = terminal_width();
        self.say(report::human(&project.findings, &project.sources, self.fancy, width).trim_end());
        self.say(&format!("\n{}; `mlpipe explain CODE` says more", report::summary(&project.findings)));
    }

    /// The root that these paths share.
    pub(super) fn root_of(&self, paths: &[Utf8PathBuf]) -> Result<Utf8PathBuf, String> {
        if let Some(root) = &self.root {
            return root.canonicalize_utf8().map_err(|e| format!("--root `{root}`: {e}"));
        }
        let here = Utf8PathBuf::from(".");
        let mut roots: Vec<Utf8PathBuf> = Vec::new();
        for p in if paths.is_empty() { std::slice::from_ref(&here) } else { paths } {
            if !p.exists() {
                return Err(DiscoverError::Missing(p.clone()).to_string());
            }
            roots.push(project::find_root(p).map_err(|e| e.to_string())?);
        }
        roots.dedup();
        match roots.as_slice() {
            [one] => Ok(one.clone()),
            more => Err(format!(
                "the paths lie below different roots ({}): call mlpipe once for each",
                crate::diag::words::and_list(more)
            )),
        }
    }

    /// Loads the project with the specs below these paths selected; none means all below the root.
    pub(super) fn load(&self, paths: &[Utf8PathBuf]) -> Result<Project, String> {
        let root = self.root_of(paths)?;
        let all = || project::specs(&root, &root);
        let mut selected = Vec::new();
        if paths.is_empty() {
            selected = all().map_err(|e| e.to_string())?;
        }
        for p in paths {
            selected.extend(project::specs(&root, p).map_err(|e| e.to_string())?);
        }
        selected.sort();
        selected.dedup();
        let mut every = all().unwrap_or_default();
        every.extend(selected.iter().cloned());
        every.sort();
        every.dedup();
        Ok(Project::load(&root, &every, &selected))
    }

    /// How a command ends when only findings decide.
    pub(super) fn verdict(findings: &[Finding]) -> Exit {
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

fn terminal_width() -> usize {
    std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok()).map_or(100, |w: usize| w.clamp(40, 160))
}

/// Shows a path below the current folder as the user would type it.
pub(super) fn shown(root: &Utf8Path, path: &str) -> String {
    let here = std::env::current_dir().ok().and_then(|p| Utf8PathBuf::from_path_buf(p).ok());
    let full = root.join(path);
    here.and_then(|h| full.strip_prefix(&h).ok().map(ToString::to_string)).unwrap_or_else(|| full.to_string())
}
