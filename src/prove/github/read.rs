//! A workflow file, read strictly: GitHub Docs, "Workflow syntax for GitHub Actions".

use super::super::{Call, FileFacts, JobFacts, Lock, Unreadable, Value as Given};
use super::expression::Expr;
use super::situation::{Triggers, plain};
use super::step::{self, Kind};
use super::yaml::{Lines, Map, pairs, scalar, texts};
use serde_yaml::Value;

/// GitHub stops a job after six hours where the file says nothing.
const DEFAULT_MINUTES: u64 = 360;

/// A workflow.
pub(super) struct Workflow {
    pub(super) facts: FileFacts,
    pub(super) triggers: Triggers,
    pub(super) jobs: Vec<Job>,
}

/// What decides when a job and its steps run.
pub(super) struct Job {
    pub(super) line: usize,
    /// Indices of the jobs that it needs.
    pub(super) needs: Vec<usize>,
    /// Its `if`.
    pub(super) condition: Expr,
    /// Its failure counts as a success, and does not make the run red.
    pub(super) lenient: bool,
    pub(super) steps: Vec<Step>,
}

/// A step.
pub(super) struct Step {
    pub(super) id: Option<String>,
    pub(super) condition: Expr,
    /// Its failure counts as a success for what follows.
    pub(super) lenient: bool,
    /// Index of the call that it makes; set-up steps make none.
    pub(super) call: Option<usize>,
}

pub(super) fn workflow(text: &str) -> Result<Workflow, Unreadable> {
    let value: Value = serde_yaml::from_str(text).map_err(|e| Unreadable {
        line: e.location().map_or(0, |l| l.line()),
        what: format!("it is not YAML: {e}"),
    })?;
    let lines = Lines(text);
    let top = Map::new(&value, "the workflow", 1)?;
    let mut facts = FileFacts::default();
    top.need("name")?;
    let triggers = on(top.need("on")?, lines.find(1, "on:"), &mut facts)?;
    let at = lines.find(1, "permissions:");
    let permissions = permissions(top.get("permissions"), at)?;
    hazards(&top, lines, &mut facts)?;
    let defaults = Map::new(top.need("defaults")?, "`defaults`", lines.find(1, "defaults:"))?;
    let run = Map::new(defaults.need("run")?, "`defaults.run`", lines.find(1, "defaults:"))?;
    if run.text("shell")?.as_deref() != Some("bash") {
        return Err(run.refuse("the steps do not run under bash".into()));
    }
    run.done()?;
    defaults.done()?;
    let env = environment(top.get("env"), lines.find(1, "env:"))?;
    let jobs_line = lines.find(1, "jobs:");
    let all = top
        .need("jobs")?
        .as_mapping()
        .ok_or_else(|| Unreadable { line: jobs_line, what: "`jobs` is not a mapping".into() })?;
    top.done()?;

    let names: Vec<&str> = all.keys().filter_map(Value::as_str).collect();
    let mut jobs = Vec::new();
    for (name, value) in names.iter().zip(all.values()) {
        let line = lines.find(jobs_line, &format!("  {name}:"));
        let reader = JobReader { lines, line, names: &names, permissions: &permissions, env: &env };
        let (job, own) = reader.read(name, value)?;
        jobs.push(job);
        facts.jobs.push(own);
    }
    Ok(Workflow { facts, triggers, jobs })
}

fn on(value: &Value, line: usize, facts: &mut FileFacts) -> Result<Triggers, Unreadable> {
    let on = Map::new(value, "`on`", line)?;
    let mut t = Triggers::default();
    let filters = |v: Option<&Value>| -> Result<Option<Vec<String>>, Unreadable> {
        let Some(v) = v else { return Ok(None) };
        let all = texts(v).filter(|all| all.iter().all(|f| plain(f)));
        all.map(Some).ok_or_else(|| Unreadable { line, what: "a filter of `on` is not understood".into() })
    };
    if let Some(push) = on.get("push") {
        if push.is_null() {
            t.push = Some((None, None));
        } else {
            let push = Map::new(push, "`on.push`", line)?;
            t.push = Some((filters(push.get("branches"))?, filters(push.get("tags"))?));
            push.done()?;
        }
    }
    if let Some(pull) = on.get("pull_request") {
        let pull = Map::new(pull, "`on.pull_request`", line)?;
        t.pull_request = Some(filters(Some(pull.need("branches")?))?.unwrap_or_default());
        pull.done()?;
    }
    if let Some(all) = on.get("schedule") {
        t.schedule = true;
        for one in all.as_sequence().map(Vec::as_slice).unwrap_or_default() {
            let one = Map::new(one, "`on.schedule`", line)?;
            facts.schedules.push((one.text("cron")?.unwrap_or_default(), one.text("timezone")?));
            one.done()?;
        }
    }
    if let Some(manual) = on.get("workflow_dispatch") {
        t.manual = true;
        if !manual.is_null() {
            let manual = Map::new(manual, "`on.workflow_dispatch`", line)?;
            for (name, input) in manual.get("inputs").and_then(Value::as_mapping).into_iter().flatten() {
                let input = Map::new(input, "an input", line)?;
                for known in ["description", "type", "required", "options"] {
                    input.get(known);
                }
                let default = input.text("default")?.unwrap_or_default();
                input.done()?;
                facts.inputs.push((name.as_str().unwrap_or_default().to_owned(), default));
            }
            manual.done()?;
        }
    }
    if let Some(named) = on.get("repository_dispatch") {
        let named = Map::new(named, "`on.repository_dispatch`", line)?;
        t.named = texts(named.need("types")?).unwrap_or_default();
        named.done()?;
    }
    on.done()?;
    Ok(t)
}

/// A group that is not the run's own lets another run cancel or displace this one.
fn hazards(top: &Map<'_>, lines: Lines<'_>, facts: &mut FileFacts) -> Result<(), Unreadable> {
    let line = lines.find(1, "concurrency:");
    let Some(group) = top.get("concurrency") else { return Ok(()) };
    let group = Map::new(group, "`concurrency`", line)?;
    let name = group.text("group")?.unwrap_or_default();
    if !name.contains("${{ github.run_id }}") {
        facts.hazards.push((line, "runs share a group, in which one displaces another that waits".into()));
    }
    if group.text("cancel-in-progress")?.is_some_and(|c| c != "false") {
        facts.hazards.push((line, "a newer run may cancel this one".into()));
    }
    group.done()
}

/// `contents: read` and so on, sorted; `default` where the file says nothing.
fn permissions(value: Option<&Value>, line: usize) -> Result<Vec<String>, Unreadable> {
    let Some(value) = value else { return Ok(vec!["default".into()]) };
    if let Some(word) = value.as_str() {
        return Ok(vec![word.to_owned()]);
    }
    let all =
        pairs(value).ok_or_else(|| Unreadable { line, what: "`permissions` is not understood".into() })?;
    let mut all: Vec<String> =
        all.into_iter().filter(|(_, level)| level != "none").map(|(k, v)| format!("{k}: {v}")).collect();
    all.sort();
    Ok(all)
}

/// Variables and where their values come from.
pub(super) fn environment(value: Option<&Value>, line: usize) -> Result<Vec<(String, Given)>, Unreadable> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let refuse = |what: String| Unreadable { line, what };
    let all = pairs(value).ok_or_else(|| refuse("`env` is not a mapping of texts".into()))?;
    all.into_iter().map(|(name, v)| Ok((name, given(&v).map_err(refuse)?))).collect()
}

/// Only these forms of a value are known; the expressions are compared as texts.
fn given(text: &str) -> Result<Given, String> {
    let Some(inner) = text.strip_prefix("${{").and_then(|t| t.strip_suffix("}}")) else {
        return if text.contains("${{") {
            Err(format!("the value `{text}` is not understood"))
        } else {
            Ok(Given::Text(text.to_owned()))
        };
    };
    let inner = inner.trim();
    let name = |prefix: &str| {
        let rest = inner.strip_prefix(prefix)?;
        rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-').then(|| rest.to_owned())
    };
    if inner == "github.token" || inner == "secrets.GITHUB_TOKEN" {
        return Ok(Given::Token);
    }
    if let Some(secret) = name("secrets.") {
        return Ok(Given::Secret(secret));
    }
    if let Some(input) = name("inputs.").or_else(|| name("github.event.client_payload.")) {
        return Ok(Given::Input(input));
    }
    if let Some((a, b)) = inner.split_once(" || ")
        && let (Some(a), Some(b)) =
            (a.strip_prefix("github.event.inputs."), b.strip_prefix("github.event.client_payload."))
        && a == b
    {
        return Ok(Given::Input(a.to_owned()));
    }
    if inner == "github.event_name == 'repository_dispatch' && github.event.action || ''" {
        return Ok(Given::EventName);
    }
    Err(format!("the value `{text}` is not understood"))
}

struct JobReader<'a> {
    lines: Lines<'a>,
    line: usize,
    names: &'a [&'a str],
    permissions: &'a [String],
    env: &'a [(String, Given)],
}

impl JobReader<'_> {
    fn at(&self, key: &str) -> usize {
        self.lines.find(self.line, &format!("    {key}"))
    }

    fn read(&self, name: &str, value: &Value) -> Result<(Job, JobFacts), Unreadable> {
        let job = Map::new(value, &format!("the job `{name}`"), self.line)?;
        job.get("name");
        let mut facts = JobFacts { name: name.to_owned(), line: self.line, ..JobFacts::default() };
        let needs = texts(job.get("needs").unwrap_or(&Value::Sequence(Vec::new())))
            .ok_or_else(|| job.refuse("`needs` is not understood".into()))?;
        let needs: Result<Vec<usize>, Unreadable> = needs
            .iter()
            .map(|n| {
                // GitHub takes job ids without regard to letter case.
                let at = self.names.iter().position(|o| o.eq_ignore_ascii_case(n));
                at.ok_or_else(|| job.refuse(format!("`needs` names `{n}`, which is no job")))
            })
            .collect();
        let condition = match job.text("if")? {
            Some(text) => Expr::condition(&text).map_err(|what| Unreadable { line: self.at("if:"), what })?,
            None => Expr::success(),
        };
        facts.runner =
            texts(job.need("runs-on")?).ok_or_else(|| job.refuse("`runs-on` is not understood".into()))?;
        let minutes = number(&job, "timeout-minutes")?.unwrap_or(DEFAULT_MINUTES);
        facts.environment = match job.get("environment") {
            Some(Value::String(name)) => Some(name.clone()),
            Some(_) => return Err(job.refuse("`environment` is not a name".into())),
            None => None,
        };
        facts.permissions = match job.get("permissions") {
            None => self.permissions.to_vec(),
            some => permissions(some, self.at("permissions:"))?,
        };
        facts.lock = self.lock(job.get("concurrency"))?;
        let mut env = self.env.to_vec();
        env.extend(environment(job.get("env"), self.at("env:"))?);
        let lenient = flag(&job, "continue-on-error")?;
        let steps = job.need("steps")?.as_sequence().map(Vec::as_slice).unwrap_or_default();
        for field in ["lock", "permissions", "environment", "runner", "backstop"] {
            let key = match field {
                "lock" => "concurrency:",
                "runner" => "runs-on:",
                "backstop" => "timeout-minutes:",
                "permissions" => "permissions:",
                _ => "environment:",
            };
            facts.lines.push((field, self.at(key)));
        }
        let steps = self.steps(steps, &env, minutes * 60, &mut facts)?;
        job.done()?;
        Ok((Job { line: self.line, needs: needs?, condition, lenient, steps }, facts))
    }

    /// GitHub Docs, "Control the concurrency of workflows and jobs": without `queue: max` one run waits at most, and a
    /// newer one takes its place.
    fn lock(&self, value: Option<&Value>) -> Result<Option<Lock>, Unreadable> {
        let Some(value) = value else { return Ok(None) };
        let lock = Map::new(value, "`concurrency`", self.at("concurrency:"))?;
        let name = lock.text("group")?.unwrap_or_default();
        if name.contains("${{") {
            return Err(lock.refuse("the lock's name is an expression".into()));
        }
        let cancels = lock.text("cancel-in-progress")?.is_some_and(|c| c != "false");
        let displaces = lock.text("queue")?.as_deref() != Some("max");
        lock.done()?;
        Ok(Some(Lock { name, cancels, displaces, whole: true }))
    }

    fn steps(
        &self,
        all: &[Value],
        env: &[(String, Given)],
        backstop: u64,
        facts: &mut JobFacts,
    ) -> Result<Vec<Step>, Unreadable> {
        let mut out = Vec::new();
        let mut line = self.at("steps:");
        let mut checked_out = false;
        let (mut kept, mut upload) = (Vec::new(), None);
        for value in all {
            line = self.lines.find(line + 1, "      - ");
            let map = Map::new(value, &format!("a step of `{}`", facts.name), line)?;
            let id = map.text("id")?;
            map.get("name");
            let condition = match map.text("if")? {
                Some(text) => Expr::condition(&text).map_err(|what| map.refuse(what))?,
                None => Expr::success(),
            };
            let always = condition == Expr::Call("always".into(), Vec::new());
            let plain = condition == Expr::success();
            let lenient = flag(&map, "continue-on-error")?;
            let limit = number(&map, "timeout-minutes")?.map_or(backstop, |m| backstop.min(m * 60));
            let own = environment(map.get("env"), line)?;
            let mut call = None;
            match step::kind(&map)? {
                Kind::Call { script, args } => {
                    if !checked_out {
                        return Err(map.refuse(format!(
                            "`{}` calls the script before the commit is checked out",
                            facts.name
                        )));
                    }
                    let mut given: Vec<(String, Given)> = env.to_vec();
                    for (name, value) in own {
                        given.retain(|(n, _)| *n != name);
                        given.push((name, value));
                    }
                    given.sort();
                    call = Some(facts.calls.len());
                    facts.calls.push(Call { script, args, env: given, backstop: Some(limit), line });
                }
                _ if !own.is_empty() => {
                    return Err(map.refuse("a step that is no call is given an environment".into()));
                }
                Kind::Checkout { credentials } => {
                    checked_out |= plain;
                    facts.credentials_left |= credentials;
                    facts.lines.push(("credentials", line));
                }
                Kind::Setup if !plain => return Err(map.refuse("a set-up step has a condition".into())),
                Kind::Setup => {}
                Kind::Download { .. } if !plain => {
                    return Err(map.refuse("records are fetched under a condition".into()));
                }
                Kind::Download { jobs } => facts.reads.extend(jobs),
                Kind::Upload { artifact, paths } => {
                    if upload.is_some() {
                        return Err(map.refuse(format!("`{}` keeps files twice", facts.name)));
                    }
                    kept = paths;
                    facts.keeps_always = always;
                    facts.lines.push(("keeps", line));
                    upload = Some(artifact);
                }
            }
            map.done()?;
            out.push(Step { id, condition, lenient, call });
        }
        facts.keeps = kept;
        facts.keeps.sort();
        // Records are fetched by the artifact's name, which is the job's.
        if let Some(name) = upload.filter(|u| *u != format!("mlpipe-{}", facts.name)) {
            return Err(Unreadable {
                line: self.line,
                what: format!("the artifact `{name}` has another name than its job"),
            });
        }
        facts.reads.sort();
        Ok(out)
    }
}

fn number(map: &Map<'_>, key: &'static str) -> Result<Option<u64>, Unreadable> {
    let Some(value) = map.get(key) else { return Ok(None) };
    value.as_u64().map(Some).ok_or_else(|| map.refuse(format!("`{key}` is not a whole number")))
}

fn flag(map: &Map<'_>, key: &'static str) -> Result<bool, Unreadable> {
    match map.get(key).map(scalar) {
        None => Ok(false),
        Some(Some(word)) if word == "true" || word == "false" => Ok(word == "true"),
        Some(_) => Err(map.refuse(format!("`{key}` is not understood"))),
    }
}
