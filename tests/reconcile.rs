//! The pipelines beside that of a spec: their files, their names, and what is left when they go.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops where it fails")]

#[path = "support/runner.rs"]
mod runner;

use runner::{Repo, SPEC};
use std::collections::BTreeMap;

const MORE: &str = "\nreconcile {\n  on schedule \"13 * * * *\"\n}\nnotify slack secret SLACK on failure\n";

/// Every file of the repository, by its path.
fn files(repo: &Repo) -> BTreeMap<String, String> {
    repo.files().into_iter().map(|(path, text)| (path, String::from_utf8_lossy(&text).into_owned())).collect()
}

fn compiled() -> Repo {
    let repo = Repo::new();
    repo.write("release.mlpipe", format!("{SPEC}{MORE}"));
    repo.run(&["compile"], 0);
    repo
}

#[test]
fn it_has_files_of_its_own_and_calls_the_script_of_the_first() {
    let repo = compiled();
    let files = files(&repo);
    let text =
        |path: &str| files.get(path).unwrap_or_else(|| panic!("no {path} among {:?}", files.keys())).clone();
    for path in
        [".github/workflows/demo-reconcile.yml", ".gitlab/demo-reconcile.yml", "Jenkinsfile.reconcile"]
    {
        assert!(text(path).contains("sh .mlpipe/demo.sh deploy production reconcile"), "{path}");
        // One lock for all of them, or the job would put back what a deploy is about to do.
        assert!(text(path).contains("mlpipe/demo/production"), "{path}");
    }
    for path in [".github/workflows/demo.yml", ".gitlab/demo.yml", "Jenkinsfile"] {
        assert!(text(path).contains("mlpipe/demo/production"), "{path}");
    }
    assert!(!files.contains_key(".mlpipe/demo-reconcile.sh"));
    let root = text(".gitlab-ci.yml");
    assert!(root.contains("/.gitlab/demo.yml") && root.contains("/.gitlab/demo-reconcile.yml"), "{root}");
    assert!(text(".github/workflows/demo-reconcile.yml").contains("cron: \"13 * * * *\""));
    repo.run(&["check"], 0);
    let setup = repo.run(&["setup"], 0).out;
    assert!(setup.contains("Multibranch job demo-reconcile with the script path Jenkinsfile.reconcile"));
    assert!(setup.contains("`mlpipe_pipeline` = `demo-reconcile`"), "{setup}");
}

/// The runtime's tests kill a deploy at every step and repair it by this call (tests/runtime/test_faults.py): by the clock it is the
/// same one, with the same secrets.
#[test]
fn the_clock_makes_the_call_of_the_job_behind_the_deploy() {
    let repo = compiled();
    let files = files(&repo);
    let calls = |path: &str| -> Vec<String> {
        let text = files.get(path).unwrap_or_else(|| panic!("no {path}"));
        let mine = text.lines().filter(|line| line.contains(".mlpipe/demo.sh") && line.contains("reconcile"));
        mine.map(|line| line.trim().to_owned()).collect()
    };
    for (release, clock) in [
        (".github/workflows/demo.yml", ".github/workflows/demo-reconcile.yml"),
        (".gitlab/demo.yml", ".gitlab/demo-reconcile.yml"),
        ("Jenkinsfile", "Jenkinsfile.reconcile"),
    ] {
        assert_eq!(calls(release).len(), 1, "{release}: {:?}", calls(release));
        assert_eq!(calls(release), calls(clock), "{release} and {clock}");
    }
    let step = |path: &str| {
        let text = files.get(path).unwrap_or_else(|| panic!("no {path}"));
        let (_, job) =
            text.split_once("\n  reconcile-production:\n").unwrap_or_else(|| panic!("{path}: {text}"));
        let (_, steps) = job.split_once("    steps:\n").unwrap_or_else(|| panic!("{path}: {job}"));
        let end =
            steps.find("\n\n  ").filter(|at| !steps[*at..].starts_with("\n\n    ")).unwrap_or(steps.len());
        steps[..end].trim_end().to_owned()
    };
    let (release, clock) = (step(".github/workflows/demo.yml"), step(".github/workflows/demo-reconcile.yml"));
    let one = |text: &str| text.split("\n\n  # ").next().unwrap_or_default().to_owned();
    assert_eq!(one(&release), one(&clock), "every step of the job, its secrets among them");
}

#[test]
fn what_it_leaves_is_told() {
    let repo = compiled();
    repo.write("release.mlpipe", SPEC);
    let told = repo.run(&["compile"], 0).err;
    for path in
        [".github/workflows/demo-reconcile.yml", ".gitlab/demo-reconcile.yml", "Jenkinsfile.reconcile"]
    {
        assert!(told.contains(&format!("{path}: is left over")), "{path} in {told}");
    }
}

#[test]
fn it_drifts_like_any_other() {
    let repo = compiled();
    repo.write("Jenkinsfile.reconcile", "pipeline { }\n");
    assert!(repo.run(&["check"], 1).err.contains("Jenkinsfile.reconcile"));
}

#[test]
fn its_name_and_its_paths_are_its_own() {
    let second = SPEC.replace("pipeline demo", "pipeline demo-reconcile");
    let elsewhere = SPEC
        .replace("pipeline demo", "pipeline second\nemit github \".github/workflows/demo-reconcile.yml\"");
    for (other, code, says) in [
        (second, "MLP601", "which another file of this repository defines"),
        (elsewhere, "MLP602", "two pipelines would write `.github/workflows/demo-reconcile.yml`"),
    ] {
        let repo = Repo::new();
        repo.write("release.mlpipe", SPEC.to_owned() + "\nreconcile {\n  on schedule \"13 * * * *\"\n}\n");
        repo.write("other.mlpipe", other);
        let told = repo.run(&["compile"], 1).err;
        assert!(told.contains(code) && told.contains(says), "{told}");
    }
}

#[test]
fn beside_another_pipeline_it_lies_among_them() {
    let repo = Repo::new();
    repo.write("release.mlpipe", SPEC.to_owned() + "\nreconcile {\n  on schedule \"13 * * * *\"\n}\n");
    repo.write("other.mlpipe", SPEC.replace("pipeline demo", "pipeline other"));
    repo.run(&["compile"], 0);
    let files = files(&repo);
    for path in
        ["jenkins/demo.Jenkinsfile", "jenkins/demo-reconcile.Jenkinsfile", "jenkins/other.Jenkinsfile"]
    {
        assert!(files.contains_key(path), "{path} among {:?}", files.keys());
    }
    repo.run(&["check"], 0);
}

/// A second pipeline and a third one: they share nothing but the script and the locks.
fn drilled() -> Repo {
    let staging = "\ndrill staging {\n  on schedule \"23 6 * * 1\" timezone \"Europe/Berlin\"\n}\ndeploy staging {\n  \
                   target kubernetes { kubeconfig secret KUBECONFIG; deployment \"demo\"; timeout 1m }\n  \
                   rollback { within 3m }\n  soak 24h\n}\n";
    let repo = Repo::new();
    let (before, deploys) = SPEC.split_at(SPEC.find("\ndeploy ").expect("the spec deploys"));
    repo.write("release.mlpipe", format!("{before}{staging}{deploys}{MORE}"));
    repo.run(&["compile"], 0);
    repo
}

const DRILLED: [&str; 3] =
    [".github/workflows/demo-drill.yml", ".gitlab/demo-drill.yml", "Jenkinsfile.drill"];

/// Without the hashes of the header.
fn body(text: &str) -> String {
    text.lines().filter(|l| !l.contains("mlpipe: version=")).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_drill_has_files_of_its_own_too() {
    let repo = drilled();
    let files = files(&repo);
    for path in DRILLED {
        let text = files.get(path).unwrap_or_else(|| panic!("no {path} among {:?}", files.keys()));
        insta::assert_snapshot!(path.replace(['/', '.'], "-"), body(text));
        assert!(text.contains("sh .mlpipe/demo.sh deploy staging drill"), "{path}");
        // A schedule of its own: a drill is not started by what starts a reconcile.
        assert!(!text.contains("13 * * * *"), "{path}");
    }
    for path in [".github/workflows/demo-reconcile.yml", "Jenkinsfile.reconcile", "Jenkinsfile"] {
        assert!(!files[path].contains("staging drill"), "{path}");
    }
    let script = &files[".mlpipe/demo.sh"];
    assert!(script.contains("'deploy staging drill') job_drill_staging"), "{script}");
    // What must not happen in the middle of a soak is known to the one that would do it.
    assert!(script.contains("--soaks '86400'"), "{script}");
    let root = &files[".gitlab-ci.yml"];
    for name in ["demo", "demo-reconcile", "demo-drill"] {
        assert!(root.contains(&format!("/.gitlab/{name}.yml")), "{root}");
    }
    repo.run(&["check"], 0);
    let setup = repo.run(&["setup"], 0).out;
    assert!(setup.contains("Multibranch job demo-drill with the script path Jenkinsfile.drill"), "{setup}");
    assert!(setup.contains("`mlpipe_pipeline` = `demo-drill`"), "{setup}");
    let plan = repo.run(&["plan"], 0).out;
    assert!(plan.contains("takes a release back in staging on purpose, and times that"), "{plan}");
}

#[test]
fn what_a_drill_leaves_is_told() {
    let repo = drilled();
    repo.write("release.mlpipe", SPEC);
    let told = repo.run(&["compile"], 0).err;
    for path in DRILLED {
        assert!(told.contains(&format!("{path}: is left over")), "{path} in {told}");
    }
}

#[test]
fn a_rehearsal_that_is_taken_out_of_a_file_is_seen() {
    let repo = drilled();
    for path in DRILLED {
        let whole = files(&repo)[path].clone();
        let less: Vec<&str> = whole.lines().filter(|l| !l.contains("staging drill")).collect();
        repo.write(path, less.join("\n"));
        assert!(repo.run(&["check"], 1).err.contains(path));
        repo.write(path, whole);
    }
}
