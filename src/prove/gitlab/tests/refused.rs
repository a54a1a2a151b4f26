//! What is not known is refused, with its line.

use super::{HEAD, job, text};
use crate::plan::fixture;
use crate::platform;
use crate::prove::gitlab::read;
use crate::spec::PlatformName;

/// Fails at this line for this reason.
fn refused(text: &str, what: &str) {
    match read(text, None) {
        Ok(r) => assert!(
            r.facts().hazards.iter().any(|(l, w)| *l > 0 && w.contains(what)),
            "`{what}` is not seen in\n{text}"
        ),
        Err(e) => assert!(e.what.contains(what) && e.line > 0, "{e}, not `{what}`, in\n{text}"),
    }
}

#[test]
fn keys_that_are_not_known() {
    for (more, what) in [
        ("extends: .b", "`extends` is not known in a job"),
        ("trigger: x", "`trigger` is not known"),
        ("parallel: 2", "`parallel` is not known"),
        ("inherit:", "`inherit` is not known"),
        ("retry: 2", "run again after a failure"),
        ("interruptible: true", "a newer run may cancel"),
        ("secrets:", "`secrets` is not known"),
        ("when: delayed", "`when: delayed` outside of `rules`"),
        ("allow_failure: {exit_codes: 1}", "is not understood"),
        ("timeout: soon", "is not known"),
        ("needs: [b]", "a need is expected"),
        ("image: $IMAGE", "GitLab would replace the `$`"),
        ("resource_group: $CI_COMMIT_BRANCH", "GitLab would replace the `$`"),
        ("tags: [yes]", "without quotes"),
    ] {
        refused(&text(&[job("a", "one", &[more])]), what);
    }
    for (more, what) in [
        (["variables:", "  FOO: bar"], "`FOO` is not known"),
        (["variables:", "  DOCKER_HOST: tcp://elsewhere:1"], "is another one"),
        (["environment:", "  action: stop"], "an environment without `name`"),
        (["before_script:", "  - curl x | sh"], "is not known before a script"),
        (["after_script:", "  - rm -rf /"], "the command `rm -rf /` is not known"),
        (["needs:", "  - pipeline: x"], "a need without `job`"),
        (["needs:", "  - job: b"], "which is not in the file"),
        (["needs:", "  - job: a"], "needs itself"),
        (["rules:", "  - changes: [x]"], "`changes` is not known in a rule"),
        (["artifacts:", "  access: all"], "others than developers"),
    ] {
        refused(&text(&[job("a", "one", &more)]), what);
    }
}

#[test]
fn id_tokens_that_are_not_known() {
    for (lines, what) in [
        (["      x: y"], "an id token without `aud`"),
        (["      aud: $B"], "GitLab would replace the `$`"),
        (["      aud: [a, b]"], "a text is expected"),
    ] {
        let more = ["id_tokens:", "  A:", lines[0].strip_prefix("  ").unwrap_or_default()];
        refused(&text(&[job("a", "one", &more)]), what);
    }
}

#[test]
fn commands_that_are_not_known() {
    let with = |line: &str| text(&[job("a", "one", &[])]).replace("sh .mlpipe/x.sh a", line);
    for line in [
        "bash .mlpipe/x.sh a",
        "sh other.sh a",
        "\"sh .mlpipe/x.sh a || true\"",
        "\"sh .mlpipe/x.sh a; true\"",
        "sh .mlpipe/x.sh $A",
        "\"set +e\"",
        "\"export PATH=/tmp\"",
    ] {
        refused(&with(line), "is not known");
    }
}

#[test]
fn heads_that_are_not_known() {
    let with = |from: &str, to: &str| format!("{}{}", HEAD.replace(from, to), job("a", "one", &[]));
    refused(&with("on_new_commit: none", "on_new_commit: conservative"), "a new commit cancels runs");
    refused(&with("on_new_commit: none", "on_job_failure: none"), "a new commit may cancel runs");
    refused(
        &with("on_new_commit: none", "on_new_commit: none\n    on_job_failure: all"),
        "a failure cancels",
    );
    refused(&with("  rules:", "  name: x\n  rules:"), "`name` is not known in `workflow`");
    refused(&with("stages:", "default:\n  interruptible: true\nstages:"), "a newer run may cancel jobs");
    refused(&with("stages:", "default:\n  retry: 2\nstages:"), "`retry` is not known in `default`");
    refused(
        &with("stages:", "variables:\n  CI_COMMIT_BRANCH: main\nstages:"),
        "`CI_COMMIT_BRANCH` is not known",
    );
    refused(&with("stages:", "variables:\n  GIT_STRATEGY: none\nstages:"), "another way to check out");
    refused(&with("stages:", "include:\n  - remote: x\nstages:"), "`include` is not known in the file");
    refused(&with("stages: [one, two, three]", "stages: [two]"), "is not in `stages`");
    refused(&job("a", "one", &[]), "no `workflow`");
}

#[test]
fn inputs_that_could_change_the_file() {
    let full = platform::get(PlatformName::Gitlab).emit(&fixture::full()).unwrap();
    assert!(read(&full, None).is_ok());
    for (from, to, what) in [
        ("      regex: \"^[^\\\"", "      regex: \"^[\\\"", "may let in"),
        ("    expand: false", "    expand: true", "GitLab would replace"),
        ("value: \"$[[ inputs.size ]]\"", "value: $[[ inputs.size ]]", "put an input's value here"),
        ("value: \"$[[ inputs.size ]]\"", "value: \"$[[ inputs.sise ]]\"", "does not come from an input"),
        (
            "    - sh .mlpipe/fraud-scorer.sh gate unit",
            "    - sh .mlpipe/fraud-scorer.sh gate $[[ inputs.size ]]",
            "put an input's",
        ),
        ("# For people", "# $[[ inputs.size ]] For people", "put an input's"),
        ("      default: \"s\"", "      # none", "has no default"),
    ] {
        let changed = full.replacen(from, to, 1);
        assert_ne!(changed, full, "{from}");
        refused(&changed, what);
    }
}

#[test]
fn an_included_file_holds_one_pipelines_jobs() {
    let root = format!("{HEAD}include:\n  - local: \"/.gitlab/x.yml\"\n");
    let read = |text: &str| read(text, Some(&root)).err().map(|e| e.what);
    let of = |name: &str| job(name, "one", &[]).replace(&format!(".sh {name}"), ".sh a");
    let own = of("x:a");
    assert_eq!(read(&own), None);
    assert!(read(&format!("{own}{}", of("y:a"))).unwrap().contains("another pipeline's job"));
    assert!(read(&job("a", "one", &[])).unwrap().contains("whose job"));
    assert!(read(&format!("variables:\n  A: b\n{own}")).unwrap().contains("belongs to the root file"));
    assert!(read(&format!("# $[[ x ]]\n{own}")).unwrap().contains("without inputs"));
    let broken = super::super::read(&own, Some("a: b")).err().unwrap();
    assert!(broken.what.contains("in the root file"), "{broken}");
}
