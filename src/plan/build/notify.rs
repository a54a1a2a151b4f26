//! What is told to people: the jobs withheld from a fork, and how the run ended.

use super::{Builder, Draft, is_pull_request, runners};
use crate::diag::{Span, Spanned};
use crate::plan::{Condition, EventKind, NotifyWork, PrSource, RunIf, SecretKind, WithheldWork, Work};
use crate::spec::{Channel, Common, Duration, Notify, NotifyOn};

/// What sending a message may take, tries included, in seconds.
const LIMIT: f64 = 300.0;

impl Builder<'_> {
    /// A pull request from a fork is told which jobs it did not get, and why.
    pub(super) fn withheld(&mut self) {
        let trusted_only = |c: &Condition| {
            c.any_of.iter().any(|a| is_pull_request(&a.event) && a.source == PrSource::Trusted)
        };
        let mut jobs: Vec<(String, String)> = Vec::new();
        for j in self.jobs.iter().filter(|j| trusted_only(&j.condition)) {
            let reason = if trusted_only(&j.own) && !j.secrets.is_empty() {
                let names: Vec<&str> = j.secrets.iter().map(|s| s.name.as_str()).collect();
                format!("it uses {}", names.join(", "))
            } else {
                let needs: Vec<&str> = j
                    .needs
                    .iter()
                    .filter(|n| jobs.iter().any(|(id, _)| id == *n))
                    .map(String::as_str)
                    .collect();
                format!("it needs {}", needs.join(", "))
            };
            jobs.push((j.id.clone(), reason));
        }
        if jobs.is_empty() {
            return;
        }
        let mut own = self.triggers.everything().only(is_pull_request);
        for a in &mut own.any_of {
            a.source = PrSource::Untrusted;
        }
        let head = self.jobs.iter().find(|j| j.id == jobs[0].0).map_or_else(Span::default, |j| j.origin.span);
        let common = Common { head, ..Common::default() };
        self.add(Draft {
            id: "withheld".into(),
            title: "Withheld from this pull request".into(),
            head,
            args: vec!["withheld".into()],
            needs: vec![],
            reads: vec![],
            own,
            runner: runners::Kind::Light,
            common: &common,
            work: Work::Withheld(WithheldWork { jobs }),
        });
    }

    pub(super) fn notifications(&mut self) {
        let spec = self.spec;
        let told: Vec<String> = self.ids(|j| {
            j.run_if == RunIf::AllSucceeded && j.condition.any_of.iter().any(|a| !is_pull_request(&a.event))
        });
        for n in &spec.notify {
            let on: Vec<NotifyOn> = n.on.iter().map(|o| o.node).collect();
            let bad: Vec<NotifyOn> = on.iter().copied().filter(|o| *o != NotifyOn::Success).collect();
            if !bad.is_empty() {
                // What was put back behind a lost runner is told too.
                let mended = self.ids(|j| matches!(j.work, Work::Reconcile(_)));
                let told: Vec<String> = told.iter().cloned().chain(mended).collect();
                self.notification(n, "failure", bad, RunIf::AnyFailed, &told);
            }
            if on.contains(&NotifyOn::Success) {
                self.notification(n, "success", vec![NotifyOn::Success], RunIf::NoneFailed, &told);
            }
        }
    }

    fn notification(&mut self, n: &Notify, outcome: &str, on: Vec<NotifyOn>, run_if: RunIf, told: &[String]) {
        let channel = match n.channel.node {
            Channel::Slack => "slack",
            Channel::Webhook => "webhook",
            Channel::Teams => "teams",
            Channel::Email => "email",
        };
        let mut name = format!("{channel}-{outcome}");
        let taken = self.jobs.iter().filter(|j| j.id.starts_with(&format!("notify-{name}"))).count();
        if taken > 0 {
            name = format!("{name}-{}", taken + 1);
        }
        let url = self.secret(&n.secret, SecretKind::Text);
        // Where none of them is in the run there is nothing to tell.
        let heard: Vec<&Condition> =
            self.jobs.iter().filter(|j| told.contains(&j.id)).map(|j| &j.condition).collect();
        let own = self.triggers.everything().only(|e| *e != EventKind::PullRequest).where_any(&heard);
        if !own.can_hold() {
            return;
        }
        let limit = Duration { seconds: LIMIT };
        let common = Common { head: n.span, timeout: Some(Spanned::new(limit, n.span)), ..Common::default() };
        let job = self.add(Draft {
            id: format!("notify-{name}"),
            title: format!("Notify: {channel} on {outcome}"),
            head: n.span,
            args: vec!["notify".into(), name],
            needs: vec![],
            reads: told.to_vec(),
            own,
            runner: runners::Kind::Light,
            common: &common,
            work: Work::Notify(NotifyWork { channel: n.channel.node, url: url.name.clone(), on }),
        });
        // Set behind the whole condition: it watches these jobs, it does not inherit from them.
        job.needs = told.to_vec();
        job.run_if = run_if;
        job.secrets = vec![url];
    }
}
