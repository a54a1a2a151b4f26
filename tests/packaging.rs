//! What is packaged says the same in every place: versions, and the hooks of their three variants.

#![allow(clippy::expect_used, reason = "a test stops where it fails")]

use serde_yaml::Value;
use std::fs;
use std::path::Path;

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect("a file of this repository")
}

fn hooks(name: &str) -> Vec<Value> {
    serde_yaml::from_str(&read(name)).expect("a list of hooks")
}

fn text<'v>(hook: &'v Value, key: &str) -> &'v str {
    hook.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// A hook without what tells its variants apart.
fn common(hook: &Value) -> String {
    for key in ["id", "language", "description"] {
        assert!(!text(hook, key).is_empty(), "{key} is missing: {hook:?}");
    }
    let keys = ["name", "entry", "files", "always_run", "require_serial", "pass_filenames", "args", "types"];
    keys.map(|k| format!("{k}={:?}", hook.get(k))).join("\n")
}

#[test]
fn every_hook_has_three_variants_that_do_the_same() {
    let (own, mirror) =
        (hooks(".pre-commit-hooks.yaml"), hooks("packaging/pre-commit-mirror/.pre-commit-hooks.yaml"));
    let ids = ["mlpipe-fmt", "mlpipe-lint", "mlpipe-check"];
    assert_eq!(mirror.iter().map(|h| text(h, "id")).collect::<Vec<_>>(), ids);
    assert_eq!(own.len(), 2 * ids.len());
    for prebuilt in &mirror {
        let id = text(prebuilt, "id");
        let find = |id: &str| own.iter().find(|h| text(h, "id") == id).expect("the hook of that id");
        let (source, system) = (find(id), find(&format!("{id}-system")));
        let languages = [text(source, "language"), text(system, "language"), text(prebuilt, "language")];
        assert_eq!(languages, ["rust", "system", "python"]);
        assert_eq!(common(source), common(prebuilt), "{id}");
        assert_eq!(common(source), common(system), "{id}-system");
        assert_eq!(
            format!("{}, with the mlpipe on PATH", text(source, "description")),
            text(system, "description")
        );
    }
}

#[test]
fn the_page_names_every_hook() {
    let page = read("docs/pre-commit.md");
    for hook in hooks(".pre-commit-hooks.yaml") {
        let id = text(&hook, "id");
        assert!(page.contains(&format!("`{id}`")) || page.contains(&format!("id: {id}\n")), "{id}");
        let entry = text(&hook, "entry");
        assert!(page.contains(&format!("`{entry}`")), "{entry}");
    }
}

#[test]
fn the_wheel_and_the_mirror_have_the_version_of_the_crate() {
    let version = env!("CARGO_PKG_VERSION");
    let toml = |name: &str| read(name).parse::<toml::Table>().expect("TOML");
    let (wheel, mirror) = (toml("pyproject.toml"), toml("packaging/pre-commit-mirror/pyproject.toml"));
    let said = |t: &toml::Table, key: &str| t["project"][key].as_str().unwrap_or_default().to_owned();
    assert_eq!(said(&wheel, "version"), format!("{version}+compiler"));
    assert_eq!(said(&mirror, "version"), version);
    let needs = mirror["project"]["dependencies"].as_array().expect("a list");
    assert_eq!(needs.len(), 1);
    // The local label is what keeps the package of that name on PyPI, which is another project's, out.
    assert_eq!(needs[0].as_str(), Some(format!("mlpipe=={version}+compiler").as_str()));
    let readme = read("packaging/pre-commit-mirror/README.md");
    assert!(
        readme.contains(&format!("rev: v{version}\n")) && readme.contains(&format!("`{version}+compiler`"))
    );
}
