//! Hand-made plans for unit tests of the layers above: small, complete, and independent of the parser.

use super::*;
use crate::diag::Span;
use crate::spec::{
    Channel, Cloud, InputKind, MetricPath, MetricsFormat, NotifyOn, Op, PlatformName, Registry, ScanLevel,
    Unit,
};
use indexmap::IndexMap;

fn p(s: &str) -> Pattern {
    Pattern(s.into())
}

fn act(event: EventKind, refs: Refs, source: PrSource) -> Activation {
    Activation { event, refs, source }
}

fn main_only() -> Refs {
    Refs::Only { branches: vec![p("main")], tags: vec![] }
}

/// Push to main, trusted or any pull request into main, schedule, manual, named event.
pub(crate) fn everything(source: PrSource) -> Condition {
    Condition {
        any_of: vec![
            act(EventKind::Push, main_only(), PrSource::Any),
            act(EventKind::PullRequest, main_only(), source),
            act(EventKind::Schedule, Refs::Any, PrSource::Any),
            act(EventKind::Manual, Refs::Any, PrSource::Any),
            act(EventKind::Named("model-registered".into()), Refs::Any, PrSource::Any),
        ],
    }
}

/// Everything but pull requests: what is told to people.
fn not_pull_requests() -> Condition {
    let mut c = everything(PrSource::Any);
    c.any_of.retain(|a| a.event != EventKind::PullRequest);
    c
}

/// What may deploy: push to main, and schedule, manual and event runs on main.
pub(crate) fn deploying() -> Condition {
    let on = [
        EventKind::Push,
        EventKind::Schedule,
        EventKind::Manual,
        EventKind::Named("model-registered".into()),
    ];
    Condition { any_of: on.into_iter().map(|e| act(e, main_only(), PrSource::Any)).collect() }
}

fn pull_requests(source: PrSource) -> Condition {
    Condition { any_of: vec![act(EventKind::PullRequest, main_only(), source)] }
}

fn secret(name: &str, kind: SecretKind) -> SecretUse {
    SecretUse {
        name: name.into(),
        github: name.into(),
        gitlab: name.into(),
        jenkins: name.into(),
        kind,
        from: SecretFrom::Store,
    }
}

fn job(id: &str, args: &[&str], needs: &[&str], condition: Condition, work: Work) -> Job {
    Job {
        id: id.into(),
        title: format!("Job {id}"),
        origin: Origin {
            path: "release.mlpipe".into(),
            line: 7,
            text: args.join(" "),
            span: Span::default(),
        },
        needs: needs.iter().map(|s| (*s).to_owned()).collect(),
        own: condition.clone(),
        condition,
        run_if: RunIf::AllSucceeded,
        reads: vec![],
        runner: PlanRunner {
            name: None,
            github: vec!["ubuntu-24.04".into()],
            gitlab: GitlabRunner { image: Some("python:3.11.14-bookworm".into()), ..GitlabRunner::default() },
            jenkins: "linux".into(),
            offline: false,
        },
        environment: None,
        lock: None,
        ask: None,
        wait: None,
        secrets: vec![],
        identities: vec![],
        rights: vec![],
        python: false,
        timeout: 1800,
        steps: vec![Step {
            id: "run".into(),
            title: format!("Run {id}"),
            args: args.iter().map(|s| (*s).to_owned()).collect(),
            when: StepWhen::Normal,
        }],
        junit: false,
        metrics: false,
        env: IndexMap::new(),
        workdir: None,
        work,
    }
}

fn gate(name: &str) -> GateWork {
    GateWork {
        name: name.into(),
        run: Some("pytest tests/unit --junitxml=unit.xml # it's $HOME ${{ github.token }}".into()),
        seed: None,
        repeat: None,
        metrics: vec![],
        baseline: None,
        require: vec![],
        junit: vec!["unit.xml".into()],
        artifacts: vec![],
        advisory: None,
        models: vec![],
        image: false,
        repository: None,
    }
}

fn image(push: bool) -> ImageWork {
    ImageWork {
        registry: Registry::Ghcr,
        host: "ghcr.io".into(),
        repository: "ghcr.io/acme/fraud-scorer".into(),
        dockerfile: "Dockerfile".into(),
        context: ".".into(),
        fixed_tags: vec![PlanTag::Commit],
        moving_tags: vec![PlanTag::Branch],
        scan: Some(PlanScan { tool: "trivy".into(), fail_on: ScanLevel::High }),
        login: push.then_some(PlanLogin::Ghcr),
        models: vec![model()],
        push,
        gates: vec!["gate-unit".into(), "gate-quality".into()],
    }
}

fn model() -> ModelWork {
    ModelWork {
        name: "fraud-scorer".into(),
        source: Some(PlanSource::Http { url: "http://127.0.0.1:1/model.pkl".into(), sha256: "0".repeat(64) }),
        version: Text::lit("fraud-scorer/2024-11-20/v3"),
        save: Some("models/model.pkl".into()),
    }
}

fn kubernetes() -> PlanTarget {
    PlanTarget::Kubernetes {
        kubeconfig: "KUBECONFIG_PROD".into(),
        namespace: "ml".into(),
        deployment: "fraud-scorer".into(),
        container: "app".into(),
        timeout: 120,
        traffic: None,
        istio: None,
    }
}

fn deploy(env: &str, needs: &[&str], target: PlanTarget, approval: Option<ApproveWork>) -> Job {
    let mut j = job(
        &format!("deploy-{env}"),
        &["deploy", env],
        needs,
        deploying(),
        Work::Deploy(DeployWork {
            environment: env.into(),
            artifact: Artifact::Image { repository: "ghcr.io/acme/fraud-scorer".into() },
            target,
            smoke: Some("python scripts/smoke.py".into()),
            canary: vec![],
            blue_green: None,
            shadow: None,
            watch: None,
            rollback: PlanRollback::default(),
            ledger: None,
            approval,
            dispatch: None,
            offers: vec![],
        }),
    );
    j.reads = needs.iter().map(|s| (*s).to_owned()).collect();
    j.environment =
        Some(PlanEnvironment { name: env.into(), purpose: EnvironmentPurpose::Deploy, tier: env.into() });
    j.lock = Some(format!("mlpipe/fraud-scorer/{env}"));
    j.secrets = vec![secret("KUBECONFIG_PROD", SecretKind::File)];
    let step = |id: &str, title: &str, when| Step {
        id: id.into(),
        title: title.into(),
        args: vec!["deploy".into(), env.into(), id.into()],
        when,
    };
    j.steps = vec![
        step("begin", "Check the evidence, read what is live", StepWhen::Normal),
        step("roll-out", "Roll out", StepWhen::Normal),
        step("smoke", "Smoke test", StepWhen::Normal),
        step("finish", "Confirm what is live", StepWhen::Normal),
        step("restore", "Put back what was live before", StepWhen::Unfinished),
    ];
    j
}

/// About ten lines of spec: one gate with one threshold, one image, one deploy by command; push to main and pull requests.
pub(crate) fn minimal() -> Plan {
    let mut plan = full();
    plan.pipeline = "minimal".into();
    plan.script = ".mlpipe/minimal.sh".into();
    plan.triggers =
        vec![Trigger::Push { branches: vec![p("main")] }, Trigger::PullRequest { branches: vec![p("main")] }];
    plan.inputs.clear();
    plan.python = None;
    let only = |c: &Condition| Condition {
        any_of: c
            .any_of
            .iter()
            .filter(|a| matches!(a.event, EventKind::Push | EventKind::PullRequest))
            .cloned()
            .collect(),
    };
    plan.jobs.retain(|j| ["gate-unit", "image", "image-check", "deploy-staging"].contains(&j.id.as_str()));
    for j in &mut plan.jobs {
        j.condition = only(&j.condition);
        j.own = only(&j.own);
        j.needs.retain(|n| ["gate-unit", "image"].contains(&n.as_str()));
        j.reads.retain(|n| ["gate-unit", "image"].contains(&n.as_str()));
        j.secrets.clear();
        if let Work::Image(w) = &mut j.work {
            w.models.clear();
            w.gates = vec!["gate-unit".into()];
        }
    }
    plan.secrets.clear();
    plan
}

/// Every kind of job, event and secret.
pub(crate) fn full() -> Plan {
    let approve = ApproveWork {
        environment: "production".into(),
        approval_environment: "production-approval".into(),
        unchecked: None,
    };
    let mut unit =
        job("gate-unit", &["gate", "unit"], &[], everything(PrSource::Any), Work::Gate(gate("unit")));
    unit.python = true;
    unit.junit = true;
    let mut fetch = job(
        "model-fraud-scorer",
        &["model", "fraud-scorer"],
        &[],
        everything(PrSource::Any),
        Work::Model(model()),
    );
    fetch.python = true;
    let mut quality = job(
        "gate-quality",
        &["gate", "quality"],
        &["model-fraud-scorer"],
        everything(PrSource::Trusted),
        Work::Gate(GateWork {
            seed: Some(42),
            metrics: vec![PlanMetrics { format: MetricsFormat::Json, path: "metrics.json".into() }],
            baseline: Some("model_baseline.json".into()),
            require: vec![
                PlanRequire {
                    metric: MetricPath(vec!["accuracy".into()]),
                    op: Op::Ge,
                    literal: Some(0.85),
                    absolute: None,
                    relative: None,
                    unit: Unit::None,
                    text: "accuracy >= 0.85".into(),
                    line: 9,
                },
                PlanRequire {
                    metric: MetricPath(vec!["latency".into(), "p95".into()]),
                    op: Op::Le,
                    literal: None,
                    absolute: None,
                    relative: Some(0.1),
                    unit: Unit::Ms,
                    text: "latency.p95 <= baseline + 10%".into(),
                    line: 10,
                },
            ],
            models: vec![model()],
            ..gate("quality")
        }),
    );
    quality.python = true;
    quality.junit = true;
    quality.metrics = true;
    quality.reads = vec!["model-fraud-scorer".into()];
    quality.secrets = vec![secret("OPENAI_API_KEY", SecretKind::Text)];
    let gates = ["gate-unit", "gate-quality", "model-fraud-scorer"];
    let mut check = job(
        "image-check",
        &["image", "check"],
        &gates,
        pull_requests(PrSource::Trusted),
        Work::Image(image(false)),
    );
    check.reads = gates.iter().map(|s| (*s).to_owned()).collect();
    let mut push = job("image", &["image"], &gates, deploying(), Work::Image(image(true)));
    push.reads = check.reads.clone();
    push.rights = vec![Right::WritePackages];
    push.secrets =
        vec![SecretUse { from: SecretFrom::GithubToken, ..secret("GHCR_TOKEN", SecretKind::Text) }];
    let staging = deploy(
        "staging",
        &["image"],
        PlanTarget::Command {
            deploy: "./ship \"$MLPIPE_IMAGE\"".into(),
            live: "./live".into(),
            rollback: None,
            shift: None,
            promote: None,
            timeout: 600,
        },
        None,
    );
    let mut ask = job(
        "approve-production",
        &["approve", "production"],
        &["deploy-staging"],
        deploying(),
        Work::Approve(approve.clone()),
    );
    ask.environment = Some(PlanEnvironment {
        name: "production-approval".into(),
        purpose: EnvironmentPurpose::Approval,
        tier: "production".into(),
    });
    ask.ask = Some(PlanAsk {
        question: "Deploy fraud-scorer to production?".into(),
        by: vec!["ml-leads".into()],
        expires: None,
    });
    let mut production =
        deploy("production", &["approve-production", "deploy-staging", "image"], kubernetes(), Some(approve));
    production.identities = vec![PlanIdentity {
        cloud: Cloud::Aws,
        name: "arn:aws:iam::123456789012:role/ml-release".into(),
        on: IndexMap::new(),
        region: Some("eu-central-1".into()),
        account: None,
        tenant: None,
        subscription: None,
        audience: None,
        variable: PlanIdentity::variable_of(Cloud::Aws),
        only_fetches: false,
    }];
    production.rights = vec![Right::ReadRuns, Right::IdToken];
    let withheld = job(
        "withheld",
        &["withheld"],
        &[],
        pull_requests(PrSource::Untrusted),
        Work::Withheld(WithheldWork {
            jobs: vec![("gate-quality".into(), "it uses the secret OPENAI_API_KEY".into())],
        }),
    );
    let all: Vec<String> = [
        "gate-unit",
        "model-fraud-scorer",
        "gate-quality",
        "image",
        "deploy-staging",
        "approve-production",
        "deploy-production",
    ]
    .iter()
    .map(|s| (*s).to_owned())
    .collect();
    let mut notify = job(
        "notify-slack-failure",
        &["notify", "slack-failure"],
        &[],
        not_pull_requests(),
        Work::Notify(NotifyWork {
            channel: Channel::Slack,
            url: "SLACK_WEBHOOK".into(),
            on: vec![NotifyOn::Failure, NotifyOn::Rollback],
        }),
    );
    notify.run_if = RunIf::AnyFailed;
    notify.needs = all.clone();
    notify.reads = all;
    notify.secrets = vec![secret("SLACK_WEBHOOK", SecretKind::Text)];
    Plan {
        schema: SCHEMA_VERSION,
        pipeline: "fraud-scorer".into(),
        source: "release.mlpipe".into(),
        sha256: "ab".repeat(32),
        script: ".mlpipe/fraud-scorer.sh".into(),
        emit: PlatformName::ALL
            .into_iter()
            .map(|platform| EmitTo { platform, path: "x".into(), shared_root: false, alone: false })
            .collect(),
        triggers: vec![
            Trigger::Push { branches: vec![p("main")] },
            Trigger::PullRequest { branches: vec![p("main")] },
            Trigger::Schedule { cron: "17 3 * * 1".into(), timezone: Some("Europe/Berlin".into()) },
            Trigger::Manual,
            Trigger::Named { name: "model-registered".into() },
        ],
        home_branch: "main".into(),
        inputs: vec![
            PlanInput {
                name: "reason".into(),
                kind: InputKind::String,
                default: String::new(),
                manual: true,
                events: vec![],
            },
            PlanInput {
                name: "dry_run".into(),
                kind: InputKind::Bool,
                default: "false".into(),
                manual: true,
                events: vec![],
            },
            PlanInput {
                name: "size".into(),
                kind: InputKind::Choice(vec!["s".into(), "l".into()]),
                default: "s".into(),
                manual: true,
                events: vec![],
            },
            PlanInput {
                name: "model_version".into(),
                kind: InputKind::String,
                default: String::new(),
                manual: false,
                events: vec!["model-registered".into()],
            },
        ],
        env: IndexMap::from([("TZ".to_owned(), Text::lit("UTC"))]),
        python: Some(PlanPython {
            version: "3.11".into(),
            install: Some(PlanInstall::Pip { files: vec!["requirements.txt".into()] }),
        }),
        secrets: ["OPENAI_API_KEY", "GHCR_TOKEN", "KUBECONFIG_PROD", "SLACK_WEBHOOK"]
            .iter()
            .map(|s| (*s).to_owned())
            .collect(),
        jobs: vec![unit, fetch, quality, check, push, staging, ask, production, withheld, notify],
        drills: vec![],
        defaults: vec![],
        notes: vec![],
    }
}
