//! What GitLab cannot do with a plan, said before anything is written.

use super::inputs::{self, EVENT_INPUT, START_INPUT};
use super::words::is_shell_name;
use super::{by_needs, exports, job_name, meets_others, shared};
use crate::diag::{Code, Finding, words};
use crate::plan::{Job, Plan, PlanInput};
use crate::spec::InputKind;

/// Most jobs that one job may need (`ci_needs_size_limit`, fixed on GitLab.com).
const MOST_NEEDS: usize = 50;
/// Longest name of a job that others need.
const LONGEST_NAME: usize = 128;
/// Bytes of text that fit GitLab's limit with room to spare. The limit is 2 MB of the objects that the text becomes, and
/// its documentation puts 200 kB of text at 1 MB of them.
const LARGEST_FILE: usize = 400_000;

/// Findings about one pipeline.
pub(super) fn limits(plan: &Plan) -> Vec<Finding> {
    let mut out = Vec::new();
    for job in &plan.jobs {
        needs(plan, job, &mut out);
        runner(plan, job, &mut out);
        secrets(job, &mut out);
        out.extend(secret_circle(job));
        out.extend(waits(job));
        if meets_others(plan) && !by_needs(job) {
            out.push(shared_notification(job));
        }
    }
    inputs_fit(plan, &mut out);
    out
}

fn needs(plan: &Plan, job: &Job, out: &mut Vec<Finding>) {
    let name = job_name(plan, &job.id);
    if by_needs(job) && job.needs.len() > MOST_NEEDS {
        out.push(
            Finding::at(
                Code::GITLAB_LIMIT,
                job.origin.span,
                format!(
                    "`{}` needs {}, and GitLab allows {MOST_NEEDS}",
                    job.id,
                    words::count(job.needs.len(), "job")
                ),
            )
            .help("put commands that belong together into one `gate`, or let some gates wait for others with `after`"),
        );
    }
    if name.len() > LONGEST_NAME {
        out.push(
            Finding::at(
                Code::GITLAB_LIMIT,
                job.origin.span,
                format!(
                    "the job name `{name}` has {} characters, and GitLab allows {LONGEST_NAME}",
                    name.len()
                ),
            )
            .help("shorten the name of the pipeline or of this statement"),
        );
    }
}

/// Most seconds of `start_in` (documentation of `when: delayed`: one week).
const LONGEST_DELAY: u64 = 7 * 86_400;

/// A soak is a job that is delayed.
fn waits(job: &Job) -> Option<Finding> {
    let seconds = job.wait.filter(|s| *s > LONGEST_DELAY)?;
    let days = seconds.div_ceil(86_400);
    let message = format!(
        "`{}` waits for {}, and GitLab delays a job for a week at most",
        job.id,
        words::count(days as usize, "day")
    );
    Some(
        Finding::at(Code::GITLAB_SOAK, job.origin.span, message)
            .help("soak for a week or less, or leave `gitlab` out of `emit`"),
    )
}

/// GitLab expands variables in these fields and has no escape there that every version honours.
fn runner(plan: &Plan, job: &Job, out: &mut Vec<Finding>) {
    let r = &job.runner.gitlab;
    let fields = r.image.iter().chain(&r.services).chain(&r.tags);
    for text in fields.filter(|t| t.contains('$')) {
        out.push(
            Finding::at(
                Code::GITLAB_DOLLAR,
                job.origin.span,
                format!("GitLab would replace the `$` in `{text}`, which `{}` runs on", job.id),
            )
            .help("write the value itself: image, service and tag names are the same on every run"),
        );
    }
    if inputs::count(plan) == 0 {
        return;
    }
    for text in r.prepare.iter().chain(job.ask.iter().map(|a| &a.question)).filter(|t| t.contains("$[[")) {
        out.push(
            Finding::at(
                Code::GITLAB_INTERPOLATION,
                job.origin.span,
                format!("GitLab would take `$[[` in `{text}` for an input"),
            )
            .help("write `$ [[`, or move the command into a file of the repository"),
        );
    }
}

fn secrets(job: &Job, out: &mut Vec<Finding>) {
    for s in job.secrets.iter().filter(|s| s.gitlab != s.name && !is_shell_name(&s.gitlab)) {
        out.push(
            Finding::at(
                Code::GITLAB_NAME,
                job.origin.span,
                format!("`{}` cannot be the name of a GitLab variable", s.gitlab),
            )
            .help(format!(
                "use letters, digits and `_`, as in `secret {} {{ gitlab \"ML_{}\" }}`",
                s.name, s.name
            )),
        );
    }
}

fn secret_circle(job: &Job) -> Option<Finding> {
    let circle = exports::circle(job);
    let names: Vec<String> = circle.iter().map(|s| format!("`{}` as `{}`", s.name, s.gitlab)).collect();
    let message =
        format!("`{}` has secrets under each other's names on GitLab: {}", job.id, names.join(", "));
    (!circle.is_empty()).then(|| {
        Finding::at(Code::GITLAB_NAME, job.origin.span, message)
            .help("keep one of them in GitLab under a name that no secret of this job has")
    })
}

fn shared_notification(job: &Job) -> Finding {
    Finding::at(
        Code::GITLAB_SHARED_NOTIFY,
        job.origin.span,
        format!("`{}` would also tell of the repository's other pipelines on GitLab", job.id),
    )
    .help("give this pipeline a repository of its own, or leave `gitlab` out of its `emit`")
}

fn inputs_fit(plan: &Plan, out: &mut Vec<Finding>) {
    let count = inputs::count(plan);
    if count > inputs::MOST {
        out.push(
            Finding::on_path(
                Code::GITLAB_LIMIT,
                &plan.source,
                format!(
                    "the pipeline takes {}, and GitLab allows {}",
                    words::count(count, "input"),
                    inputs::MOST
                ),
            )
            .help("named events take one input of their own; put several values into one text"),
        );
    }
    for input in &plan.inputs {
        let choices: &[String] = if let InputKind::Choice(all) = &input.kind { all } else { &[] };
        for text in std::iter::once(&input.default).chain(choices).filter(|t| inputs::unfit(t)) {
            out.push(unfit(plan, input, text));
        }
        if [EVENT_INPUT, START_INPUT].contains(&input.name.as_str()) {
            out.push(
                Finding::on_path(
                    Code::GITLAB_NAME,
                    &plan.source,
                    format!("the input `{}` has the name of one of mlpipe's own on GitLab", input.name),
                )
                .help("give it another name"),
            );
        }
    }
}

fn unfit(plan: &Plan, input: &PlanInput, text: &str) -> Finding {
    let shown: String = text.chars().take(40).collect();
    Finding::on_path(
        Code::GITLAB_INPUT_TEXT,
        &plan.source,
        format!("GitLab cannot hand on the value `{shown}` of the input `{}`", input.name),
    )
    .help("leave out `\"`, `\\` and control characters, and stay below 1000 bytes: GitLab puts the value into the file's text")
}

/// Findings about the printed file.
pub(super) fn text_limits(plan: &Plan, text: &str) -> Vec<Finding> {
    if text.len() <= LARGEST_FILE {
        return Vec::new();
    }
    let message = format!("the GitLab file would have {} bytes, and GitLab reads {LARGEST_FILE}", text.len());
    vec![
        Finding::on_path(Code::GITLAB_LIMIT, &plan.source, message)
            .help("split the pipeline, or put commands that belong together into one `gate`"),
    ]
}

/// Findings about pipelines that share a root file: one form of inputs serves all of them.
pub(super) fn root_limits(plans: &[&Plan]) -> Vec<Finding> {
    let mut known: Vec<(&Plan, &PlanInput)> = Vec::new();
    let mut out = Vec::new();
    for plan in plans.iter().filter(|p| shared(p)) {
        for input in &plan.inputs {
            match known.iter().find(|(_, i)| i.name == input.name) {
                None => known.push((plan, input)),
                Some((_, other)) if other.kind == input.kind && other.default == input.default => {}
                Some((first, _)) => out.push(
                    Finding::on_path(
                        Code::GITLAB_NAME,
                        &plan.source,
                        format!("the input `{}` is another one in `{}`", input.name, first.source),
                    )
                    .help("pipelines of one repository share GitLab's form: use one type and default, or two names"),
                ),
            }
        }
    }
    out
}
