//! The reader on what mlpipe emits, on its mutants, and against plain simulation.

use super::read;
use crate::plan::fixture;
use crate::platform::{Platform, jenkins::Jenkins};
use crate::prove::{Difference, FileFacts, Lock, Value, differences};
use crate::spec::PlatformName;
use std::collections::HashMap;

fn full() -> String {
    Jenkins.emit(&fixture::full()).unwrap()
}

/// How the text differs from the full plan; what cannot be read counts as one difference.
fn judged(text: &str) -> Result<Vec<Difference>, String> {
    let file = read(text).map_err(|e| e.to_string())?;
    Ok(differences(&fixture::full(), PlatformName::Jenkins, &*file))
}

#[test]
fn the_fixtures_do_what_their_plans_say() {
    for plan in [fixture::minimal(), fixture::full()] {
        let text = Jenkins.emit(&plan).unwrap();
        let file = read(&text).unwrap();
        let found = differences(&plan, PlatformName::Jenkins, &*file);
        assert!(found.is_empty(), "{found:#?}");
    }
}

#[test]
fn every_example_is_read() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut count = 0;
    for file in [
        "continuous-training/Jenkinsfile",
        "fastapi-service/Jenkinsfile",
        "llm-service/Jenkinsfile",
        "minimal/Jenkinsfile",
        "monorepo/jenkins/ranker.Jenkinsfile",
        "monorepo/jenkins/search.Jenkinsfile",
        "quality-gate/Jenkinsfile",
    ] {
        let text = std::fs::read_to_string(root.join(file)).unwrap();
        let read = read(&text).unwrap_or_else(|e| panic!("{file}: {e}"));
        let facts = read.facts();
        assert_eq!(facts.hazards, [], "{file}");
        assert!(facts.jobs.iter().all(|j| !j.calls.is_empty() && j.keeps_always), "{file}");
        count += facts.jobs.len();
    }
    assert!(count > 40, "{count}");
}

#[test]
fn facts_of_a_deploy_and_of_a_question() {
    let file = read(&full()).unwrap();
    let facts: &FileFacts = file.facts();
    assert_eq!(facts.schedules, [("17 3 * * 1".to_owned(), Some("Europe/Berlin".to_owned()))]);
    let inputs: Vec<(&str, &str)> = facts.inputs.iter().map(|(n, d)| (n.as_str(), d.as_str())).collect();
    assert_eq!(inputs, [("reason", ""), ("dry_run", "false"), ("size", "s"), ("model_version", "")]);
    let job = |name: &str| facts.jobs.iter().find(|j| j.name == name).unwrap();

    let deploy = job("deploy-production");
    assert_eq!(
        deploy.lock,
        Some(Lock { name: "mlpipe/fraud-scorer/production".into(), whole: true, ..Lock::default() })
    );
    assert_eq!(deploy.reads, ["approve-production", "deploy-staging", "image"]);
    assert_eq!(deploy.keeps, ["mlpipe-out/deploy-production", "mlpipe-out/deploy-production.json"]);
    assert!(deploy.keeps_always);
    let args: Vec<String> = deploy.calls.iter().map(|c| c.args.join(" ")).collect();
    assert_eq!(args.len(), 5);
    assert_eq!(args[4], "deploy production restore");
    assert_eq!(deploy.calls[4].backstop, Some(18 * 60));
    let env: HashMap<&str, &Value> = deploy.calls[0].env.iter().map(|(n, v)| (n.as_str(), v)).collect();
    assert_eq!(env["KUBECONFIG_PROD"], &Value::SecretFile("KUBECONFIG_PROD".into()));
    assert_eq!(env["MLPIPE_EVENT"], &Value::EventKind);
    assert_eq!(env["MLPIPE_EVENT_NAME"], &Value::EventName);
    assert_eq!(env["MLPIPE_INPUT_DRY_RUN"], &Value::Input("dry_run".into()));
    assert_eq!(env["GIT_COMMIT"], &Value::Text("checkout(scm).GIT_COMMIT".into()));

    let asks = job("approve-production").asks.as_ref().unwrap();
    assert_eq!(
        (asks.by.as_slice(), asks.blocks, asks.first),
        (["ml-leads".to_owned()].as_slice(), true, true)
    );
    assert_eq!(job("gate-unit").junit.as_deref(), Some("mlpipe-out/gate-unit/junit.xml"));
    assert_eq!(job("image").junit, None);
}

/// Changes of the full file that each change what it does.
pub(super) const MUTANTS: &[(&str, &str)] = &[
    // the functions
    ("        S[j.id] = 'success'\n", ""),
    ("    S[j.id] = 'failed'\n", "    S[j.id] = 'success'\n"),
    ("    S[j.id] = 'failed'\n", ""),
    ("                commands()\n", "                S[j.id] = 'success'\n                commands()\n"),
    (
        "stageResult: 'FAILURE', catchInterruptions: false) {\n        try",
        "stageResult: 'FAILURE', catchInterruptions: true) {\n        try",
    ),
    (
        "stageResult: 'FAILURE', catchInterruptions: false) {\n        try",
        "stageResult: 'FAILURE') {\n        try",
    ),
    (
        "    catchError(buildResult: 'FAILURE', stageResult: 'FAILURE', catchInterruptions: false) {\n        try",
        "    catchError(buildResult: 'SUCCESS', stageResult: 'FAILURE', catchInterruptions: false) {\n        try",
    ),
    (
        "    catchError(buildResult: 'FAILURE', stageResult: 'FAILURE', catchInterruptions: false) {\n        try",
        "    stage('x') {\n        try",
    ),
    ("        } finally {\n", "        } catch (e) {\n"),
    ("            KEPT.add(j.id)\n", ""),
    (
        "                if (KEPT.contains(name)) {\n                    unstash(name)\n                }\n",
        "",
    ),
    (
        "                if (KEPT.contains(name)) {\n                    unstash(name)\n                }\n",
        "                unstash(name)\n",
    ),
    ("            archiveArtifacts(artifacts: records, allowEmptyArchive: true)\n", ""),
    ("            stash(name: j.id, includes: records, allowEmpty: true)\n", ""),
    ("'mlpipe-out/' + j.id + '.json,mlpipe-out/'", "'mlpipe-out/other.json,mlpipe-out/'"),
    ("            deleteDir()\n", ""),
    ("            def source = checkout(scm)\n", ""),
    ("'GIT_COMMIT=' + source.GIT_COMMIT", "'GIT_COMMIT=HEAD'"),
    (
        "    timeout(time: minutes, unit: 'MINUTES') {\n        sh(label: label, script: command)\n    }\n",
        "    sh(label: label, script: command)\n",
    ),
    ("unit: 'MINUTES'", "unit: 'SECONDS'"),
    ("script: command)", "script: command, returnStatus: true)"),
    ("event().replaceAll(' .*', '')", "event()"),
    ("'MLPIPE_EVENT=' + event().replaceAll(' .*', '')", "'MLPIPE_EVENT=push'"),
    ("EVENT = 'pull_request'", "EVENT = 'push'"),
    ("EVENT = 'manual'", "EVENT = 'push'"),
    ("Cause$UserIdCause", "Cause$UserCause"),
    ("TimerTrigger$TimerTriggerCause", "TimerTrigger"),
    (
        "if (env.CHANGE_ID != null) {\n            EVENT = 'pull_request'\n        } else if (params",
        "if (params",
    ),
    // conditions
    ("['image'].every { S[it] == 'success' }", "true"),
    ("['image'].every { S[it] == 'success' }", "['image'].any { S[it] == 'failed' }"),
    ("['image'].every { S[it] == 'success' }", "['image'].every { S[it] != 'failed' }"),
    (
        "['gate-unit', 'gate-quality', 'model-fraud-scorer'].every",
        "['gate-unit', 'gate-quality', 'model-fraud-scorer'].any",
    ),
    (
        "['gate-unit', 'gate-quality', 'model-fraud-scorer'].every",
        "['gate-unit', 'model-fraud-scorer'].every",
    ),
    (".any { S[it] == 'failed' }", ".any { S[it] != 'success' }"),
    ("&& env.CHANGE_FORK == null", ""),
    ("env.CHANGE_FORK != null", "env.CHANGE_FORK == null"),
    ("branchName() == 'main'", "branchName() ==~ 'main.*'"),
    (
        "branchName() == 'main' &&\n                    ['gate-unit'",
        "branchName() != '' &&\n                    ['gate-unit'",
    ),
    (
        "event() in ['push', 'schedule', 'manual', 'event model-registered'] && branchName() == 'main' &&\n                    ['gate-unit'",
        "event() in ['push', 'schedule', 'manual', 'event model-registered', 'pull_request'] &&\n                    ['gate-unit'",
    ),
    // stages
    ("            options { lock(resource: 'mlpipe/fraud-scorer/production') }\n", ""),
    ("lock(resource: 'mlpipe/fraud-scorer/production')", "lock(resource: 'mlpipe/fraud-scorer/staging')"),
    ("when { beforeOptions true; expression", "when { expression"),
    ("submitter 'ml-leads'", "submitter 'ml-leads,everybody'"),
    (
        "            input {\n                message 'Deploy fraud-scorer to production?'\n                ok 'Approve'\n                submitter 'ml-leads'\n                submitterParameter 'MLPIPE_APPROVED_BY'\n            }\n",
        "",
    ),
    (
        "            input {\n                message",
        "            options {\n                lock(resource: 'x')\n            }\n            input {\n                message",
    ),
    ("agent { label 'linux' }", "agent any"),
    ("junit: true", "junit: false"),
    ("reads: ['model-fraud-scorer'], ", ""),
    ("reads: ['image']", "reads: ['image', 'gate-unit']"),
    // steps
    (
        "catchError(buildResult: 'FAILURE', stageResult: 'FAILURE', catchInterruptions: false) {\n                            stage(",
        "withEnv([]) {\n                            stage(",
    ),
    ("                        throw e\n", ""),
    (" deploy production smoke') }", " deploy production finish') }"),
    (
        "sh .mlpipe/fraud-scorer.sh deploy production restore",
        "sh .mlpipe/fraud-scorer.sh deploy production finish",
    ),
    ("sh .mlpipe/fraud-scorer.sh gate unit", "sh .mlpipe/fraud-scorer.sh gate unit || true"),
    ("sh .mlpipe/fraud-scorer.sh gate unit", "sh .mlpipe/other.sh gate unit"),
    ("mlpipe(40, 'Run image'", "mlpipe(20, 'Run image'"),
    (
        "string(credentialsId: 'SLACK_WEBHOOK', variable: 'SLACK_WEBHOOK')",
        "string(credentialsId: 'GHCR_TOKEN', variable: 'SLACK_WEBHOOK')",
    ),
    (
        "[string(credentialsId: 'OPENAI_API_KEY', variable: 'OPENAI_API_KEY')]",
        "[string(credentialsId: 'OPENAI_API_KEY', variable: 'OPENAI_API_KEY'), string(credentialsId: 'GHCR_TOKEN', variable: 'GHCR_TOKEN')]",
    ),
    ("file(credentialsId: 'KUBECONFIG_PROD'", "string(credentialsId: 'KUBECONFIG_PROD'"),
    // the build
    ("        disableRestartFromStage()\n", ""),
    ("        skipDefaultCheckout(true)\n", ""),
    (
        "        skipDefaultCheckout(true)\n",
        "        skipDefaultCheckout(true)\n        disableConcurrentBuilds(abortPrevious: true)\n",
    ),
    (
        "        skipDefaultCheckout(true)\n",
        "        skipDefaultCheckout(true)\n        timeout(time: 1, unit: 'HOURS')\n",
    ),
    ("env.BRANCH_NAME == 'main' ? 'TZ=Europe/Berlin\\n17 3 * * 1' : ''", "'TZ=Europe/Berlin\\n17 3 * * 1'"),
    ("TZ=Europe/Berlin", "TZ=UTC"),
    ("choices: ['', 'model-registered']", "choices: ['model-registered', '']"),
    ("choices: ['s', 'l']", "choices: ['l', 's']"),
    ("    agent none\n", "    agent any\n"),
];

/// Changes that change nothing, with the reason.
const SAME: &[(&str, &str, &str)] = &[
    (
        "                        catchError(buildResult: 'FAILURE', stageResult: 'FAILURE', catchInterruptions: false) {\n                            stage('deploy-production: restore')",
        "                        catchError(buildResult: 'FAILURE', stageResult: 'FAILURE') {\n                            stage('deploy-production: restore')",
        "a handler that is cancelled counts as one that failed",
    ),
    (
        "branchName() == 'main' && ['image'].every",
        "branchName() != '' && ['image'].every",
        "`image` runs on `main` only, and this needs it",
    ),
    (
        "env.TAG_NAME == null && env.CHANGE_ID == null ?",
        "env.TAG_NAME == null ?",
        "no condition asks a pull request for its branch",
    ),
    ("EVENT = 'tag'", "EVENT = 'push'", "the plan has no tags, and `branchName()` is empty for one"),
    (
        "when { beforeOptions true; ",
        "when { beforeInput true; beforeOptions true; ",
        "`beforeOptions` is before both",
    ),
    ("time: minutes, unit: 'MINUTES'", "time: minutes", "minutes are what Jenkins takes"),
    ("catch (e)", "catch (Exception e)", "the same for what steps throw"),
];

#[test]
fn what_changes_nothing_is_no_difference() {
    for (from, to, why) in SAME {
        assert!(full().contains(from), "{from}");
        assert_eq!(judged(&full().replace(from, to)), Ok(vec![]), "{why}");
    }
}

#[test]
fn every_mutant_is_seen() {
    let good = full();
    assert_eq!(judged(&good), Ok(vec![]));
    for (from, to) in MUTANTS {
        assert!(good.contains(from), "{from}");
        let mut mutants = vec![good.replace(from, to), good.replacen(from, to, 1)];
        mutants.dedup();
        for mutant in mutants {
            let judged = judged(&mutant);
            assert_ne!(judged, Ok(vec![]), "{from} -> {to}");
        }
    }
}

#[test]
fn what_is_not_known_is_refused_with_its_line() {
    let good = full();
    let table: &[(&str, &str, &str)] = &[
        ("'mlpipe-out/'", "\"mlpipe-out/\"", "a text in double quotes: Groovy would put values into it"),
        (
            "stage('image')",
            "stage('im\\u0027age')",
            "`\\u0027`, which Groovy reads as a part of its own text",
        ),
        ("// One job:", "// \\u000a One job:", "a backslash in a comment"),
        (
            "    stages {\n",
            "    environment {\n        A = 'b'\n    }\n    stages {\n",
            "section `environment` is not known here",
        ),
        ("{ parallel {\n", "{ failFast true; parallel {\n", "section `failFast` is not known here"),
        (
            "            steps { script { job(id: 'gate-quality'",
            "            post { always { deleteDir() } }\n            steps { script { job(id: 'gate-quality'",
            "section `post` is not known here",
        ),
        ("    return EVENT\n", "    while (true) {\n    }\n", ""),
        ("commands()", "retry(2) {\n commands()\n }", "`retry` is not known here"),
        ("commands()", "milestone(1)\n commands()", "`milestone` is not known here"),
        ("commands()", "load('x')\n commands()", "`load` is not known here"),
        (
            "allowEmpty: true",
            "allowEmpty: false",
            "`stash` without `allowEmpty: true` fails when there is nothing",
        ),
        (", skipMarkingBuildUnstable: true", "", "`junit` without"),
        ("stage('image') {", "stage('gate-unit') {", "a second stage `gate-unit`"),
        (
            "sh .mlpipe/fraud-scorer.sh gate unit",
            "sh .mlpipe/fraud-scorer.sh gate $X",
            "the command `sh .mlpipe/fraud-scorer.sh gate $X`",
        ),
    ];
    for (from, to, what) in table {
        assert!(good.contains(from), "{from}");
        let text = good.replacen(from, to, 1);
        let error = read(&text).err().unwrap_or_else(|| panic!("{to} is read"));
        assert!(error.what.starts_with(what), "{to}: {error}");
        let expected = text.lines().zip(good.lines()).take_while(|(a, b)| a == b).count() + 1;
        assert!(
            error.line >= 1 && error.line.abs_diff(expected) < 3 || what.starts_with("the command"),
            "{error}, not {expected}"
        );
    }
    for text in ["", "pipeline {\n", "pipeline {\n}\n", "node {\n}\n"] {
        assert!(read(text).is_err(), "{text}");
    }
    let deep = format!("pipeline {{ {} }}", "(".repeat(100_000));
    assert!(read(&deep).is_err());
}

#[test]
fn a_file_of_many_jobs_is_read() {
    let mut plan = fixture::full();
    let gate = plan.jobs.iter().find(|j| j.id == "gate-quality").unwrap().clone();
    let at = plan.jobs.iter().position(|j| j.id == gate.id).unwrap() + 1;
    let mut names = Vec::new();
    for i in (0..60).rev() {
        let mut gate = gate.clone();
        gate.id = format!("gate-n{i}");
        gate.steps[0].args = vec!["gate".into(), format!("n{i}")];
        names.push(gate.id.clone());
        plan.jobs.insert(at, gate);
    }
    for job in plan.jobs.iter_mut().filter(|j| j.id == "image" || j.id == "notify-slack-failure") {
        job.needs.extend(names.clone());
        job.reads.extend(names.clone());
    }
    let text = Jenkins.emit(&plan).unwrap();
    assert_eq!(differences(&plan, PlatformName::Jenkins, &*read(&text).unwrap()), []);
}

/// Lines of the minimal file that may be left out, with the reason.
const SPARE: &[(&str, &str)] = &[
    ("buildDiscarder(", "how long old builds are kept"),
    ("error('BRANCH_NAME is not set", "a multibranch project sets it"),
    ("EVENT = 'tag'", "the plan has no tags"),
    ("} else if (currentBuild.getBuildCauses('hudson.triggers.TimerTrigger", "the plan has no schedule"),
    ("EVENT = 'schedule'", "the plan has no schedule"),
    ("S[j.id] = 'failed'", "nothing in the plan asks who failed"),
];

#[test]
fn every_line_counts() {
    let plan = fixture::minimal();
    let good = Jenkins.emit(&plan).unwrap();
    let lines: Vec<&str> = good.lines().collect();
    for (i, line) in lines.iter().enumerate() {
        let code = line.trim();
        if code.is_empty() || code.starts_with("//") {
            continue;
        }
        let mut less = lines.clone();
        less.remove(i);
        let same =
            read(&less.join("\n")).is_ok_and(|f| differences(&plan, PlatformName::Jenkins, &*f).is_empty());
        let spare = SPARE.iter().any(|(start, _)| {
            format!("{code} {}", lines[i + 1..].first().map_or("", |l| l.trim())).starts_with(start)
        });
        assert_eq!(same, spare, "line {}: {line}", i + 1);
    }
}

#[test]
fn texts_of_the_user_and_an_expiring_question_come_back_as_they_were() {
    let mut plan = fixture::full();
    let nasty = "it's \\u0041 $x ${y} \"é😀\" \\' a;b";
    for job in &mut plan.jobs {
        job.origin.text = nasty.into();
        job.steps[0].title = nasty.into();
        if job.steps.len() == 1 {
            job.steps[0].args.push(nasty.into());
        }
        if let Some(ask) = &mut job.ask {
            ask.question = nasty.into();
            ask.expires = Some(crate::spec::Duration { seconds: 259_200.0 });
            ask.by.clear();
        }
    }
    plan.inputs[0].default = nasty.into();
    let text = Jenkins.emit(&plan).unwrap();
    assert_eq!(differences(&plan, PlatformName::Jenkins, &*read(&text).unwrap()), []);
    // The limit holds the question and what comes behind it, and not much more.
    let line = text.lines().find(|l| l.contains("unit: 'SECONDS'")).unwrap();
    for other in ["259200", "261000", "999999"] {
        let other =
            text.replace(line, &format!("            options {{ timeout(time: {other}, unit: 'SECONDS') }}"));
        let found = differences(&plan, PlatformName::Jenkins, &*read(&other).unwrap());
        assert!(found.iter().any(|d| d.what.contains("for another time")), "{other}: {found:?}");
    }
}
