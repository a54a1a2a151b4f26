//! Fifteen ways in which the platforms differ from what one expects, each as a case of its own: the form that one would
//! write first is caught in the file, or refused in the spec, or the script takes the difference away.

use super::data::{Subject, mutant};
use super::{Verdict, verdict};
use mlpipe::script;
use mlpipe::spec::PlatformName::{self, Github, Gitlab, Jenkins};

/// The change has to be caught, for this reason.
#[track_caller]
fn caught(platform: PlatformName, change: &str, why: &str) {
    let subject = Subject::full();
    let m = mutant(&format!("trap: naive\n{change}"));
    let text = subject.mutate(platform, &subject.emitted(platform), &m).expect("the change fits the file");
    match verdict(&subject, platform, &text) {
        Verdict::Equal => panic!("{} does not see it:\n{change}", platform.word()),
        Verdict::Different(said) | Verdict::Refused(said) => assert!(said.contains(why), "{said}"),
    }
}

/// The spec with this change in it has to be refused, by this code.
#[track_caller]
fn refused(from: &str, to: &str, code: &str) {
    match Subject::full_with(from, to) {
        Ok(_) => panic!("it is not refused: {to}"),
        Err(found) => assert!(found.iter().all(|f| f.starts_with(code)), "{found:?}"),
    }
}

/// What the script of all three says in one line of its own.
#[track_caller]
fn script_says(line: &str) {
    let text = script::emit(&Subject::full().plan).expect("it is printed");
    assert!(text.lines().any(|l| l.trim() == line), "{line}");
}

/// A job whose needed job is not in the run: GitHub skips it with all that follows, GitLab makes no pipeline at all, and
/// Jenkins runs it.
#[test]
fn trap_01_skip_propagation() {
    caught(
        Github,
        "@image\n-    needs: [gate-lint, \n+    needs: [image-check, gate-lint, \n@image\n-!cancelled()\n+success()\n",
        "`image` starts in the plan and not in the file",
    );
    caught(
        Gitlab,
        "@image-push\n-  needs:\n+  needs:\n+    - job: image-check\n+      artifacts: false\n",
        "image-check",
    );
    caught(
        Jenkins,
        "@gate-container\n- &&\n-                ['image'].every { S[it] == 'success' }\n+\n",
        "`gate-container` starts in the file where the plan says that it must not",
    );
}

/// GitLab: behind `needs`, a job that was skipped makes `on_failure` skip too.
#[test]
fn trap_02_on_failure_behind_a_skipped_job() {
    let file = Subject::full().emitted(Gitlab);
    let (_, own) = file.split_once("\nnotify-slack-failure:\n").expect("the job");
    let (_, list) = own.split_once("  dependencies:\n").expect("what it reads");
    let names: Vec<&str> = list.lines().map_while(|l| l.trim().strip_prefix("- ")).collect();
    let from: String = names.iter().map(|n| format!("-    - {n}\n")).collect();
    let to: String = names.iter().map(|n| format!("+    - job: {n}\n+      artifacts: true\n")).collect();
    caught(
        Gitlab,
        &format!("@notify-slack-failure\n-  dependencies:\n{from}+  needs:\n{to}"),
        "`notify-slack-failure` starts in the plan and not in the file",
    );
}

/// A handler that any failure calls puts back what was never replaced. Ours is called for its own job only, and the
/// script does nothing unless `begin` has succeeded.
#[test]
fn trap_03_rollback_where_nothing_was_deployed() {
    let job = "  rollback:\n    needs: [deploy-production]\n    if: \"${{ failure() }}\"\n    runs-on: \"ubuntu-24.04\"\n    \
               timeout-minutes: 48\n    permissions:\n      contents: read\n    steps:\n      - name: Put back\n        run: \
               \"exec sh .mlpipe/full.sh deploy production restore\"\n\n";
    let added: String = job.lines().map(|l| format!("+{l}\n")).collect();
    caught(Github, &format!("-  # full.mlpipe:24  gate quality\n-  withheld:\n{added}+  withheld:\n"), "");
    caught(
        Jenkins,
        "@deploy-production\n-            steps {\n+            post { unsuccessful { script { mlpipe(18, 'Put back', 'sh \
         .mlpipe/full.sh deploy production restore') } } }\n+            steps {\n",
        "`post`",
    );
    let subject = Subject::full();
    let deploy = subject.plan.jobs.iter().find(|j| j.id == "deploy-production").expect("the deploy");
    let putting_back = deploy.steps.iter().find(|s| s.id == "restore").expect("its last step");
    assert_eq!(putting_back.when, mlpipe::plan::StepWhen::Unfinished);
}

/// A platform's time limit means a cancelled job on GitHub, a failed one on GitLab and an aborted build on Jenkins. The
/// script's own comes first everywhere.
#[test]
fn trap_04_a_time_limit_has_three_outcomes() {
    let why = "the platform may stop `gate unit` before the script does";
    caught(Github, "@gate-unit\n-timeout-minutes: 40\n+timeout-minutes: 30\n", why);
    caught(Gitlab, "@gate-unit\n-timeout: 40 minutes\n+timeout: 29 minutes\n", why);
    caught(Jenkins, "@gate-unit\n-mlpipe(40,\n+mlpipe(29,\n", why);
    script_says("set -Eeuo pipefail");
}

/// A cancel kills a job that would put back on GitLab, whatever its `when`; it leaves minutes on GitHub, where only
/// `always()` runs; on Jenkins it can be caught.
#[test]
fn trap_05_a_cancel_kills_what_puts_back() {
    caught(
        Gitlab,
        "@deploy-production\n-  after_script:\n-    - |\n-      if [ \"$CI_JOB_STATUS\" != success ]; then\n-        sh \
         .mlpipe/full.sh deploy production restore\n-      fi\n+\n@\n-# full.mlpipe:51: notify\n+rollback:\n+  stage: notify\n+  \
         rules:\n+    - if: \"$CI_PIPELINE_SOURCE == 'push'\"\n+      when: always\n+  script:\n+    - sh .mlpipe/full.sh deploy \
         production restore\n+# full.mlpipe:51: notify\n",
        "",
    );
    let called = "`deploy production restore` is called in the plan and not in the file";
    caught(
        Gitlab,
        "@deploy-production\n-\"$CI_JOB_STATUS\" != success\n+\"$CI_JOB_STATUS\" = failed\n",
        called,
    );
    caught(Github, "@deploy-production\n-always() && steps\n+failure() && steps\n", called);
    caught(Jenkins, "@deploy-production\n-} catch (e) {\n+} catch (hudson.AbortException e) {\n", "");
}

/// A lock on the roll-out alone lets another run in between a failed smoke test and putting back.
#[test]
fn trap_06_a_gap_in_the_lock() {
    caught(
        Jenkins,
        "@deploy-production\n-            options { lock(resource: 'mlpipe/full/production') }\n+\n\
         @deploy-production\n-                    try {\n+                    lock(resource: \
         'mlpipe/full/production') { try {\n@deploy-production\n-deploy production finish') }\n+deploy production finish') } }\n",
        "",
    );
    for (platform, id) in [(Github, "deploy production roll-out"), (Gitlab, "deploy production")] {
        let subject = Subject::full();
        let file = subject.emitted(platform);
        assert!(file.contains(id), "one job holds the whole section");
    }
    let why = "the lock `mlpipe/full/production` is not held";
    caught(
        Github,
        "@deploy-production\n-    concurrency:\n-      group: \"mlpipe/full/production\"\n-      cancel-in-progress: false\n-      \
         queue: max\n+\n",
        why,
    );
    caught(Gitlab, "@deploy-production\n-  resource_group: mlpipe/full/production\n+\n", why);
}

/// GitHub keeps one waiting run of a group and drops the others, and a job that waits for a person takes that place.
#[test]
fn trap_07_a_waiting_deploy_is_dropped() {
    caught(
        Github,
        "@deploy-production\n-      queue: max\n+\n",
        "a newer run displaces one that waits for the lock",
    );
    caught(
        Github,
        "@approve-production\n-    environment: \"production-approval\"\n+    environment: \"production-approval\"\n+    \
         concurrency:\n+      group: \"mlpipe/full/production\"\n+      cancel-in-progress: false\n+      queue: max\n",
        "the plan knows no lock",
    );
}

/// An approval that nobody is asked for: GitLab's `manual` that does not block, Jenkins' `input` before its condition or
/// passed over by a restart, GitHub's environment that is not there (made without protection; the job looks and fails).
#[test]
fn trap_08_an_approval_that_is_not_there() {
    caught(
        Gitlab,
        "@approve-production\n-    - if: \"$CI_PIPELINE_SOURCE == 'schedule' && $CI_COMMIT_BRANCH == 'main'\"\n-      when: \
         manual\n-      allow_failure: false\n+    - if: \"$CI_PIPELINE_SOURCE == 'schedule' && $CI_COMMIT_BRANCH == 'main'\"\n+      \
         when: manual\n+      allow_failure: true\n",
        "Ask",
    );
    caught(Jenkins, "@approve-production\n-when { beforeOptions true; expression\n+when { expression\n", "");
    caught(Jenkins, "-        disableRestartFromStage()\n+\n", "disableRestartFromStage");
    caught(Github, "@approve-production\n-    environment: \"production-approval\"\n+\n", "Environment");
}

/// Options of a Jenkins stage stand around its question, its condition and its wait for an agent.
#[test]
fn trap_09_options_stand_around_the_question() {
    caught(
        Jenkins,
        "@approve-production\n-            input {\n+            options {\n+                lock(resource: \
         'mlpipe/full/production')\n+            }\n+            input {\n",
        "Lock",
    );
    caught(Jenkins, "@deploy-production\n-when { beforeOptions true; expression\n+when { expression\n", "");
    caught(
        Jenkins,
        "@approve-production\n-            input {\n+            options {\n+                retry(2)\n+            }\n+            \
         input {\n",
        "",
    );
}

/// `1.10` is a number and `on` is true to some readers: every text of a user's is quoted, and refused without its quotes.
#[test]
fn trap_10_yaml_has_types() {
    let subject =
        Subject::full_with("on push main, \"release/**\"", "on push main, \"1.10\", \"on\"").expect("a spec");
    for p in PlatformName::ALL {
        let text = subject.emitted(p);
        assert!(matches!(verdict(&subject, p, &text), Verdict::Equal), "{}", p.word());
    }
    for (quoted, bare) in [("      - \"1.10\"", "      - 1.10"), ("      - \"on\"", "      - on")] {
        let text = subject.emitted(Github);
        assert_eq!(text.matches(quoted).count(), 1);
        let verdict = verdict(&subject, Github, &text.replace(quoted, bare));
        assert!(!matches!(verdict, Verdict::Equal), "{bare}");
    }
    caught(
        Gitlab,
        "-    default: \"small\"\n+    default: on\n".replace("    default", "      default").as_str(),
        "",
    );
}

/// Without `pipefail` a pipe hides a failure, and each platform sets other flags: the script sets its own, and a file
/// that does more than call it is refused.
#[test]
fn trap_11_shell_flags() {
    for line in ["set +o posix", "set -Eeuo pipefail", "shopt -s inherit_errexit", "exec </dev/null"] {
        script_says(line);
    }
    let call = "sh .mlpipe/full.sh gate unit";
    for p in PlatformName::ALL {
        for more in ["| tee log", "|| true", "; true"] {
            caught(p, &format!("@gate-unit\n-{call}\n+{call} {more}\n"), "");
        }
    }
    caught(Github, "-    shell: bash\n+    shell: sh\n", "");
}

/// A value that is pasted into a command is run as one.
#[test]
fn trap_12_values_pasted_into_commands() {
    let call = "sh .mlpipe/full.sh gate unit";
    caught(Github, &format!("@gate-unit\n-{call}\n+{call} ${{{{ inputs.reason }}}}\n"), "expression");
    caught(Gitlab, &format!("@gate-unit\n-{call}\n+{call} $[[ inputs.reason ]]\n"), "");
    caught(
        Gitlab,
        "-    value: \"$[[ inputs.reason ]]\"\n-    expand: false\n+    value: \"$[[ inputs.reason ]]\"\n",
        "",
    );
    caught(
        Jenkins,
        &format!("@gate-unit\n-'{call}'\n+\"{call} ${{params.MLPIPE_INPUT_REASON}}\"\n"),
        "double quotes",
    );
}

/// Hidden files are not kept, GitLab hands on the records of needed jobs only, and a masked value empties an output:
/// what crosses jobs are files in a visible folder, by explicit edges.
#[test]
fn trap_13_values_that_vanish() {
    caught(
        Github,
        "@image\n-            mlpipe-out/image.json\n+            .mlpipe-out/image.json\n",
        ".mlpipe-out",
    );
    caught(
        Gitlab,
        "@deploy-production\n-    - job: approve-production\n-      artifacts: true\n+    - job: approve-production\n+      \
         artifacts: false\n",
        "it reads the records of",
    );
    caught(
        Gitlab,
        "@gate-unit\n-    reports:\n+    reports:\n+      dotenv: mlpipe-out/gate-unit/values.env\n",
        "dotenv",
    );
    caught(Jenkins, "-            KEPT.add(j.id)\n+\n", "it reads the records of");
}

/// Day of month and day of week are "and" on Jenkins and "or" elsewhere; a multibranch project fires on every branch.
#[test]
fn trap_14_cron() {
    for cron in ["17 3 1 * 1", "H 3 * * 1", "@daily", "0 0 L * *"] {
        let found = Subject::full_with("17 3 * * 1", cron).err().unwrap_or_default();
        assert!(
            !found.is_empty() && found.iter().all(|f| f.contains("MLP450") || f.contains("cron")),
            "{cron}: {found:?}"
        );
    }
    refused("17 3 * * 1", "17 3 1 * 1", "MLP450");
    caught(
        Jenkins,
        "-cron(env.BRANCH_NAME == 'main' ? 'TZ=Europe/Berlin\\n17 3 * * 1' : '')\n+cron('TZ=Europe/Berlin\\n17 3 * * 1')\n",
        "a schedule on",
    );
    caught(Jenkins, "-'TZ=Europe/Berlin\\n17\n+'17\n", "schedules");
    caught(Github, "-      timezone: \"Europe/Berlin\"\n+\n", "schedules");
}

/// One commit runs once, what runs is the run's own commit, and no file decides by a list of changed files, of which each
/// platform has its own idea.
#[test]
fn trap_15_another_commit_or_twice_or_by_changed_files() {
    refused("on push main, \"release/**\"", "on push \"**\"", "MLP303");
    caught(
        Github,
        "@image\n-          fetch-depth: 1\n+          ref: main\n+          fetch-depth: 1\n",
        "`ref`",
    );
    caught(
        Github,
        "-    tags:\n-      - \"v*\"\n+    tags:\n+      - \"v*\"\n+    paths:\n+      - \"src/**\"\n",
        "`paths`",
    );
    caught(
        Gitlab,
        "@gate-unit\n-    - if: \"$CI_PIPELINE_SOURCE == 'schedule'\"\n+    - if: \"$CI_PIPELINE_SOURCE == 'schedule'\"\n+      \
         changes: [\"src/**\"]\n",
        "`changes`",
    );
    caught(
        Jenkins,
        "@gate-unit\n-beforeOptions true; expression {\n+beforeOptions true; changeset 'src/**'; expression {\n",
        "`changeset`",
    );
    caught(
        Jenkins,
        "-            def source = checkout(scm)\n+            def source = checkout([$class: 'GitSCM'])\n",
        "",
    );
}
