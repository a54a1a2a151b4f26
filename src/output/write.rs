//! Atomic writing: every file is prepared beside its place, then all are moved into place; a failure puts back what
//! was there.

use super::header::split;
use camino::{Utf8Path, Utf8PathBuf};
use std::io::{self, Write};
use tempfile::NamedTempFile;

/// A file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// Path below the root, with `/`.
    pub path: String,
    /// Whole text, header included.
    pub text: String,
}

/// What writing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// Files written.
    pub changed: usize,
    /// Files that were already so.
    pub unchanged: usize,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The path is absolute, climbs out of the root, or a link on the way leads out of it.
    #[error("`{0}` lies outside the root")]
    Outside(String),
    /// Somebody else's file.
    #[error("`{0}` was not written by mlpipe")]
    Foreign(String),
    /// The operating system said no.
    #[error("`{path}` cannot be written: {source}")]
    Io {
        /// Path below the root.
        path: String,
        /// What it said.
        source: io::Error,
    },
    /// The person pressed Ctrl-C.
    #[error("interrupted; nothing was written")]
    Interrupted,
}

/// Writes all files or none. A file that mlpipe did not write is replaced with `force` only; a file that is already
/// so is left alone.
///
/// # Errors
/// See [`WriteError`]; every file is then as it was before.
pub fn write_all(
    root: &Utf8Path,
    files: &[OutputFile],
    force: bool,
    interrupted: &dyn Fn() -> bool,
) -> Result<Written, WriteError> {
    let mut done = Written::default();
    let mut todo: Vec<(&OutputFile, Utf8PathBuf, Option<Vec<u8>>)> = Vec::new();
    for file in files {
        let path = inside(root, &file.path)?;
        let before = match std::fs::read(&path) {
            Ok(bytes) => Some(bytes),
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(WriteError::Io { path: file.path.clone(), source }),
        };
        match &before {
            Some(bytes) if *bytes == file.text.as_bytes() => done.unchanged += 1,
            Some(bytes) if !force && split(&String::from_utf8_lossy(bytes)).is_none() => {
                return Err(WriteError::Foreign(file.path.clone()));
            }
            _ => todo.push((file, path, before)),
        }
    }
    let mut made = Made::default();
    let mut ready: Vec<(NamedTempFile, &OutputFile, Utf8PathBuf, Option<Vec<u8>>)> = Vec::new();
    for (file, path, before) in todo {
        let temp = made
            .folder(path.parent().unwrap_or(root))
            .and_then(|()| prepare(&path, &file.text))
            .map_err(|source| WriteError::Io { path: file.path.clone(), source })?;
        ready.push((temp, file, path, before));
    }
    if interrupted() {
        return Err(WriteError::Interrupted);
    }
    let mut moved: Vec<(Utf8PathBuf, Option<Vec<u8>>)> = Vec::new();
    for (temp, file, path, before) in ready {
        if let Err(e) = temp.persist(&path) {
            put_back(moved);
            return Err(WriteError::Io { path: file.path.clone(), source: e.error });
        }
        moved.push((path, before));
        done.changed += 1;
    }
    made.keep();
    Ok(done)
}

/// Folders made on the way: removed again unless everything went well.
#[derive(Default)]
struct Made(Vec<Utf8PathBuf>);

impl Made {
    fn folder(&mut self, folder: &Utf8Path) -> io::Result<()> {
        let missing: Vec<Utf8PathBuf> =
            folder.ancestors().take_while(|a| !a.exists()).map(Utf8Path::to_owned).collect();
        for m in missing.into_iter().rev() {
            std::fs::create_dir(&m)?;
            self.0.push(m);
        }
        Ok(())
    }

    fn keep(&mut self) {
        self.0.clear();
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        for folder in self.0.iter().rev() {
            // Fails when something is in it by now, and then it must stay.
            let _ = std::fs::remove_dir(folder);
        }
    }
}

fn prepare(path: &Utf8Path, text: &str) -> io::Result<NamedTempFile> {
    let folder = path.parent().unwrap_or(Utf8Path::new("."));
    let mut temp = tempfile::Builder::new().prefix(".mlpipe-new-").tempfile_in(folder)?;
    temp.write_all(text.as_bytes())?;
    set_mode(&temp, path)?;
    Ok(temp)
}

/// A temporary file is private; a generated one is readable like any other, or as its predecessor was.
#[cfg(unix)]
fn set_mode(temp: &NamedTempFile, path: &Utf8Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).map_or(0o644, |m| m.permissions().mode() & 0o777);
    if mode & 0o200 == 0 {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only"));
    }
    temp.as_file().set_permissions(std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_temp: &NamedTempFile, _path: &Utf8Path) -> io::Result<()> {
    Ok(())
}

fn put_back(moved: Vec<(Utf8PathBuf, Option<Vec<u8>>)>) {
    for (path, before) in moved {
        let _ = match before {
            Some(bytes) => std::fs::write(&path, bytes),
            None => std::fs::remove_file(&path),
        };
    }
}

/// The path below the root, if it is one: relative, without `..`, and no link on the way leads out.
fn inside(root: &Utf8Path, path: &str) -> Result<Utf8PathBuf, WriteError> {
    let outside = || WriteError::Outside(path.to_owned());
    let relative = Utf8Path::new(path);
    let normal = relative.components().all(|c| matches!(c, camino::Utf8Component::Normal(_)));
    if path.is_empty() || !normal {
        return Err(outside());
    }
    let full = root.join(relative);
    let real_root =
        root.canonicalize().map_err(|source| WriteError::Io { path: root.to_string(), source })?;
    let there = full.ancestors().find(|a| a.symlink_metadata().is_ok()).unwrap_or(root);
    let real = there.canonicalize().map_err(|_| outside())?;
    if real.starts_with(&real_root) { Ok(full) } else { Err(outside()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::{Comment, stamp};

    fn file(path: &str, body: &str) -> OutputFile {
        OutputFile { path: path.into(), text: stamp(body, Comment::Hash, "x.mlpipe", "0") }
    }

    fn root() -> (tempfile::TempDir, Utf8PathBuf) {
        let dir = tempfile::tempdir().expect("a folder");
        let path = Utf8PathBuf::from_path_buf(dir.path().to_owned()).expect("UTF-8");
        (dir, path)
    }

    fn write(root: &Utf8Path, files: &[OutputFile], force: bool) -> Result<Written, WriteError> {
        write_all(root, files, force, &|| false)
    }

    #[test]
    fn writes_then_leaves_alone() {
        let (_keep, root) = root();
        let files = [file(".github/workflows/a.yml", "a: 1\n"), file("Jenkinsfile", "b\n")];
        assert_eq!(write(&root, &files, false).expect("written"), Written { changed: 2, unchanged: 0 });
        assert_eq!(write(&root, &files, false).expect("written"), Written { changed: 0, unchanged: 2 });
        let left: Vec<_> = std::fs::read_dir(&root).expect("readable").collect();
        assert_eq!(left.len(), 2, "no temporary file stays behind");
    }

    #[test]
    fn a_foreign_file_stops_everything_and_force_replaces_it() {
        let (_keep, root) = root();
        std::fs::write(root.join("Jenkinsfile"), "mine\n").expect("written");
        let files = [file("new/a.yml", "a: 1\n"), file("Jenkinsfile", "b\n")];
        assert!(matches!(write(&root, &files, false), Err(WriteError::Foreign(p)) if p == "Jenkinsfile"));
        assert!(!root.join("new").exists(), "nothing is written when one file may not be");
        assert_eq!(write(&root, &files, true).expect("written").changed, 2);
    }

    #[test]
    fn nothing_leaves_the_root() {
        let (_keep, root) = root();
        for bad in ["../x.yml", "/tmp/x.yml", "", "a/../../x"] {
            assert!(matches!(write(&root, &[file(bad, "x\n")], true), Err(WriteError::Outside(_))), "{bad}");
        }
        #[cfg(unix)]
        {
            let (_other, elsewhere) = self::root();
            std::os::unix::fs::symlink(&elsewhere, root.join("link")).expect("linked");
            assert!(matches!(write(&root, &[file("link/x.yml", "x\n")], true), Err(WriteError::Outside(_))));
        }
    }

    #[test]
    fn a_write_that_fails_leaves_every_file_as_it_was() {
        let (_keep, root) = root();
        std::fs::create_dir(root.join("taken")).expect("made");
        let files = [file("fresh/a.yml", "a\n"), file("taken", "b\n")];
        assert!(write(&root, &files, true).is_err());
        assert!(!root.join("fresh").exists());
        let interrupted = write_all(&root, &[file("fresh/a.yml", "a\n")], false, &|| true);
        assert!(matches!(interrupted, Err(WriteError::Interrupted)));
        assert!(!root.join("fresh").exists());
    }
}
