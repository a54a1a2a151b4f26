//! What more than one rule wants to know about a spec: its jobs, secrets, paths and time limits as flat lists.

use super::Absence;
use crate::diag::{Finding, Span, Spanned};
use crate::spec::{
    Common, Deploy, Duration, Event, ImageTag, Input, Install, MetricsFormat, Mirroring, ModelSource, On,
    PlatformName, Shadow, Spec, Target, TemplatePiece, Watch,
};
use camino::{Utf8Component, Utf8Path};

/// A statement that becomes one or more jobs.
pub(crate) struct JobRef<'a> {
    /// `` gate `quality` ``.
    pub what: String,
    /// What every job kind can carry.
    pub common: &'a Common,
}

/// Every statement that becomes a job, in the order model, gate, image, deploy.
pub(crate) fn jobs(spec: &Spec) -> Vec<JobRef<'_>> {
    let models = spec.models.values().map(|m| ("model", m.name.as_str(), &m.common));
    let gates = spec.gates.values().map(|g| ("gate", g.name.as_str(), &g.common));
    let deploys = spec.deploys.values().map(|d| ("deploy", d.name.as_str(), &d.common));
    let named = |(kind, name, common)| JobRef { what: format!("{kind} `{name}`"), common };
    let image = spec.image.iter().map(|i| JobRef { what: "the image".to_owned(), common: &i.common });
    models.chain(gates).map(named).chain(image).chain(deploys.map(named)).collect()
}

/// Is this pipeline emitted to that platform? No `emit` means all of them.
pub(crate) fn emits(spec: &Spec, platform: PlatformName) -> bool {
    spec.emit.is_empty() || spec.emit.iter().any(|e| e.platform.node == platform)
}

/// What a secret's value has to be where it is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SecretKind {
    /// A text.
    Text,
    /// A file, or its content.
    File,
}

/// One place that names a secret.
pub(crate) struct SecretUse<'a> {
    /// The name, where it stands.
    pub name: &'a Spanned<String>,
    /// The kind that is wanted there.
    pub kind: SecretKind,
    /// `` gate `quality` ``.
    pub job: String,
    /// What the job carries; none for a notification.
    pub common: Option<&'a Common>,
}

/// The kubeconfig with which an Ingress is made to copy requests.
fn mirrored_with<'a>(spec: &'a Spec, shadow: &'a Shadow) -> Option<&'a Spanned<String>> {
    match &shadow.way {
        Mirroring::Commands { .. } => None,
        Mirroring::Traffic(Some(name)) => Some(name),
        Mirroring::Traffic(None) => match &spec.deploys.get(&shadow.from.node)?.target.as_ref()?.node {
            Target::Kubernetes(k) => Some(&k.kubeconfig),
            _ => None,
        },
    }
}

/// Every place that names a secret.
pub(crate) fn secret_uses(spec: &Spec) -> Vec<SecretUse<'_>> {
    let mut uses = Vec::new();
    for job in jobs(spec) {
        for name in &job.common.secrets {
            let kind = SecretKind::Text;
            uses.push(SecretUse { name, kind, job: job.what.clone(), common: Some(job.common) });
        }
    }
    let mut add = |name, kind, job: String, common| uses.push(SecretUse { name, kind, job, common });
    for model in spec.models.values() {
        if let Some(ModelSource::Mlflow { secrets, .. }) = model.source.as_ref().map(|s| &s.node) {
            for name in secrets {
                add(name, SecretKind::Text, format!("model `{}`", model.name.node), Some(&model.common));
            }
        }
    }
    if let Some(image) = &spec.image
        && let Some((user, password)) = &image.login
    {
        add(user, SecretKind::Text, "the image".into(), Some(&image.common));
        add(password, SecretKind::Text, "the image".into(), Some(&image.common));
    }
    for deploy in spec.deploys.values() {
        let kubeconfig = match deploy.target.as_ref().map(|t| &t.node) {
            Some(Target::Kubernetes(k)) => Some(&k.kubeconfig),
            Some(Target::ArgoRollouts(a)) => Some(&a.kubeconfig),
            _ => None,
        };
        if let Some(kubeconfig) = kubeconfig {
            let job = format!("deploy `{}`", deploy.name.node);
            add(kubeconfig, SecretKind::File, job, Some(&deploy.common));
        }
        if let Some(name) = deploy.shadow.as_ref().and_then(|s| mirrored_with(spec, s)) {
            let job = format!("deploy `{}`", deploy.name.node);
            add(name, SecretKind::File, job, Some(&deploy.common));
        }
        if let Some(Target::Ssh(s)) = deploy.target.as_ref().map(|t| &t.node) {
            for name in [&s.key, &s.known_hosts] {
                add(name, SecretKind::File, format!("deploy `{}`", deploy.name.node), Some(&deploy.common));
            }
        }
        let state = spec.state.iter().flat_map(|s| &s.secrets);
        let watch = deploy.watch.iter().flat_map(Watch::asked_with);
        for name in state.chain(watch) {
            let job = format!("deploy `{}`", deploy.name.node);
            add(name, SecretKind::Text, job, Some(&deploy.common));
        }
    }
    for notify in &spec.notify {
        add(&notify.secret, SecretKind::Text, "a notification".into(), None);
    }
    uses
}

/// A time limit of the spec.
pub(crate) struct Limit<'a> {
    /// `` the timeout of gate `quality` ``.
    pub what: String,
    /// The limit.
    pub value: &'a Spanned<Duration>,
    /// What the job carries that it belongs to.
    pub common: &'a Common,
    /// The job itself runs this long at most (an approval's `expires` holds no runner).
    pub running: bool,
}

/// Every time limit.
pub(crate) fn limits(spec: &Spec) -> Vec<Limit<'_>> {
    let mut limits = Vec::new();
    for job in jobs(spec) {
        if let Some(value) = &job.common.timeout {
            let what = format!("the timeout of {}", job.what);
            limits.push(Limit { what, value, common: job.common, running: true });
        }
    }
    for deploy in spec.deploys.values() {
        let name = &deploy.name.node;
        let target = match deploy.target.as_ref().map(|t| &t.node) {
            Some(Target::Kubernetes(k)) => k.timeout.as_ref(),
            Some(Target::ArgoRollouts(a)) => a.timeout.as_ref(),
            Some(Target::Command(c)) => c.timeout.as_ref(),
            Some(Target::Ssh(s)) => s.timeout.as_ref(),
            _ => None,
        };
        let expires = deploy.approval.as_ref().and_then(|a| a.expires.as_ref());
        let pairs = [
            (target, format!("the timeout of the target of deploy `{name}`"), true),
            (expires, format!("`expires` of the approval of deploy `{name}`"), false),
        ];
        for (value, what, running) in pairs {
            if let Some(value) = value {
                limits.push(Limit { what, value, common: &deploy.common, running });
            }
        }
    }
    limits
}

/// A path of the spec.
pub(crate) struct PathRef<'a> {
    /// `metrics`, `install`.
    pub word: &'static str,
    /// The path.
    pub path: &'a Spanned<String>,
    /// The working folder that applies, below the root.
    pub workdir: &'a str,
}

/// Every path of the spec except those of `emit`.
pub(crate) fn paths(spec: &Spec) -> Vec<PathRef<'_>> {
    let mut out = Vec::new();
    let whole = spec.workdir.as_ref().map_or("", |w| w.node.as_str());
    let mut add = |word, path, workdir| out.push(PathRef { word, path, workdir });
    if let Some(path) = &spec.workdir {
        add("workdir", path, "");
    }
    if let Some(Install::Pip(files)) = spec.python.as_ref().and_then(|p| p.install.as_ref()) {
        files.iter().for_each(|path| add("install", path, whole));
    }
    for job in jobs(spec) {
        if let Some(path) = &job.common.workdir {
            add("workdir", path, "");
        }
    }
    for model in spec.models.values() {
        if let Some(path) = &model.save {
            add("save", path, "");
        }
        if let Some(ModelSource::Path(path)) = model.source.as_ref().map(|s| &s.node) {
            add("source path", path, "");
        }
    }
    for gate in spec.gates.values() {
        let workdir = gate.common.workdir.as_ref().map_or(whole, |w| w.node.as_str());
        gate.reports.iter().for_each(|r| add("report", &r.path, workdir));
        gate.artifacts.iter().for_each(|path| add("artifact", path, workdir));
        gate.metrics.iter().for_each(|m| add("metrics", &m.path, workdir));
        gate.baseline.iter().for_each(|path| add("baseline", path, workdir));
    }
    if let Some(image) = &spec.image {
        image.dockerfile.iter().for_each(|path| add("dockerfile", path, ""));
        image.context.iter().for_each(|path| add("context", path, ""));
    }
    out
}

/// A path with `.` and `..` resolved; nothing when it leaves the folder it starts in.
pub(crate) fn normal(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in Utf8Path::new(path).components() {
        match part {
            Utf8Component::Normal(p) => parts.push(p),
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir => {
                parts.pop()?;
            }
            Utf8Component::RootDir | Utf8Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}

/// True when `path` is `folder` or below it; both normal. An empty folder holds everything.
pub(crate) fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The deploy that this one waits for: its `after`, or the one written before it.
pub(crate) fn deploy_before<'a>(spec: &'a Spec, deploy: &Deploy) -> Option<&'a Deploy> {
    if let Some(after) = &deploy.after {
        return spec.deploys.get(&after.node);
    }
    let index = spec.deploys.get_index_of(&deploy.name.node)?;
    spec.deploys.get_index(index.checked_sub(1)?).map(|(_, d)| d)
}

/// Does this deploy serve production: by its `tier`, else by its name, as the plan guesses it?
pub(crate) fn is_production(deploy: &Deploy) -> bool {
    match &deploy.tier {
        Some(tier) => tier.node == "production",
        None => deploy.name.starts_with("prod") || deploy.name.node == "live",
    }
}

/// True when a tag names another image after every commit, so that it is never pushed over.
pub(crate) fn is_fixed(tag: &ImageTag) -> bool {
    match tag {
        ImageTag::Commit | ImageTag::ShortCommit | ImageTag::Tag => true,
        ImageTag::Branch | ImageTag::Latest => false,
        ImageTag::Text(text) => {
            let moving = |p: &TemplatePiece| matches!(p, TemplatePiece::Ref(name) if name == "branch");
            text.as_literal().as_deref() != Some("latest") && !text.0.iter().any(moving)
        }
    }
}

/// `on push`, `` on event `x` ``: an event in the words of the language.
pub(crate) fn event_words(event: &Event) -> String {
    match event {
        Event::Push(_) => "on push".into(),
        Event::Tag(_) => "on tag".into(),
        Event::PullRequest(_) => "on pull_request".into(),
        Event::Schedule { .. } => "on schedule".into(),
        Event::Manual(_) => "on manual".into(),
        Event::Named { name, .. } => format!("on event {}", name.node),
        Event::Change(name) => format!("on change data {}", name.node),
    }
}

/// Every `on` of the pipeline, of its deploys, of its `reconcile` and of its `drill`.
pub(crate) fn every_on(spec: &Spec) -> impl Iterator<Item = &On> {
    let deploys = spec.deploys.values().flat_map(|d| &d.on);
    let more = spec.reconcile.iter().map(|r| &r.on).chain(spec.drill.iter().map(|d| &d.on));
    spec.on.iter().chain(deploys).chain(more)
}

/// The deploys that a `drill` rehearses, each once, with the name that the drill has for it.
pub(crate) fn drilled(spec: &Spec) -> impl Iterator<Item = (&Spanned<String>, &Deploy)> {
    let mut seen = Vec::new();
    let named = spec.drill.iter().flat_map(|d| &d.deploys);
    named.filter_map(move |name| {
        let again = seen.contains(&name.node.as_str());
        seen.push(name.node.as_str());
        spec.deploys.get(&name.node).filter(|_| !again).map(|deploy| (name, deploy))
    })
}

/// The metrics of a JUnit file, as the language knows them.
pub(crate) const JUNIT_METRICS: [&str; 6] = ["tests", "failures", "errors", "skipped", "passed", "time"];

/// True when every metrics file of the list is JUnit XML (and there is one), so that its metrics are known.
pub(crate) fn only_junit(files: &[crate::spec::MetricsFile]) -> bool {
    !files.is_empty() && files.iter().all(|f| f.format.node == MetricsFormat::Junit)
}

/// A span for a finding about the pipeline as a whole.
pub(crate) fn pipeline_span(spec: &Spec) -> Span {
    spec.pipeline.span
}

/// The inputs that an event brings.
pub(crate) fn inputs(on: &On) -> &[Input] {
    match &on.event {
        Event::Manual(inputs) | Event::Named { inputs, .. } => inputs,
        _ => &[],
    }
}

/// Every variable and secret of a spec that is defined or named: its kind, name and place.
pub(crate) fn variables(spec: &Spec) -> Vec<(&'static str, &str, Span)> {
    let mut all: Vec<_> = spec.env.iter().map(|(k, v)| ("variable", k.as_str(), v.span)).collect();
    for job in jobs(spec) {
        all.extend(job.common.env.iter().map(|(k, v)| ("variable", k.as_str(), v.span)));
    }
    all.extend(spec.secrets.iter().map(|(k, v)| ("secret", k.as_str(), v.span)));
    all.extend(secret_uses(spec).iter().map(|u| ("secret", u.name.node.as_str(), u.name.span)));
    all
}

/// Was something not understood in the statement that holds this place?
pub(crate) fn doubted(spec: &Spec, place: Span) -> bool {
    spec.doubtful.iter().any(|d| d.contains(place))
}

/// May a finding be no more than the echo of a fault that the front end has told?
pub(crate) fn echoes(absence: Absence, spec: &Spec, finding: &Finding) -> bool {
    match absence {
        _ if spec.doubtful.is_empty() => false,
        Absence::Nowhere => false,
        Absence::Here => finding.span.is_some_and(|at| doubted(spec, at)),
        Absence::Anywhere => true,
    }
}
