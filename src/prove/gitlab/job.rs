//! A job of a file.

use super::fields::{Fields, fixed};
use super::file::File;
use super::inputs::exactly;
use super::script::{Asked, ScriptCall, after_script, before_script, script};
use crate::prove::yaml::{Entry, Node, refuse};
use crate::prove::{Unreadable, Value};

/// Most jobs that one job may need (`ci_needs_size_limit`, fixed on GitLab.com).
const MOST_NEEDS: usize = 50;
/// Most seconds of `start_in`: a week (documentation of `when: delayed`).
const LONGEST_DELAY: u64 = 7 * 86_400;

/// When a job starts, by the status of what stands before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    OnSuccess,
    OnFailure,
    Always,
    /// As `OnSuccess`, and once a person says so.
    Manual,
    /// As on success, some time later.
    Delayed,
    Never,
}

/// A job.
#[derive(Debug, Default)]
pub(super) struct Job {
    /// Its name.
    pub(super) name: String,
    /// Its line.
    pub(super) line: usize,
    /// Its stage, by index.
    pub(super) stage: usize,
    /// The jobs that it needs; without the key it waits for all earlier stages.
    pub(super) needs: Option<Vec<Need>>,
    /// The jobs of earlier stages whose artifacts it takes; without the key, and without `needs`, those of all.
    pub(super) dependencies: Option<Vec<String>>,
    /// Its rules; without the key it is in every pipeline.
    pub(super) rules: Option<Vec<Rule>>,
    /// `when` where no rule says otherwise.
    pub(super) when: Option<When>,
    /// `allow_failure` where no rule says otherwise.
    pub(super) allow_failure: Option<bool>,
    /// The environment.
    pub(super) environment: Option<String>,
    /// It names the environment and deploys nothing there.
    pub(super) deploys_nothing: bool,
    /// `resource_group`.
    pub(super) lock: Option<String>,
    /// `timeout`, in seconds.
    pub(super) timeout: Option<u64>,
    /// Limits of the runner for `script` and for `after_script`, in seconds.
    pub(super) limits: [Option<u64>; 2],
    /// Tags, image and services.
    pub(super) runner: Vec<String>,
    /// Its own variables.
    pub(super) variables: Vec<(String, Value)>,
    /// Calls of `script`.
    pub(super) script: Vec<ScriptCall>,
    /// Calls of `after_script`.
    pub(super) after: Vec<(ScriptCall, Asked)>,
    /// What it keeps.
    pub(super) artifacts: Artifacts,
    /// Lines of keys.
    pub(super) lines: Vec<(&'static str, usize)>,
}

/// A job that is needed.
#[derive(Debug)]
pub(super) struct Need {
    /// Its name.
    pub(super) job: String,
    /// Its index, once all jobs are known.
    pub(super) index: usize,
    /// Its artifacts are fetched.
    pub(super) artifacts: bool,
    /// It may be missing.
    pub(super) optional: bool,
    /// Line.
    pub(super) line: usize,
}

/// A line of `rules`.
#[derive(Debug)]
pub(super) struct Rule {
    /// What it asks for, by index into the file's expressions; nothing if it always applies.
    pub(super) asks: Option<usize>,
    /// Its own `when`.
    pub(super) when: Option<When>,
    /// Seconds after which a delayed job starts.
    pub(super) start_in: Option<u64>,
    /// Its own `allow_failure`.
    pub(super) allow_failure: Option<bool>,
}

/// What a job keeps.
#[derive(Debug, Default)]
pub(super) struct Artifacts {
    /// Paths, sorted.
    pub(super) paths: Vec<String>,
    /// Also after a failure.
    pub(super) always: bool,
    /// A JUnit report.
    pub(super) junit: Option<String>,
    /// A metrics report.
    pub(super) metrics: Option<String>,
}

impl Job {
    /// `when` of a job whose rules say nothing.
    pub(super) fn default_when(&self) -> When {
        self.when.unwrap_or(When::OnSuccess)
    }

    /// `allow_failure` of a job whose rules say nothing: a manual job that is manual by itself does not block (`ignored?`
    /// of `Gitlab::Ci::Config::Entry::Job`); one that a rule makes manual does.
    pub(super) fn default_allow_failure(&self) -> bool {
        self.allow_failure.unwrap_or(self.when == Some(When::Manual))
    }

    /// It does what no other run does: a run that is left out for another one may not have it.
    pub(super) fn publishes(&self) -> bool {
        self.environment.is_some() || self.lock.is_some() || self.script.iter().any(|c| c.args == ["image"])
    }
}

/// Reads a job.
pub(super) fn job(e: &Entry, file: &mut File) -> Result<Job, Unreadable> {
    let mut j = Job { name: e.key.clone(), line: e.line, ..Job::default() };
    if j.name.starts_with('.') {
        return refuse(e.line, "a hidden job");
    }
    let mut f = Fields::of(&e.value, "a job")?;
    order(&mut j, &mut f, file)?;
    section(&mut j, &mut f)?;
    limits(&mut j, &mut f)?;
    commands(&mut j, &mut f)?;
    if let Some(n) = f.take("artifacts") {
        j.lines.extend([("keeps", n.line), ("junit", n.line), ("metrics", n.line)]);
        j.artifacts = artifacts(n)?;
    }
    if let Some(n) = f.take("cache") {
        cache(n)?;
        if j.publishes() {
            let what = format!("`{}` publishes, and takes from a cache that other runs fill", j.name);
            file.hazards.push((n.line, what));
        }
    }
    if let Some(n) = f.take("interruptible")
        && n.truth()?
    {
        file.hazards.push((n.line, format!("a newer run may cancel `{}`: `interruptible: true`", j.name)));
    }
    if let Some(n) = f.take("retry") {
        file.hazards.push((n.line, format!("`{}` is run again after a failure: `retry`", j.name)));
    }
    f.end()?;
    Ok(j)
}

/// Stage, `needs` and rules.
fn order(j: &mut Job, f: &mut Fields<'_>, file: &mut File) -> Result<(), Unreadable> {
    let Some((stage, line)) = f.text("stage")? else { return refuse(j.line, "a job without `stage`") };
    let Some(stage) = file.stages.iter().position(|s| s == stage) else {
        return refuse(line, format!("the stage `{stage}` is not in `stages`"));
    };
    j.stage = stage;
    if let Some(n) = f.take("needs") {
        j.lines.push(("reads", n.line));
        let needs = n.list()?;
        if needs.len() > MOST_NEEDS {
            return refuse(n.line, format!("`{}` needs more than {MOST_NEEDS} jobs", j.name));
        }
        j.needs = Some(needs.iter().map(need).collect::<Result<_, _>>()?);
    }
    if let Some(n) = f.take("dependencies") {
        if j.needs.is_some() {
            return refuse(n.line, "`dependencies` beside `needs`");
        }
        j.lines.push(("reads", n.line));
        j.dependencies = Some(n.texts()?);
    }
    if let Some(n) = f.take("rules") {
        j.lines.extend([("rules", n.line), ("asks", n.line)]);
        let rules: Vec<Rule> = n.list()?.iter().map(|r| rule(r, file)).collect::<Result<_, _>>()?;
        let mut waits = rules.iter().filter(|r| r.when != Some(When::Never)).map(|r| r.start_in);
        let first = waits.next();
        if waits.any(|other| Some(other) != first) {
            return refuse(
                n.line,
                format!("`{}` waits in some pipelines, and not, or for another time, in others", j.name),
            );
        }
        j.rules = Some(rules);
    }
    j.when = f.take("when").map(when).transpose()?;
    if j.when == Some(When::Delayed) {
        return refuse(j.line, "`when: delayed` outside of `rules`");
    }
    j.allow_failure = f.take("allow_failure").map(Node::truth).transpose()?;
    f.text("manual_confirmation")?;
    Ok(())
}

fn need(n: &Node) -> Result<Need, Unreadable> {
    let mut f = Fields::of(n, "a need")?;
    let Some((job, line)) = f.text("job")? else { return refuse(n.line, "a need without `job`") };
    let truth = |node: Option<&Node>, default| node.map_or(Ok(default), Node::truth);
    let artifacts = truth(f.take("artifacts"), true)?;
    let optional = truth(f.take("optional"), false)?;
    f.end()?;
    Ok(Need { job: job.to_owned(), index: 0, artifacts, optional, line })
}

fn rule(n: &Node, file: &mut File) -> Result<Rule, Unreadable> {
    let mut f = Fields::of(n, "a rule")?;
    let asks = f.take("if").map(|n| file.expressions.read(n)).transpose()?;
    let when = f.take("when").map(when).transpose()?;
    let start_in = match f.text("start_in")? {
        None => None,
        Some((text, line)) => match spoken(text).filter(|s| (1..=LONGEST_DELAY).contains(s)) {
            Some(seconds) => Some(seconds),
            None => return refuse(line, format!("`start_in: {text}` is no time of up to a week")),
        },
    };
    if (when == Some(When::Delayed)) != start_in.is_some() {
        return refuse(n.line, "`when: delayed` without `start_in`, or the other way round");
    }
    let allow_failure = f.take("allow_failure").map(Node::truth).transpose()?;
    f.end()?;
    Ok(Rule { asks, when, start_in, allow_failure })
}

fn when(n: &Node) -> Result<When, Unreadable> {
    match n.text()? {
        "on_success" => Ok(When::OnSuccess),
        "on_failure" => Ok(When::OnFailure),
        "always" => Ok(When::Always),
        "manual" => Ok(When::Manual),
        "delayed" => Ok(When::Delayed),
        "never" => Ok(When::Never),
        w => refuse(n.line, format!("`when: {w}` is not known")),
    }
}

/// Environment, lock and runner.
fn section(j: &mut Job, f: &mut Fields<'_>) -> Result<(), Unreadable> {
    const TIERS: [&str; 5] = ["production", "staging", "testing", "development", "other"];
    if let Some(n) = f.take("environment") {
        j.lines.push(("environment", n.line));
        let mut e = Fields::of(n, "`environment`")?;
        let Some(name) = e.take("name") else { return refuse(n.line, "an environment without `name`") };
        j.environment = Some(fixed(name)?);
        if let Some((t, line)) = e.text("deployment_tier")?
            && !TIERS.contains(&t)
        {
            return refuse(line, format!("the tier `{t}` is not known"));
        }
        if let Some((action, line)) = e.text("action")? {
            // `prepare` and `access` deploy nothing either; the last of them puts off when an environment is stopped.
            if action != "verify" {
                return refuse(line, format!("the environment's action `{action}` is not known"));
            }
            j.deploys_nothing = true;
        }
        e.end()?;
    }
    if let Some(n) = f.take("resource_group") {
        j.lines.push(("lock", n.line));
        j.lock = Some(fixed(n)?);
    }
    if let Some(n) = f.take("tags") {
        j.lines.push(("runner", n.line));
        j.runner.extend(n.list()?.iter().map(fixed).collect::<Result<Vec<_>, _>>()?);
    }
    if let Some(n) = f.take("image") {
        j.lines.push(("runner", n.line));
        j.runner.push(fixed(n)?);
    }
    if let Some(n) = f.take("services") {
        for s in n.list()? {
            let mut e = Fields::of(s, "a service")?;
            let Some(name) = e.take("name") else { return refuse(s.line, "a service without `name`") };
            j.runner.push(fixed(name)?);
            if let Some((alias, line)) = e.text("alias")?
                && alias != "docker"
            {
                return refuse(line, format!("the alias `{alias}` is not known"));
            }
            e.end()?;
        }
    }
    Ok(())
}

/// Time limits and variables.
fn limits(j: &mut Job, f: &mut Fields<'_>) -> Result<(), Unreadable> {
    if let Some((t, line)) = f.text("timeout")? {
        j.lines.push(("backstop", line));
        j.timeout = Some(spoken(t).map_or_else(|| refuse(line, format!("the time `{t}` is not known")), Ok)?);
    }
    id_tokens(j, f)?;
    let Some(n) = f.take("variables") else { return Ok(()) };
    for e in Fields::of(n, "`variables`")?.rest() {
        let wants = match e.key.as_str() {
            "DOCKER_HOST" => "tcp://docker:2376",
            "DOCKER_TLS_CERTDIR" => "/certs",
            "DOCKER_TLS_VERIFY" => "1",
            "DOCKER_CERT_PATH" => "/certs/client",
            "RUNNER_SCRIPT_TIMEOUT" | "RUNNER_AFTER_SCRIPT_TIMEOUT" => {
                let text = e.value.text()?;
                let Some(seconds) = short(text) else {
                    return refuse(e.line, format!("the time `{text}` is not known"));
                };
                j.limits[usize::from(e.key == "RUNNER_AFTER_SCRIPT_TIMEOUT")] = Some(seconds);
                j.variables.push((e.key.clone(), Value::Text(text.to_owned())));
                continue;
            }
            name => return refuse(e.line, format!("the variable `{name}` is not known in a job")),
        };
        let value = exactly(&e.value, |t| t == wants, &format!("`{}` is another one", e.key))?;
        j.variables.push((e.key.clone(), value));
    }
    Ok(())
}

/// Tokens that say who the job is. They reach it as variables.
fn id_tokens(j: &mut Job, f: &mut Fields<'_>) -> Result<(), Unreadable> {
    let Some(n) = f.take("id_tokens") else { return Ok(()) };
    for e in Fields::of(n, "`id_tokens`")?.rest() {
        let mut token = Fields::of(&e.value, "an id token")?;
        let Some(audience) = token.take("aud") else { return refuse(e.line, "an id token without `aud`") };
        j.variables.push((e.key.clone(), Value::IdToken(fixed(audience)?)));
        token.end()?;
    }
    Ok(())
}

/// `25 minutes`, `3 hours`, in seconds.
fn spoken(text: &str) -> Option<u64> {
    let (number, unit) = text.split_once(' ')?;
    let unit = match unit.strip_suffix('s').unwrap_or(unit) {
        "second" => 1,
        "minute" => 60,
        "hour" => 3600,
        "day" => 86_400,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

/// `47m`, as Go writes it, in seconds.
fn short(text: &str) -> Option<u64> {
    let unit = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        _ => return None,
    };
    text[..text.len() - 1].parse::<u64>().ok()?.checked_mul(unit)
}

fn commands(j: &mut Job, f: &mut Fields<'_>) -> Result<(), Unreadable> {
    if let Some(n) = f.take("before_script") {
        before_script(n)?;
    }
    let Some(n) = f.take("script") else { return refuse(j.line, format!("`{}` has no `script`", j.name)) };
    j.lines.push(("calls", n.line));
    j.script = script(n)?;
    if j.script.is_empty() {
        return refuse(n.line, format!("`{}` calls nothing", j.name));
    }
    if let Some(n) = f.take("after_script") {
        j.after = after_script(n)?;
    }
    Ok(())
}

fn artifacts(n: &Node) -> Result<Artifacts, Unreadable> {
    let mut f = Fields::of(n, "`artifacts`")?;
    let always = match f.text("when")? {
        Some(("always", _)) => true,
        None | Some(("on_success", _)) => false,
        Some((w, line)) => return refuse(line, format!("`when: {w}` keeps nothing after a success")),
    };
    let mut out = Artifacts { always, ..Artifacts::default() };
    match f.text("access")? {
        Some(("developer", _)) => {}
        Some((a, line)) => return refuse(line, format!("others than developers may see it: `access: {a}`")),
        None => return refuse(n.line, "no `access: developer`: anybody may see it in a public project"),
    }
    let kept = f.text("expire_in")?;
    if kept.and_then(|(t, _)| spoken(t)).is_none_or(|s| s < 31 * 86_400) {
        let line = kept.map_or(n.line, |(_, l)| l);
        return refuse(line, "records are kept for longer than an approval may wait, 31 days");
    }
    if let Some(paths) = f.take("paths") {
        for p in paths.list()? {
            let p = fixed(p)?;
            out.paths.push(p.trim_end_matches("/**").trim_end_matches('/').to_owned());
        }
        out.paths.sort();
    }
    if let Some(n) = f.take("reports") {
        let mut reports = Fields::of(n, "`reports`")?;
        out.junit = reports.take("junit").map(fixed).transpose()?;
        out.metrics = reports.take("metrics").map(fixed).transpose()?;
        reports.end()?;
    }
    f.end()?;
    Ok(out)
}

fn cache(n: &Node) -> Result<(), Unreadable> {
    let mut f = Fields::of(n, "`cache`")?;
    let Some(key) = f.take("key") else { return refuse(n.line, "a cache without `key`") };
    if key.text().is_err() {
        let mut k = Fields::of(key, "the key of a cache")?;
        k.text("prefix")?;
        k.take("files").map(Node::texts).transpose()?;
        k.end()?;
    }
    for p in f.take("paths").map(Node::list).transpose()?.unwrap_or_default() {
        let path = fixed(p)?;
        if !path.starts_with(".mlpipe-cache/") || path.contains("..") {
            return refuse(p.line, format!("`{path}` is no folder of the installers"));
        }
    }
    f.end()
}
