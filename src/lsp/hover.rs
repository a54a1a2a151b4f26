//! What the word under the cursor means: from the table of keywords, the plan, and the tables of what each platform can do.

use super::documents::Documents;
use super::features;
use super::index::{File, Found, Index};
use super::names::{self, Known, NameKind, Node, Occurrence};
use super::protocol::Range;
use crate::plan::{FilledDefault, Plan};
use crate::platform::{self, Feature};
use crate::project::{Others, Project, Settings};
use crate::report;
use crate::spec::shape::Place;
use crate::spec::{PlatformName, Quantity, Texts, Unit};
use crate::syntax::ArgKind;
use camino::{Utf8Path, Utf8PathBuf};

/// What a hover is made from.
pub(super) struct Asked<'a> {
    pub(super) documents: &'a Documents,
    pub(super) index: &'a Index,
    pub(super) path: &'a Utf8Path,
    /// The pipeline that the file is part of, where there is one: its project, and its spec's path below the root.
    pub(super) pipeline: Option<(&'a Project, usize)>,
}

impl Asked<'_> {
    /// Markdown and its range, for a byte of the file.
    pub(super) fn at(&self, offset: usize) -> Option<(String, Range)> {
        let file = self.index.files.get(self.path)?;
        if let Some((_, name)) = self.index.at(self.path, offset)
            && name.kind != NameKind::Image
        {
            let text = self.name(file, name)?;
            return Some((text, file.lines.range(&file.text, name.start, name.end)));
        }
        let mut found = None;
        let is_let = |n: &str| self.index.lets.contains(n);
        let known = Known { is_let: &is_let, target: &|n| self.index.target(n) };
        names::visit(&file.tree, &file.text, &known, &mut |node| {
            let head = node.statement.head;
            if head.start as usize <= offset && offset <= head.end as usize {
                found = self.statement(file, node, offset);
            }
        });
        found
    }

    fn statement(&self, file: &File, node: &Node<'_>, offset: usize) -> Option<(String, Range)> {
        let word = node.statement.word.span;
        if offset <= word.end as usize {
            return Some((self.keyword(file, node), file.lines.span(&file.text, word)));
        }
        let arg = node.statement.args.iter().find(|a| {
            a.span.start as usize <= offset && offset <= a.span.end as usize && a.kind != ArgKind::Comma
        })?;
        let range = file.lines.span(&file.text, arg.span);
        match &arg.kind {
            ArgKind::Quantity { number, unit } => Some((quantity(number, unit)?, range)),
            ArgKind::Path(_) => Some((self.keyword(file, node), range)),
            _ => None,
        }
    }

    fn plan(&self) -> Option<&Plan> {
        let (project, at) = self.pipeline?;
        project.pipelines.get(at)?.plan.as_ref()
    }

    fn keyword(&self, file: &File, node: &Node<'_>) -> String {
        let mut text = report::keyword(node.keyword);
        let filled = self.filled(node);
        if !filled.is_empty() {
            text.push_str("\n\nFilled in here:\n");
            filled.iter().for_each(|d| text.push_str(&default(d)));
        }
        let without = self.without(file, node);
        if !without.is_empty() {
            text.push_str("\n\nLeft out, it would be:\n");
            without.iter().for_each(|d| text.push_str(&default(d)));
        }
        let args: Vec<&str> = node.pieces.iter().map(|p| p.text(&file.text)).collect();
        text + &self.platforms(&features::of(node.place, node.keyword.word, &args))
    }

    /// What the plan fills in for the job of a statement at the top.
    fn filled(&self, node: &Node<'_>) -> Vec<FilledDefault> {
        let Some(plan) = self.plan() else { return Vec::new() };
        let Some(job) = job_of(node.place, node.keyword.word, &node.owner) else { return Vec::new() };
        let ours = |d: &&FilledDefault| d.place.strip_prefix(&job).is_some_and(|rest| rest.starts_with('.'));
        plan.defaults.iter().filter(ours).cloned().collect()
    }

    /// What would be filled in if the statement were not there: found by planning without it.
    fn without(&self, file: &File, node: &Node<'_>) -> Vec<FilledDefault> {
        let (Some((project, at)), Some(plan)) = (self.pipeline, self.plan()) else { return Vec::new() };
        if node.place == Place::Top || node.statement.block.is_some() {
            return Vec::new();
        }
        let span = node.statement.span;
        let gone = &file.text[span.start as usize..span.end as usize];
        let blank: String = gone.chars().map(|c| if c == '\n' { c } else { ' ' }).collect();
        let mut text = file.text.clone();
        text.replace_range(span.start as usize..span.end as usize, &blank);
        let texts = Without { documents: self.documents, path: self.path.to_owned(), text };
        let spec = vec![project.pipelines[at].spec.path.clone()];
        let other =
            Project::load_from(&texts, &project.root, &spec, &spec, Others::Read, &Settings::default());
        let Some(other) = other.pipelines.first().and_then(|p| p.plan.as_ref()) else { return Vec::new() };
        let new = |d: &&FilledDefault| !plan.defaults.iter().any(|o| o.place == d.place);
        other.defaults.iter().filter(new).cloned().collect()
    }

    /// What features become on the platforms that the pipeline is compiled for.
    fn platforms(&self, features: &[Feature]) -> String {
        let plan = self.plan();
        let used = plan.map(platform::features);
        let emitted = |p: &PlatformName| plan.is_none_or(|plan| plan.emit.iter().any(|e| e.platform == *p));
        let mut text = String::new();
        for feature in features.iter().filter(|f| used.as_ref().is_none_or(|used| used.contains(f))) {
            text.push_str(&format!("\n\n`{}`: {}\n", feature.words(), feature.meaning()));
            for back in PlatformName::ALL.into_iter().filter(emitted).map(platform::get) {
                let Some(line) = back.capability(*feature) else { continue };
                let (name, how) = (back.name().word(), line.support.words());
                text.push_str(&format!("- **{name}**, {how}: {}", line.how));
                if !line.to_do.is_empty() {
                    text.push_str(&format!(". To do: {}", line.to_do));
                }
                text.push('\n');
            }
        }
        text
    }

    fn name(&self, file: &File, name: &Occurrence) -> Option<String> {
        if name.kind == NameKind::RunValue {
            return Some(run_value(&name.name)?.to_owned());
        }
        let given = self.index.given(self.path, name);
        let mut text = match given.first() {
            Some((_, first)) => format!("{} `{}`", first.kind.word(), first.name),
            None if name.kind == NameKind::Secret => format!("secret `{}`", name.name),
            None => return self.around(file, name),
        };
        if name.kind == NameKind::Metric {
            text.push_str(&format!(" of `{}`", name.owner));
        }
        for found in given.iter().take(4) {
            text.push_str(&self.definition(*found));
        }
        if let Some((_, first)) = given.first() {
            text.push_str(&self.job(first).unwrap_or_default());
        }
        if name.kind == NameKind::Secret {
            text.push_str(&self.secret(&name.name));
        }
        Some(text)
    }

    /// A name that nothing gives: what the statement says that it stands in.
    fn around(&self, file: &File, name: &Occurrence) -> Option<String> {
        let mut text = None;
        let is_let = |n: &str| self.index.lets.contains(n);
        let known = Known { is_let: &is_let, target: &|n| self.index.target(n) };
        names::visit(&file.tree, &file.text, &known, &mut |node| {
            if node.statement.span.start as usize == name.statement.0 {
                text = Some(report::keyword(node.keyword));
            }
        });
        text
    }

    /// The line that gives a name, and the comment above it.
    fn definition(&self, (path, name): Found<'_>) -> String {
        let Some(file) = self.index.files.get(path) else { return String::new() };
        let mut text = format!("\n\n```mlpipe\n{}\n```", self.index.line(path, name));
        if path != self.path {
            text.push_str(&format!("\n\nin `{}`", path.file_name().unwrap_or_default()));
        }
        let above: Vec<&str> = file.text[..name.statement.0]
            .lines()
            .rev()
            .skip_while(|l| l.is_empty())
            .take_while(|l| l.trim_start().starts_with('#'))
            .map(|l| l.trim_start().trim_start_matches('#').trim())
            .collect();
        if !above.is_empty() {
            let comment: Vec<&str> = above.into_iter().rev().collect();
            text.push_str(&format!("\n\n{}", comment.join(" ")));
        }
        text
    }

    /// The job that a name stands for.
    fn job(&self, name: &Occurrence) -> Option<String> {
        let id = job_of(Place::Top, name.kind.word(), &name.name)?;
        let job = self.plan()?.jobs.iter().find(|j| j.id == id)?;
        Some(format!("\n\nJob `{id}`:\n\n```text\n{}```", report::job(job)))
    }

    fn secret(&self, name: &str) -> String {
        let Some(plan) = self.plan() else { return String::new() };
        let jobs: Vec<String> = plan
            .jobs
            .iter()
            .filter(|j| j.secrets.iter().any(|s| s.name == name))
            .map(|j| format!("`{}`", j.id))
            .collect();
        let given = if jobs.is_empty() { "no job".to_owned() } else { jobs.join(", ") };
        let stored = plan.jobs.iter().flat_map(|j| &j.secrets).find(|s| s.name == name);
        let stored = stored.map(|s| {
            format!(
                "\n\nKept under `{}` on GitHub, `{}` on GitLab, `{}` on Jenkins.",
                s.github, s.gitlab, s.jenkins
            )
        });
        let platforms = self.platforms(&[Feature::Secret, Feature::Withheld]);
        format!("\n\nGiven to {given}.{}{platforms}", stored.unwrap_or_default())
    }
}

/// The id of the job that a statement at the top stands for.
pub(super) fn job_of(place: Place, word: &str, name: &str) -> Option<String> {
    match (place, word) {
        (Place::Top, "image") => Some("image".to_owned()),
        (Place::Top, "gate" | "model" | "deploy") => Some(format!("{word}-{name}")),
        _ => None,
    }
}

fn default(d: &FilledDefault) -> String {
    format!("- `{}` = `{}`, {}\n", d.place, d.value, d.why)
}

/// A file without one of its statements.
struct Without<'a> {
    documents: &'a Documents,
    path: Utf8PathBuf,
    text: String,
}

impl Texts for Without<'_> {
    fn unsaved(&self, path: &Utf8Path) -> Option<String> {
        if path == self.path { Some(self.text.clone()) } else { self.documents.unsaved(path) }
    }
}

/// A number in the other units of its kind.
fn quantity(number: &str, unit: &str) -> Option<String> {
    const TIMES: &[Unit] = &[Unit::Ms, Unit::S, Unit::M, Unit::H, Unit::D];
    const SIZES: &[Unit] = &[Unit::B, Unit::KiB, Unit::MiB, Unit::GiB];
    let word = if unit == "%" { "percent" } else { unit };
    let all = [Unit::Percent].iter().chain(TIMES).chain(SIZES);
    let unit = all.copied().find(|u| u.word() == word)?;
    let written = Quantity { number: number.parse().ok()?, unit };
    let others: &[Unit] = match unit {
        Unit::Percent => &[Unit::None],
        u if TIMES.contains(&u) => TIMES,
        _ => SIZES,
    };
    let others = others.iter().filter(|u| **u != unit);
    let all = others.filter_map(|u| Some(Quantity { number: written.in_unit(*u)?, unit: *u }.to_string()));
    // Nobody reads ten decimals.
    let shown: Vec<String> = all.filter(|s| s.len() <= 10).map(|s| format!("`{s}`")).collect();
    Some(format!("`{written}` = {}", shown.join(" = ")))
}

fn run_value(name: &str) -> Option<&'static str> {
    Some(match name {
        "commit" => {
            "`${commit}`: the full hash of the commit that the run is for, known in the run; `$MLPIPE_COMMIT` in commands"
        }
        "branch" => {
            "`${branch}`: the branch, known in the run; empty for a tag; `$MLPIPE_BRANCH` in commands"
        }
        "tag" => "`${tag}`: the tag, known in the run; empty for a branch; `$MLPIPE_TAG` in commands",
        "model.version" => {
            "`${model.version}`: the model's version, resolved once for the run; `$MLPIPE_MODEL_VERSION` in commands"
        }
        "image" => "`${image}`: the image by its digest, known once it is built; `$MLPIPE_IMAGE` in commands",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::RUN_VALUES;

    #[test]
    fn numbers_in_other_units() {
        assert_eq!(quantity("30", "m").as_deref(), Some("`30m` = `1800000ms` = `1800s` = `0.5h`"));
        assert_eq!(quantity("1", "%").as_deref(), Some("`1%` = `0.01`"));
        assert_eq!(quantity("2", "KiB").as_deref(), Some("`2KiB` = `2048B`"));
        assert_eq!(quantity("3", ""), None);
    }

    #[test]
    fn every_value_of_the_run_is_explained() {
        for name in RUN_VALUES {
            assert!(run_value(name).is_some_and(|t| t.contains(name)), "{name}");
        }
    }
}
