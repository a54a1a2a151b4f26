//! One job: its facts, and the steps that decide what runs (docs, "Workflow syntax", `jobs`).

use super::env::{self, Scope};
use super::evaluate::Known;
use super::expression::{Expr, Piece, pieces};
use super::steps::{self, Kind};
use super::tree::{Map, Tree};
use super::workflow::{Does, Head, Job, Step, condition};
use crate::prove::{JobFacts, Lock, Unreadable, Value};
use rustc_hash::FxHashMap;

/// A job, read.
pub(super) struct Read {
    pub(super) job: Job,
    pub(super) facts: JobFacts,
    /// Its artifact, and the line.
    pub(super) keeps: Option<(String, usize)>,
    pub(super) fetches: Vec<Fetch>,
    /// The line of a cache that it takes from.
    pub(super) cache: Option<usize>,
}

/// What one step fetches.
pub(super) struct Fetch {
    pub(super) line: usize,
    /// Artifacts; none means all of the run.
    pub(super) names: Vec<String>,
    /// What is not there is no failure.
    pub(super) tolerant: bool,
}

const KEYS: &[&str] = &[
    "name",
    "needs",
    "if",
    "runs-on",
    "timeout-minutes",
    "environment",
    "concurrency",
    "permissions",
    "env",
    "continue-on-error",
    "steps",
];

/// What a job may take that says nothing (docs, "Workflow syntax", `jobs.<job_id>.timeout-minutes`).
const DEFAULT_MINUTES: u64 = 360;

/// Reads the job `id`, one of `ids` with their places.
pub(super) fn read(
    id: &str,
    tree: &Tree<'_>,
    ids: &FxHashMap<&str, usize>,
    head: &Head,
) -> Result<Read, Unreadable> {
    let map = tree.map(KEYS)?;
    if let Some(name) = map.get("name") {
        plain(&name)?;
    }
    let mut facts = JobFacts { name: id.to_owned(), line: tree.line(), ..JobFacts::default() };
    let line =
        |facts: &mut JobFacts, fact: &'static str, tree: &Tree<'_>| facts.lines.push((fact, tree.line()));
    let runs_on = map.need("runs-on")?;
    line(&mut facts, "runner", &runs_on);
    let labels = if runs_on.is_list() { runs_on.items()? } else { vec![runs_on] };
    facts.runner = labels.iter().map(plain).collect::<Result<_, _>>()?;
    if let Some(environment) = map.get("environment") {
        line(&mut facts, "environment", &environment);
        if !environment.is_text() {
            let says = environment.map(&["name", "deployment"])?;
            facts.environment = Some(plain(&says.need("name")?)?);
            facts.deploys_nothing = says.get("deployment").is_some() && !flag(&says, "deployment")?;
        } else {
            facts.environment = Some(plain(&environment)?);
        }
    }
    if let Some(concurrency) = map.get("concurrency") {
        line(&mut facts, "lock", &concurrency);
        facts.lock = Some(lock(&concurrency)?);
    }
    facts.permissions = match map.get("permissions") {
        Some(p) => {
            line(&mut facts, "permissions", &p);
            permissions(&p)?
        }
        None => head.permissions.clone().unwrap_or_else(|| vec!["whatever the repository grants".to_owned()]),
    };
    let minutes = match map.get("timeout-minutes") {
        Some(t) => {
            line(&mut facts, "backstop", &t);
            t.count()?
        }
        None => DEFAULT_MINUTES,
    };
    let (needs, needed) = needs(&map, ids)?;
    let job = Job {
        line: facts.line,
        id: id.to_owned(),
        needs,
        needed,
        condition: map.get("if").map(|c| in_job(&c)).transpose()?,
        continue_on_error: flag(&map, "continue-on-error")?,
        steps: Vec::new(),
    };
    let env = env::read(map.get("env"), Scope::Actions, &head.triggers)?;
    let mut read = Read { job, facts, keeps: None, fetches: Vec::new(), cache: None };
    for step in map.need("steps")?.items()? {
        read.step(&step, [&head.env, &env], minutes, head)?;
    }
    if read.facts.calls.is_empty() {
        return Err(tree.refuse(format!("the job `{id}` never calls the script")));
    }
    read.facts.keeps.sort();
    Ok(read)
}

impl Read {
    fn step(
        &mut self,
        tree: &Tree<'_>,
        env: [&[(String, Value)]; 2],
        minutes: u64,
        head: &Head,
    ) -> Result<(), Unreadable> {
        let step = steps::read(tree, head)?;
        let line = tree.line();
        let mut fact = |name: &'static str| {
            if self.facts.lines.iter().all(|(n, _)| *n != name) {
                self.facts.lines.push((name, line));
            }
        };
        let early = self.job.steps.is_empty();
        let called = !self.facts.calls.is_empty();
        let late = self.keeps.is_some();
        let does = match step.kind {
            Kind::Checkout { credentials_left } => {
                if !early {
                    return Err(tree.refuse("the commit is checked out, and not first"));
                }
                fact("credentials");
                self.facts.credentials_left = credentials_left;
                Does::SetUp
            }
            _ if early => return Err(tree.refuse("something is done before the commit is checked out")),
            _ if late => return Err(tree.refuse("something is done after the record was kept")),
            Kind::SetUp | Kind::Cache | Kind::Fetch(_) | Kind::FetchAny(_) if called => {
                return Err(tree.refuse("something is set up or fetched after the script was called"));
            }
            Kind::SetUp => Does::SetUp,
            Kind::Cache => {
                self.cache = Some(line);
                Does::SetUp
            }
            Kind::Fetch(name) => {
                fact("reads");
                self.fetches.push(Fetch { line, names: vec![name.clone()], tolerant: false });
                Does::Fetch(name)
            }
            Kind::FetchAny(names) => {
                fact("reads");
                self.fetches.push(Fetch { line, names, tolerant: true });
                Does::SetUp
            }
            Kind::Call(mut call) => {
                fact("calls");
                fact("env");
                call.line = line;
                call.env = env::merged([env[0], env[1], &call.env]);
                call.backstop = Some(60 * minutes.min(step.minutes.unwrap_or(minutes)));
                self.facts.calls.push(call);
                Does::Call(self.facts.calls.len() - 1)
            }
            Kind::Keep { name, paths } => {
                if !called {
                    return Err(tree.refuse("the record is kept before the script was called"));
                }
                fact("keeps");
                self.facts.keeps = paths;
                self.facts.keeps_always = always(step.condition.as_ref());
                self.keeps = Some((name, line));
                Does::Keep
            }
        };
        if let Some(id) = &step.id
            && self.job.steps.iter().any(|s| s.id.as_ref() == Some(id))
        {
            return Err(tree.refuse(format!("two steps have the id `{id}`")));
        }
        self.job.steps.push(Step {
            line,
            id: step.id,
            condition: step.condition,
            continue_on_error: step.continue_on_error,
            does,
        });
        Ok(())
    }
}

/// Does a step with this condition run however the steps before it ended?
fn always(condition: Option<&Expr>) -> bool {
    let name = |_: &[String]| Err("asked".to_owned());
    [(true, false, false), (false, true, false), (false, false, true)].into_iter().all(
        |(success, failure, cancelled)| {
            Known { name: &name, success, failure, cancelled }.holds(condition) == Ok(true)
        },
    )
}

fn needs(
    map: &Map<'_>,
    ids: &FxHashMap<&str, usize>,
) -> Result<(Vec<usize>, FxHashMap<String, usize>), Unreadable> {
    let (mut out, mut by_id) = (Vec::new(), FxHashMap::default());
    let Some(tree) = map.get("needs") else { return Ok((out, by_id)) };
    let all = if tree.is_list() { tree.items()? } else { vec![tree] };
    for need in all {
        let id = need.text()?;
        let index =
            *ids.get(id).ok_or_else(|| need.refuse(format!("it needs `{id}`, and there is no such job")))?;
        if by_id.insert(id.to_owned(), index).is_some() {
            return Err(need.refuse(format!("it needs `{id}` twice")));
        }
        out.push(index);
    }
    Ok((out, by_id))
}

/// A job's condition. It sees `github`, `needs`, `vars` and `inputs` (docs, "Context availability"), of which the first
/// two are understood.
fn in_job(tree: &Tree<'_>) -> Result<Expr, Unreadable> {
    let condition = condition(tree)?;
    for name in condition.names() {
        if !matches!(name[0].as_str(), "github" | "needs") {
            return Err(tree.refuse(format!("`{}` is not known in a job's condition", name.join("."))));
        }
    }
    Ok(condition)
}

/// The lock. `queue: max` keeps every run that waits, in order; without it one waits and a newer one takes its place
/// (changelog of 2026-05-07). GitHub refuses `queue: max` with `cancel-in-progress: true`. A job joins its group once its `needs` and `if`
/// let it start, and leaves it when its last step has ended.
fn lock(tree: &Tree<'_>) -> Result<Lock, Unreadable> {
    let all = Lock { cancels: false, displaces: true, whole: true, name: String::new() };
    if tree.is_text() {
        return Ok(Lock { name: group(tree)?, ..all });
    }
    let map = tree.map(&["group", "cancel-in-progress", "queue"])?;
    let cancels = flag(&map, "cancel-in-progress")?;
    let displaces = match map.get("queue") {
        None => true,
        Some(q) => match q.text()? {
            "max" if cancels => return Err(q.refuse("`queue: max` excludes `cancel-in-progress: true`")),
            "max" => false,
            "single" => true,
            other => return Err(q.refuse(format!("the queue `{other}` is not known"))),
        },
    };
    Ok(Lock { name: group(&map.need("group")?)?, cancels, displaces, ..all })
}

/// A group's name. Expressions stay as they are written: such a group is not one, but as many as there are values.
fn group(tree: &Tree<'_>) -> Result<String, Unreadable> {
    let pieces = pieces(tree.text()?).map_err(|e| tree.refuse(e))?;
    let one = |p: Piece| match p {
        Piece::Text(t) => t,
        Piece::Expr(_, written) => format!("${{{{ {written} }}}}"),
    };
    Ok(pieces.into_iter().map(one).collect())
}

/// What a token may be granted (docs, "Workflow syntax", `permissions`).
const SCOPES: &[&str] = &[
    "actions",
    "artifact-metadata",
    "attestations",
    "checks",
    "contents",
    "deployments",
    "discussions",
    "id-token",
    "issues",
    "models",
    "packages",
    "pages",
    "pull-requests",
    "repository-projects",
    "security-events",
    "statuses",
];

/// A list of permissions, sorted. "If you specify the access for any of these permissions, all of those that are not
/// specified are set to none."
pub(super) fn permissions(tree: &Tree<'_>) -> Result<Vec<String>, Unreadable> {
    if tree.is_text() {
        return match tree.text()? {
            all @ ("read-all" | "write-all") => Ok(vec![all.to_owned()]),
            other => Err(tree.refuse(format!("the permissions `{other}` are not known"))),
        };
    }
    let mut out = Vec::new();
    for (scope, level) in tree.entries()? {
        if !SCOPES.contains(&scope) {
            return Err(level.refuse(format!("the permission `{scope}` is not known")));
        }
        match level.text()? {
            "none" => {}
            granted @ ("read" | "write") => out.push(format!("{scope}: {granted}")),
            other => return Err(level.refuse(format!("the permission `{scope}: {other}` is not known"))),
        }
    }
    out.sort();
    Ok(out)
}

/// A switch; off when it is not there.
pub(super) fn flag(map: &Map<'_>, key: &str) -> Result<bool, Unreadable> {
    map.get(key).map_or(Ok(false), |t| t.boolean())
}

/// A text without expressions.
pub(super) fn plain(tree: &Tree<'_>) -> Result<String, Unreadable> {
    match pieces(tree.text()?).map_err(|e| tree.refuse(e))?.as_slice() {
        [] => Ok(String::new()),
        [Piece::Text(t)] => Ok(t.clone()),
        _ => Err(tree.refuse(format!("an expression in `{}` is not known", tree.key()))),
    }
}
