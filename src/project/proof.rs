//! Every file of a platform is read back and compared with its plan before it can be written.

use crate::diag::{Code, Finding};
use crate::output::OutputFile;
use crate::plan::Plan;
use crate::platform;
use crate::prove::{self, Aspect, Difference, File};
use crate::render::Overlay;
use crate::spec::PlatformName;
use std::borrow::Cow;

/// Differences shown for one file; the others mostly have the same cause.
const SHOWN: usize = 5;

/// Files that do what their plans say. There is no other way to make one than [`Proved::new`].
#[derive(Debug, Default)]
pub struct Proved(Vec<OutputFile>);

impl Proved {
    /// Files, unless the proof found a difference.
    ///
    /// # Errors
    /// One finding for each difference; nothing may be written then, not even the files that are equivalent.
    pub(super) fn new(files: Vec<OutputFile>, differences: Vec<Finding>) -> Result<Self, Vec<Finding>> {
        if differences.is_empty() { Ok(Self(files)) } else { Err(differences) }
    }

    /// The files.
    pub fn files(&self) -> &[OutputFile] {
        &self.0
    }
}

/// Reads one file back and compares it with its plan.
pub(super) fn differences(plan: &Plan, path: &str, file: File<'_>, overlay: &Overlay) -> Vec<Finding> {
    let all = prove::prove(plan, file).err().unwrap_or_default();
    let rest = all.len().saturating_sub(SHOWN);
    let text = file.text;
    let line = |d: &Difference| d.line.checked_sub(1).and_then(|above| text.lines().nth(above));
    all.iter().take(SHOWN).map(|d| finding(plan, file.platform, (path, line(d)), d, rest, overlay)).collect()
}

fn finding(
    plan: &Plan,
    platform: PlatformName,
    (path, printed): (&str, Option<&str>),
    d: &Difference,
    rest: usize,
    overlay: &Overlay,
) -> Finding {
    let line = if d.line > 0 { format!(":{}", d.line) } else { String::new() };
    let on = d.situation.as_ref().map_or_else(String::new, |s| format!(" on {s}"));
    let vector = match d.vector.as_slice() {
        [] => String::new(),
        all => format!(", when {}", all.join(", ")),
    };
    let back = platform::get(platform);
    let text = |name: &str| {
        let own = back.templates().iter().find(|(n, _)| *n == name).map(|(_, t)| *t);
        overlay.text(name).or(own).map(Cow::Borrowed)
    };
    let (template, at) = prove::place(platform, d.aspect, &text);
    let template = overlay.file(template).map_or_else(|| format!("templates/{template}"), |f| f.file.clone());
    let place = at.map_or(template.clone(), |l| format!("{template}:{l}"));
    let unread = printed.filter(|_| d.aspect == Aspect::Unreadable);
    let place = unread.and_then(|line| written(line, back.templates(), overlay)).unwrap_or(place);
    let yours = overlay.touches(back.templates());
    let (code, says) = match (d.aspect, yours) {
        (Aspect::Unreadable, false) => (Code::DOES_NOT_READ_BACK, "does not read back"),
        (Aspect::Unreadable, true) => (Code::OVERLAY_FAILED, "does not read back"),
        _ => (Code::NOT_EQUIVALENT, "is not what the plan says"),
    };
    let more = if rest > 0 {
        format!("; {rest} more differences of this file are not shown")
    } else {
        String::new()
    };
    let job = d.job.as_ref().map_or_else(String::new, |j| format!("job `{j}`, "));
    let whose = if yours {
        format!("the templates of `{}` print it; nothing was written", overlay.folder())
    } else {
        "this is a bug in mlpipe, not in your spec: please report it with the spec; nothing was written"
            .to_owned()
    };
    Finding::on_path(
        code,
        plan.source.clone(),
        format!("the {} file {says}: {}{on}{vector}", platform.word(), d.what),
    )
    .help(format!("{job}`{path}`{line}, printed by `{place}`{more}; {whose}"))
}

/// Where a template of the user has that very line; nothing unless it is the only one.
fn written(line: &str, templates: &[(&'static str, &'static str)], overlay: &Overlay) -> Option<String> {
    let files = templates.iter().filter_map(|(name, _)| overlay.file(name));
    let mut places = files.flat_map(|f| {
        let same = f.text.lines().zip(1..).filter(|(l, _)| l.trim() == line.trim());
        same.map(|(_, number)| format!("{}:{number}", f.file))
    });
    places.next().filter(|_| places.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixture;

    fn found(text: &str) -> Vec<Finding> {
        let plan = fixture::minimal();
        super::differences(
            &plan,
            "ci.yml",
            File { platform: PlatformName::Github, text, root: None },
            &Overlay::default(),
        )
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
            help.contains("templates/github/job.yml.j2:") && help.contains("job `deploy-staging`"),
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
                let (template, line) = prove::place(back.name(), aspect, &text);
                assert!(line.is_some(), "{:?} {aspect:?}: not in {template}", back.name());
            }
        }
    }
}
