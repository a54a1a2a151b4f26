//! Every file of a platform is read back and compared with its plan before it can be written.

use super::Project;
use crate::diag::{Code, Finding};
use crate::output::OutputFile;
use crate::plan::Plan;
use crate::platform;
use crate::prove::{self, Aspect, Difference, File};
use crate::spec::PlatformName;
use std::borrow::Cow;

/// Differences shown for one file; the others mostly have the same cause.
const SHOWN: usize = 5;

/// Files that do what their plans say. There is no other way to make one than [`Proved::new`].
#[derive(Debug, Default)]
pub struct Proved(Vec<OutputFile>);

impl Proved {
    /// Proves every file of the selected pipelines.
    ///
    /// # Errors
    /// One finding for each difference; nothing may be written then, not even the files that are equivalent.
    pub(super) fn new(
        project: &Project,
        to: &[PlatformName],
        files: Vec<OutputFile>,
    ) -> Result<Self, Vec<Finding>> {
        let text = |path: &str| files.iter().find(|f| f.path == path).map(|f| f.text.as_str());
        let mut found = Vec::new();
        for plan in project.plans_selected() {
            for e in plan.emit.iter().filter(|e| to.contains(&e.platform)) {
                let root = e.shared_root.then(|| platform::get(e.platform).root_path()).flatten();
                let (Some(own), root) = (text(&e.path), root.and_then(text)) else { continue };
                found.extend(one(plan, &e.path, File { platform: e.platform, text: own, root }));
            }
        }
        if found.is_empty() { Ok(Self(files)) } else { Err(found) }
    }

    /// The files.
    pub fn files(&self) -> &[OutputFile] {
        &self.0
    }
}

fn one(plan: &Plan, path: &str, file: File<'_>) -> Vec<Finding> {
    let differences = prove::prove(plan, file).err().unwrap_or_default();
    let rest = differences.len().saturating_sub(SHOWN);
    differences.iter().take(SHOWN).map(|d| finding(plan, file.platform, path, d, rest)).collect()
}

fn finding(plan: &Plan, platform: PlatformName, path: &str, d: &Difference, rest: usize) -> Finding {
    let line = if d.line > 0 { format!(":{}", d.line) } else { String::new() };
    let on = d.situation.as_ref().map_or_else(String::new, |s| format!(" on {s}"));
    let vector = match d.vector.as_slice() {
        [] => String::new(),
        all => format!(", when {}", all.join(", ")),
    };
    let text = |name: &str| {
        platform::get(platform).templates().iter().find(|(n, _)| *n == name).map(|(_, t)| Cow::Borrowed(*t))
    };
    let place = prove::place(platform, d.aspect, &text);
    let code = if d.aspect == Aspect::Unreadable { Code::DOES_NOT_READ_BACK } else { Code::NOT_EQUIVALENT };
    let what = match d.aspect {
        Aspect::Unreadable => format!("the {} file does not read back: {}", platform.word(), d.what),
        _ => format!("the {} file is not what the plan says: {}", platform.word(), d.what),
    };
    let more = if rest > 0 {
        format!("; {rest} more differences of this file are not shown")
    } else {
        String::new()
    };
    let job = d.job.as_ref().map_or_else(String::new, |j| format!("job `{j}`, "));
    Finding::on_path(code, plan.source.clone(), format!("{what}{on}{vector}")).help(format!(
        "{job}`{path}`{line}, printed by `{place}`{more}; unless the template is yours, this is a bug in mlpipe, \
         not in your spec: please report it with the spec; nothing was written"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixture;

    fn found(text: &str) -> Vec<Finding> {
        let plan = fixture::minimal();
        one(&plan, "ci.yml", File { platform: PlatformName::Github, text, root: None })
    }

    #[test]
    fn a_file_that_differs_is_named_with_its_template() {
        let good = platform::get(PlatformName::Github).emit(&fixture::minimal()).unwrap();
        assert_eq!(found(&good), []);

        let twice = found(&format!("{good}name: twice\n"));
        assert_eq!(twice[0].code, Code::DOES_NOT_READ_BACK, "{twice:?}");

        let dropped = found(&good.replace("      queue: max\n", ""));
        assert_eq!(dropped[0].code, Code::NOT_EQUIVALENT);
        assert!(dropped[0].message.contains("displaces"), "{dropped:?}");
        let help = dropped[0].help.as_deref().unwrap_or_default();
        assert!(
            help.contains("templates/github/job.yml.j2:") && help.contains("job `deploy-production`"),
            "{help}"
        );
        assert!(help.contains("nothing was written"), "{help}");
    }

    #[test]
    fn every_part_of_a_file_has_its_place_in_a_template() {
        for back in platform::all() {
            let text = |name: &str| {
                back.templates().iter().find(|(n, _)| *n == name).map(|(_, t)| Cow::Borrowed(*t))
            };
            for aspect in Aspect::ALL.into_iter().filter(|a| *a != Aspect::Unreadable) {
                let place = prove::place(back.name(), aspect, &text);
                assert!(place.contains(".j2:"), "{:?} {aspect:?}: {place}", back.name());
            }
        }
    }
}
