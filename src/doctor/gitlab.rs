//! GitLab's settings, as `glab` tells them: names only, and nothing is changed.

use super::call::{asked, call};
use super::{Check, Outcome, id_of, not_looked};
use crate::plan::Pattern;
use crate::settings::{Item, Manifest, Setting, scope_of};
use camino::Utf8Path;
use serde_json::Value;

pub(super) fn checks(root: &Utf8Path, manifest: &Manifest) -> Vec<Check> {
    let every: Vec<&Item> = manifest.items.iter().collect();
    let found = match Found::ask(root) {
        Ok(found) => found,
        Err(why) => return vec![not_looked(manifest, &every, &why)],
    };
    let (mut all, mut rest) = (Vec::new(), Vec::new());
    for item in every {
        match one(manifest, item, &found) {
            Some(check) => all.push(check),
            None => rest.push(item),
        }
    }
    if !rest.is_empty() {
        all.push(not_looked(manifest, &rest, "glab is not asked for these, or may not see them"));
    }
    all
}

/// The lists of a project; of those that the account may not see there is none.
struct Found {
    variables: Vec<Value>,
    schedules: Option<Vec<Value>>,
    groups: Option<Vec<Value>>,
    protected: Option<Vec<Value>>,
}

impl Found {
    fn ask(root: &Utf8Path) -> Result<Self, String> {
        if !call(root, "glab", &["auth", "status"])?.well {
            return Err("glab is not logged in".into());
        }
        let list = |what: &str| {
            let path = format!("projects/:id/{what}?per_page=100");
            let text = asked(root, "glab", &["api", "--paginate", &path])?;
            // One list a page, one behind the other.
            let pages = serde_json::Deserializer::from_str(&text).into_iter::<Vec<Value>>();
            let all: Result<Vec<Vec<Value>>, _> = pages.collect();
            all.map(|p| p.concat()).map_err(|e| format!("glab's answer for {what} cannot be read: {e}"))
        };
        Ok(Self {
            variables: list("variables")?,
            schedules: list("pipeline_schedules").ok(),
            groups: list("resource_groups").ok(),
            protected: list("protected_environments").ok(),
        })
    }
}

fn text<'a>(of: &'a Value, key: &str) -> &'a str {
    of[key].as_str().unwrap_or_default()
}

fn one(manifest: &Manifest, item: &Item, found: &Found) -> Option<Check> {
    let id = id_of(manifest, item);
    let help = "`mlpipe setup --to gitlab --format script` makes it";
    Some(match &item.setting {
        Setting::Secret { name, environment, .. } => {
            let scope = scope_of(environment.as_deref());
            // A scope is a wildcard whose `*` passes over `/`.
            let reaches = |v: &Value| Pattern(text(v, "environment_scope").replace('*', "**")).matches(scope);
            let there = found.variables.iter().any(|v| text(v, "key") == name && reaches(v));
            let check = Check::of(id, &item.title, there, help);
            if there {
                check
            } else {
                check.detail("the project has none; variables of its groups are not looked at")
            }
        }
        Setting::Approval { environment, .. } => {
            let protected = found.protected.as_ref()?;
            let there = protected.iter().any(|p| text(p, "name") == environment);
            Check::of(id, &item.title, there, help).detail(if there { "" } else { "it is not protected" })
        }
        Setting::Schedule { cron, timezone, branch, .. } => {
            let on =
                |s: &Value| text(s, "ref").strip_prefix("refs/heads/").unwrap_or(text(s, "ref")) == branch;
            let same = |s: &&Value| text(s, "cron") == cron && text(s, "cron_timezone") == timezone && on(s);
            let there = found.schedules.as_ref()?.iter().find(same);
            match there {
                Some(s) if s["active"] == false => Check::missing(id, &item.title).detail("it is not active"),
                other => Check::of(id, &item.title, other.is_some(), help),
            }
        }
        Setting::ResourceGroup { key, mode } => {
            match found.groups.as_ref()?.iter().find(|g| text(g, "key") == key) {
                Some(g) => Check::of(id, &item.title, text(g, "process_mode") == mode, help)
                    .detail(format!("its mode is {}", text(g, "process_mode"))),
                None => Check::new(id, &item.title, Outcome::Note)
                    .detail("the first pipeline with its job makes it; look again after it"),
            }
        }
        _ => return None,
    })
}
