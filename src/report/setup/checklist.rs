//! A Markdown task list.

use crate::diag::plain_line;
use crate::settings::{ClusterRight, Item, Manifest, Need, Place, Setting};
use crate::spec::PlatformName;
use std::fmt::Write;

/// For people: a list of tasks for each platform, what is required before what is advised.
pub fn checklist(manifests: &[Manifest]) -> String {
    let mut out = String::new();
    for manifest in manifests {
        if !out.is_empty() {
            out.push('\n');
        }
        one(&mut out, manifest);
    }
    out
}

fn title(platform: PlatformName) -> &'static str {
    match platform {
        PlatformName::Github => "GitHub",
        PlatformName::Gitlab => "GitLab",
        PlatformName::Jenkins => "Jenkins",
    }
}

fn one(out: &mut String, manifest: &Manifest) {
    let of: Vec<String> =
        manifest.pipelines.iter().map(|p| format!("{} ({})", code(&p.pipeline), code(&p.file))).collect();
    let _ = writeln!(out, "# {}: what has to exist outside {}", title(manifest.platform), of.join(", "));
    for (need, head) in [
        (Need::Required, "Required"),
        (Need::Advised, "Advised: everything runs without it, and is less safe"),
    ] {
        let items: Vec<&Item> = manifest.items.iter().filter(|i| i.need == need).collect();
        if items.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n## {head}");
        for item in items {
            task(out, item);
        }
    }
}

fn task(out: &mut String, item: &Item) {
    let _ = writeln!(out, "\n- [ ] **{}**", plain_line(&item.title));
    let mut line = |head: &str, text: &str| {
        let _ = writeln!(out, "  - {head}{}", plain_line(text));
    };
    for (head, text) in details(&item.setting) {
        line(head, &text);
    }
    line("why: ", &item.why);
    line("without it: ", &item.without);
    line("who notices: ", item.checked.words());
    if !item.takes.is_empty() {
        line("takes: ", &item.takes);
    }
    let places: Vec<String> = item.places.iter().map(place).collect();
    let _ = writeln!(out, "  - from: {}", places.join("; "));
    if !item.jobs.is_empty() {
        let jobs: Vec<String> = item.jobs.iter().map(|j| code(j)).collect();
        let _ = writeln!(out, "  - jobs: {}", jobs.join(", "));
    }
    if !item.commands.is_empty() {
        let _ = writeln!(out, "\n    ```sh");
        for command in &item.commands {
            let _ = writeln!(out, "    {command}");
        }
        let _ = writeln!(out, "    ```");
    }
}

/// What the title does not hold.
fn details(setting: &Setting) -> Vec<(&'static str, String)> {
    let listed = |all: &[String]| all.iter().map(|b| code(b)).collect::<Vec<_>>().join(", ");
    match setting {
        Setting::Environment { branches, tags, .. } => {
            let mut rules = Vec::new();
            if !branches.is_empty() {
                rules.push(("branches: ", listed(branches)));
            }
            if !tags.is_empty() {
                rules.push(("tags: ", listed(tags)));
            }
            rules
        }
        Setting::Secret { holds, .. } if !holds.is_empty() => vec![("holds: ", holds.clone())],
        Setting::Runner { tools, .. } if !tools.is_empty() => vec![("with: ", tools.join(", "))],
        Setting::Trust { issuer, audience, subjects, .. } => vec![
            ("issuer: ", code(issuer)),
            ("audience: ", code(audience)),
            ("subject, one of: ", listed(subjects)),
        ],
        Setting::Rights { rights, .. } => {
            let one = |r: &ClusterRight| {
                // As kubectl writes it: RESOURCE.GROUP/SUBRESOURCE.
                let (resource, part) = r.resource.split_once('/').unwrap_or((&r.resource, ""));
                let group = if r.group.is_empty() { String::new() } else { format!(".{}", r.group) };
                let part = if part.is_empty() { String::new() } else { format!("/{part}") };
                (format!("{resource}{group}{part}"), r.verbs.join(", "))
            };
            let lines = rights.iter().map(one).map(|(what, verbs)| format!("{} {verbs}", code(&what)));
            vec![("rights: ", lines.collect::<Vec<_>>().join("; "))]
        }
        Setting::Schedule { input: Some(input), .. } => {
            vec![("input: ", format!("{} = {}", code(&input.name), code(&input.value)))]
        }
        _ => vec![],
    }
}

fn place(place: &Place) -> String {
    let at = place.line.map_or_else(|| place.path.clone(), |line| format!("{}:{line}", place.path));
    format!("{} {}", plain_line(&at), code(&place.text))
}

/// A code span that holds whatever backticks there are.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{}{pad}{fence}", plain_line(text))
}
