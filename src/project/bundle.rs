//! Plans to files: script, runtime, one file a platform, and the root file of a repository with several pipelines.

use super::Project;
use crate::diag::{Code, Finding};
use crate::output::{Comment, OutputFile, stamp};
use crate::plan::Plan;
use crate::platform::{self, Platform};
use crate::render::{Overlay, TemplateBug};
use crate::script;
use crate::spec::PlatformName;
use sha2::{Digest, Sha256};

/// The runtime's path: shared by every pipeline of the repository.
const RUNTIME: &str = ".mlpipe/mlpipe_runtime.py";

/// Every file, or findings.
pub(super) fn files(project: &mut Project, to: &[PlatformName], overlay: &Overlay) -> Vec<OutputFile> {
    let mut found = Vec::new();
    let mut files = Vec::new();
    // A pipeline that no wanted platform starts needs no script either.
    for plan in project.plans_selected().filter(|p| p.emit.iter().any(|e| to.contains(&e.platform))) {
        match script::emit_with(plan, overlay) {
            Ok(text) => files.push(OutputFile {
                path: plan.script.clone(),
                text: stamp(&text, Comment::Hash, &plan.source, &plan.sha256),
            }),
            Err(bug) => found.push(template_bug(&plan.source, &bug, overlay)),
        }
        for e in plan.emit.iter().filter(|e| to.contains(&e.platform)) {
            let back = platform::get(e.platform);
            match one(back, plan, overlay, &mut found) {
                Ok(text) => files.push(OutputFile {
                    path: e.path.clone(),
                    text: stamp(&text, comment(back), &plan.source, &plan.sha256),
                }),
                Err(bug) => found.push(template_bug(&plan.source, &bug, overlay)),
            }
        }
    }
    if !files.is_empty() {
        let text = stamp(script::runtime(), Comment::Hash, "mlpipe's own runtime", "-");
        files.push(OutputFile { path: RUNTIME.into(), text });
    }
    for p in to {
        roots(project, *p, overlay, &mut files, &mut found);
    }
    project.findings.extend(found);
    files
}

fn comment(back: &dyn Platform) -> Comment {
    if back.comment() == "//" { Comment::Slashes } else { Comment::Hash }
}

fn one(
    back: &dyn Platform,
    plan: &Plan,
    overlay: &Overlay,
    found: &mut Vec<Finding>,
) -> Result<String, TemplateBug> {
    let limits = back.limits(plan);
    if limits.iter().any(Finding::is_error) {
        found.extend(limits);
        return Ok(String::new());
    }
    found.extend(limits);
    let text = platform::ledger(back, plan) + &back.emit_with(plan, overlay)?;
    found.extend(back.text_limits(plan, &text));
    Ok(text)
}

fn roots(
    project: &Project,
    platform: PlatformName,
    overlay: &Overlay,
    files: &mut Vec<OutputFile>,
    found: &mut Vec<Finding>,
) {
    let sharing: Vec<_> = project
        .pipelines
        .iter()
        .filter(|p| p.selected || Project::emits_to(&p.spec, platform))
        .filter(|p| Project::emits_to(&p.spec, platform))
        .collect();
    if sharing.len() < 2 || !sharing.iter().any(|p| p.selected) {
        return;
    }
    let plans: Vec<&Plan> = sharing.iter().filter_map(|p| p.plan.as_ref()).collect();
    let back = platform::get(platform);
    found.extend(back.root_limits(&plans));
    match back.root(&plans, overlay) {
        Ok(None) => {}
        Ok(Some(_)) if plans.len() < sharing.len() => {
            for p in sharing.iter().filter(|p| p.plan.is_none()) {
                found.push(
                    Finding::on_path(
                        Code::NEIGHBOUR_BROKEN,
                        p.spec.path.to_string(),
                        format!(
                            "holds errors, and {} needs every pipeline's part of its root file",
                            platform.word()
                        ),
                    )
                    .help(format!("`mlpipe lint {}` shows them", p.spec.path)),
                );
            }
        }
        Ok(Some((path, text))) => {
            let mut hash = Sha256::new();
            for p in &plans {
                hash.update(p.sha256.as_bytes());
            }
            let hash: String = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
            let sources: Vec<&str> = plans.iter().map(|p| p.source.as_str()).collect();
            files.push(OutputFile { path, text: stamp(&text, comment(back), &sources.join(", "), &hash) });
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
        assert!(one(&Broken(Ok("a: 1\nb: [2]\n")), &plan, &none, &mut found).is_ok());
        assert!(found.is_empty());
        let bug = one(&Broken(Err(())), &plan, &none, &mut found).unwrap_err();
        let found = template_bug(&plan.source, &bug, &none);
        assert_eq!(found.code.id, "MLP901");
        assert!(found.help.as_ref().is_some_and(|h| h.contains("bug in mlpipe")));
        assert!(found.message.contains("broken.j2") && found.message.contains("line 3"));
    }
}
