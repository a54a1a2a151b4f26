//! The mutants' data: reading it, and applying one to a text or a template.

use mlpipe::plan::Plan;
use mlpipe::platform::{self, Platform};
use mlpipe::project::Project;
use mlpipe::render::{Overlaid, Overlay};
use mlpipe::spec::PlatformName;

/// A spec with its plan.
pub(crate) struct Subject {
    /// What it says.
    pub(crate) plan: Plan,
}

/// One change, or several that belong together.
pub(crate) struct Mutant {
    pub(crate) kind: String,
    pub(crate) what: String,
    /// Why it changes nothing that the proof compares.
    pub(crate) changes_nothing: Option<String>,
    hunks: Vec<Hunk>,
}

#[derive(Clone, Default)]
struct Hunk {
    place: String,
    all: bool,
    from: Vec<String>,
    to: Vec<String>,
}

/// The mutants of a platform, as its file has them; those of `full.mlpipe`, or of another spec.
pub(crate) fn mutants(spec: &str, platform: PlatformName) -> Vec<Mutant> {
    let of = if spec == "full" { String::new() } else { format!("{spec}-") };
    let path = format!("{}/tests/mutants/{of}{}.txt", env!("CARGO_MANIFEST_DIR"), platform.word());
    let text = std::fs::read_to_string(path).expect("readable");
    let all: Vec<Mutant> = text.split("\n## ").skip(1).map(mutant).collect();
    let mut names: Vec<(&str, &str)> = all.iter().map(|m| (m.kind.as_str(), m.what.as_str())).collect();
    names.sort_unstable();
    names.windows(2).for_each(|w| assert_ne!(w[0], w[1], "a mutant stands there twice"));
    all
}

/// One mutant: its kind and what it does in the first line, then its changes.
pub(crate) fn mutant(text: &str) -> Mutant {
    let mut lines = text.lines();
    let (kind, what) = lines.next().and_then(|l| l.split_once(": ")).expect("`KIND: what`");
    let mut hunks: Vec<Hunk> = Vec::new();
    let mut now = Hunk::default();
    let mut changes_nothing = None;
    for line in lines {
        let rest = line.get(1..).unwrap_or_default().to_owned();
        let complete = !now.to.is_empty();
        match line.chars().next() {
            None => {}
            Some('=') => changes_nothing = Some(rest.trim().to_owned()),
            Some('@') => {
                if complete {
                    hunks.push(std::mem::take(&mut now));
                }
                now.place = rest;
            }
            Some('-') => {
                if complete {
                    let place = now.place.clone();
                    hunks.push(std::mem::replace(&mut now, Hunk { place, ..Hunk::default() }));
                }
                now.from.push(rest);
            }
            Some('*') => now.all = true,
            Some('+') => now.to.push(rest),
            Some(c) => panic!("{kind}: {what}: a line begins with `{c}`"),
        }
    }
    hunks.push(now);
    Mutant { kind: kind.into(), what: what.into(), changes_nothing, hunks }
}

impl Subject {
    /// The spec with everything.
    pub(crate) fn full() -> Self {
        Self::named("full.mlpipe")
    }

    /// One of the specs beside the mutants.
    pub(crate) fn named(path: &str) -> Self {
        let root = camino::Utf8PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mutants"));
        Self::of(&root, path)
    }

    /// The spec with everything, with one text in it replaced by another one; the findings, if it is refused.
    pub(crate) fn full_with(from: &str, to: &str) -> Result<Self, Vec<String>> {
        let full = include_str!("full.mlpipe");
        assert_eq!(full.matches(from).count(), 1, "{from}");
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("full.mlpipe"), full.replace(from, to)).expect("written");
        let root = camino::Utf8Path::from_path(dir.path()).expect("UTF-8").to_owned();
        let specs = ["full.mlpipe".into()];
        let project = Project::load(&root, &specs, &specs);
        if project.has_errors() {
            let errors = project.findings.iter().filter(|f| f.is_error());
            return Err(errors.map(|f| format!("{} {}", f.code.id, f.message)).collect());
        }
        Ok(Self { plan: project.plans_selected().next().expect("a plan").clone() })
    }

    /// A spec.
    fn of(root: &camino::Utf8Path, path: &str) -> Self {
        let specs = [path.into()];
        let project = Project::load(root, &specs, &specs);
        let errors: Vec<_> = project.findings.iter().filter(|f| f.is_error()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        let plan = project.plans_selected().next().expect("a plan").clone();
        Self { plan }
    }

    /// What it compiles to.
    pub(crate) fn emitted(&self, name: PlatformName) -> String {
        platform::get(name).emit(&self.plan).expect("built-in templates print it")
    }

    /// The mutant's text.
    pub(crate) fn mutate(&self, name: PlatformName, text: &str, m: &Mutant) -> Result<String, String> {
        let back = platform::get(name);
        let mut text = text.to_owned();
        let mut templates: Vec<(&str, String)> = Vec::new();
        for h in &m.hunks {
            if let Some(template) = h.place.strip_prefix("template ") {
                let built_in = of_template(back, template)?;
                let at = templates.iter().position(|(n, _)| *n == template).unwrap_or_else(|| {
                    templates.push((template, built_in.to_owned()));
                    templates.len() - 1
                });
                templates[at].1 = change(&templates[at].1, h, None)?;
            } else {
                let job = (!h.place.is_empty()).then_some(h.place.as_str());
                text = change(&text, h, job)?;
            }
        }
        if templates.is_empty() {
            return Ok(text);
        }
        let mut overlay = Overlay::new("mutants");
        for (name, text) in templates {
            overlay.add(name, Overlaid { file: format!("mutants/{name}"), text });
        }
        let printed = back.emit_with(&self.plan, &overlay).map_err(|e| e.to_string())?;
        if printed == text { Err("the template prints the same".into()) } else { Ok(printed) }
    }
}

fn of_template(back: &dyn Platform, template: &str) -> Result<&'static str, String> {
    let found = back.templates().iter().find(|(n, _)| *n == template);
    found.map(|(_, text)| *text).ok_or_else(|| format!("there is no template `{template}`"))
}

/// The text with one change, which must be one and no other.
fn change(text: &str, h: &Hunk, job: Option<&str>) -> Result<String, String> {
    let (start, end) = match job {
        None => (0, text.len()),
        Some(name) => part(text, name).ok_or_else(|| format!("there is no job `{name}`"))?,
    };
    let inside = &text[start..end];
    let to = h.to.join("\n");
    let from = h.from.join("\n");
    let changed = if h.all {
        to.clone()
    } else {
        let count = inside.matches(&from).count();
        if count != 1 || from.is_empty() {
            return Err(format!("`{from}` stands there {count} times, not once"));
        }
        // A line that is taken away leaves no empty one.
        let whole = to.is_empty() && inside.contains(&format!("\n{from}\n"));
        if whole { inside.replacen(&format!("\n{from}\n"), "\n", 1) } else { inside.replacen(&from, &to, 1) }
    };
    if changed == inside {
        return Err("it changes nothing in the text".into());
    }
    Ok(format!("{}{changed}{}", &text[..start], &text[end..]))
}

/// A job's part of a file: from its first line to before the next line that is indented as little.
fn part(text: &str, name: &str) -> Option<(usize, usize)> {
    let heads = [format!("{name}:"), format!("stage('{name}') {{")];
    let function = format!("{name}(");
    let mut at = 0;
    let mut found: Option<(usize, usize)> = None;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        match found {
            None if heads.iter().any(|h| line.trim() == h) || line.starts_with(&function) => {
                found = Some((at, indent))
            }
            Some((start, of)) if !line.trim().is_empty() && indent <= of => {
                // In Groovy the line that ends it is its own brace.
                let own = line.trim() == "}";
                return Some((start, if own { at + line.len() } else { at }));
            }
            _ => {}
        }
        at += line.len();
    }
    found.map(|(start, _)| (start, text.len()))
}
