//! Where in the templates a part of a file is printed, for the message about a difference.

use crate::spec::PlatformName;
use std::borrow::Cow;

/// A part of what a file does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aspect {
    /// The file is not understood.
    Unreadable,
    /// What starts a run.
    Trigger,
    /// Something that may stop or displace a run.
    Hazard,
    /// When a job runs.
    Condition,
    /// When a step of a job runs.
    Step,
    /// When something is put back.
    Handler,
    /// How a job ends.
    Result,
    /// What is called.
    Call,
    /// The lock.
    Lock,
    /// The question to a person.
    Ask,
    /// How long it waits before it starts.
    Wait,
    /// The environment.
    Environment,
    /// What the job's token may do.
    Permissions,
    /// Variables and secrets that a call is given.
    Secrets,
    /// Records and reports.
    Artifacts,
    /// The platform's time limit.
    Timeout,
    /// Where it runs.
    Runner,
}

impl Aspect {
    /// Every part.
    pub const ALL: [Self; 17] = [
        Self::Unreadable,
        Self::Trigger,
        Self::Hazard,
        Self::Condition,
        Self::Step,
        Self::Handler,
        Self::Result,
        Self::Call,
        Self::Lock,
        Self::Ask,
        Self::Wait,
        Self::Environment,
        Self::Permissions,
        Self::Secrets,
        Self::Artifacts,
        Self::Timeout,
        Self::Runner,
    ];

    /// The template that prints it, and a text in the line that does; without one, the whole template.
    fn anchor(self, platform: PlatformName) -> (&'static str, &'static str) {
        use PlatformName::{Github, Gitlab, Jenkins};
        let (file, job) = match platform {
            Github => ("github/workflow.yml.j2", "github/job.yml.j2"),
            Gitlab => ("gitlab/pipeline.yml.j2", "gitlab/job.yml.j2"),
            Jenkins => ("jenkins/Jenkinsfile.j2", "jenkins/stage.j2"),
        };
        let helpers = "jenkins/helpers.j2";
        match (self, platform) {
            (Self::Unreadable, _) => (file, ""),
            (Self::Trigger, Github) => ("github/on.yml.j2", "on:"),
            (Self::Trigger, Gitlab) => ("gitlab/head.yml.j2", "workflow:"),
            (Self::Trigger, Jenkins) => (file, "triggers"),
            (Self::Hazard, Github) => (file, "concurrency:"),
            (Self::Hazard, Gitlab) => ("gitlab/head.yml.j2", "auto_cancel:"),
            // Most of them are about a stage.
            (Self::Hazard, Jenkins) => (job, "when {"),
            (Self::Condition, Github) => (job, "    if: << job.condition >>"),
            (Self::Condition, Gitlab) => (job, "rules:"),
            (Self::Condition, Jenkins) => (job, "when {"),
            (Self::Step | Self::Call, Github) => (job, "run: << s.run >>"),
            (Self::Step | Self::Call, Gitlab) => (job, "  script:"),
            (Self::Step | Self::Call, Jenkins) => (job, "job("),
            (Self::Handler, Github) => (job, "if: << s.condition >>"),
            (Self::Handler, Gitlab) => (job, "after_script:"),
            (Self::Handler, Jenkins) => (job, "catch (e)"),
            (Self::Result, Github) => (job, "    steps:"),
            (Self::Result, Gitlab) => (job, "  script:"),
            (Self::Result, Jenkins) => (helpers, "catchError("),
            (Self::Lock, Github) => (job, "    concurrency:"),
            (Self::Lock, Gitlab) => (job, "resource_group:"),
            (Self::Lock, Jenkins) => (job, "options {"),
            (Self::Ask, Github) => (job, "    environment:"),
            (Self::Ask, Gitlab) => (job, "manual"),
            (Self::Ask, Jenkins) => (job, "input {"),
            (Self::Wait, Github) => (job, "    environment:"),
            (Self::Wait, Gitlab) => (job, "start_in:"),
            (Self::Wait, Jenkins) => (job, "sleep(time:"),
            (Self::Environment, Github) => (job, "    environment:"),
            (Self::Environment, Gitlab) => (job, "  environment:"),
            (Self::Environment | Self::Runner, Jenkins) => (job, "agent {"),
            (Self::Permissions, Github) => (job, "    permissions:"),
            (Self::Permissions, Gitlab) => (job, "access:"),
            (Self::Permissions, Jenkins) => (helpers, "checkout(scm)"),
            (Self::Secrets, Github) => (job, "        env:"),
            (Self::Secrets, Gitlab) => (job, "  variables:"),
            (Self::Secrets, Jenkins) => (job, "withCredentials("),
            (Self::Artifacts, Github) => (job, "- name: Keep the record"),
            (Self::Artifacts, Gitlab) => (job, "  artifacts:"),
            (Self::Artifacts, Jenkins) => (helpers, "stash("),
            (Self::Timeout, Github) => (job, "timeout-minutes:"),
            (Self::Timeout, Gitlab) => (job, "  timeout:"),
            (Self::Timeout, Jenkins) => (helpers, "timeout(time:"),
            (Self::Runner, Github) => (job, "runs-on:"),
            (Self::Runner, Gitlab) => (job, "  image:"),
        }
    }
}

/// Template (its path below `templates/`) and line that print this part of the platform's file. `text` gives a template
/// by that path, as it was printed from.
pub fn place<'a>(
    platform: PlatformName,
    aspect: Aspect,
    text: &dyn Fn(&str) -> Option<Cow<'a, str>>,
) -> (&'static str, Option<usize>) {
    let (template, anchor) = aspect.anchor(platform);
    let line = text(template).and_then(|t| t.lines().position(|l| !anchor.is_empty() && l.contains(anchor)));
    (template, line.map(|l| l + 1))
}
