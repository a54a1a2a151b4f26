//! Plans to files: script, runtime, one file a platform, and the root file of a repository with several pipelines.

use super::Project;
use super::lanes::side_by_side;
use super::proof::differences;
use crate::diag::{Code, Finding};
use crate::output::{Comment, OutputFile, stamp};
use crate::plan::{EmitTo, Plan, Second, script_path};
use crate::platform::{self, Platform};
use crate::prove::{File, Root};
use crate::render::{Overlay, TemplateBug};
use crate::script;
use crate::spec::PlatformName;
use camino::Utf8PathBuf;
use sha2::{Digest, Sha256};

/// The runtime's path: shared by every pipeline of the repository.
pub(super) const RUNTIME: &str = ".mlpipe/mlpipe_runtime.py";

/// Everything that was printed, and what was found on the way.
#[derive(Debug, Default)]
pub(super) struct Bundle {
    /// Every file, in the order in which they are shown.
    pub(super) files: Vec<OutputFile>,
    /// What printing found: limits of platforms, templates that fail.
    pub(super) found: Vec<Finding>,
    /// What the proof found: files that do not do what their plans say.
    pub(super) differences: Vec<Finding>,
}

/// A file to print.
enum Task<'p> {
    /// The file of one platform: where, and the file that includes it.
    Pipeline(&'p Plan, &'p EmitTo, Option<Root<'p>>),
    Script(&'p Plan),
    Runtime,
}

/// Prints every file, each by itself, and proves those of the platforms where that is wanted.
pub(super) fn bundle(project: &Project, to: &[PlatformName], overlay: &Overlay, proved: bool) -> Bundle {
    let mut all = Bundle::default();
    let mut roots_of = Vec::new();
    for p in to {
        roots(project, *p, overlay, &mut roots_of, &mut all.found);
    }
    let root = |path: &str| {
        let (file, includes) = roots_of.iter().find(|(f, _)| f.path == path)?;
        Some(Root { text: &file.text, includes })
    };
    // A pipeline that no wanted platform starts needs no script either.
    let wanted = |p: &&Plan| p.emit.iter().any(|e| to.contains(&e.platform));
    let plans: Vec<&Plan> = project.plans_selected().filter(wanted).collect();
    // A task's place says where its file is shown; the tasks themselves are in the order of the time that they take.
    let mut tasks = Vec::new();
    for (i, plan) in plans.iter().enumerate() {
        for (j, e) in plan.emit.iter().enumerate().rev().filter(|(_, e)| to.contains(&e.platform)) {
            let path = e.shared_root.then(|| platform::get(e.platform).root_path()).flatten();
            tasks.push(((i, 1 + j), Task::Pipeline(plan, e, path.and_then(root))));
        }
    }
    // A pipeline beside that of a spec calls the script of the first.
    let own = plans.iter().enumerate().filter(|(_, p)| p.script == script_path(&p.pipeline));
    tasks.extend(own.map(|(i, p)| ((i, 0), Task::Script(p))));
    tasks.extend((!plans.is_empty()).then_some(((plans.len(), 0), Task::Runtime)));
    let mut parts =
        side_by_side(&tasks, 1 + plans.len(), |(place, task)| (*place, one(task, overlay, proved)));
    parts.sort_by_key(|(place, _)| *place);
    for (_, part) in parts {
        all.files.extend(part.files);
        all.found.extend(part.found);
        all.differences.extend(part.differences);
    }
    all.files.extend(roots_of.into_iter().map(|(file, _)| file));
    all
}

fn one(task: &Task<'_>, overlay: &Overlay, proved: bool) -> Bundle {
    let mut out = Bundle::default();
    let (path, text) = match task {
        Task::Pipeline(plan, e, root) => {
            let back = platform::get(e.platform);
            let Some(text) = pipeline(back, plan, overlay, &mut out.found) else { return out };
            let text = stamp(&text, comment(back), &plan.source, &plan.sha256);
            // Without its root file there is nothing to prove it with: see `Project::compile_touched`.
            let rootless = e.shared_root && back.root_path().is_some() && root.is_none();
            if proved && !rootless {
                let file = File { platform: e.platform, text: &text, root: *root };
                out.differences = differences(plan, &e.path, file, overlay);
            }
            (e.path.clone(), text)
        }
        Task::Script(plan) => match script::emit_with(plan, overlay) {
            Ok(text) => (plan.script.clone(), stamp(&text, Comment::Hash, &plan.source, &plan.sha256)),
            Err(bug) => {
                out.found.push(template_bug(&plan.source, &bug, overlay));
                return out;
            }
        },
        Task::Runtime => {
            out.files.push(runtime());
            return out;
        }
    };
    out.files.push(OutputFile { path, text });
    out
}

/// The runtime as a file: the same for every repository.
pub(super) fn runtime() -> OutputFile {
    let text = stamp(script::runtime(), Comment::Hash, "mlpipe's own runtime", "-");
    OutputFile { path: RUNTIME.to_owned(), text }
}

fn comment(back: &dyn Platform) -> Comment {
    if back.comment() == "//" { Comment::Slashes } else { Comment::Hash }
}

/// The platform's file without its header; nothing where the platform cannot do it or a template fails.
fn pipeline(back: &dyn Platform, plan: &Plan, overlay: &Overlay, found: &mut Vec<Finding>) -> Option<String> {
    found.extend(back.limits(plan));
    if found.iter().any(Finding::is_error) {
        return None;
    }
    match back.emit_with(plan, overlay) {
        Ok(text) => {
            let text = platform::ledger(back, plan) + &text;
            found.extend(back.text_limits(plan, &text));
            Some(text)
        }
        Err(bug) => {
            found.push(template_bug(&plan.source, &bug, overlay));
            None
        }
    }
}

fn roots(
    project: &Project,
    platform: PlatformName,
    overlay: &Overlay,
    files: &mut Vec<(OutputFile, Vec<String>)>,
    found: &mut Vec<Finding>,
) {
    let sharing: Vec<_> = project
        .pipelines
        .iter()
        .filter(|p| p.selected || Project::emits_to(&p.spec, platform))
        .filter(|p| Project::emits_to(&p.spec, platform))
        .collect();
    let seconds = sharing.iter().flat_map(|p| Second::of(&p.spec)).count();
    if sharing.len() + seconds + project.unread.len() < 2 || !sharing.iter().any(|p| p.selected) {
        return;
    }
    let broken = sharing.iter().filter(|p| p.plan.is_none()).map(|p| &p.spec.path);
    let broken: Vec<&Utf8PathBuf> = broken.chain(&project.unread).collect();
    let plans: Vec<&Plan> = sharing.iter().flat_map(|p| p.plans()).collect();
    let back = platform::get(platform);
    found.extend(back.root_limits(&plans));
    match back.root(&plans, overlay) {
        Ok(None) => {}
        Ok(Some(_)) if !broken.is_empty() => {
            for path in broken.into_iter().filter(|_| !project.passes_over_broken) {
                found.push(
                    Finding::on_path(
                        Code::NEIGHBOUR_BROKEN,
                        path.to_string(),
                        format!(
                            "holds errors, and {} needs every pipeline's part of its root file",
                            platform.word()
                        ),
                    )
                    .help(format!("`mlpipe lint {path}` shows them")),
                );
            }
        }
        Ok(Some((path, text))) => {
            let mut hash = Sha256::new();
            for p in &plans {
                hash.update(p.sha256.as_bytes());
            }
            let hash: String = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
            let mut sources: Vec<&str> = plans.iter().map(|p| p.source.as_str()).collect();
            sources.dedup();
            let emits = plans.iter().flat_map(|p| &p.emit).filter(|e| e.platform == platform);
            let includes = emits.map(|e| e.path.clone()).collect();
            let text = stamp(&text, comment(back), &sources.join(", "), &hash);
            files.push((OutputFile { path, text }, includes));
        }
        Err(bug) => found.push(template_bug(&plans[0].source, &bug, overlay)),
    }
}

/// A template that fails is ours, or the user's where one of theirs stands in for a template of that back end.
fn template_bug(source: &str, bug: &TemplateBug, overlay: &Overlay) -> Finding {
    let back = platform::all().into_iter().map(Platform::templates);
    let set = back.chain([script::templates()]).find(|t| t.iter().any(|(name, _)| *name == bug.template));
    if !set.is_some_and(|t| overlay.touches(t)) {
        return Finding::on_path(Code::TEMPLATE_FAILED, source, bug.to_string()).help(
            "this is a bug in mlpipe, not in your spec: please report it with the spec; nothing was written",
        );
    }
    let line = bug.line.map(|l| format!(" at line {l}")).unwrap_or_default();
    let (what, help) = match overlay.file(&bug.template) {
        Some(own) => (
            format!("`{}` failed{line}: {}", own.file, bug.detail),
            "mend the template, or take the file away to use the built-in one; nothing was written"
                .to_owned(),
        ),
        None => (
            format!("the built-in template `{}` failed{line}: {}", bug.template, bug.detail),
            format!(
                "a template of `{}` does not give what this one uses: compare it with the built-in file of the same \
                 name; nothing was written",
                overlay.folder()
            ),
        ),
    };
    Finding::on_path(Code::OVERLAY_FAILED, source, what).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixture;
    use crate::platform::Capability;

    /// A back end with a bug of ours in it.
    struct Broken(Result<&'static str, ()>);

    impl Platform for Broken {
        fn name(&self) -> PlatformName {
            PlatformName::Github
        }
        fn default_path(&self, _: &str, _: bool) -> String {
            "broken.yml".into()
        }
        fn limits(&self, _: &Plan) -> Vec<Finding> {
            Vec::new()
        }
        fn emit_with(&self, _: &Plan, _: &Overlay) -> Result<String, TemplateBug> {
            let bug =
                || TemplateBug { template: "broken.j2".into(), line: Some(3), detail: "undefined".into() };
            self.0.map(str::to_owned).map_err(|()| bug())
        }
        fn templates(&self) -> &'static [(&'static str, &'static str)] {
            &[]
        }
        fn capabilities(&self) -> &'static [Capability] {
            &[]
        }
    }

    #[test]
    fn a_bug_of_ours_says_that_it_is_ours() {
        let plan = fixture::minimal();
        let (mut found, none) = (Vec::new(), Overlay::default());
        assert!(pipeline(&Broken(Ok("a: 1\nb: [2]\n")), &plan, &none, &mut found).is_some());
        assert!(found.is_empty());
        assert!(pipeline(&Broken(Err(())), &plan, &none, &mut found).is_none());
        let found = &found[0];
        assert_eq!(found.code.id, "MLP901");
        assert!(found.help.as_ref().is_some_and(|h| h.contains("bug in mlpipe")));
        assert!(found.message.contains("broken.j2") && found.message.contains("line 3"));
    }
}
