//! Parts are whole, apart and of the right job; every word that is explained occurs.

use super::{parts, reason, script_parts, why};
use crate::plan::{Plan, PlanInstall, fixture};
use crate::platform;
use crate::prove::File;
use crate::script;
use crate::spec::PlatformName;

fn printed(plan: &Plan, platform: PlatformName) -> String {
    platform::get(platform).emit(plan).unwrap()
}

fn texts(text: &str, start: usize, end: usize) -> Vec<&str> {
    text.lines().skip(start - 1).take(end + 1 - start).collect()
}

#[test]
fn every_job_has_one_part_and_no_two_meet() {
    for plan in [fixture::minimal(), fixture::full()] {
        for platform in PlatformName::ALL {
            let text = printed(&plan, platform);
            let all = parts(&plan, File { platform, text: &text, root: None }).unwrap();
            let mut jobs: Vec<usize> = all.iter().map(|p| p.job).collect();
            jobs.sort_unstable();
            assert_eq!(jobs, (0..plan.jobs.len()).collect::<Vec<_>>(), "{platform:?}");
            assert!(all.windows(2).all(|w| w[0].end < w[1].start), "{platform:?}: {all:?}");
            for p in &all {
                let job = &plan.jobs[p.job];
                let own = texts(&text, p.start, p.end);
                let call = format!("sh .mlpipe/{}.sh {}", plan.pipeline, job.steps[0].args[0]);
                assert!(own.iter().any(|l| l.contains(&call)), "{platform:?} {}: {own:#?}", job.id);
                let from = format!("{}:{}", job.origin.path, job.origin.line);
                assert!(own[0].contains(&from), "{platform:?} {}: {own:#?}", job.id);
                assert!(!own[own.len() - 1].trim().is_empty());
            }
        }
        let text = script::emit(&plan).unwrap();
        let all = script_parts(&plan, &text);
        assert_eq!(all.len(), plan.jobs.len());
        for p in &all {
            let own = texts(&text, p.start, p.end);
            assert!(own[0].starts_with("# ") && own[own.len() - 1] == "}", "{own:#?}");
            assert!(
                own.iter().any(|l| l.starts_with(&format!("  job '{}'", plan.jobs[p.job].id))),
                "{own:#?}"
            );
        }
    }
}

#[test]
fn a_file_that_was_edited_is_not_explained_by_guesses() {
    let plan = fixture::full();
    let text = printed(&plan, PlatformName::Github).replace("queue: max", "queue: some");
    assert!(parts(&plan, File { platform: PlatformName::Github, text: &text, root: None }).is_err());
}

/// The words that the lines of a file get.
fn explained(platform: PlatformName, text: &str) -> Vec<&'static str> {
    (1..=text.lines().count()).filter_map(|l| reason(platform, text, l)).map(|r| r.word).collect()
}

#[test]
fn every_word_that_is_explained_is_met_in_some_file() {
    let examples = camino::Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let read = |p: &str| std::fs::read_to_string(examples.join(p)).unwrap();
    for platform in PlatformName::ALL {
        let more = match platform {
            PlatformName::Github => vec!["llm-service/.github/workflows/llm-service.yml"],
            PlatformName::Gitlab => vec!["monorepo/.gitlab-ci.yml"],
            PlatformName::Jenkins => vec!["llm-service/Jenkinsfile"],
        };
        let mut words = explained(platform, &printed(&fixture::full(), platform));
        let mut uv = fixture::full();
        if let Some(python) = &mut uv.python {
            python.install = Some(PlanInstall::Uv { groups: Vec::new() });
        }
        uv.jobs[0].runner.gitlab.tags = vec!["gpu".into()];
        uv.jobs[0].runner.gitlab.services = vec!["redis:8".into()];
        words.extend(explained(platform, &printed(&uv, platform)));
        for path in more {
            words.extend(explained(platform, &read(path)));
        }
        let idle: Vec<&str> =
            why::words(platform).iter().map(|r| r.word).filter(|w| !words.contains(w)).collect();
        assert_eq!(idle, Vec::<&str>::new(), "{platform:?}");
    }
}

#[test]
fn the_innermost_known_word_counts() {
    let text = "jobs:\n  a:\n    needs: [b]\n    steps:\n      - name: Keep\n        if: x\n        uses: actions/upload-artifact@1\n        with:\n          name: y\n";
    let word = |line| reason(PlatformName::Github, text, line).map(|r| r.word);
    assert_eq!(word(1), None);
    assert_eq!(word(2), None);
    assert_eq!(word(3), Some("needs"));
    assert_eq!(word(5), Some("actions/upload-artifact"));
    assert_eq!(word(6), Some("if"));
    assert_eq!(word(9), Some("actions/upload-artifact"));
    assert_eq!(word(99), None);
    assert_eq!(reason(PlatformName::Github, text, 0), None);
}

#[test]
fn the_innermost_block_of_a_line_counts() {
    let text = "stage('a { lock') {\n    when { beforeOptions true; expression {\n        x\n    } }\n    options { lock(resource: 'try { catch') }\n    steps { script { job(id: 'a') {\n        mlpipe(1)\n        y\n    } } }\n}\n";
    let word = |line| reason(PlatformName::Jenkins, text, line).map(|r| r.word);
    let all: Vec<&str> = (1..=10).map(|line| word(line).unwrap_or("")).collect();
    assert_eq!(all, ["stage", "when", "when", "stage", "lock", "job", "mlpipe", "job", "stage", ""]);
    assert_eq!(reason(PlatformName::Gitlab, "x: { script: y }\n", 1), None);
}
