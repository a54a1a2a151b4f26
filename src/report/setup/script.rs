//! A manifest as something that makes it: a script of `gh` or `glab` calls, or Jenkins' configuration as code.

use crate::plan::SecretKind;
use crate::render::{Overlay, Quoted, TemplateBug, Templates, bash, comment, groovy_casc, yaml, yaml_casc};
use crate::settings::{Item, Manifest, RefKind, Setting, encoded, schedule_body, scope_of};
use crate::spec::PlatformName;
use serde::Serialize;

static TEMPLATES: Templates = Templates::new(&[
    ("setup/common.sh.j2", include_str!("../../../templates/setup/common.sh.j2")),
    ("setup/github.sh.j2", include_str!("../../../templates/setup/github.sh.j2")),
    ("setup/gitlab.sh.j2", include_str!("../../../templates/setup/gitlab.sh.j2")),
    ("setup/jenkins.yaml.j2", include_str!("../../../templates/setup/jenkins.yaml.j2")),
]);

/// For a person to read and then to run.
///
/// # Errors
/// A template that fails: our bug.
pub fn script(manifest: &Manifest) -> Result<String, TemplateBug> {
    let none = Overlay::default();
    match manifest.platform {
        PlatformName::Github => TEMPLATES.render("setup/github.sh.j2", &Script::of(manifest, github), &none),
        PlatformName::Gitlab => TEMPLATES.render("setup/gitlab.sh.j2", &Script::of(manifest, gitlab), &none),
        PlatformName::Jenkins => TEMPLATES.render("setup/jenkins.yaml.j2", &Casc::of(manifest), &none),
    }
}

/// The pipelines of a manifest, for a comment.
fn pipelines(manifest: &Manifest) -> Quoted {
    let names: Vec<String> =
        manifest.pipelines.iter().map(|p| format!("{} ({})", p.pipeline, p.source)).collect();
    comment(&names.join(", "))
}

/// A shell script. The flags say which functions are called: one that is not would only be read.
#[derive(Serialize)]
struct Script {
    of: Quoted,
    version: Quoted,
    default_branch: bool,
    environments: bool,
    approvals: bool,
    secrets: bool,
    options: bool,
    protected: bool,
    schedules: bool,
    groups: bool,
    lists: bool,
    items: Vec<Call>,
}

/// One call.
#[derive(Serialize)]
struct Call {
    title: Quoted,
    call: Quoted,
    /// What is told of it; nothing where a person has to do it.
    id: Option<Quoted>,
}

impl Script {
    fn of(manifest: &Manifest, words: fn(&Setting) -> Option<Vec<Quoted>>) -> Self {
        let has = |is: fn(&Setting) -> bool| manifest.items.iter().any(|i| is(&i.setting));
        let approvals = has(|s| matches!(s, Setting::Approval { .. }));
        let schedules = has(|s| matches!(s, Setting::Schedule { .. }));
        Self {
            of: pipelines(manifest),
            version: comment(env!("CARGO_PKG_VERSION")),
            default_branch: has(|s| matches!(s, Setting::DefaultBranch { .. })),
            environments: has(|s| matches!(s, Setting::Environment { .. })),
            approvals,
            secrets: has(|s| matches!(s, Setting::Secret { .. })),
            options: has(|s| matches!(s, Setting::Option { .. })),
            protected: has(|s| matches!(s, Setting::Protected { .. })),
            schedules,
            groups: has(|s| matches!(s, Setting::ResourceGroup { .. })),
            lists: approvals || schedules,
            items: manifest.items.iter().map(|i| call(i, words(&i.setting))).collect(),
        }
    }
}

fn call(item: &Item, words: Option<Vec<Quoted>>) -> Call {
    let title = comment(&item.title);
    match words {
        Some(words) => Call { title, call: Quoted::join(&words, " "), id: Some(bash(&item.id)) },
        None => {
            let words = [Quoted::fixed("by_hand"), bash(&item.title)];
            Call { title, call: Quoted::join(&words, " "), id: None }
        }
    }
}

fn kind_of(value: SecretKind) -> Quoted {
    match value {
        SecretKind::Text => Quoted::fixed("text"),
        SecretKind::File => Quoted::fixed("file"),
    }
}

/// The folder of an environment's secrets below MLPIPE_SECRETS.
fn folder(environment: Option<&str>) -> Quoted {
    bash(environment.unwrap_or("."))
}

fn github(setting: &Setting) -> Option<Vec<Quoted>> {
    let fixed = Quoted::fixed;
    Some(match setting {
        Setting::DefaultBranch { name } => vec![fixed("default_branch"), bash(name)],
        Setting::Environment { name, branches, tags, wait_minutes, .. } => {
            let refs = branches.iter().map(|b| format!("branch {b}"));
            let refs = refs.chain(tags.iter().map(|t| format!("tag {t}")));
            let minutes = Quoted::word(&wait_minutes.unwrap_or_default().to_string());
            let mut words = vec![fixed("environment"), bash(&encoded(name)), minutes];
            words.extend(refs.map(|r| bash(&r)));
            words
        }
        Setting::Approval { environment, by } => {
            let mut words = vec![fixed("approval"), bash(&encoded(environment))];
            words.extend(by.iter().map(|name| bash(&encoded(name))));
            words
        }
        Setting::Secret { name, value, environment, .. } => {
            let environment = environment.as_deref();
            let mut words = vec![fixed("secret"), bash(name), kind_of(*value), folder(environment)];
            if let Some(e) = environment {
                words.extend([fixed("--env"), bash(e)]);
            }
            words
        }
        Setting::Option { value, .. } => vec![fixed("workflow_permissions"), bash(value)],
        _ => return None,
    })
}

fn gitlab(setting: &Setting) -> Option<Vec<Quoted>> {
    let fixed = Quoted::fixed;
    Some(match setting {
        Setting::Protected { what, pattern } => {
            let (kind, fields) = match what {
                RefKind::Branch => ("branches", ["push_access_level=40", "merge_access_level=40"].as_slice()),
                RefKind::Tag => ("tags", ["create_access_level=40"].as_slice()),
            };
            let mut words = vec![fixed("protected"), fixed(kind), bash(pattern), bash(&encoded(pattern))];
            words.extend(fields.iter().flat_map(|f| [fixed("--raw-field"), fixed(f)]));
            words
        }
        Setting::Approval { environment, by } => {
            let json = serde_json::Value::from(environment.as_str()).to_string();
            let mut words = vec![fixed("approval"), bash(&json), bash(&encoded(environment))];
            words.extend(by.iter().map(|name| bash(name)));
            words
        }
        Setting::Secret { name, value, environment, protected, masked, .. } => {
            let environment = environment.as_deref();
            let scope = scope_of(environment);
            let mut words = vec![fixed("variable"), bash(name), kind_of(*value), folder(environment)];
            words.extend([bash(scope), bash(&encoded(scope))]);
            words.push(fixed(if *masked { "masked" } else { "shown" }));
            words.extend(protected.then(|| fixed("--protected")));
            words
        }
        Setting::Schedule { description, .. } => {
            vec![fixed("schedule"), bash(description), bash(&schedule_body(setting)?)]
        }
        Setting::ResourceGroup { key, mode } => {
            vec![fixed("resource_group"), bash(&encoded(key)), bash(mode)]
        }
        Setting::Option { key, value } => vec![fixed("option"), bash(key), bash(value)],
        _ => return None,
    })
}

/// Jenkins' configuration as code.
#[derive(Serialize)]
struct Casc {
    of: Quoted,
    version: Quoted,
    plugins: Vec<Quoted>,
    hand: Vec<Quoted>,
    credentials: Vec<Credential>,
    id_tokens: Vec<IdToken>,
    jobs: Vec<Multibranch>,
}

#[derive(Serialize)]
struct Credential {
    file: bool,
    id: Quoted,
    description: Quoted,
    name: Quoted,
    value: Quoted,
}

/// A credential of the plugin oidc-provider, which holds no secret of anybody's.
#[derive(Serialize)]
struct IdToken {
    id: Quoted,
    description: Quoted,
    audience: Quoted,
}

#[derive(Serialize)]
struct Multibranch {
    name: Quoted,
    id: Quoted,
    script_path: Quoted,
    pull_requests: bool,
    tags: bool,
}

impl Casc {
    fn of(manifest: &Manifest) -> Self {
        let (mut plugins, mut hand, mut credentials, mut jobs) = (vec![], vec![], vec![], vec![]);
        let mut id_tokens = vec![];
        for item in &manifest.items {
            match &item.setting {
                Setting::Plugin { id, minimum } => {
                    let least = minimum.as_ref().map(|m| format!(" (at least {m})")).unwrap_or_default();
                    plugins.push(comment(&format!("{id}{least}")));
                }
                Setting::Secret { name, variable, value, .. } => credentials.push(Credential {
                    file: *value == SecretKind::File,
                    id: yaml_casc(name),
                    description: yaml_casc(&format!("mlpipe: {}", item.jobs.join(", "))),
                    name: yaml_casc(variable),
                    value: yaml(&format!("${{{variable}}}")),
                }),
                Setting::IdToken { name, audience } => id_tokens.push(IdToken {
                    id: yaml_casc(name),
                    description: yaml_casc(&format!("mlpipe: {}", item.jobs.join(", "))),
                    audience: yaml_casc(audience),
                }),
                Setting::Multibranch { name, script_path, pull_requests, tags } => jobs.push(Multibranch {
                    name: groovy_casc(name),
                    id: groovy_casc(&format!("mlpipe-{name}")),
                    script_path: groovy_casc(script_path),
                    pull_requests: *pull_requests,
                    tags: *tags,
                }),
                _ => hand.push(comment(&item.title)),
            }
        }
        Self {
            of: pipelines(manifest),
            version: comment(env!("CARGO_PKG_VERSION")),
            plugins,
            hand,
            credentials,
            id_tokens,
            jobs,
        }
    }
}
