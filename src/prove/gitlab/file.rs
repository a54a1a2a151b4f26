//! A file of GitLab's as it was read: what both the formulas and the plain enumeration go by.

use super::expression::{Expression, Variable};
use super::fields::{Fields, fixed};
use super::inputs::{Input, Variables, inputs, interpolations, variables};
use super::job::{Job, job};
use crate::prove::Unreadable;
use crate::prove::yaml::{Entry, Is, Node, documents, refuse};
use rustc_hash::FxHashMap;

/// Keys of a file that are no jobs; what of them stands in a root file stands there only.
const KEYWORDS: [&str; 13] = [
    "spec",
    "workflow",
    "stages",
    "default",
    "variables",
    "include",
    "image",
    "services",
    "before_script",
    "after_script",
    "cache",
    "pages",
    "types",
];

/// A pipeline's file, with the one that includes it.
#[derive(Debug, Default)]
pub(super) struct File {
    /// Which pipelines exist.
    pub(super) workflow: Vec<WorkflowRule>,
    /// Line of `workflow`.
    pub(super) workflow_line: usize,
    /// Names of the stages, in order.
    pub(super) stages: Vec<String>,
    /// Inputs, in order.
    pub(super) inputs: Vec<Input>,
    /// Variables of every job.
    pub(super) variables: Variables,
    /// Jobs, in the order of the file.
    pub(super) jobs: Vec<Job>,
    /// Indices of jobs, each behind everything that decides about it.
    pub(super) order: Vec<usize>,
    /// Every expression of a rule, once.
    pub(super) expressions: Expressions,
    /// See [`crate::prove::FileFacts::hazards`].
    pub(super) hazards: Vec<(usize, String)>,
    /// Paths that the root file includes.
    pub(super) includes: Vec<String>,
    /// The pipeline's name, where several share a root file.
    pub(super) name: Option<String>,
}

/// A line of `workflow:rules`.
#[derive(Debug)]
pub(super) struct WorkflowRule {
    /// What it asks for, by index into [`File::expressions`]; nothing if it always applies.
    pub(super) asks: Option<usize>,
    /// It keeps the pipeline away.
    pub(super) never: bool,
    /// Its line.
    pub(super) line: usize,
}

/// Expressions, each read once.
#[derive(Debug, Default)]
pub(super) struct Expressions {
    all: Vec<Expression>,
    known: FxHashMap<String, usize>,
}

impl Expressions {
    /// The index of this expression.
    pub(super) fn read(&mut self, node: &Node) -> Result<usize, Unreadable> {
        let text = node.text()?;
        if let Some(known) = self.known.get(text) {
            return Ok(*known);
        }
        self.all.push(Expression::read(text, node.line)?);
        self.known.insert(text.to_owned(), self.all.len() - 1);
        Ok(self.all.len() - 1)
    }

    /// All of them.
    pub(super) fn all(&self) -> &[Expression] {
        &self.all
    }
}

/// Reads a pipeline's file and, where several share one, its root file.
pub(super) fn file(text: &str, root: Option<&str>) -> Result<File, Unreadable> {
    let mut f = File::default();
    let jobs = match root {
        None => {
            let (spec, body) = split(text)?;
            let known = interpolations(text, &body)?;
            let Is::Map(entries) = body.is else { return refuse(body.line, "jobs are expected, as a map") };
            let (head, jobs) = entries.into_iter().partition(|e| KEYWORDS.contains(&e.key.as_str()));
            f.head(spec.as_ref(), &map(head), false)?;
            known.all_declared(&f.inputs)?;
            jobs
        }
        Some(root) => {
            let (spec, body) = split(root).map_err(of_root)?;
            let known = interpolations(root, &body).map_err(of_root)?;
            f.head(spec.as_ref(), &body, true).map_err(of_root)?;
            known.all_declared(&f.inputs).map_err(of_root)?;
            f.included(text)?
        }
    };
    for e in &jobs {
        let one = job(e, &mut f)?;
        f.jobs.push(one);
    }
    f.connect()?;
    Ok(f)
}

/// A line of the root file means nothing in the pipeline's own.
fn of_root(e: Unreadable) -> Unreadable {
    Unreadable { line: 0, what: format!("in the root file, line {}: {}", e.line, e.what) }
}

/// The header with the inputs, and the body.
fn split(text: &str) -> Result<(Option<Node>, Node), Unreadable> {
    let mut all = documents(text)?;
    let body = all.pop();
    match (all.pop(), body, all.is_empty()) {
        (spec, Some(body), true) => Ok((spec, body)),
        _ => refuse(1, "one document is expected, and one with inputs before it at most"),
    }
}

fn map(entries: Vec<Entry>) -> Node {
    Node { line: entries.first().map_or(1, |e| e.line), is: Is::Map(entries) }
}

impl File {
    /// Everything but the jobs.
    fn head(&mut self, spec: Option<&Node>, body: &Node, is_root: bool) -> Result<(), Unreadable> {
        if let Some(spec) = spec {
            self.inputs = inputs(spec)?;
        }
        let mut body = Fields::of(body, "the file")?;
        let Some(workflow) = body.take("workflow") else {
            return refuse(1, "no `workflow`: GitLab's own rules would start runs");
        };
        self.workflow(workflow)?;
        let Some(stages) = body.take("stages") else { return refuse(1, "no `stages`") };
        self.stages = stages.texts()?;
        // GitLab puts these two first and last wherever they are listed.
        if let Some(own) = self.stages.iter().find(|s| s.starts_with('.')) {
            return refuse(stages.line, format!("the stage `{own}` is GitLab's own"));
        }
        if let Some(default) = body.take("default") {
            let mut fields = Fields::of(default, "`default`")?;
            if let Some(n) = fields.take("interruptible")
                && n.truth()?
            {
                self.hazards.push((n.line, "a newer run may cancel jobs: `interruptible: true`".into()));
            }
            fields.end()?;
        }
        if let Some(n) = body.take("variables") {
            self.variables = variables(n, &self.inputs)?;
        }
        if is_root && let Some(n) = body.take("include") {
            for i in n.list()? {
                let mut fields = Fields::of(i, "an `include`")?;
                let Some(local) = fields.take("local") else { return refuse(i.line, "no `local`") };
                // `local` is below the repository's root, with a `/` before it or without.
                self.includes.push(fixed(local)?.trim_start_matches('/').to_owned());
                fields.end()?;
            }
        }
        body.end()
    }

    fn workflow(&mut self, node: &Node) -> Result<(), Unreadable> {
        self.workflow_line = node.line;
        let mut fields = Fields::of(node, "`workflow`")?;
        self.auto_cancel(node.line, fields.take("auto_cancel"))?;
        let Some(rules) = fields.take("rules") else {
            return refuse(node.line, "no `rules`: GitLab's own would start runs");
        };
        for r in rules.list()? {
            let mut rule = Fields::of(r, "a rule of `workflow`")?;
            let asks = rule.take("if").map(|n| self.expressions.read(n)).transpose()?;
            let never = match rule.text("when")? {
                None | Some(("always", _)) => false,
                Some(("never", _)) => true,
                Some((w, line)) => return refuse(line, format!("`when: {w}` is not known in `workflow`")),
            };
            rule.end()?;
            self.workflow.push(WorkflowRule { asks, never, line: r.line });
        }
        fields.end()
    }

    /// Without a word about it, the project's setting decides about newer commits, and it cancels unless somebody
    /// switched it off.
    fn auto_cancel(&mut self, line: usize, node: Option<&Node>) -> Result<(), Unreadable> {
        let mut fields = node.map(|n| Fields::of(n, "`auto_cancel`")).transpose()?;
        let mut word = |key| fields.as_mut().map_or(Ok(None), |f| f.text(key));
        let (commit, failure) = (word("on_new_commit")?, word("on_job_failure")?);
        match commit {
            Some(("none", _)) => {}
            Some((w, line)) => {
                self.hazards.push((line, format!("a new commit cancels runs: `on_new_commit: {w}`")));
            }
            None => {
                self.hazards.push((line, "a new commit may cancel runs: no `on_new_commit: none`".into()))
            }
        }
        match failure {
            None | Some(("none", _)) => {}
            Some((w, line)) => {
                self.hazards.push((line, format!("a failure cancels the other jobs: `on_job_failure: {w}`")));
            }
        }
        fields.map_or(Ok(()), Fields::end)
    }

    /// The jobs of an included file, all under one name.
    fn included(&mut self, text: &str) -> Result<Vec<Entry>, Unreadable> {
        if let Some(i) = text.lines().position(|l| l.contains("$[[")) {
            return refuse(i + 1, "`$[[` in a file without inputs");
        }
        let (spec, body) = split(text)?;
        if let Some(spec) = spec {
            return refuse(spec.line, "inputs belong to the root file");
        }
        let Is::Map(entries) = body.is else { return refuse(body.line, "jobs are expected, as a map") };
        for e in &entries {
            if KEYWORDS.contains(&e.key.as_str()) {
                return refuse(e.line, format!("`{}` belongs to the root file", e.key));
            }
            let Some((name, _)) = e.key.split_once(':') else {
                return refuse(e.line, format!("`{}` does not say whose job it is", e.key));
            };
            if self.name.get_or_insert_with(|| name.to_owned()) != name {
                return refuse(e.line, format!("`{}` is another pipeline's job", e.key));
            }
        }
        Ok(entries)
    }

    /// Resolves `needs`, and puts the jobs in the order in which GitLab decides about them: by stage, and within a stage
    /// by `needs`, which never point to a later stage.
    fn connect(&mut self) -> Result<(), Unreadable> {
        let known: FxHashMap<&str, usize> =
            self.jobs.iter().enumerate().map(|(i, j)| (j.name.as_str(), i)).collect();
        let mut resolved: Vec<Vec<usize>> = Vec::new();
        for j in &self.jobs {
            let mut own = Vec::new();
            for n in j.needs.iter().flatten() {
                let Some(i) = known.get(n.job.as_str()) else {
                    return refuse(
                        n.line,
                        format!("`{}` needs `{}`, which is not in the file", j.name, n.job),
                    );
                };
                if self.jobs[*i].stage > j.stage {
                    return refuse(n.line, format!("`{}` needs `{}` of a later stage", j.name, n.job));
                }
                own.push(*i);
            }
            for name in j.dependencies.iter().flatten() {
                if known.get(name.as_str()).is_none_or(|i| self.jobs[*i].stage >= j.stage) {
                    let what =
                        format!("`{}` takes from `{name}`, which is no job of an earlier stage", j.name);
                    return refuse(j.line, what);
                }
            }
            resolved.push(own);
        }
        let mut left: Vec<usize> = (0..self.jobs.len()).collect();
        left.sort_by_key(|i| self.jobs[*i].stage);
        let mut done = vec![false; self.jobs.len()];
        while !left.is_empty() {
            let before = left.len();
            let jobs = &self.jobs;
            let order = &mut self.order;
            let mut stage = None;
            left.retain(|i| {
                // A stage is done before the next one begins.
                let behind = stage.is_some_and(|s| jobs[*i].stage > s);
                if behind || !resolved[*i].iter().all(|n| done[*n]) {
                    stage.get_or_insert(jobs[*i].stage);
                    return true;
                }
                done[*i] = true;
                order.push(*i);
                false
            });
            if left.len() == before {
                let j = &self.jobs[left[0]];
                return refuse(j.line, format!("`{}` needs itself, by way of others", j.name));
            }
        }
        for (j, own) in self.jobs.iter_mut().zip(resolved) {
            for (n, i) in j.needs.iter_mut().flatten().zip(own) {
                n.index = i;
            }
        }
        Ok(())
    }

    /// Does any rule ask for this variable?
    pub(super) fn asks(&self, v: Variable) -> bool {
        self.expressions.all().iter().any(|e| e.asks(v))
    }
}
