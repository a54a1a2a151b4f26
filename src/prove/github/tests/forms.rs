//! What is read, and what is refused.

use crate::prove::github::read;
use crate::prove::{Lock, Value};
use std::path::{Path, PathBuf};

/// The workflows of all examples.
fn examples() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut all = Vec::new();
    for example in std::fs::read_dir(root).unwrap() {
        let folder = example.unwrap().path().join(".github/workflows");
        let Ok(files) = std::fs::read_dir(folder) else { continue };
        for file in files {
            let path = file.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            all.push((path, text));
        }
    }
    all.sort();
    assert!(all.len() >= 7, "{} examples", all.len());
    all
}

#[test]
fn every_example_is_read() {
    for (path, text) in examples() {
        let file = read(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let facts = file.facts();
        assert!(!facts.jobs.is_empty(), "{}", path.display());
        assert_eq!(facts.hazards, [], "{}", path.display());
        for job in &facts.jobs {
            assert!(
                job.line > 0 && text.lines().nth(job.line - 1).unwrap().trim() == format!("{}:", job.name)
            );
        }
    }
}

const TEXT: &str = r#"name: "x"

on:
  push:
    branches:
      - "main"
  workflow_dispatch:
    inputs:
      reason:
        description: "reason"
        type: string
        required: false
        default: ""
  repository_dispatch:
    types:
      - "ready"

permissions: {}

concurrency:
  group: "${{ github.workflow }}-${{ github.run_id }}"
  cancel-in-progress: false

defaults:
  run:
    shell: bash

env:
  MLPIPE_INPUT_REASON: "${{ github.event.inputs.reason || github.event.client_payload.reason }}"
  MLPIPE_EVENT_NAME: "${{ github.event_name == 'repository_dispatch' && github.event.action || '' }}"

jobs:
  # a comment
  gate:
    name: "Gate"
    if: "${{ !cancelled() }}"
    runs-on: ["self-hosted", "gpu"]
    timeout-minutes: 40
    permissions:
      contents: read # why
    steps:
      - name: Check out the commit
        uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          fetch-depth: 1
          persist-credentials: false

      - name: Set up Python
        uses: actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97 # v7.0.0
        with:
          python-version: "3.12"

      - name: Set up uv
        uses: astral-sh/setup-uv@20cfd1bf945f4377ade1205e4dbc17946fc9a30d # v10.0.1
        with:
          version: "0.9.9"
          enable-cache: false

      - name: Set up poetry
        run: "python -m pip install --disable-pip-version-check poetry==2.1.1"

      - name: Restore downloaded packages
        uses: actions/cache@27d5ce7f107fe9357f9df03efb73ab90386fccae # v5.0.5
        with:
          path: .mlpipe-cache/pip
          key: "mlpipe-${{ runner.os }}-${{ hashFiles('a.txt', 'b.txt') }}"
          restore-keys: "mlpipe-${{ runner.os }}-"

      - name: "Gate"
        id: run
        env:
          API_KEY: "${{ secrets.API_KEY }}"
          TEXT: "${{ '${{' }} github.token }}"
        run: "exec sh .mlpipe/x.sh gate 'it'\\''s'"

      - name: Keep the record and the reports
        if: ${{ always() }}
        uses: actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0
        with:
          name: "mlpipe-gate"
          path: |-
            mlpipe-out/gate.json
            mlpipe-out/gate/
          overwrite: true
          if-no-files-found: error
          retention-days: 90

  deploy:
    needs: [gate]
    if: >-
      ${{ !cancelled()
      && needs.gate.result == 'success' }}
    runs-on: "ubuntu-24.04"
    environment: "production"
    concurrency:
      group: "mlpipe/x/production"
      cancel-in-progress: false
      queue: max
    permissions:
      contents: read
      actions: read
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false

      - uses: actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1
        with:
          name: "mlpipe-gate"
          path: mlpipe-out

      - id: begin
        timeout-minutes: 5
        env:
          GITHUB_TOKEN: "${{ github.token }}"
        run: "exec sh .mlpipe/x.sh deploy production begin"
"#;

#[test]
fn facts_are_what_the_text_says() {
    let file = read(TEXT).unwrap();
    let facts = file.facts();
    assert_eq!(facts.inputs, [("reason".to_owned(), String::new())]);
    assert_eq!(facts.hazards, []);
    let [gate, deploy] = facts.jobs.as_slice() else { panic!("two jobs") };
    assert_eq!(
        (gate.runner.join(" "), gate.permissions.join(" ")),
        ("self-hosted gpu".into(), "contents: read".into())
    );
    assert_eq!(gate.keeps, ["mlpipe-out/gate", "mlpipe-out/gate.json"]);
    assert!(gate.keeps_always && !gate.credentials_left && gate.lock.is_none());
    let [call] = gate.calls.as_slice() else { panic!("one call") };
    assert_eq!((call.script.as_str(), call.args.join("|")), (".mlpipe/x.sh", "gate|it's".to_owned()));
    assert_eq!(call.backstop, Some(40 * 60));
    let env = [
        ("API_KEY", Value::Secret("API_KEY".into())),
        ("MLPIPE_EVENT_NAME", Value::EventName),
        ("MLPIPE_INPUT_REASON", Value::Input("reason".into())),
        ("TEXT", Value::Text("${{ github.token }}".into())),
    ];
    assert_eq!(call.env, env.map(|(n, v)| (n.to_owned(), v)));
    let lock = Lock { name: "mlpipe/x/production".into(), cancels: false, displaces: false, whole: true };
    assert_eq!((deploy.lock.as_ref(), deploy.environment.as_deref()), (Some(&lock), Some("production")));
    assert_eq!(
        (&deploy.reads[..], &deploy.permissions[..]),
        (&["gate".to_owned()][..], &["actions: read".to_owned(), "contents: read".into()][..])
    );
    assert_eq!(deploy.calls[0].backstop, Some(5 * 60));
    assert!(deploy.calls[0].env.contains(&("GITHUB_TOKEN".into(), Value::Token)));
    assert!(!deploy.keeps_always);
}

/// The text with one place changed; the place must stand there exactly once.
fn changed(from: &str, to: &str) -> String {
    assert_eq!(TEXT.matches(from).count(), 1, "{from}");
    TEXT.replace(from, to)
}

#[test]
fn facts_follow_the_text() {
    let job = |from: &str, to: &str, index: usize| {
        let file = read(&changed(from, to)).unwrap_or_else(|e| panic!("{to}: {e}"));
        file.facts().jobs[index].clone()
    };
    let deploy = |from: &str, to: &str| job(from, to, 1);
    assert!(deploy("      queue: max\n", "").lock.unwrap().displaces);
    assert!(deploy("      queue: max\n", "      queue: single\n").lock.unwrap().displaces);
    let cancels = "      cancel-in-progress: true\n";
    assert!(deploy("      cancel-in-progress: false\n      queue: max\n", cancels).lock.unwrap().cancels);
    assert_eq!(
        deploy("x/production\"", "x/${{ github.ref }}\"").lock.unwrap().name,
        "mlpipe/x/${{ github.ref }}"
    );
    assert!(
        deploy(
            "          persist-credentials: false\n\n      - uses: actions/download",
            "          fetch-depth: 1\n\n      - uses: actions/download"
        )
        .credentials_left
    );
    assert_eq!(
        deploy("    permissions:\n      contents: read\n      actions: read\n", "").permissions,
        [""; 0]
    );
    assert_eq!(deploy("      actions: read\n", "      actions: none\n").permissions, ["contents: read"]);
    assert_eq!(
        deploy(
            "    permissions:\n      contents: read\n      actions: read\n",
            "    permissions: write-all\n"
        )
        .permissions,
        ["write-all"]
    );
    assert_eq!(
        deploy(
            "          name: \"mlpipe-gate\"\n          path: mlpipe-out\n\n",
            "          pattern: mlpipe-*\n          merge-multiple: true\n          path: mlpipe-out\n\n"
        )
        .reads,
        ["*"]
    );
    let gate = |from: &str, to: &str| job(from, to, 0);
    assert_eq!(gate("    timeout-minutes: 40\n", "").calls[0].backstop, Some(6 * 3600));
    assert!(!gate("        if: ${{ always() }}\n", "").keeps_always);
    assert!(!gate("        if: ${{ always() }}\n", "        if: ${{ !cancelled() }}\n").keeps_always);
    assert!(
        gate("        if: ${{ always() }}\n", "        if: success() || failure() || cancelled()\n")
            .keeps_always
    );
    assert_eq!(gate("secrets.API_KEY", "secrets.OTHER").calls[0].env[0].1, Value::Secret("OTHER".into()));
    assert_eq!(gate("secrets.API_KEY", "secrets.GITHUB_TOKEN").calls[0].env[0].1, Value::Token);
    // what the step says holds
    let own = gate("          TEXT: ", "          MLPIPE_EVENT_NAME: \"\"\n          TEXT: ");
    assert_eq!(own.calls[0].env[1], ("MLPIPE_EVENT_NAME".into(), Value::Text(String::new())));
    let file = read(
        &TEXT.replace("permissions: {}\n", "").replace("    permissions:\n      contents: read # why\n", ""),
    );
    assert_eq!(file.unwrap().facts().jobs[0].permissions, ["whatever the repository grants"]);
}

#[test]
fn hazards_are_named() {
    let hazards = |from: &str, to: &str| read(&changed(from, to)).unwrap().facts().hazards.clone();
    let group = "-${{ github.run_id }}\"";
    assert_eq!(hazards(group, "\"")[0].0, 21);
    assert_eq!(hazards(group, "-${{ github.ref }}\"").len(), 1);
    assert_eq!(
        hazards("    needs: [gate]\n", "")[0].1,
        "`deploy` reads `mlpipe-gate` and does not wait for it"
    );
    // a group of one's own may cancel what is in it: nothing but the run itself
    assert_eq!(hazards("id }}\"\n  cancel-in-progress: false", "id }}\"\n  cancel-in-progress: true"), []);
}

#[test]
fn anything_else_is_refused() {
    for (from, to, line, what) in [
        // keys, at every level
        ("name: \"x\"\n", "name: \"x\"\nrun-name: y\n", "run-name:", "`run-name` is not known here"),
        ("  push:\n", "  push:\n    paths: [a]\n", "paths:", "`paths` is not known here"),
        (
            "  push:\n",
            "  pull_request_target:\n  push:\n",
            "pull_request_target:",
            "`pull_request_target` is not known here",
        ),
        ("    name: \"Gate\"\n", "    strategy: {}\n", "strategy:", "`strategy` is not known here"),
        ("    name: \"Gate\"\n", "    container: x\n", "container:", "`container` is not known here"),
        ("    name: \"Gate\"\n", "    outputs: {}\n", "outputs:", "`outputs` is not known here"),
        ("        id: run\n", "        shell: sh\n", "shell:", "`shell` is not known here"),
        ("          fetch-depth: 1\n", "          ref: main\n", "ref:", "`ref` is not known here"),
        ("    shell: bash\n", "    shell: pwsh\n", "shell:", "the shell `pwsh` is not known"),
        // actions
        ("@5fda3b95a4ea91299a34e894583c3862153e4b97", "@v7", "uses:", "is not pinned by a commit"),
        ("@5fda3b95a4ea91299a34e894583c3862153e4b97", "@5fda3b9", "uses:", "is not pinned by a commit"),
        (
            "actions/setup-python@",
            "somebody/setup-python@",
            "uses:",
            "the action `somebody/setup-python` is not known",
        ),
        (
            "enable-cache: false",
            "enable-cache: true",
            "enable-cache:",
            "a cache of the action itself is not known",
        ),
        (
            "          path: .mlpipe-cache/pip\n",
            "          path: mlpipe-out/x\n",
            "path:",
            "downloaded packages",
        ),
        (
            "hashFiles('a.txt', 'b.txt')",
            "github.head_ref",
            "key:",
            "`github.head_ref` is not known in a cache's key",
        ),
        // commands
        (
            "it'\\\\''s'\"",
            "it'; true\"",
            "run:",
            "the command `exec sh .mlpipe/x.sh gate 'it'; true` is not known",
        ),
        ("it'\\\\''s'\"", "it' || true\"", "run:", "is not known"),
        ("it'\\\\''s'\"", "it' $X\"", "run:", "is not known"),
        ("it'\\\\''s'\"", "it' ${{ github.head_ref }}\"", "run:", "an expression in `run` is not known"),
        ("exec sh .mlpipe/x.sh gate", "exec sh other.sh gate", "run:", "is not known"),
        ("exec sh .mlpipe/x.sh gate", "sh .mlpipe/x.sh gate", "run:", "is not known"),
        ("poetry==2.1.1", "poetry", "run:", "is not known"),
        ("poetry==2.1.1", "poetry==2.1.1 other", "run:", "is not known"),
        // what a step of its kind does not have
        (
            "      - name: Set up uv\n",
            "      - name: Set up uv\n        if: always()\n",
            "if:",
            "`if` is not known in a step of this kind",
        ),
        (
            "      - name: Set up uv\n",
            "      - name: Set up uv\n        env:\n          A: \"${{ secrets.A }}\"\n",
            "env:",
            "`env` is not known",
        ),
        (
            "        if: ${{ always() }}\n",
            "        continue-on-error: true\n",
            "continue-on-error:",
            "`continue-on-error` is not known",
        ),
        // conditions
        ("\"${{ !cancelled() }}\"", "\"${{ !cancelled() }} && true\"", "if:", "always holds"),
        ("\"${{ !cancelled() }}\"", "\"${{ !canceled() }}\"", "if:", "the function `canceled` is not known"),
        ("\"${{ !cancelled() }}\"", "\"${{ success('x') }}\"", "if:", "`success` does not take 1 arguments"),
        (
            "\"${{ !cancelled() }}\"",
            "\"${{ env.X == '1' }}\"",
            "if:",
            "`env.X` is not known in a job's condition",
        ),
        ("\"${{ !cancelled() }}\"", "\"${{ 1 < 2 }}\"", "if:", "`1` is not known in an expression"),
        ("\"${{ !cancelled() }}\"", "\"${{ !cancelled() \"", "if:", "`${{` is never closed"),
        // values
        (
            "\"${{ secrets.API_KEY }}\"",
            "\"x${{ secrets.API_KEY }}\"",
            "API_KEY:",
            "mixes text and expressions",
        ),
        (
            "\"${{ secrets.API_KEY }}\"",
            "\"${{ vars.X }}\"",
            "API_KEY:",
            "where `vars.X` comes from is not known",
        ),
        (
            "\"${{ secrets.API_KEY }}\"",
            "\"${{ toJSON(secrets) }}\"",
            "API_KEY:",
            "the function `toJSON` is not known",
        ),
        ("\"${{ secrets.API_KEY }}\"", "\"${{ inputs.other }}\"", "API_KEY:", "no input `other` is declared"),
        ("\"${{ secrets.API_KEY }}\"", "1", "API_KEY:", "is no text"),
        ("github.event_name == 'repository_dispatch' && ", "", "MLPIPE_EVENT_NAME:", "where "),
        (
            "    name: \"Gate\"\n",
            "    env:\n      A: \"${{ secrets.A }}\"\n",
            "A:",
            "`A` would reach every action of the job",
        ),
        // order and structure
        ("    needs: [gate]\n", "    needs: [gone]\n", "needs:", "it needs `gone`, and there is no such job"),
        ("    needs: [gate]\n", "    needs: [deploy]\n", "deploy:", "its `needs` lead back to itself"),
        ("      queue: max\n", "      queue: all\n", "queue:", "the queue `all` is not known"),
        (
            "      cancel-in-progress: false\n      queue: max\n",
            "      cancel-in-progress: true\n      queue: max\n",
            "queue:",
            "excludes",
        ),
        (
            "    environment: \"production\"\n",
            "    environment: \"${{ github.ref }}\"\n",
            "environment:",
            "an expression in `environment`",
        ),
        (
            "      actions: read\n",
            "      actionz: read\n",
            "actionz:",
            "the permission `actionz` is not known",
        ),
        (
            "          name: \"mlpipe-gate\"\n          path: mlpipe-out\n\n",
            "          name: \"mlpipe-gone\"\n          path: mlpipe-out\n\n",
            "- uses:",
            "no job keeps an artifact `mlpipe-gone`",
        ),
        (
            "          name: \"mlpipe-gate\"\n          path: mlpipe-out\n\n",
            "          name: \"mlpipe-gate\"\n          path: elsewhere\n\n",
            "path:",
            "`mlpipe-out`",
        ),
        ("          overwrite: true\n", "          overwrite: false\n", "overwrite:", "never replaced"),
        ("retention-days: 90", "retention-days: 30", "retention-days:", "longer than an approval may wait"),
        ("if-no-files-found: error", "if-no-files-found: ignore", "if-no-files-found:", "has to be an error"),
        ("timeout-minutes: 40", "timeout-minutes: 0", "timeout-minutes:", "is no whole number above 0"),
        ("timeout-minutes: 40", "timeout-minutes: &a 40", "timeout-minutes:", "`&a 40` is not understood"),
        ("timeout-minutes: 40", "timeout-minutes: 40\n    <<: *a", "<<:", "`*a` is not understood"),
    ] {
        let text = changed(from, to);
        let e = match read(&text) {
            Err(e) => e,
            Ok(_) => panic!("{to} is accepted"),
        };
        assert!(e.what.contains(what), "{to}: {e}");
        let at = text.lines().nth(e.line - 1).unwrap().trim();
        assert!(at.starts_with(line), "{to}: {e}: {at}");
    }
}
