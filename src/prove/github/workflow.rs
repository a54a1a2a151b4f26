//! What was read: jobs and steps as far as they decide what runs, and the file's head.

use super::env::{self, Scope};
use super::expression::{Expr, Piece, parse, pieces};
use super::job;
use super::on::Triggers;
use super::tree::{Document, Map, Tree};
use crate::prove::{FileFacts, Unreadable, Value};
use rustc_hash::FxHashMap;

/// A workflow.
pub(super) struct Workflow {
    pub(super) triggers: Triggers,
    /// In the order of the file, as in [`FileFacts::jobs`].
    pub(super) jobs: Vec<Job>,
    /// Indices of the jobs, each behind all that it needs.
    pub(super) order: Vec<usize>,
    pub(super) facts: FileFacts,
    /// The job that keeps an artifact, by the artifact's name.
    pub(super) kept_by: FxHashMap<String, usize>,
}

/// A job.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) line: usize,
    pub(super) id: String,
    pub(super) needs: Vec<usize>,
    /// The same, by id.
    pub(super) needed: FxHashMap<String, usize>,
    pub(super) condition: Option<Expr>,
    pub(super) continue_on_error: bool,
    pub(super) steps: Vec<Step>,
}

/// A step.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) line: usize,
    pub(super) id: Option<String>,
    pub(super) condition: Option<Expr>,
    pub(super) continue_on_error: bool,
    pub(super) does: Does,
}

/// What a step does.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Does {
    /// Checkout, interpreter, cache: taken to succeed. So is a download by pattern, which finds what there is.
    SetUp,
    /// Fetches this artifact, and fails when it is not there.
    Fetch(String),
    /// Makes this call of the job's.
    Call(usize),
    /// Keeps the job's artifact.
    Keep,
}

/// What jobs are read with: what stands above them.
pub(super) struct Head {
    pub(super) triggers: Triggers,
    pub(super) env: Vec<(String, Value)>,
    /// The workflow's `permissions`.
    pub(super) permissions: Option<Vec<String>>,
}

impl Workflow {
    /// Reads a workflow file.
    pub(super) fn read(text: &str) -> Result<Self, Unreadable> {
        let document = Document::read(text)?;
        let root =
            document.root().map(&["name", "on", "permissions", "concurrency", "defaults", "env", "jobs"])?;
        if let Some(name) = root.get("name") {
            name.text()?;
        }
        let triggers = Triggers::read(&root.need("on")?)?;
        let mut facts = FileFacts {
            schedules: triggers.schedules.clone(),
            inputs: triggers.inputs.clone(),
            ..FileFacts::default()
        };
        concurrency(&root, &mut facts.hazards)?;
        defaults(&root)?;
        let head = Head {
            env: env::read(root.get("env"), Scope::Actions, &triggers)?,
            permissions: root.get("permissions").map(|p| job::permissions(&p)).transpose()?,
            triggers,
        };
        let jobs = root.need("jobs")?;
        let entries = jobs.entries()?;
        let mut artifacts = Vec::new();
        let mut fetched = Vec::new();
        let mut read = Vec::new();
        facts.brought = env::brought(root.get("env"));
        let ids: FxHashMap<&str, usize> = entries.iter().enumerate().map(|(i, (id, _))| (*id, i)).collect();
        for (id, tree) in &entries {
            let one = job::read(id, tree, &ids, &head)?;
            if let Some(line) = one.cache.filter(|_| one.facts.publishes()) {
                let what = format!("`{id}` publishes, and takes from a cache that other runs fill");
                facts.hazards.push((line, what));
            }
            facts.jobs.push(one.facts);
            read.push(one.job);
            artifacts.push(one.keeps);
            fetched.push(one.fetches);
        }
        let order = order(&read).map_err(|i| entries[i].1.refuse("its `needs` lead back to itself"))?;
        let mut workflow =
            Self { triggers: head.triggers, jobs: read, order, facts, kept_by: FxHashMap::default() };
        workflow.resolve(&artifacts, &fetched)?;
        Ok(workflow)
    }

    /// Who keeps what, and who reads whose.
    fn resolve(
        &mut self,
        artifacts: &[Option<(String, usize)>],
        fetched: &[Vec<job::Fetch>],
    ) -> Result<(), Unreadable> {
        for (i, (name, line)) in artifacts.iter().enumerate().filter_map(|(i, a)| Some((i, a.as_ref()?))) {
            if self.kept_by.insert(name.clone(), i).is_some() {
                return Err(Unreadable { line: *line, what: format!("`{name}` is kept by two jobs") });
            }
        }
        for (i, fetches) in fetched.iter().enumerate() {
            let above = self.ancestors(i);
            let mut reads = Vec::new();
            let mut tolerates = Vec::new();
            for fetch in fetches {
                for name in &fetch.names {
                    let of = *self.kept_by.get(name).ok_or_else(|| Unreadable {
                        line: fetch.line,
                        what: format!("no job keeps an artifact `{name}`"),
                    })?;
                    if !above[of] {
                        let what = format!("`{}` reads `{name}` and does not wait for it", self.jobs[i].id);
                        self.facts.hazards.push((fetch.line, what));
                    }
                    reads.push(self.jobs[of].id.clone());
                    if fetch.tolerant {
                        tolerates.push(self.jobs[of].id.clone());
                    }
                }
                if fetch.names.is_empty() {
                    reads.push("*".to_owned());
                }
            }
            reads.sort();
            self.facts.jobs[i].tolerates = tolerates;
            self.facts.jobs[i].reads = reads;
        }
        Ok(())
    }

    /// Every job that the job waits for, directly or not.
    pub(super) fn ancestors(&self, job: usize) -> Vec<bool> {
        let mut found = vec![false; self.jobs.len()];
        let mut todo = self.jobs[job].needs.clone();
        while let Some(j) = todo.pop() {
            if !std::mem::replace(&mut found[j], true) {
                todo.extend(&self.jobs[j].needs);
            }
        }
        found
    }
}

/// The jobs, each behind all that it needs; the error is one of a circle.
fn order(jobs: &[Job]) -> Result<Vec<usize>, usize> {
    let mut order = Vec::new();
    let mut done = vec![false; jobs.len()];
    while order.len() < jobs.len() {
        let before = order.len();
        for (i, job) in jobs.iter().enumerate() {
            if !done[i] && job.needs.iter().all(|n| done[*n]) {
                done[i] = true;
                order.push(i);
            }
        }
        if order.len() == before {
            return Err(done.iter().position(|d| !d).unwrap_or_default());
        }
    }
    Ok(order)
}

/// The workflow's own group. One that holds the run's id is the run's alone; in any other, a newer run cancels the one
/// that waits, or the one that runs (docs, "Workflow syntax", `concurrency`).
fn concurrency(root: &Map<'_>, hazards: &mut Vec<(usize, String)>) -> Result<(), Unreadable> {
    let Some(tree) = root.get("concurrency") else { return Ok(()) };
    let group = if tree.is_text() {
        tree
    } else {
        let map = tree.map(&["group", "cancel-in-progress"])?;
        if let Some(cancels) = map.get("cancel-in-progress") {
            cancels.boolean()?;
        }
        map.need("group")?
    };
    let pieces = pieces(group.text()?).map_err(|e| group.refuse(e))?;
    let own = |p: &Piece| matches!(p, Piece::Expr(e, _) if e.is("github.run_id"));
    if !pieces.iter().any(own) {
        hazards
            .push((group.line(), "a newer run displaces or cancels this one, of the same group".to_owned()));
    }
    Ok(())
}

/// One shell for every step: a call of the script is one command, which every shell makes alike.
fn defaults(root: &Map<'_>) -> Result<(), Unreadable> {
    let Some(tree) = root.get("defaults") else { return Ok(()) };
    let shell = tree.map(&["run"])?.need("run")?.map(&["shell"])?.need("shell")?;
    match shell.text()? {
        "bash" => Ok(()),
        other => Err(shell.refuse(format!("the shell `{other}` is not known"))),
    }
}

/// A condition: `${{ … }}`, or an expression without. GitHub takes a mixture for a text that always holds; a space or a line
/// end (of `if: |`) beside the brackets is one.
pub(super) fn condition(tree: &Tree<'_>) -> Result<Expr, Unreadable> {
    if let Some(b) = tree.as_bool() {
        return Ok(Expr::Bool(b));
    }
    let text = tree.text()?;
    if !text.contains("${{") {
        return parse(text).map_err(|e| tree.refuse(e));
    }
    match pieces(text).map_err(|e| tree.refuse(e))?.as_slice() {
        [Piece::Expr(e, _)] => Ok(e.clone()),
        [Piece::Text(t)] if text.matches("${{").count() == 1 && text.ends_with("}}") => {
            Ok(Expr::Text(t.clone()))
        }
        _ => Err(tree.refuse("a condition that mixes text and expressions always holds")),
    }
}
