//! When jobs and steps run, as formulas.

use super::super::{CallOutcome, Diagrams, JobRun, Node, Outcomes, Situation, Unreadable};
use super::expression::{Expr, unknown};
use super::read::Workflow;
use super::situation::github;

/// A value of an expression: fixed, or depending on outcomes.
enum Value {
    Text(String),
    Is(Node),
    /// One of these words, each under its formula.
    Word(Vec<(&'static str, Node)>),
}

#[derive(Clone, Copy)]
struct Ended {
    success: Node,
    failure: Node,
    cancelled: Node,
    skipped: Node,
    /// A call of it was cancelled while it ran.
    interrupted: Node,
}

pub(super) fn run(
    w: &Workflow,
    s: &Situation,
    o: &Outcomes,
    d: &mut Diagrams,
) -> Result<Vec<JobRun>, Unreadable> {
    if !w.triggers.start(s) {
        return Ok(Vec::new());
    }
    let mut ended: Vec<Option<(Ended, JobRun)>> = w.jobs.iter().map(|_| None).collect();
    for index in order(w)? {
        let job = &w.jobs[index];
        let ancestors = ancestors(w, index);
        let before: Vec<Ended> =
            ancestors.iter().filter_map(|a| ended[*a].as_ref().map(|(e, _)| *e)).collect();
        let interrupted = d.any(before.iter().map(|e| e.interrupted));
        let status = Status {
            success: {
                let all = d.all(before.iter().map(|e| e.success));
                d.without(all, o.cancelled())
            },
            failure: d.any(before.iter().map(|e| e.failure)),
            cancelled: d.or(interrupted, o.cancelled()),
        };
        let needs: Vec<(&str, Ended)> = job
            .needs
            .iter()
            .filter_map(|n| ended[*n].as_ref().map(|(e, _)| (w.facts.jobs[*n].name.as_str(), *e)))
            .collect();
        let scope = Scope { s, status, results: Results::Needs(&needs) };
        let started = scope.truth(&job.condition, d).map_err(|what| Unreadable { line: job.line, what })?;
        let one = steps(w, index, started, s, o, d)?;
        ended[index] = Some(one);
    }
    Ok(ended.into_iter().flatten().map(|(_, run)| run).collect())
}

/// The steps of a job that starts so.
fn steps(
    w: &Workflow,
    index: usize,
    started: Node,
    s: &Situation,
    o: &Outcomes,
    d: &mut Diagrams,
) -> Result<(Ended, JobRun), Unreadable> {
    let job = &w.jobs[index];
    let facts = &w.facts.jobs[index];
    let mut calls = vec![Node::NO; facts.calls.len()];
    let (mut failed, mut interrupted) = (Node::NO, Node::NO);
    let mut known: Vec<(&str, Ended)> = Vec::new();
    for step in &job.steps {
        let Some(call) = step.call else { continue };
        let refuse = |what: String| Unreadable { line: facts.calls[call].line, what };
        let bad = d.or(failed, interrupted);
        let status = Status { success: d.not(bad), failure: failed, cancelled: interrupted };
        let scope = Scope { s, status, results: Results::Steps(&known) };
        let condition = scope.truth(&step.condition, d).map_err(refuse)?;
        let made = d.and(started, condition);
        let args = &facts.calls[call].args;
        let CallOutcome { success, failure, cancelled } =
            o.of_call(args).ok_or_else(|| refuse(format!("the plan does not call `{}`", args.join(" "))))?;
        let one = Ended {
            success: d.and(made, success),
            failure: d.and(made, failure),
            cancelled: d.and(made, cancelled),
            skipped: d.not(made),
            interrupted: d.and(made, cancelled),
        };
        calls[call] = made;
        if !step.lenient {
            failed = d.or(failed, one.failure);
        }
        interrupted = d.or(interrupted, one.cancelled);
        if let Some(id) = &step.id {
            known.push((id, one));
        }
    }
    let failed = d.without(failed, interrupted);
    let bad = d.or(failed, interrupted);
    let well = d.without(started, bad);
    let (success, failure) = if job.lenient { (d.or(well, failed), Node::NO) } else { (well, failed) };
    let ended = Ended { success, failure, cancelled: interrupted, skipped: d.not(started), interrupted };
    Ok((ended, JobRun { job: index, starts: started, calls, succeeds: success, red: failure }))
}

#[derive(Clone, Copy)]
struct Status {
    success: Node,
    failure: Node,
    cancelled: Node,
}

enum Results<'a> {
    Needs(&'a [(&'a str, Ended)]),
    Steps(&'a [(&'a str, Ended)]),
}

struct Scope<'a> {
    s: &'a Situation,
    status: Status,
    results: Results<'a>,
}

impl Scope<'_> {
    fn truth(&self, e: &Expr, d: &mut Diagrams) -> Result<Node, String> {
        Ok(match e {
            Expr::Not(a) => {
                let a = self.truth(a, d)?;
                d.not(a)
            }
            Expr::And(a, b) => {
                let (a, b) = (self.truth(a, d)?, self.truth(b, d)?);
                d.and(a, b)
            }
            Expr::Or(a, b) => {
                let (a, b) = (self.truth(a, d)?, self.truth(b, d)?);
                d.or(a, b)
            }
            Expr::Equal(a, b) => self.equal(a, b, d)?,
            Expr::Differs(a, b) => {
                let same = self.equal(a, b, d)?;
                d.not(same)
            }
            Expr::Text(_) | Expr::Bool(_) | Expr::Context(_) | Expr::Call(..) => match self.value(e)? {
                Value::Is(n) => n,
                Value::Text(t) => (!t.is_empty()).into(),
                Value::Word(all) => d.any(all.iter().map(|(_, n)| *n)),
            },
        })
    }

    /// `==` ignores the case of letters.
    fn equal(&self, a: &Expr, b: &Expr, d: &mut Diagrams) -> Result<Node, String> {
        Ok(match (self.value(a)?, self.value(b)?) {
            (Value::Text(a), Value::Text(b)) => a.eq_ignore_ascii_case(&b).into(),
            (Value::Word(all), Value::Text(t)) | (Value::Text(t), Value::Word(all)) => {
                d.any(all.iter().filter(|(w, _)| w.eq_ignore_ascii_case(&t)).map(|(_, n)| *n))
            }
            _ => return Err("a comparison is not of texts".into()),
        })
    }

    fn value(&self, e: &Expr) -> Result<Value, String> {
        match e {
            Expr::Text(t) => Ok(Value::Text(t.clone())),
            Expr::Bool(b) => Ok(Value::Is((*b).into())),
            Expr::Context(path) => self.context(path),
            Expr::Call(name, args) => self.call(name, args),
            _ => Err("a comparison of conditions".into()),
        }
    }

    fn context(&self, path: &[String]) -> Result<Value, String> {
        let refuse = || unknown(&path.join("."));
        let parts: Vec<&str> = path.iter().map(String::as_str).collect();
        match (parts.as_slice(), &self.results) {
            (["github", rest @ ..], _) => github(rest, self.s).map(Value::Text).ok_or_else(refuse),
            (["needs", id, "result"], Results::Needs(all)) => word(all, id).ok_or_else(refuse),
            (["steps", id, "outcome"], Results::Steps(all)) => {
                // The outcome of a step that has not come yet is empty.
                Ok(word(all, id).unwrap_or_else(|| Value::Text(String::new())))
            }
            _ => Err(refuse()),
        }
    }

    fn call(&self, name: &str, args: &[Expr]) -> Result<Value, String> {
        let text = |e: &Expr| match self.value(e) {
            Ok(Value::Text(t)) => Ok(t.to_lowercase()),
            _ => Err(unknown(name)),
        };
        Ok(Value::Is(match (name, args) {
            ("always", []) => Node::YES,
            ("success", []) => self.status.success,
            ("failure", []) => self.status.failure,
            ("cancelled", []) => self.status.cancelled,
            ("startsWith", [a, b]) => text(a)?.starts_with(&text(b)?).into(),
            ("endsWith", [a, b]) => text(a)?.ends_with(&text(b)?).into(),
            ("contains", [a, b]) => text(a)?.contains(&text(b)?).into(),
            _ => return Err(format!("the function `{name}` is not known here")),
        }))
    }
}

fn word(all: &[(&str, Ended)], id: &str) -> Option<Value> {
    let e = all.iter().find(|(n, _)| n.eq_ignore_ascii_case(id)).map(|(_, e)| *e)?;
    let words = vec![
        ("success", e.success),
        ("failure", e.failure),
        ("cancelled", e.cancelled),
        ("skipped", e.skipped),
    ];
    Some(Value::Word(words))
}

fn ancestors(w: &Workflow, of: usize) -> Vec<usize> {
    let mut seen = vec![false; w.jobs.len()];
    let mut open = w.jobs[of].needs.clone();
    while let Some(n) = open.pop() {
        if !std::mem::replace(&mut seen[n], true) {
            open.extend(&w.jobs[n].needs);
        }
    }
    (0..w.jobs.len()).filter(|i| seen[*i]).collect()
}

/// Jobs behind what they need.
fn order(w: &Workflow) -> Result<Vec<usize>, Unreadable> {
    let mut out: Vec<usize> = Vec::new();
    let mut done = vec![false; w.jobs.len()];
    while out.len() < w.jobs.len() {
        let before = out.len();
        for i in 0..w.jobs.len() {
            if !done[i] && w.jobs[i].needs.iter().all(|n| done[*n]) {
                done[i] = true;
                out.push(i);
            }
        }
        if out.len() == before {
            let line = (0..done.len()).find(|i| !done[*i]).map_or(0, |i| w.jobs[i].line);
            return Err(Unreadable { line, what: "the jobs' `needs` form a cycle".into() });
        }
    }
    Ok(out)
}
