//! Checked spec to plan. Every default is filled in here, and noted.

mod artifacts;
mod deploys;
mod drill;
mod gates;
mod identities;
mod notify;
mod reconcile;
mod release;
mod runners;
mod second;
mod secrets;
mod shadow;
mod soak;
mod triggers;

use super::{
    Condition, EmitTo, EventKind, FilledDefault, Job, Origin, Plan, PlanPython, RunIf, SCHEMA_VERSION, Step,
    StepWhen, Work,
};
use crate::check::Checked;
use crate::diag::{SourceMap, Span, Spanned};
use crate::fmt;
use crate::spec::{Common, Duration, Install, Spec};
use indexmap::{IndexMap, IndexSet};

use super::PlanInstall;
pub use second::Second;

/// Limit of a job whose spec says none, in seconds.
const DEFAULT_TIMEOUT: u64 = 30 * 60;

/// The plan of a spec that was checked and holds no error.
pub fn build(checked: Checked<'_>, sources: &SourceMap, emit: Vec<EmitTo>) -> Plan {
    let spec = checked.spec();
    let triggers = triggers::Triggers::new(spec);
    let mut b = Builder {
        spec,
        sources,
        triggers,
        jobs: Vec::new(),
        drills: Vec::new(),
        defaults: Vec::new(),
        notes: Vec::new(),
    };
    b.models();
    b.gates_before_image();
    b.image();
    b.gates_on_image();
    b.deploys();
    b.reconciles();
    b.drills();
    b.withheld();
    b.notifications();
    b.finish(emit)
}

struct Builder<'a> {
    spec: &'a Spec,
    sources: &'a SourceMap,
    triggers: triggers::Triggers,
    jobs: Vec<Job>,
    drills: Vec<Job>,
    defaults: Vec<FilledDefault>,
    notes: Vec<String>,
}

/// What a job is made from; the rest follows from the spec and from the jobs it needs.
struct Draft<'a> {
    id: String,
    title: String,
    head: Span,
    args: Vec<String>,
    needs: Vec<String>,
    reads: Vec<String>,
    own: Condition,
    runner: runners::Kind,
    common: &'a Common,
    work: Work,
}

/// Path below the root of the script of a pipeline.
pub fn script_path(pipeline: &str) -> String {
    format!(".mlpipe/{pipeline}.sh")
}

impl Builder<'_> {
    fn finish(mut self, emit: Vec<EmitTo>) -> Plan {
        let spec = self.spec;
        let secrets: IndexSet<String> =
            self.jobs.iter().flat_map(|j| j.secrets.iter().map(|s| s.name.clone())).collect();
        let python = spec.python.as_ref().map(|p| PlanPython {
            version: p.version.node.clone(),
            install: p.install.as_ref().map(install),
        });
        self.notes.extend(self.triggers.notes());
        Plan {
            schema: SCHEMA_VERSION,
            pipeline: spec.pipeline.node.clone(),
            source: spec.path.to_string(),
            sha256: spec.sha256.clone(),
            script: script_path(&spec.pipeline.node),
            emit,
            home_branch: self.triggers.home_branch.clone(),
            inputs: self.triggers.inputs(spec),
            triggers: self.triggers.list,
            env: texts(&spec.env),
            python,
            secrets: secrets.into_iter().collect(),
            jobs: self.jobs,
            drills: self.drills,
            defaults: self.defaults,
            notes: self.notes,
        }
    }

    /// Adds a job; its whole condition is its own and that of everything it needs.
    fn add(&mut self, draft: Draft<'_>) -> &mut Job {
        let Draft { id, title, head, args, needs, reads, own, runner, common, work } = draft;
        let inherited = self.jobs.iter().filter(|j| needs.contains(&j.id)).map(|j| &j.condition);
        let condition = inherited.fold(own.clone(), |c, n| c.and(n));
        let looks = if let Work::Deploy(d) = &work { d.looks_for() } else { 0 };
        let timeout = self.timeout(&id, common.timeout.as_ref(), DEFAULT_TIMEOUT + looks);
        let runner = self.runner(&id, runner, common.runner.as_ref());
        let python = self.spec.python.is_some() && uses_python(&work);
        let job = Job {
            steps: vec![Step { id: "run".into(), title: title.clone(), args, when: StepWhen::Normal }],
            title,
            origin: self.origin(head),
            needs,
            own,
            condition,
            run_if: RunIf::AllSucceeded,
            reads,
            runner,
            environment: None,
            lock: None,
            ask: None,
            wait: None,
            secrets: common.secrets.iter().map(|s| self.secret(s, super::SecretKind::Text)).collect(),
            identities: Vec::new(),
            rights: Vec::new(),
            python,
            timeout,
            junit: matches!(work, Work::Gate(_)),
            metrics: matches!(&work, Work::Gate(g) if !g.require.is_empty()),
            env: texts(&common.env),
            workdir: common.workdir.as_ref().or(self.spec.workdir.as_ref()).map(|w| w.node.clone()),
            work,
            id,
        };
        self.jobs.push(job);
        let last = self.jobs.len() - 1;
        &mut self.jobs[last]
    }

    fn timeout(&mut self, place: &str, said: Option<&Spanned<Duration>>, default: u64) -> u64 {
        if let Some(d) = said {
            return d.node.seconds.ceil() as u64;
        }
        self.defaulted(
            format!("{place}.timeout"),
            minutes(default),
            "a job without a limit can hang for hours",
        );
        default
    }

    fn defaulted(&mut self, place: impl Into<String>, value: impl Into<String>, why: impl Into<String>) {
        self.defaults.push(FilledDefault { place: place.into(), value: value.into(), why: why.into() });
    }

    fn origin(&self, span: Span) -> Origin {
        let head = self.sources.text(span).trim_end().trim_end_matches('{');
        Origin {
            path: self.sources.path(span.file).to_string(),
            line: self.sources.start(span).line,
            text: fmt::one_line(head),
            span,
        }
    }

    fn ids(&self, keep: impl Fn(&Job) -> bool) -> Vec<String> {
        self.jobs.iter().filter(|j| keep(j)).map(|j| j.id.clone()).collect()
    }

    /// On pull requests a job with secrets runs only for branches of this repository.
    fn everywhere(&self, common: &Common, more_secrets: bool) -> Condition {
        let all = self.triggers.everything();
        if common.secrets.is_empty() && !more_secrets { all } else { all.trusted() }
    }
}

fn uses_python(work: &Work) -> bool {
    match work {
        Work::Gate(_) => true,
        Work::Model(m) => {
            matches!(m.source, Some(super::PlanSource::Mlflow { .. } | super::PlanSource::Run { .. }))
        }
        Work::Deploy(d) => {
            let watches = d.watch.as_ref().is_some_and(super::PlanWatch::runs);
            d.smoke.is_some() || watches || matches!(d.target, super::PlanTarget::Command { .. })
        }
        Work::Soak(s) => s.watch.as_ref().is_some_and(super::PlanWatch::runs),
        Work::Image(i) => i.models.iter().any(|m| {
            matches!(m.source, Some(super::PlanSource::Mlflow { .. } | super::PlanSource::Run { .. }))
        }),
        // A reconcile is made from its deploy, and a drill from that.
        Work::Approve(_) | Work::Withheld(_) | Work::Notify(_) | Work::Reconcile(_) | Work::Drill(_) => false,
    }
}

fn texts(env: &IndexMap<String, Spanned<super::Text>>) -> IndexMap<String, super::Text> {
    env.iter().map(|(k, v)| (k.clone(), v.node.clone())).collect()
}

fn install(i: &Install) -> PlanInstall {
    let words = |v: &[Spanned<String>]| v.iter().map(|s| s.node.clone()).collect();
    match i {
        Install::Pip(files) => PlanInstall::Pip { files: words(files) },
        Install::Poetry(groups) => PlanInstall::Poetry { groups: words(groups) },
        Install::Uv(groups) => PlanInstall::Uv { groups: words(groups) },
    }
}

/// `30m`, `90s`, `2h`.
fn minutes(seconds: u64) -> String {
    match seconds {
        s if s > 0 && s % 3600 == 0 => format!("{}h", s / 3600),
        s if s > 0 && s % 60 == 0 => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}

fn is_pull_request(event: &EventKind) -> bool {
    *event == EventKind::PullRequest
}
