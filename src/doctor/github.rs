//! GitHub's settings, as `gh` tells them: names only, and nothing is changed.

use super::call::{asked, call};
use super::{Check, id_of, not_looked};
use crate::settings::{Item, Manifest, Setting, encoded};
use camino::Utf8Path;
use std::collections::BTreeMap;

pub(super) fn checks(root: &Utf8Path, manifest: &Manifest) -> Vec<Check> {
    let every: Vec<&Item> = manifest.items.iter().collect();
    let found = match Found::ask(root) {
        Ok(found) => found,
        Err(why) => return vec![not_looked(manifest, &every, &why)],
    };
    let (mut all, mut rest) = (Vec::new(), Vec::new());
    let mut secrets = BTreeMap::new();
    for item in every {
        match one(root, manifest, item, &found, &mut secrets) {
            Some(check) => all.push(check),
            None => rest.push(item),
        }
    }
    if !rest.is_empty() {
        all.push(not_looked(manifest, &rest, "gh is not asked for these"));
    }
    all
}

/// What holds for the repository as a whole.
struct Found {
    default_branch: String,
    environments: Vec<String>,
    /// Of the repository and of its organization.
    secrets: Vec<String>,
}

impl Found {
    fn ask(root: &Utf8Path) -> Result<Self, String> {
        let gh = |words: &[&str]| asked(root, "gh", words);
        if !call(root, "gh", &["auth", "status"])?.well {
            return Err("gh is not logged in".into());
        }
        let default_branch = gh(&["api", "repos/{owner}/{repo}", "--jq", ".default_branch"])?;
        let at = "repos/{owner}/{repo}/environments";
        let environments = gh(&["api", "--paginate", at, "--jq", ".environments[].name"])?;
        let mut secrets = gh(&["secret", "list", "--json", "name", "--jq", ".[].name"])?;
        // Whoever may not see the organization's has the repository's all the same.
        let theirs = "repos/{owner}/{repo}/actions/organization-secrets";
        secrets += &gh(&["api", "--paginate", theirs, "--jq", ".secrets[].name"]).unwrap_or_default();
        let lines = |t: &str| t.lines().map(str::to_owned).collect();
        Ok(Self {
            default_branch: default_branch.trim().to_owned(),
            environments: lines(&environments),
            secrets: lines(&secrets),
        })
    }

    fn has(&self, environment: &str) -> bool {
        self.environments.iter().any(|e| e.eq_ignore_ascii_case(environment))
    }
}

fn one(
    root: &Utf8Path,
    manifest: &Manifest,
    item: &Item,
    found: &Found,
    secrets: &mut BTreeMap<String, Vec<String>>,
) -> Option<Check> {
    let id = id_of(manifest, item);
    let help = "`mlpipe setup --to github --format script` makes it";
    Some(match &item.setting {
        Setting::DefaultBranch { name } => Check::of(
            id,
            &item.title,
            *name == found.default_branch,
            format!("`gh repo edit --default-branch {name}`"),
        )
        .detail(format!("it is {}", found.default_branch)),
        Setting::Environment { name, .. } => Check::of(id, &item.title, found.has(name), help),
        Setting::Approval { environment, .. } => {
            let at = format!("repos/{{owner}}/{{repo}}/environments/{}", encoded(environment));
            let rules = ".protection_rules[] | select(.type == \"required_reviewers\") | .reviewers[] | .reviewer | .slug // .login";
            let asked = found.has(environment).then(|| asked(root, "gh", &["api", &at, "--jq", rules]));
            match asked {
                None => Check::missing(id, &item.title).detail("there is no such environment").help(help),
                Some(Err(why)) => Check::missing(id, &item.title).detail(why).help(help),
                Some(Ok(names)) => {
                    let names: Vec<&str> = names.lines().collect();
                    let said =
                        if names.is_empty() { "nobody has to review".to_owned() } else { names.join(", ") };
                    Check::of(id, &item.title, !names.is_empty(), help).detail(said)
                }
            }
        }
        Setting::Secret { name, environment, .. } => {
            let is = |all: &[String]| all.iter().any(|s| s.eq_ignore_ascii_case(name));
            let own = environment.as_ref().filter(|e| found.has(e)).is_some_and(|e| {
                let list = secrets.entry(e.clone()).or_insert_with(|| {
                    let words = ["secret", "list", "--env", e, "--json", "name", "--jq", ".[].name"];
                    asked(root, "gh", &words).unwrap_or_default().lines().map(str::to_owned).collect()
                });
                is(list)
            });
            let wide = is(&found.secrets);
            let check = Check::of(id, &item.title, own || wide, help);
            match (environment, own, wide) {
                (Some(e), false, true) => {
                    check.detail(format!("the whole repository has it, and not {e} alone"))
                }
                _ => check,
            }
        }
        _ => return None,
    })
}
