//! Files that an earlier compile wrote and that no spec makes any more: the pipeline was renamed, removed, or goes elsewhere.

use super::bundle::RUNTIME;
use super::{Pipeline, Project};
use crate::output;
use crate::plan::Second;
use crate::platform;
use camino::Utf8Path;
use std::collections::BTreeSet;

impl Project {
    /// Paths below the root, sorted, of files with the header of mlpipe that no pipeline of the root makes, where mlpipe writes
    /// without being told a path. A file whose spec is still there and is no spec of this root's (an ignored one, that somebody
    /// compiles by its name) is not counted. Asks for a project that was loaded whole and holds no error.
    pub fn left_over(&self) -> Vec<String> {
        let made = self.made();
        let candidates = places().into_iter().flat_map(|folder| files_in(&self.root, &folder));
        let mut found: Vec<String> = candidates
            .filter(|path| !made.contains(path.as_str()))
            .filter(|path| {
                let text = std::fs::read_to_string(self.root.join(path)).unwrap_or_default();
                let sources = output::sources(&text);
                !sources.is_empty() && sources.iter().all(|spec| self.answers_for(spec))
            })
            .collect();
        found.sort();
        found
    }

    /// Every path that some pipeline of the root makes, on whatever platform.
    fn made(&self) -> BTreeSet<&str> {
        let mut made = BTreeSet::from([RUNTIME]);
        for plan in self.pipelines.iter().flat_map(Pipeline::plans) {
            made.insert(&plan.script);
            for emit in &plan.emit {
                made.insert(&emit.path);
                made.extend(emit.shared_root.then(|| platform::get(emit.platform).root_path()).flatten());
            }
        }
        made
    }

    /// Is a spec that a header names gone, or one of the pipelines here?
    fn answers_for(&self, spec: &str) -> bool {
        self.pipelines.iter().any(|p| p.spec.path == spec) || !self.root.join(spec).exists()
    }
}

/// The folders, and at the root the files, where pipelines and scripts stand unless a spec says otherwise.
fn places() -> BTreeSet<String> {
    let paths = platform::all().into_iter().flat_map(|p| {
        let mut own = vec![p.default_path("x", false), p.default_path("x", true)];
        for second in Second::ALL {
            own.extend([false, true].map(|shared| p.second_path("x", second, shared)));
        }
        own.extend(p.root_path().map(str::to_owned));
        own
    });
    let folder = |path: String| match Utf8Path::new(&path).parent() {
        Some(folder) if !folder.as_str().is_empty() => folder.to_string(),
        _ => path,
    };
    paths.chain([RUNTIME.to_owned()]).map(folder).collect()
}

/// The paths below the root of the files in a folder, or of the file itself.
fn files_in(root: &Utf8Path, place: &str) -> Vec<String> {
    let path = root.join(place);
    if path.is_file() {
        return vec![place.to_owned()];
    }
    let entries = path.read_dir_utf8().into_iter().flatten().flatten();
    let files = entries.filter(|e| e.file_type().is_ok_and(|t| t.is_file()));
    files.map(|e| format!("{place}/{}", e.file_name())).collect()
}
