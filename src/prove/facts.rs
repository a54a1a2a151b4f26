//! Facts that no event and no outcome changes, compared with the plan's.

use super::compare::{Called, Matched};
use super::graph::{Call, JobFacts, Value};
use super::{Aspect, Difference};
use crate::plan::{
    EnvironmentPurpose, Job, Plan, PlanEnvironment, PlanInput, Right, RunIf, SecretFrom, SecretKind,
    StepWhen, Trigger,
};
use crate::spec::PlatformName;

/// Every fact of every job, and those of the file.
pub(super) fn compare(platform: PlatformName, m: &Matched<'_>) -> Vec<Difference> {
    let mut found = Vec::new();
    for (line, what) in &m.facts.hazards {
        found.push(Difference { line: *line, ..Difference::new(Aspect::Hazard, what.clone()) });
    }
    file(platform, m, &mut found);
    for (i, facts) in m.facts.jobs.iter().enumerate() {
        match m.of[i] {
            None => found.push(Difference {
                line: facts.line,
                ..Difference::new(
                    Aspect::Call,
                    format!("the job `{}` calls nothing that the plan knows", facts.name),
                )
            }),
            Some(j) => {
                let job = &m.plan.jobs[j];
                let one = One { platform, plan: m.plan, job, facts };
                one.compare(m, i, &mut found);
            }
        }
    }
    for (j, job) in m.plan.jobs.iter().enumerate() {
        let count = m.of.iter().filter(|o| **o == Some(j)).count();
        if count != 1 {
            let what = if count == 0 { "is not in the file" } else { "is in the file more than once" };
            found.push(Difference {
                job: Some(job.id.clone()),
                ..Difference::new(Aspect::Call, format!("the job `{}` {what}", job.id))
            });
        }
    }
    found
}

fn file(platform: PlatformName, m: &Matched<'_>, found: &mut Vec<Difference>) {
    let mut schedules: Vec<(String, Option<String>)> = Vec::new();
    for t in &m.plan.triggers {
        if let Trigger::Schedule { cron, timezone } = t {
            // Without a zone GitHub means UTC; Jenkins means its controller's, so that its file has to say UTC.
            let said = (platform == PlatformName::Jenkins).then(|| "UTC".to_owned());
            schedules.push((cron.clone(), timezone.clone().or(said)));
        }
    }
    let mut says = m.facts.schedules.clone();
    says.sort();
    schedules.sort();
    // GitLab keeps schedules in the project's settings.
    if platform != PlatformName::Gitlab && says != schedules {
        found.push(Difference::new(
            Aspect::Trigger,
            format!("the file's schedules are {says:?}, the plan's {schedules:?}"),
        ));
    }
    for input in m.plan.inputs.iter().filter(|i| i.manual || platform != PlatformName::Github) {
        let says = m.facts.inputs.iter().find(|(n, _)| *n == input.name);
        if says.map(|(_, d)| d.as_str()) != Some(&input.default) {
            found.push(Difference::new(
                Aspect::Trigger,
                format!("the input `{}` with its default is not in the file", input.name),
            ));
        }
    }
    if platform == PlatformName::Github {
        let brings = |i: &&PlanInput| !i.events.is_empty();
        let mut wants: Vec<String> = m.plan.inputs.iter().filter(brings).map(|i| i.name.clone()).collect();
        wants.sort();
        if m.facts.brought != wants {
            let what = format!("events bring the inputs {:?}, in the plan {wants:?}", m.facts.brought);
            found.push(Difference::new(Aspect::Trigger, what));
        }
    }
    for (name, _) in m.facts.inputs.iter().filter(|_| !m.facts.shared) {
        if !m.plan.inputs.iter().any(|i| i.name == *name) {
            found.push(Difference::new(Aspect::Trigger, format!("the plan has no input `{name}`")));
        }
    }
}

/// Variables that steer the platform or its container engine, whatever the plan is; the commands of a job do not read
/// what a release decides from them.
const PLATFORMS_OWN: &[(PlatformName, &str)] = &[
    (PlatformName::Gitlab, "DOCKER_CERT_PATH"),
    (PlatformName::Gitlab, "DOCKER_HOST"),
    (PlatformName::Gitlab, "DOCKER_TLS_CERTDIR"),
    (PlatformName::Gitlab, "DOCKER_TLS_VERIFY"),
    (PlatformName::Gitlab, "GIT_DEPTH"),
    (PlatformName::Gitlab, "GIT_STRATEGY"),
    (PlatformName::Gitlab, "GIT_SUBMODULE_STRATEGY"),
    (PlatformName::Gitlab, "RUNNER_AFTER_SCRIPT_TIMEOUT"),
    (PlatformName::Gitlab, "RUNNER_SCRIPT_TIMEOUT"),
    (PlatformName::Jenkins, "GIT_COMMIT"),
    (PlatformName::Jenkins, "GIT_URL"),
];

struct One<'a> {
    platform: PlatformName,
    plan: &'a Plan,
    job: &'a Job,
    facts: &'a JobFacts,
}

impl One<'_> {
    fn compare(&self, m: &Matched<'_>, index: usize, found: &mut Vec<Difference>) {
        let mut differ = |aspect: Aspect, field: &str, what: String| {
            let line =
                self.facts.lines.iter().find(|(f, _)| *f == field).map_or(self.facts.line, |(_, l)| *l);
            found.push(Difference { job: Some(self.job.id.clone()), line, ..Difference::new(aspect, what) });
        };
        self.section(&mut differ);
        self.trust(&mut differ);
        self.files(m, &mut differ);
        for (call, called) in self.facts.calls.iter().zip(&m.calls[index]) {
            self.call(call, *called, m, m.of[index], &mut differ);
        }
        for (seconds, calls) in &self.facts.shared_limits {
            let known = calls.iter().filter_map(|c| m.calls[index].get(*c).copied().flatten());
            let needed: u64 = known.map(|c| self.limit(c)).sum();
            if *seconds <= needed {
                let what =
                    format!("{} calls share a limit of {seconds} s and may take {needed} s", calls.len());
                differ(Aspect::Timeout, "backstop", what);
            }
        }
    }

    fn section(&self, differ: &mut dyn FnMut(Aspect, &str, String)) {
        let lock = self.facts.lock.as_ref();
        match (&self.job.lock, lock) {
            (None, None) => {}
            (Some(want), None) => differ(Aspect::Lock, "lock", format!("the lock `{want}` is not held")),
            (None, Some(l)) => {
                differ(Aspect::Lock, "lock", format!("the plan knows no lock `{}` here", l.name))
            }
            (Some(want), Some(l)) => {
                if l.name != *want {
                    differ(Aspect::Lock, "lock", format!("the lock is `{}`, not `{want}`", l.name));
                }
                if l.cancels {
                    differ(Aspect::Lock, "lock", "a newer run cancels the one that holds the lock".into());
                }
                if l.displaces {
                    differ(Aspect::Lock, "lock", "a newer run displaces one that waits for the lock".into());
                }
                if !l.whole {
                    differ(Aspect::Lock, "lock", "the lock does not cover the whole job, and only it".into());
                }
            }
        }
        let wants = self.job.ask.as_ref().filter(|_| self.platform != PlatformName::Github);
        match (wants, &self.facts.asks) {
            (None, None) => {}
            (Some(_), None) => differ(Aspect::Ask, "asks", "nobody is asked".into()),
            (None, Some(_)) => {
                differ(Aspect::Ask, "asks", "somebody is asked and the plan does not say so".into())
            }
            (Some(want), Some(a)) => {
                if !a.blocks {
                    differ(Aspect::Ask, "asks", "what needs the job does not wait for the answer".into());
                }
                if !a.first {
                    differ(
                        Aspect::Ask,
                        "asks",
                        "it is asked inside a lock, or before the conditions hold".into(),
                    );
                }
                // GitLab keeps who may answer in its settings, and has no end to a question; the script looks at both.
                let expires = want.expires.map(|e| e.seconds.ceil() as u64);
                if self.platform == PlatformName::Jenkins
                    && (a.by != want.by || !self.stands(expires, a.expires))
                {
                    differ(Aspect::Ask, "asks", "other people may answer, or for another time".into());
                }
            }
        }
        // GitHub keeps it behind the environment's name, and the script looks into the ledger on all of them.
        let wants = self.job.wait.filter(|_| self.platform != PlatformName::Github);
        if self.facts.waits != wants {
            let says = |s: Option<u64>| s.map_or("not".to_owned(), |s| format!("{s} s"));
            let what =
                format!("it waits {} before it starts, in the plan {}", says(self.facts.waits), says(wants));
            differ(Aspect::Wait, "waits", what);
        }
        let environment = self.job.environment.as_ref().map(|e| e.name.as_str());
        let wants = environment.filter(|_| self.platform != PlatformName::Jenkins);
        if self.facts.environment.as_deref() != wants {
            let is = self.facts.environment.as_deref().unwrap_or("none");
            let what = format!("the environment is {is}, not {}", wants.unwrap_or("none"));
            differ(Aspect::Environment, "environment", what);
        }
        let nothing = |e: &PlanEnvironment| e.purpose == EnvironmentPurpose::Reconcile;
        let wants = wants.is_some() && self.job.environment.as_ref().is_some_and(nothing);
        if self.facts.deploys_nothing != wants {
            let what = if wants {
                "the platform takes the job for a deploy"
            } else {
                "the platform does not take the job for a deploy"
            };
            differ(Aspect::Environment, "environment", what.to_owned());
        }
    }

    /// Jenkins' limit on a question runs on behind the answer: over the script, which refuses a late one, and over a wait for
    /// an agent, of up to a day.
    fn stands(&self, wants: Option<u64>, says: Option<u64>) -> bool {
        match (wants, says) {
            (None, None) => true,
            (Some(wants), Some(says)) => {
                (1..=86_400).contains(&says.saturating_sub(wants + self.job.longest()))
            }
            _ => false,
        }
    }

    fn trust(&self, differ: &mut dyn FnMut(Aspect, &str, String)) {
        if self.platform == PlatformName::Github {
            let mut wants = vec!["contents: read".to_owned()];
            wants.extend(self.job.rights.iter().map(|r| match r {
                Right::WritePackages => "packages: write".to_owned(),
                Right::ReadRuns => "actions: read".to_owned(),
                Right::IdToken => "id-token: write".to_owned(),
            }));
            wants.sort();
            if self.facts.permissions != wants {
                let what = format!("the token may do {:?}, not {wants:?}", self.facts.permissions);
                differ(Aspect::Permissions, "permissions", what);
            }
        }
        if self.facts.credentials_left {
            let what = "the checkout leaves its credentials on disk".to_owned();
            differ(Aspect::Permissions, "credentials", what);
        }
        let runner = &self.job.runner;
        let wants = match self.platform {
            PlatformName::Github => runner.github.clone(),
            PlatformName::Jenkins => vec![runner.jenkins.clone()],
            PlatformName::Gitlab => {
                let g = &runner.gitlab;
                g.tags.iter().chain(&g.image).chain(&g.services).cloned().collect()
            }
        };
        if self.facts.runner != wants {
            let what = format!("it runs on {:?}, not on {wants:?}", self.facts.runner);
            differ(Aspect::Runner, "runner", what);
        }
    }

    fn files(&self, m: &Matched<'_>, differ: &mut dyn FnMut(Aspect, &str, String)) {
        let id = &self.job.id;
        let keeps = [format!("mlpipe-out/{id}"), format!("mlpipe-out/{id}.json")];
        if self.facts.keeps != keeps {
            let what = format!("it keeps {:?}, not its record and its reports", self.facts.keeps);
            differ(Aspect::Artifacts, "keeps", what);
        }
        if !self.facts.keeps_always {
            differ(Aspect::Artifacts, "keeps", "its record is lost when it fails".into());
        }
        let plan_id = |name: &str| {
            let index = m.facts.jobs.iter().position(|j| j.name == name);
            index.and_then(|i| m.of[i]).map_or(name.to_owned(), |j| m.plan.jobs[j].id.clone())
        };
        let mut reads: Vec<String> = self.facts.reads.iter().map(|n| plan_id(n)).collect();
        let mut wants = self.job.reads.clone();
        reads.sort();
        wants.sort();
        if reads != wants && reads != ["*"] {
            let what = format!("it reads the records of {reads:?}, not of {wants:?}");
            differ(Aspect::Artifacts, "reads", what);
        }
        if self.job.run_if == RunIf::AllSucceeded && !self.facts.tolerates.is_empty() {
            let what = format!("it goes on without the records of {:?}", self.facts.tolerates);
            differ(Aspect::Artifacts, "reads", what);
        }
        if reads == ["*"] && wants.len() < 2 {
            differ(Aspect::Artifacts, "reads", "it reads the records of all jobs".into());
        }
        let shown = self.platform != PlatformName::Github;
        let junit = (self.job.junit && shown).then(|| format!("mlpipe-out/{id}/junit.xml"));
        if self.facts.junit != junit {
            differ(Aspect::Artifacts, "junit", "its JUnit report is another one, or none".into());
        }
        let metrics = (self.job.metrics && self.platform == PlatformName::Gitlab)
            .then(|| format!("mlpipe-out/{id}/metrics.txt"));
        if self.facts.metrics != metrics {
            differ(Aspect::Artifacts, "metrics", "its metrics report is another one, or none".into());
        }
    }

    fn call(
        &self,
        call: &Call,
        called: Option<Called>,
        m: &Matched<'_>,
        own: Option<usize>,
        differ: &mut dyn FnMut(Aspect, &str, String),
    ) {
        let words = call.args.join(" ");
        let Some(called) = called.filter(|c| Some(c.job()) == own) else {
            differ(Aspect::Call, "calls", format!("the plan does not call `{words}` here"));
            return;
        };
        if call.script != self.plan.script {
            differ(Aspect::Call, "calls", format!("it calls `{}`, not `{}`", call.script, self.plan.script));
        }
        let limit = self.limit(called);
        // The platform's clock starts first. What may put back has minutes to spare in its limit; the others have none.
        let spare = u64::from(self.job.restore_seconds() == 0);
        if call.backstop.is_none_or(|b| b < limit + spare) {
            let what = format!("the platform may stop `{words}` before the script does ({limit} s)");
            differ(Aspect::Timeout, "backstop", what);
        }
        let first = matches!(called, Called::Phases(_) | Called::Step(_, 0));
        for what in self.environment(call, first, m.facts.shared) {
            differ(Aspect::Secrets, "env", format!("`{words}`: {what}"));
        }
    }

    /// How long the script lets a call take, in seconds.
    fn limit(&self, called: Called) -> u64 {
        match called {
            Called::Step(_, i) if self.job.steps[i].when == StepWhen::Unfinished => {
                self.job.restore_seconds()
            }
            // GitHub's limit is the whole job's.
            Called::Step(..) if self.platform != PlatformName::Github => self.job.timeout,
            _ => self.job.longest(),
        }
    }

    /// What the file gives a call in its environment, and should not, or does not give it, and should.
    fn environment(&self, call: &Call, first: bool, shared: bool) -> Vec<String> {
        let mut found = Vec::new();
        let mut wants: Vec<(String, Value)> = Vec::new();
        for s in &self.job.secrets {
            let kept = |name: &str| match (s.kind, self.platform) {
                (SecretKind::File, PlatformName::Jenkins) => Value::SecretFile(name.to_owned()),
                _ => Value::Secret(name.to_owned()),
            };
            if self.platform == PlatformName::Github
                && matches!(s.from, SecretFrom::GithubToken | SecretFrom::GithubTokenOnly)
            {
                // The right to read runs is used by the first call only; a registry's token by every one.
                let asks = self.job.rights.contains(&Right::ReadRuns) && s.name == "GITHUB_TOKEN";
                if s.from == SecretFrom::GithubToken && !asks {
                    wants.push((s.name.clone(), Value::Token));
                }
            } else if let Some(name) = s.stored_on(self.platform)
                // GitLab gives a job its variables by itself, under their own names.
                && (self.platform != PlatformName::Gitlab || name != s.name)
            {
                wants.push((s.name.clone(), kept(name)));
            }
        }
        for i in &self.job.identities {
            let made = match self.platform {
                // The script asks for it.
                PlatformName::Github => continue,
                PlatformName::Gitlab => Value::IdToken(i.audience_on(self.platform)),
                PlatformName::Jenkins => Value::Secret(i.variable.clone()),
            };
            wants.push((i.variable.clone(), made));
        }
        if self.platform == PlatformName::Github && self.job.rights.contains(&Right::ReadRuns) && first {
            wants.push(("GITHUB_TOKEN".into(), Value::Token));
        }
        let has_events = self.plan.triggers.iter().any(|t| matches!(t, Trigger::Named { .. }));
        for i in &self.plan.inputs {
            wants.push((format!("MLPIPE_INPUT_{}", i.name.to_uppercase()), Value::Input(i.name.clone())));
        }
        if has_events {
            wants.push(("MLPIPE_EVENT_NAME".into(), Value::EventName));
        }
        if self.platform == PlatformName::Jenkins {
            wants.push(("MLPIPE_EVENT".into(), Value::EventKind));
            if self.job.ask.is_some() {
                wants.push(("MLPIPE_APPROVED_BY".into(), Value::Input("MLPIPE_APPROVED_BY".into())));
            }
        }
        for (name, value) in &wants {
            if !call.env.iter().any(|(n, v)| n == name && v == value) {
                found.push(format!("`{name}` is missing, or comes from elsewhere"));
            }
        }
        for (name, value) in &call.env {
            let known = wants.iter().any(|(n, v)| n == name && v == value);
            let own = PLATFORMS_OWN.iter().any(|(p, n)| *p == self.platform && n == name);
            let text = matches!(value, Value::Text(_)) && own;
            // Empty here: an input of a neighbour.
            let others = shared && matches!(value, Value::Input(_) | Value::EventName);
            if !known && !text && !others && !wants.iter().any(|(n, _)| n == name) {
                found.push(format!("it is given `{name}`, which the plan does not give it"));
            }
        }
        found
    }
}
