//! The files that mlpipe writes, and those that a spec names.

use super::{Check, git};
use crate::output::{self, OutputFile};
use crate::plan::{Plan, PlanInstall, PlanSource, Work};
use camino::{Utf8Path, Utf8PathBuf};
use std::collections::BTreeMap;

/// The generated files: as the specs say, kept by git, with line ends that nobody changes.
pub(super) fn generated(root: &Utf8Path, files: &[OutputFile], git: bool) -> Vec<Check> {
    let mut all = Vec::new();
    for file in files {
        let (id, title) = (format!("file/{}", file.path), format!("{} is as the spec says", file.path));
        let check = match output::compare(root, file) {
            Ok(None) if git && !git::keeps(root, file.path.as_str()) => Check::missing(id, title)
                .detail("it is, and git does not keep it")
                .help(format!("`git add {}`", file.path)),
            Ok(None) => Check::well(id, title),
            Ok(Some(drift)) => {
                let (what, to_do) = drift.cause.because();
                Check::missing(id, title).detail(format!("it {what}")).help(to_do)
            }
            Err(e) => Check::missing(id, title).detail(format!("it cannot be read: {e}")),
        };
        all.push(check);
    }
    if git && !files.is_empty() {
        let paths: Vec<&str> = files.iter().map(|f| f.path.as_str()).collect();
        let unmarked = git::without_eol(root, &paths);
        let lines: Vec<String> =
            unmarked.iter().map(|p| format!("`{p} linguist-generated text eol=lf`")).collect();
        all.push(
            Check::of(
                "git/attributes",
                ".gitattributes keeps the line ends of the generated files",
                unmarked.is_empty(),
                format!("add to .gitattributes: {}", lines.join(", ")),
            )
            .detail(if unmarked.is_empty() {
                ""
            } else {
                "git may write them with CRLF on Windows, and then they drift"
            }),
        );
    }
    all
}

/// The files and folders that have to be in the repository before any command of a job runs.
pub(super) fn named(root: &Utf8Path, plans: &[&Plan], git: bool) -> Vec<Check> {
    let mut all: BTreeMap<Utf8PathBuf, Vec<String>> = BTreeMap::new();
    for plan in plans {
        wanted(plan, &mut |folder, path, job| {
            // `./` and `a//b` are other spellings of the same place.
            let full: Utf8PathBuf =
                Utf8Path::new(folder).join(path).components().filter(|c| c.as_str() != ".").collect();
            let who = format!("{}/{job}", plan.pipeline);
            let jobs = all.entry(full).or_default();
            if !jobs.contains(&who) {
                jobs.push(who);
            }
        });
    }
    let check = |(path, jobs): (Utf8PathBuf, Vec<String>)| {
        let id = format!("file/{path}");
        let title = format!("{path}, for {}", jobs.join(", "));
        let real = root.join(&path);
        if !real.exists() {
            return Check::missing(id, title).help("add it, or write its path from the folder that applies");
        }
        if git && !git::keeps(root, path.as_str()) {
            return Check::missing(id, title)
                .detail("it is there, and git does not keep it: a runner will not have it")
                .help(format!("`git add {path}`"));
        }
        Check::well(id, title)
    };
    all.into_iter().filter(|(path, _)| !path.as_str().is_empty()).map(check).collect()
}

fn wanted(plan: &Plan, add: &mut dyn FnMut(&str, &str, &str)) {
    for job in &plan.jobs {
        let folder = job.workdir.as_deref().unwrap_or("");
        if !folder.is_empty() {
            add("", folder, &job.id);
        }
        if let (true, Some(PlanInstall::Pip { files })) =
            (job.python, plan.python.as_ref().and_then(|p| p.install.as_ref()))
        {
            files.iter().for_each(|f| add(folder, f, &job.id));
        }
        match &job.work {
            // A command may write the baseline first; without one nobody does.
            Work::Gate(gate) if gate.run.is_none() => {
                gate.baseline.iter().for_each(|b| add(folder, b, &job.id));
            }
            Work::Model(model) => {
                if let Some(PlanSource::Path { path }) = &model.source {
                    add("", path, &job.id);
                }
            }
            Work::Image(image) => {
                add("", &image.dockerfile, &job.id);
                add("", &image.context, &job.id);
            }
            _ => {}
        }
    }
}
