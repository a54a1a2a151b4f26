//! What each platform keeps by its own means, what is emulated, and what lies outside its file.

use crate::platform::{self, Capability, Feature, Platform, Support, Use};
use crate::project::Project;
use crate::spec::PlatformName;
use serde::Serialize;
use std::fmt::Write;

/// Version of the JSON form.
const SCHEMA_VERSION: u32 = 1;

/// A pipeline, its platforms and what it uses.
struct Used<'a> {
    name: &'a str,
    source: &'a str,
    backs: Vec<&'static dyn Platform>,
    uses: Vec<Use>,
}

/// The selected pipelines that could be planned.
fn pipelines(project: &Project) -> Vec<Used<'_>> {
    let planned = project.pipelines.iter().filter(|p| p.selected);
    planned
        .filter_map(|p| {
            let plan = p.plan.as_ref()?;
            let emitted = |n: &PlatformName| plan.emit.iter().any(|e| e.platform == *n);
            Some(Used {
                name: &plan.pipeline,
                source: &plan.source,
                backs: PlatformName::ALL.into_iter().filter(emitted).map(platform::get).collect(),
                uses: platform::used(&p.spec, plan),
            })
        })
        .collect()
}

/// For people: for each pipeline a table and the reasons of what is not native; the whole table without any.
pub fn human(projects: &[Project]) -> String {
    let mut out = String::new();
    if projects.is_empty() {
        let backs: Vec<_> = platform::all().to_vec();
        grid(&mut out, &backs, Feature::ALL);
        for back in backs {
            reasons(&mut out, back, Feature::ALL);
        }
    }
    for used in projects.iter().flat_map(pipelines) {
        if !out.is_empty() {
            out.push('\n');
        }
        let _ = writeln!(out, "pipeline {}   ({})\n", used.name, used.source);
        let features: Vec<Feature> = used.uses.iter().map(|u| u.feature).collect();
        grid(&mut out, &used.backs, &features);
        for back in used.backs {
            reasons(&mut out, back, &features);
        }
    }
    out
}

fn grid(out: &mut String, backs: &[&dyn Platform], features: &[Feature]) {
    let wide = features.iter().map(|f| f.words().chars().count()).max().unwrap_or(0);
    let cells = |cells: Vec<&str>| cells.iter().map(|c| format!("  {c:<15}")).collect::<String>();
    let mut line = |head: &str, words: Vec<&str>| {
        let _ = writeln!(out, "{}", format!("{head:<wide$}{}", cells(words)).trim_end());
    };
    line("", backs.iter().map(|b| b.name().word()).collect());
    for feature in features {
        let support = |b: &&dyn Platform| b.capability(*feature).map_or("", |c| c.support.words());
        line(feature.words(), backs.iter().map(support).collect());
    }
}

/// What a platform does not do by its own means, with the reason and what is to be done.
fn reasons(out: &mut String, back: &dyn Platform, features: &[Feature]) {
    for (support, head) in [
        (Support::No, "is not expressible and refused"),
        (Support::Outside, "lies outside the file"),
        (Support::Emulated, "is emulated"),
    ] {
        let lines: Vec<&Capability> = features
            .iter()
            .filter_map(|f| back.capability(*f))
            .filter(|line| line.support == support)
            .collect();
        if lines.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n{}: what {head}", back.name().word());
        for line in lines {
            let _ = writeln!(out, "  {}: {}", line.feature.words(), line.how);
            if !line.to_do.is_empty() {
                let _ = writeln!(out, "    to do: {}", line.to_do);
            }
        }
    }
}

/// What each platform keeps, emulates, or leaves outside.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Document<'a> {
    /// Version of this form. It grows when a field changes its meaning or goes away; new fields may come without.
    #[cfg_attr(test, schemars(extend("const" = SCHEMA_VERSION)))]
    schema: u32,
    /// The pipelines, in the order of their specs.
    pipelines: Vec<PipelineView<'a>>,
    /// The whole table, where no pipeline is shown.
    features: Vec<FeatureView<'a>>,
}

/// A pipeline.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PipelineView<'a> {
    /// Its name.
    pipeline: String,
    /// Its spec, below the root.
    source: String,
    /// What it uses.
    features: Vec<FeatureView<'a>>,
}

/// A feature.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct FeatureView<'a> {
    /// In the words of the language where it has some.
    feature: Feature,
    /// What it is, in one sentence.
    meaning: &'a str,
    /// Statements that use it; none in the whole table.
    places: Vec<Place>,
    /// The platforms that the pipeline emits, or all of them.
    platforms: Vec<Cell<'a>>,
}

/// A statement.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Place {
    /// Its file, below the root.
    path: String,
    /// Its line, from 1.
    line: u32,
}

/// How one platform keeps a feature.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Cell<'a> {
    platform: PlatformName,
    support: Support,
    /// In one sentence.
    how: &'a str,
    /// What a person has to do; empty where nothing is to be done.
    to_do: &'a str,
}

fn view(feature: Feature, places: Vec<Place>, backs: &[&'static dyn Platform]) -> FeatureView<'static> {
    let cell = |b: &&'static dyn Platform| {
        b.capability(feature).map(|c| Cell {
            platform: b.name(),
            support: c.support,
            how: c.how,
            to_do: c.to_do,
        })
    };
    FeatureView {
        feature,
        meaning: feature.meaning(),
        places,
        platforms: backs.iter().filter_map(cell).collect(),
    }
}

/// For machines. `docs/targets.md` says how to read it.
pub fn json(projects: &[Project]) -> String {
    let mut document = Document { schema: SCHEMA_VERSION, pipelines: Vec::new(), features: Vec::new() };
    if projects.is_empty() {
        document.features = Feature::ALL.iter().map(|f| view(*f, Vec::new(), &platform::all())).collect();
    }
    for project in projects {
        let place = |span: &crate::diag::Span| Place {
            path: project.sources.path(span.file).to_string(),
            line: project.sources.start(*span).line,
        };
        for used in pipelines(project) {
            let one = |u: &Use| view(u.feature, u.places.iter().map(place).collect(), &used.backs);
            document.pipelines.push(PipelineView {
                pipeline: used.name.to_owned(),
                source: used.source.to_owned(),
                features: used.uses.iter().map(one).collect(),
            });
        }
    }
    format!("{}\n", serde_json::to_string_pretty(&document).unwrap_or_default())
}

const HEAD: &str = "# What each platform keeps, emulates, or leaves outside

The three files do the same, but not by the same means. This page says, feature by feature, what each platform does
itself and what stands in where it does not. `mlpipe targets` prints the lines that your spec uses; the head of every
generated file has the short form. `--strict` on `compile`, `check` and `lint` refuses what is emulated
([MLP460](findings/MLP460.md)).

What the script does alone inside a job (thresholds, repetitions, seeds, building, scanning, rolling out) is the same
bytes everywhere and has no line here.

| word | what it means |
|---|---|
| native | the platform's own means |
| emulated | the generated script or another construct of the file does it |
| outside | a setting that no file can hold; checked in the run where that can be done |
| not expressible | refused when the file is written |

This page is generated from the tables that the compiler itself reads: `UPDATE_TARGETS=1 cargo test --test targets`
writes it anew.

## The table

";

const TAIL: &str = "
## For machines

`mlpipe targets --format json` prints one object: `schema` (1), `pipelines` (each with `pipeline`, `source` and
`features`) and, where no pipeline is shown, `features`, the whole table. A feature has `feature` (its name in the table
above), `meaning`, `places` (`path` and `line` of the statements that use it, in the spec's order; empty in the whole
table) and `platforms`: `platform`, `support` (`native`, `emulated`, `outside`, `no`), `how` and `to_do`, which is empty where
nothing is to be done. Platforms that the spec does not emit are left out. `mlpipe schema targets` prints the JSON schema.
";

/// The whole table as a page, `docs/targets.md`.
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    let names: Vec<&str> = platform::all().iter().map(|b| b.name().word()).collect();
    let _ = writeln!(page, "| feature | {} |\n|---{}|", names.join(" | "), "|---".repeat(names.len()));
    for feature in Feature::ALL {
        let support = |b: &&dyn Platform| b.capability(*feature).map_or("", |c| c.support.words());
        let cells: Vec<&str> = platform::all().iter().map(support).collect();
        let _ = writeln!(page, "| {} | {} |", feature.words(), cells.join(" | "));
    }
    page.push_str("\n## How, and what to do\n");
    for feature in Feature::ALL {
        let _ = writeln!(page, "\n### {}\n\n{}\n", feature.words(), feature.meaning());
        for back in platform::all() {
            let Some(line) = back.capability(*feature) else { continue };
            let name = back.name().word();
            let _ = write!(page, "- **{name}**, {}: {}.", line.support.words(), line.how);
            let _ = writeln!(
                page,
                "{}",
                if line.to_do.is_empty() { String::new() } else { format!(" To do: {}.", line.to_do) }
            );
        }
    }
    page.push_str(TAIL);
    page
}
