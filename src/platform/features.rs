//! The rows of the capability tables, and which of them a pipeline uses.
//!
//! A feature is something that a platform could do by its own means. What the script does alone inside a job
//! (thresholds, repetitions, seeds, building, scanning, rolling out) is the same bytes everywhere and has no row.

use super::Support;
use crate::diag::Span;
use crate::plan::{Condition, GateWork, Job, NotifyWork, Plan, RunIf, Trigger, Work};
use crate::spec::{Event, InputKind, Spec};
use serde::{Serialize, Serializer};
use std::collections::HashSet;

macro_rules! features {
    ($($(#[doc = $doc:literal])+ $variant:ident $words:literal;)*) => {
        /// A row of the capability tables.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Feature {
            $($(#[doc = $doc])+ $variant),*
        }

        impl Feature {
            /// Every feature, in the order in which they are shown.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// In the words of the language where it has some: `on schedule`.
            pub fn words(self) -> &'static str {
                match self { $(Self::$variant => $words),* }
            }

            /// What it is, in one sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii()),* }
            }
        }
    };
}

features! {
    /// A push to a named branch starts a run.
    OnPush "on push";
    /// A push of a named tag starts a run.
    OnTag "on tag";
    /// A pull (merge, change) request into a named branch starts a run.
    OnPullRequest "on pull_request";
    /// The clock starts a run on the home branch.
    OnSchedule "on schedule";
    /// A schedule counts in a time zone of its own.
    Timezone "on schedule … timezone";
    /// Schedules of one pipeline count in different time zones.
    TwoTimezones "schedules in two time zones";
    /// A person starts a run.
    OnManual "on manual";
    /// An authenticated call starts a run.
    OnEvent "on event";
    /// An input that holds a line of text.
    InputString "input … string";
    /// An input that holds a decimal number.
    InputNumber "input … number";
    /// An input that is true or false.
    InputBool "input … bool";
    /// An input that is one of a list.
    InputChoice "input … choice";
    /// Several pipelines in one repository.
    SeveralPipelines "several pipelines";
    /// A job that must hold before anything ships.
    Gate "gate";
    /// A job waits for others and starts only when they succeeded.
    Order "after, needs";
    /// A job runs for some events and branches and not for others.
    Conditions "jobs of some events only";
    /// A gate that reports and never blocks.
    Advisory "advisory";
    /// Test reports are shown by the platform.
    ReportJunit "report junit";
    /// A gate's numbers are shown by the platform.
    Metrics "metrics";
    /// Files are kept for people.
    Artifact "artifact";
    /// Commands run under a chosen Python, with its dependencies.
    Python "python";
    /// A job runs on a chosen machine.
    Runner "runner";
    /// Nothing is downloaded on that machine.
    Offline "runner … offline";
    /// A job's commands have a limit of their own.
    Timeout "timeout";
    /// Environment variables of jobs.
    Env "env";
    /// Commands run in a folder of the repository.
    Workdir "workdir";
    /// A model's version and checksum are resolved once for the run.
    Model "model";
    /// An image is built once and known by its digest.
    Image "image";
    /// A value that only the jobs that name it may see.
    Secret "secret";
    /// A job that is somebody in a cloud, without a key that lasts.
    Auth "auth";
    /// Pull requests of forks and bots run without secrets, and say so.
    Withheld "secrets withheld from forks";
    /// The critical section that puts an artifact live.
    Deploy "deploy";
    /// A release takes over in steps, and each is seen by itself.
    Canary "canary";
    /// A release starts beside what is live and is switched over at once.
    BlueGreen "blue_green";
    /// A release gets copies of another environment's requests.
    Shadow "shadow";
    /// The platform knows where a deploy goes to.
    Environment "deploy's environment";
    /// One deploy of an environment at a time, which no newer run cancels.
    Lock "one deploy at a time";
    /// Deploys that wait go in the order in which they came.
    LockOrder "deploys in order";
    /// What was live comes back after a failed deploy.
    RestoreFailed "put back after a failure";
    /// What was live comes back after a deploy that a person cancelled.
    RestoreCancelled "put back after a cancel";
    /// What a deploy left whose runner was lost is put back by a job behind it.
    Reconcile "put back after a lost runner";
    /// A rollback is rehearsed by the clock.
    Drill "drill";
    /// A person says yes before a deploy starts.
    Approval "approval required";
    /// Named people or groups say it.
    ApprovalBy "approval … by";
    /// A question that nobody answers in time is void.
    ApprovalExpires "approval … expires";
    /// A person starts a second run with the digest, where nobody can be asked.
    ApprovalByDispatch "approval by_dispatch";
    /// A release has run somewhere for a time before the next deploy starts, and no runner waits.
    Soak "soak";
    /// Somebody is told how a run ended.
    Notify "notify";
    /// The same, where several pipelines are in one repository.
    NotifyShared "notify, several pipelines";
}

impl Serialize for Feature {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.words())
    }
}

/// A feature that a pipeline uses, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// Which.
    pub feature: Feature,
    /// Places in the spec, in its order; empty only where no statement stands for it.
    pub places: Vec<Span>,
}

/// The features that a plan uses, in the order of [`Feature::ALL`].
pub fn features(plan: &Plan) -> Vec<Feature> {
    let mut found = Found::default();
    found.plan(plan);
    found.in_order().into_iter().map(|u| u.feature).collect()
}

/// The same with the places in the spec that the plan was made from.
pub fn used(spec: &Spec, plan: &Plan) -> Vec<Use> {
    let mut found = Found::default();
    found.plan(plan);
    for on in &spec.on {
        match &on.event {
            Event::Push(_) => found.place(&[Feature::OnPush], on.span),
            Event::Tag(_) => found.place(&[Feature::OnTag], on.span),
            Event::PullRequest(_) => found.place(&[Feature::OnPullRequest], on.span),
            Event::Schedule { timezone: zone, .. } => {
                found.place(&[Feature::OnSchedule], on.span);
                if zone.is_some() {
                    found.place(&[Feature::Timezone, Feature::TwoTimezones], on.span);
                }
            }
            Event::Manual(inputs) => {
                found.place(&[Feature::OnManual], on.span);
                inputs.iter().for_each(|i| found.place(&[kind(&i.kind)], i.name.span));
            }
            Event::Named { inputs, .. } => {
                found.place(&[Feature::OnEvent], on.span);
                inputs.iter().for_each(|i| found.place(&[kind(&i.kind)], i.name.span));
            }
            Event::Change(_) => {}
        }
    }
    spec.env.values().for_each(|v| found.place(&[Feature::Env], v.span));
    spec.workdir.iter().for_each(|w| found.place(&[Feature::Workdir], w.span));
    spec.python.iter().for_each(|p| found.only_at(Feature::Python, p.span));
    spec.auth.iter().for_each(|a| found.place(&[Feature::Auth], a.span));
    spec.runner.iter().for_each(|r| found.only_at(Feature::Runner, r.span));
    found.in_order()
}

fn kind(kind: &InputKind) -> Feature {
    match kind {
        InputKind::String => Feature::InputString,
        InputKind::Number => Feature::InputNumber,
        InputKind::Bool => Feature::InputBool,
        InputKind::Choice(_) => Feature::InputChoice,
    }
}

/// Features found so far.
#[derive(Default)]
struct Found(Vec<Use>);

impl Found {
    fn add(&mut self, feature: Feature, place: Option<Span>) {
        let at = self.0.iter().position(|u| u.feature == feature).unwrap_or_else(|| {
            self.0.push(Use { feature, places: Vec::new() });
            self.0.len() - 1
        });
        let places = &mut self.0[at].places;
        if let Some(place) = place.filter(|p| !places.contains(p)) {
            places.push(place);
        }
    }

    /// Says where a feature stands that the plan was found to use.
    fn place(&mut self, features: &[Feature], place: Span) {
        for feature in features {
            if self.0.iter().any(|u| u.feature == *feature) {
                self.add(*feature, Some(place));
            }
        }
    }

    /// Takes one statement for the place of a feature that many jobs have by it.
    fn only_at(&mut self, feature: Feature, place: Span) {
        if let Some(found) = self.0.iter_mut().find(|u| u.feature == feature) {
            found.places = vec![place];
        }
    }

    fn in_order(mut self) -> Vec<Use> {
        self.0.sort_by_key(|u| u.feature);
        for found in &mut self.0 {
            found.places.sort();
        }
        self.0
    }

    /// Every field is named, so that a new one does not go by unseen.
    fn plan(&mut self, plan: &Plan) {
        let Plan {
            schema: _,
            pipeline: _,
            source: _,
            sha256: _,
            script: _,
            emit,
            triggers,
            home_branch: _,
            inputs,
            env,
            // Counted where a job runs under it.
            python: _,
            // Every one of them is a job's.
            secrets: _,
            jobs,
            // The pipeline beside it has them; whoever reads the spec wants to know of them here.
            drills,
            defaults,
            notes: _,
        } = plan;
        self.triggers(triggers);
        inputs.iter().for_each(|i| self.add(kind(&i.kind), None));
        if !env.is_empty() {
            self.add(Feature::Env, None);
        }
        let shared = emit.iter().any(|e| e.shared_root);
        if shared {
            self.add(Feature::SeveralPipelines, None);
        }
        let defaults: HashSet<&str> = defaults.iter().map(|d| d.place.as_str()).collect();
        let mut conditions: Vec<&Condition> = Vec::new();
        for job in jobs.iter().filter(|j| limited(&j.work)) {
            // Two that differ are enough: every job differs from one of them.
            if conditions.len() < 2 && !conditions.contains(&&job.condition) {
                conditions.push(&job.condition);
            }
        }
        for drill in drills {
            self.add(Feature::Drill, Some(drill.origin.span));
        }
        for job in jobs {
            let at = Some(job.origin.span);
            self.job(job);
            if shared && matches!(job.work, Work::Notify(_)) {
                self.add(Feature::NotifyShared, at);
            }
            if limited(&job.work) && !defaults.contains(format!("{}.timeout", job.id).as_str()) {
                self.add(Feature::Timeout, at);
            }
            if conditions.iter().any(|other| **other != job.condition) {
                self.add(Feature::Conditions, at);
            }
        }
    }

    fn triggers(&mut self, triggers: &[Trigger]) {
        let mut zones = Vec::new();
        for trigger in triggers {
            let feature = match trigger {
                Trigger::Push { branches: _ } => Feature::OnPush,
                Trigger::Tag { tags: _ } => Feature::OnTag,
                Trigger::PullRequest { branches: _ } => Feature::OnPullRequest,
                Trigger::Schedule { cron: _, timezone } => {
                    zones.push(timezone.as_deref().unwrap_or("UTC"));
                    if timezone.is_some() {
                        self.add(Feature::Timezone, None);
                    }
                    Feature::OnSchedule
                }
                Trigger::Manual => Feature::OnManual,
                Trigger::Named { name: _ } => Feature::OnEvent,
            };
            self.add(feature, None);
        }
        if zones.windows(2).any(|w| w[0] != w[1]) {
            self.add(Feature::TwoTimezones, None);
        }
    }

    fn job(&mut self, job: &Job) {
        let Job {
            id: _,
            title: _,
            origin,
            needs,
            // Compared job with job by the caller.
            own: _,
            condition: _,
            run_if,
            // A subset of `needs`.
            reads: _,
            runner,
            environment,
            lock,
            ask,
            wait,
            secrets,
            identities,
            // Follow from the work.
            rights: _,
            python,
            // Asked for by the caller, who knows whether it is a default.
            timeout: _,
            steps: _,
            // Every gate writes one; `report junit` is in its work.
            junit: _,
            metrics,
            env,
            workdir,
            work,
        } = job;
        let at = Some(origin.span);
        let mut put = |holds: bool, features: &[Feature]| {
            features.iter().filter(|_| holds).for_each(|f| self.add(*f, at));
        };
        put(*run_if == RunIf::AllSucceeded && !needs.is_empty(), &[Feature::Order]);
        put(runner.name.is_some(), &[Feature::Runner]);
        put(runner.offline, &[Feature::Offline]);
        put(environment.is_some() && matches!(work, Work::Deploy(_)), &[Feature::Environment]);
        put(lock.is_some(), &[Feature::Lock, Feature::LockOrder]);
        put(ask.is_some(), &[Feature::Approval]);
        put(ask.as_ref().is_some_and(|a| !a.by.is_empty()), &[Feature::ApprovalBy]);
        put(ask.as_ref().is_some_and(|a| a.expires.is_some()), &[Feature::ApprovalExpires]);
        put(wait.is_some(), &[Feature::Soak]);
        put(!secrets.is_empty(), &[Feature::Secret]);
        put(!identities.is_empty(), &[Feature::Auth]);
        put(*python, &[Feature::Python]);
        put(*metrics, &[Feature::Metrics]);
        put(!env.is_empty(), &[Feature::Env]);
        put(workdir.is_some(), &[Feature::Workdir]);
        self.work(work, at);
    }

    fn work(&mut self, work: &Work, at: Option<Span>) {
        match work {
            Work::Gate(gate) => self.gate(gate, at),
            Work::Model(_) => self.add(Feature::Model, at),
            Work::Image(_) => self.add(Feature::Image, at),
            // What is asked is in the job, and how long is waited.
            Work::Approve(_) | Work::Soak(_) => {}
            Work::Deploy(deploy) => {
                if !deploy.canary.is_empty() {
                    self.add(Feature::Canary, at);
                }
                if deploy.blue_green.is_some() {
                    self.add(Feature::BlueGreen, at);
                }
                if deploy.shadow.is_some() {
                    self.add(Feature::Shadow, at);
                }
                if deploy.dispatch.is_some() {
                    self.add(Feature::ApprovalByDispatch, at);
                }
                for feature in [Feature::Deploy, Feature::RestoreFailed, Feature::RestoreCancelled] {
                    self.add(feature, at);
                }
            }
            Work::Reconcile(_) => self.add(Feature::Reconcile, at),
            Work::Drill(_) => self.add(Feature::Drill, at),
            Work::Withheld(_) => self.add(Feature::Withheld, at),
            Work::Notify(NotifyWork { channel: _, url: _, on: _ }) => self.add(Feature::Notify, at),
        }
    }

    fn gate(&mut self, gate: &GateWork, at: Option<Span>) {
        self.add(Feature::Gate, at);
        let GateWork {
            name: _,
            run: _,
            seed: _,
            repeat: _,
            // The job's `metrics` says whether there are numbers.
            metrics: _,
            baseline: _,
            require: _,
            junit,
            artifacts,
            advisory,
            models: _,
            image: _,
            repository: _,
        } = gate;
        if !junit.is_empty() {
            self.add(Feature::ReportJunit, at);
        }
        if !artifacts.is_empty() {
            self.add(Feature::Artifact, at);
        }
        if advisory.is_some() {
            self.add(Feature::Advisory, at);
        }
    }
}

/// Jobs that a statement of the spec stands for, whose time limit and events a person chooses.
fn limited(work: &Work) -> bool {
    matches!(work, Work::Gate(_) | Work::Model(_) | Work::Image(_) | Work::Deploy(_))
}

/// The short form for the head of a file: what it does not hold and what it imitates, each in one line. Empty when
/// everything is the platform's own.
pub fn ledger(back: &dyn super::Platform, plan: &Plan) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    let source = if plan.source.chars().all(plain) { format!(" {}", plan.source) } else { String::new() };
    let used = features(plan);
    let of = |support| {
        let held = |f: &&Feature| back.capability(**f).is_some_and(|c| c.support == support);
        used.iter().filter(held).map(|f| f.words()).collect::<Vec<_>>().join("; ")
    };
    let lines = [("Kept outside this file", Support::Outside), ("Emulated", Support::Emulated)]
        .map(|(head, support)| (head, of(support)))
        .into_iter()
        .filter(|(_, features)| !features.is_empty())
        .map(|(head, features)| format!("{} {head}: {features}\n", back.comment()))
        .collect::<Vec<_>>();
    match lines.as_slice() {
        [] => String::new(),
        lines => {
            let all = lines.concat();
            format!("{} (`mlpipe targets{source}`)\n", all.trim_end())
        }
    }
}
