//! What can be checked from a desk: the repository, the generated files, the tools, the files that a spec names, secrets, and
//! what a platform's own tool tells of its settings. Everything here reads; nothing is changed.

mod call;
mod desk;
mod files;
mod git;
mod github;
mod gitlab;

use crate::output::OutputFile;
use crate::plan::Plan;
use crate::project::Project;
use crate::settings::{Item, Manifest};
use crate::spec::PlatformName;
use serde::Serialize;

/// Version of the JSON form.
pub const SCHEMA_VERSION: u32 = 1;

/// One thing that was looked at, or could not be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Check {
    /// Stable: `git/remote`, `tool/docker`, `github/secret/production/KUBECONFIG`.
    pub id: String,
    /// What was looked at, in one line.
    pub title: String,
    /// How it is.
    pub outcome: Outcome,
    /// What was found, or why nobody looked; may be empty.
    pub detail: String,
    /// What to do; empty where nothing is to be done.
    pub help: String,
}

/// How a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// As it should be.
    Well,
    /// Not there, or not as it should be.
    Missing,
    /// Not there, and only a run at this desk would want it.
    Note,
    /// Nobody looked.
    NotLooked,
}

impl Outcome {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Missing => "MISSING",
            Self::Note => "note",
            Self::NotLooked => "not looked at",
        }
    }
}

impl Check {
    fn new(id: impl Into<String>, title: impl Into<String>, outcome: Outcome) -> Self {
        Self { id: id.into(), title: title.into(), outcome, detail: String::new(), help: String::new() }
    }

    fn well(id: impl Into<String>, title: impl Into<String>) -> Self {
        Self::new(id, title, Outcome::Well)
    }

    fn missing(id: impl Into<String>, title: impl Into<String>) -> Self {
        Self::new(id, title, Outcome::Missing)
    }

    /// Well or missing, with what to do then.
    fn of(id: impl Into<String>, title: impl Into<String>, well: bool, help: impl Into<String>) -> Self {
        if well { Self::well(id, title) } else { Self::missing(id, title).help(help) }
    }

    fn detail(mut self, text: impl Into<String>) -> Self {
        self.detail = text.into();
        self
    }

    fn help(mut self, text: impl Into<String>) -> Self {
        self.help = text.into();
        self
    }
}

/// Looks at a project, at the files that it makes, and at the settings of the platforms in `manifests`.
pub fn examine(project: &Project, files: &[OutputFile], manifests: &[Manifest]) -> Vec<Check> {
    let plans: Vec<&Plan> = project.plans_selected().collect();
    let root = &project.root;
    let (git, mut all) = git::checks(root, &plans);
    all.extend(files::generated(root, files, git));
    all.extend(files::named(root, &plans, git));
    all.extend(desk::tools(&plans));
    all.extend(desk::secrets(&plans));
    for manifest in manifests {
        all.extend(match manifest.platform {
            PlatformName::Github => github::checks(root, manifest),
            PlatformName::Gitlab => gitlab::checks(root, manifest),
            PlatformName::Jenkins => {
                vec![not_looked(
                    manifest,
                    &manifest.items.iter().collect::<Vec<_>>(),
                    "no tool asks a Jenkins from a desk",
                )]
            }
        });
    }
    all
}

/// Settings that nobody looked at, by their ids in the manifest.
fn not_looked(manifest: &Manifest, items: &[&Item], why: &str) -> Check {
    let platform = manifest.platform.word();
    let ids: Vec<&str> = items.iter().map(|i| i.id.as_str()).collect();
    Check::new(
        format!("{platform}/not-looked"),
        format!("settings of {platform}: {}", ids.join(", ")),
        Outcome::NotLooked,
    )
    .detail(why)
    .help(format!("`mlpipe setup --to {platform}` says what each is for"))
}

/// What an item's check is called.
fn id_of(manifest: &Manifest, item: &Item) -> String {
    format!("{}/{}", manifest.platform.word(), item.id)
}
