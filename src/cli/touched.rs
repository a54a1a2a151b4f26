//! What a command looks at: the paths it is given, or the pipelines that touched files belong to.

use super::Exit;
use super::common::{NOTHING, Shell, To, every_spec};
use crate::output::OutputFile;
use crate::project::{self, Others, Project};
use crate::spec::Texts;
use camino::{Utf8Path, Utf8PathBuf};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

/// The paths of a call.
#[derive(Debug, clap::Args)]
pub(super) struct Files {
    /// Specs, or folders with specs [default: every .mlpipe file below the root]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// PATHs are whatever files a change touched: look at the pipelines that a spec, a file that it uses or a generated
    /// file among them belongs to, and pass over everything else
    #[arg(long)]
    pub(super) touched: bool,
}

/// One root and what of it is looked at.
pub(super) struct Chosen {
    /// The repository with its selected pipelines.
    pub(super) project: Project,
    /// The runtime, where it was touched.
    pub(super) runtime: Option<OutputFile>,
}

impl Files {
    /// Is every spec of the root looked at?
    pub(super) fn all(&self) -> bool {
        self.paths.is_empty() && !self.touched
    }

    /// The paths themselves.
    ///
    /// # Errors
    /// A path that is not UTF-8.
    pub(super) fn given(&self) -> Result<Vec<Utf8PathBuf>, String> {
        let utf8 = |p: &PathBuf| Utf8PathBuf::from_path_buf(p.clone());
        self.paths
            .iter()
            .map(utf8)
            .collect::<Result<_, _>>()
            .map_err(|p| format!("the path `{}` is not UTF-8", p.display()))
    }

    /// The projects to look at. `deleted` are files that are touched and gone, `templates` is the folder of `--templates`.
    ///
    /// # Errors
    /// A path that is not there or has no root.
    pub(super) fn choose(
        &self,
        shell: &Shell,
        texts: &dyn Texts,
        deleted: &[Utf8PathBuf],
        templates: Option<&Utf8Path>,
    ) -> Result<Vec<Chosen>, String> {
        if !self.touched {
            let projects = shell.load_from(texts, &self.given()?)?;
            return Ok(projects.into_iter().map(|project| Chosen { project, runtime: None }).collect());
        }
        // No output could name a spec whose path is not UTF-8, so no pipeline is touched by such a file.
        let given = self.paths.iter().filter_map(|p| Utf8PathBuf::from_path_buf(p.clone()).ok());
        let mut by_root: BTreeMap<Utf8PathBuf, BTreeSet<Utf8PathBuf>> = BTreeMap::new();
        for file in given.chain(deleted.iter().cloned()) {
            let (folder, full) = place(&file)?;
            let root = shell.root_of(&folder)?;
            if let Ok(below) = full.strip_prefix(&root) {
                let below = Utf8PathBuf::from(below.as_str().replace('\\', "/"));
                by_root.entry(root).or_default().insert(below);
            }
        }
        let mut chosen = Vec::new();
        for (root, files) in by_root {
            let mut all = every_spec(&root)?;
            let spec = |f: &&Utf8PathBuf| f.extension() == Some("mlpipe") && root.join(f).is_file();
            all.extend(files.iter().filter(spec).cloned());
            all.sort();
            all.dedup();
            let touched = project::touched(texts, &root, &all, &files, templates, &shell.settings);
            if touched.selected.is_empty() && touched.runtime.is_none() {
                continue;
            }
            let project =
                Project::load_from(texts, &root, &all, &touched.selected, Others::Planned, &shell.settings);
            chosen.push(Chosen { project, runtime: touched.runtime });
        }
        Ok(chosen)
    }

    /// Compiles what was chosen, in memory: the files to compare are given, and findings are in the projects then.
    ///
    /// # Errors
    /// Templates that cannot be read; that was said.
    pub(super) fn compile(
        &self,
        shell: &Shell,
        projects: &mut [Project],
        to: &[To],
        templates: Option<&Utf8Path>,
        strict: bool,
    ) -> Result<Vec<Vec<OutputFile>>, Exit> {
        if self.touched {
            return shell.compile_touched(projects, to, templates, strict);
        }
        let proved = shell.compile(projects, to, templates, strict)?;
        Ok(proved.iter().map(|p| p.files().to_vec()).collect())
    }

    /// How a command ends that has no file to look at.
    pub(super) fn nothing(&self, shell: &Shell) -> Exit {
        if !self.touched {
            return shell.usage(NOTHING);
        }
        shell.say("no pipeline was touched");
        Exit::Fine
    }
}

/// The nearest folder of a file that is there, and the file's whole path. The file itself may be gone or a link; the
/// folders before it are followed.
fn place(file: &Utf8Path) -> Result<(Utf8PathBuf, Utf8PathBuf), String> {
    let nothing = |p: &&Utf8Path| p.as_str().is_empty();
    for folder in file.ancestors().skip(1) {
        let here = if nothing(&folder) { Utf8Path::new(".") } else { folder };
        if !here.is_dir() {
            continue;
        }
        let real = here.canonicalize_utf8().map_err(|e| format!("`{here}` cannot be read: {e}"))?;
        let rest = file.strip_prefix(folder).unwrap_or(file);
        let full = real.join(rest);
        return Ok((real, full));
    }
    Err(format!("`{file}`: no such file or folder"))
}

/// What git knows of the commit that is being made, or of the commits that pre-commit was asked about.
pub(super) struct Commit {
    /// Files that it deletes, as whole paths.
    pub(super) deleted: Vec<Utf8PathBuf>,
    top: Utf8PathBuf,
    index: BTreeSet<String>,
}

impl Commit {
    /// Asks git. pre-commit gives its hooks no deleted file, and says in two variables which commits it looks at.
    ///
    /// # Errors
    /// git is not there, or this is no work tree.
    pub(super) fn ask() -> Result<Self, String> {
        let top = git(Utf8Path::new("."), &["rev-parse", "--show-toplevel"])?;
        let top = Utf8PathBuf::from(top.trim_end_matches(['\n', '\r']));
        let top = top.canonicalize_utf8().unwrap_or(top);
        let said = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty() && !v.starts_with('-'));
        let range = match (said("PRE_COMMIT_FROM_REF"), said("PRE_COMMIT_TO_REF")) {
            (Some(from), Some(to)) => format!("{from}...{to}"),
            _ => "--cached".to_owned(),
        };
        // Without renames the old name of a file is one that is gone.
        let diff =
            ["diff", "--name-only", "--diff-filter=D", "--no-renames", "--no-ext-diff", "-z", &range, "--"];
        let deleted = git(&top, &diff)?;
        let deleted = deleted.split('\0').filter(|p| !p.is_empty()).map(|p| top.join(p)).collect();
        let index = git(&top, &["ls-files", "-z", "--cached"])?;
        let index = index.split('\0').filter(|p| !p.is_empty()).map(str::to_owned).collect();
        Ok(Self { deleted, top, index })
    }

    /// True when a file that lies on disk is not part of the commit.
    pub(super) fn leaves_out(&self, root: &Utf8Path, path: &str) -> bool {
        let full = root.join(path);
        let below = full.strip_prefix(&self.top).map(|p| p.as_str().replace('\\', "/"));
        below.is_ok_and(|p| full.exists() && !self.index.contains(&p))
    }
}

fn git(folder: &Utf8Path, args: &[&str]) -> Result<String, String> {
    let ran = Command::new("git").arg("-C").arg(folder).args(args).output();
    let ran = ran.map_err(|e| format!("git cannot be started, and `--commit` asks it: {e}"))?;
    if !ran.status.success() {
        let says = String::from_utf8_lossy(&ran.stderr);
        return Err(format!("`git {}` failed, and `--commit` asks it: {}", args[0], says.trim()));
    }
    Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
}
