//! The last call of a job: `work VERB` with everything that the spec says about it. The options are the ones that
//! `templates/script/runtime/README.md` lists.

use super::super::tool_images;
use super::{Call, release, text_word};
use crate::plan::number::decimal;
use crate::plan::{
    Artifact, DeployWork, EventKind, GateWork, ImageWork, Job, ModelWork, Plan, PlanHostService, PlanLogin,
    PlanRequire, PlanSource, PlanTag, PlanTarget, Refs, Work,
};
use crate::render::{Quoted, bash};
use crate::spec::{Channel, MetricsFormat, NotifyOn, ScanLevel};

/// The verb of a work, which is also the record's kind.
pub(super) fn kind(work: &Work) -> &'static str {
    match work {
        Work::Gate(_) => "gate",
        Work::Model(_) => "model",
        Work::Image(_) => "image",
        Work::Approve(_) => "approve",
        Work::Deploy(_) => "deploy",
        Work::Soak(_) => "soak",
        Work::Reconcile(_) => "reconcile",
        Work::Drill(_) => "drill",
        Work::Withheld(_) => "withheld",
        Work::Notify(_) => "notify",
    }
}

pub(super) fn of(plan: &Plan, job: &Job) -> Call {
    let call = Call::new("work").quoted(Quoted::fixed(kind(&job.work)));
    let call = match &job.work {
        Work::Model(model) => return model_options(call, model, job.timeout),
        Work::Gate(gate) => gate_options(call, gate),
        Work::Image(image) => image_options(call, image, job),
        Work::Deploy(deploy) => deploy_options(call, deploy, plan, job),
        Work::Soak(soak) => {
            let call = call
                .option("environment", [soak.environment.as_str()])
                .option("seconds", [soak.seconds.to_string().as_str()]);
            release::soaked(artifact(call, &soak.artifact), soak, &plan.pipeline)
        }
        Work::Reconcile(work) => release::reconcile(call, work, &plan.pipeline),
        Work::Drill(work) => release::reconcile(call, &work.place, &plan.pipeline)
            .maybe("soaks", work.soaks.map(|s| s.to_string()).as_deref()),
        Work::Approve(approve) => {
            let ask = job.ask.as_ref();
            let call = call
                .option("environment", [approve.environment.as_str()])
                .option("approval-environment", [approve.approval_environment.as_str()])
                .maybe("unchecked", approve.unchecked.as_deref())
                .maybe("question", ask.map(|a| a.question.as_str()));
            let call = call.each("by", ask.map_or(&[][..], |a| &a.by));
            match ask.and_then(|a| a.expires) {
                Some(limit) => {
                    call.option("expires", [limit.seconds.to_string().as_str()]).each("after", &job.needs)
                }
                None => call,
            }
        }
        Work::Withheld(withheld) => {
            withheld.jobs.iter().fold(call, |call, (id, why)| call.option("job", [id.as_str(), why.as_str()]))
        }
        Work::Notify(notify) => {
            let call = call.option("channel", [channel(notify.channel)]).option("url", [notify.url.as_str()]);
            let call = notify.on.iter().fold(call, |call, on| call.option("on", [notify_on(*on)]));
            call.each("read", &job.reads)
        }
    };
    call.option("timeout", [job.timeout.to_string().as_str()])
}

pub(super) fn model_options(call: Call, model: &ModelWork, timeout: u64) -> Call {
    let call = call.option("name", [model.name.as_str()]).raw("version", [text_word(&model.version)]);
    let call = match &model.source {
        None => call,
        Some(PlanSource::Path { path }) => call.option("path", [path.as_str()]),
        Some(PlanSource::Http { url, sha256 }) => call.option("http", [url.as_str(), sha256.as_str()]),
        Some(PlanSource::Mlflow { uri }) => call.option("mlflow", [uri.as_str()]),
        Some(PlanSource::Run { command }) => call.option("command", [command.as_str()]),
    };
    call.maybe("save", model.save.as_deref()).option("timeout", [timeout.to_string().as_str()])
}

fn gate_options(call: Call, gate: &GateWork) -> Call {
    let call = call
        .maybe("run", gate.run.as_deref())
        .maybe("seed", gate.seed.map(|s| s.to_string()).as_deref())
        .maybe("advisory", gate.advisory.as_deref());
    let call = match gate.repeat {
        Some(r) => call.option("repeat", [r.times.to_string().as_str(), r.pass.to_string().as_str()]),
        None => call,
    };
    let call = gate.metrics.iter().fold(call, |call, m| {
        let format = match m.format {
            MetricsFormat::Junit => "junit",
            MetricsFormat::Json | MetricsFormat::Promptfoo => "json",
        };
        call.option("metrics", [format, m.path.as_str()])
    });
    let call = call.maybe("baseline", gate.baseline.as_deref());
    let call = gate.require.iter().fold(call, |call, rule| {
        let (metric, bound, line) = (metric_name(&rule.metric.0), bound(rule), rule.line.to_string());
        let words = [metric.as_str(), rule.op.text(), &bound, rule.unit.word(), &line, &rule.text];
        call.option("require", words)
    });
    call.each("junit", &gate.junit).each("artifact", &gate.artifacts)
}

/// `rag."map@0.5"`: a part that is not plain is a JSON string.
pub(super) fn metric_name(parts: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let part = |part: &String| {
        let ok = !part.is_empty() && part.chars().all(plain);
        if ok { part.clone() } else { serde_json::Value::from(part.as_str()).to_string() }
    };
    parts.iter().map(part).collect::<Vec<_>>().join(".")
}

fn bound(rule: &PlanRequire) -> String {
    right_side(rule.literal, rule.absolute, rule.relative)
}

/// Right side of a rule: `0.85`, `baseline`, `baseline-0.01`, `baseline+10%`.
pub(super) fn right_side(literal: Option<f64>, absolute: Option<f64>, relative: Option<f64>) -> String {
    if let Some(literal) = literal {
        return decimal(literal);
    }
    let signed = |amount: f64| {
        let sign = if amount < 0.0 { '-' } else { '+' };
        format!("{sign}{}", decimal(amount.abs()))
    };
    match (absolute, relative) {
        (Some(amount), _) => format!("baseline{}", signed(amount)),
        (None, Some(share)) => format!("baseline{}%", signed(share * 100.0)),
        (None, None) => "baseline".to_owned(),
    }
}

fn image_options(call: Call, image: &ImageWork, job: &Job) -> Call {
    let call = call
        .option("host", [image.host.as_str()])
        .option("repository", [image.repository.as_str()])
        .option("dockerfile", [image.dockerfile.as_str()])
        .option("context", [image.context.as_str()]);
    let call = image.fixed_tags.iter().fold(call, |call, tag| call.raw("fixed", tag_words(tag)));
    let call = image.moving_tags.iter().fold(call, |call, tag| call.raw("moving", tag_words(tag)));
    let call = match &image.scan {
        Some(scan) => call.option("scan", [scan.tool.as_str(), scan_level(scan.fail_on)]),
        None => call,
    };
    let call = match &image.login {
        None => call,
        Some(PlanLogin::Ghcr) => call.option("login", ["ghcr", "", ""]),
        Some(PlanLogin::Gitlab) => call.option("login", ["gitlab", "", ""]),
        Some(PlanLogin::Secrets { user, password }) => {
            call.option("login", ["secrets", user.as_str(), password.as_str()])
        }
    };
    let call = image.models.iter().fold(call, |call, model| {
        let place = match (&model.save, &model.source) {
            (Some(save), _) => save.clone(),
            (None, Some(PlanSource::Path { path })) => path.clone(),
            (None, Some(_)) => format!(".mlpipe-cache/models/{}", model.name),
            (None, None) => String::new(),
        };
        call.option("model", [model.name.as_str(), place.as_str()])
    });
    let call = call.each("gate", &image.gates);
    let call = call.option("builder-image", [tool_images::builder()]);
    let call =
        if image.scan.is_some() { call.option("scanner-image", [tool_images::scanner()]) } else { call };
    let call = if job.runner.offline { call.option("offline", []) } else { call };
    if image.push {
        allowed(job).into_iter().fold(call, |call, use_| call.raw("allow", use_))
    } else {
        call.option("check", [])
    }
}

fn tag_words(tag: &PlanTag) -> [Quoted; 2] {
    let none = || bash("");
    match tag {
        PlanTag::Commit => [Quoted::fixed("commit"), none()],
        PlanTag::ShortCommit => [Quoted::fixed("short_commit"), none()],
        PlanTag::Branch => [Quoted::fixed("branch"), none()],
        PlanTag::GitTag => [Quoted::fixed("git_tag"), none()],
        PlanTag::Latest => [Quoted::fixed("latest"), none()],
        PlanTag::Text(text) => [Quoted::fixed("text"), text_word(text)],
    }
}

fn deploy_options(call: Call, deploy: &DeployWork, plan: &Plan, job: &Job) -> Call {
    let call =
        call.raw("phase", [Quoted::fixed("\"$phase\"")]).option("environment", [deploy.environment.as_str()]);
    let call = place(call, &deploy.artifact, &deploy.target);
    let call = release::options(call.maybe("smoke", deploy.smoke.as_deref()), deploy, &plan.pipeline);
    let call = evidence(plan, job).fold(call, |call, gate| call.option("gate", [gate]));
    let call = allowed(job).into_iter().fold(call, |call, use_| call.raw("allow", use_));
    let call = call.maybe("dispatch", deploy.dispatch.as_deref());
    let call = deploy
        .offers
        .iter()
        .fold(call, |call, offer| call.option("offer", [offer.environment.as_str(), offer.input.as_str()]));
    match &deploy.approval {
        None => call,
        Some(a) => {
            let why = a.unchecked.as_deref().unwrap_or_default();
            call.option("approval", [a.environment.as_str(), a.approval_environment.as_str(), why])
        }
    }
}

/// What is deployed, and where to.
pub(super) fn place(call: Call, artifact: &Artifact, target: &PlanTarget) -> Call {
    let call = self::artifact(call, artifact);
    match target {
        PlanTarget::Kubernetes { kubeconfig, namespace, deployment, container, timeout, traffic, istio } => {
            let seconds = timeout.to_string();
            let words =
                [kubeconfig.as_str(), namespace.as_str(), deployment.as_str(), container.as_str(), &seconds];
            let call = call.option("kubernetes", words);
            call.maybe("traffic", traffic.as_deref()).maybe("istio", istio.as_deref())
        }
        PlanTarget::ArgoRollouts { kubeconfig, namespace, rollout, container, timeout } => {
            let seconds = timeout.to_string();
            let words =
                [kubeconfig.as_str(), namespace.as_str(), rollout.as_str(), container.as_str(), &seconds];
            call.option("argo", words)
        }
        PlanTarget::Command { deploy, live, rollback, shift, promote, timeout } => {
            let back = rollback.as_deref().unwrap_or_default();
            let seconds = timeout.to_string();
            call.option("command", [deploy.as_str(), live.as_str(), back, seconds.as_str()])
                .maybe("shift", shift.as_deref())
                .maybe("promote", promote.as_deref())
        }
        PlanTarget::Ssh { hosts, key, known_hosts, service, timeout } => {
            let seconds = timeout.to_string();
            let call = call.option("ssh", [key.as_str(), known_hosts.as_str(), &seconds]);
            let call = match service {
                PlanHostService::Compose { file, service } => {
                    call.option("ssh-compose", [file.as_str(), service.as_str()])
                }
                PlanHostService::Docker { container, run } => {
                    call.option("ssh-docker", [container.as_str()]).each("ssh-run", run)
                }
            };
            call.each("ssh-host", hosts)
        }
    }
}

fn artifact(call: Call, artifact: &Artifact) -> Call {
    match artifact {
        Artifact::Image { repository } => call.option("image", [repository.as_str()]),
        Artifact::Model { name } => call.option("model", [name.as_str()]),
    }
}

/// What must have passed what is deployed: the gates before the image, then those that the deploy waits for itself, and
/// the soak before it.
fn evidence<'a>(plan: &'a Plan, job: &'a Job) -> impl Iterator<Item = &'a str> {
    let image = plan.jobs.iter().find_map(|job| match &job.work {
        Work::Image(image) if image.push => Some(&image.gates[..]),
        _ => None,
    });
    let before = image.unwrap_or_default();
    let own = job.reads.iter().filter(move |id| {
        let looks = id.starts_with("gate-") || id.starts_with("soak-");
        looks && !before.contains(id)
    });
    before.iter().chain(own).map(String::as_str)
}

/// Event, kind of ref and pattern of each run that may do this: what the platform decided is decided once more.
fn allowed(job: &Job) -> Vec<[Quoted; 3]> {
    let mut all = Vec::new();
    for activation in &job.condition.any_of {
        let event = match &activation.event {
            EventKind::Push => "push".to_owned(),
            EventKind::Tag => "tag".to_owned(),
            EventKind::PullRequest => "pull_request".to_owned(),
            EventKind::Schedule => "schedule".to_owned(),
            EventKind::Manual => "manual".to_owned(),
            EventKind::Named(name) => format!("event:{name}"),
        };
        let mut add = |kind, pattern: &str| all.push([bash(&event), Quoted::fixed(kind), bash(pattern)]);
        match &activation.refs {
            Refs::Any => add("any", ""),
            Refs::Only { branches, tags } => {
                branches.iter().for_each(|pattern| add("branch", &pattern.0));
                tags.iter().for_each(|pattern| add("tag", &pattern.0));
            }
        }
    }
    all
}

fn scan_level(level: ScanLevel) -> &'static str {
    match level {
        ScanLevel::Low => "low",
        ScanLevel::Medium => "medium",
        ScanLevel::High => "high",
        ScanLevel::Critical => "critical",
    }
}

fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Slack => "slack",
        Channel::Webhook => "webhook",
        Channel::Teams => "teams",
        Channel::Email => "email",
    }
}

fn notify_on(on: NotifyOn) -> &'static str {
    match on {
        NotifyOn::Failure => "failure",
        NotifyOn::Success => "success",
        NotifyOn::Rollback => "rollback",
        NotifyOn::Halt => "halt",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{MetricPath, Op, Unit};

    fn rule(literal: Option<f64>, absolute: Option<f64>, relative: Option<f64>) -> PlanRequire {
        PlanRequire {
            metric: MetricPath(vec!["a".into()]),
            op: Op::Ge,
            literal,
            absolute,
            relative,
            unit: Unit::None,
            text: String::new(),
            line: 1,
        }
    }

    #[test]
    fn bounds_are_the_decimals_that_were_written() {
        for (literal, absolute, relative, text) in [
            (Some(0.85), None, None, "0.85"),
            (Some(1.1 / 100.0), None, None, "0.011"),
            (Some(-0.5), None, None, "-0.5"),
            (Some(1e-7), None, None, "0.0000001"),
            (Some(512.0 * 1024.0 * 1024.0), None, None, "536870912"),
            (None, None, None, "baseline"),
            (None, Some(-0.01), None, "baseline-0.01"),
            (None, None, Some(0.1), "baseline+10%"),
            (None, None, Some(-0.07), "baseline-7%"),
        ] {
            assert_eq!(bound(&rule(literal, absolute, relative)), text);
        }
    }

    #[test]
    fn parts_of_a_metric_are_quoted_where_they_must_be() {
        assert_eq!(metric_name(&["latency".into(), "p95".into()]), "latency.p95");
        assert_eq!(metric_name(&["rag".into(), "map@0.5".into()]), "rag.\"map@0.5\"");
        assert_eq!(metric_name(&["a\"b".into()]), r#""a\"b""#);
    }
}
