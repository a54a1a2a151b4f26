//! Jenkins' steps, by the rules of their plugins. What gets a job ready (`deleteDir`, `checkout`, `unstash` of a stash
//! that is there) and what keeps its results is taken to succeed: the agent and the controller stand behind that.

use super::ast::{Call, Expr, Is};
use super::declarative::seconds;
use super::machine::{Folder, Machine, Oracle, Result, refuse};
use super::text::words;
use super::token::Name;
use super::value::{Guarded, Thrown, Value};
use crate::prove::{Call as Seen, Node, Value as Source};

/// How a value that the checkout gave is written down.
pub(super) const CHECKOUT: &str = "checkout(scm).";

/// The arguments of a step.
struct Given {
    named: Vec<(Name, Value)>,
    plain: Vec<Value>,
}

impl Given {
    fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.named.iter().position(|(n, _)| &**n == name)?;
        Some(self.named.remove(at).1)
    }

    fn text(&mut self, name: &str) -> Option<Name> {
        match self.take(name) {
            Some(Value::Text(t)) => Some(t),
            _ => None,
        }
    }

    fn flag(&mut self, name: &str) -> bool {
        self.take(name) == Some(Value::Bool(Node::YES))
    }
}

impl Machine<'_> {
    /// A step. An argument that is not known here is refused.
    pub(super) fn step(&mut self, call: &Call, line: usize, pc: &mut Node) -> Result<Guarded> {
        if &*call.name == "checkout" {
            if !self.agent {
                return refuse(line, "a checkout without an agent");
            }
            let scm = matches!(call.plain.as_slice(), [Expr { is: Is::Variable(v), .. }] if &**v == "scm");
            if scm && call.named.is_empty() && call.block.is_none() {
                self.trace.folder =
                    if self.trace.folder == Folder::Empty { Folder::Fresh } else { Folder::Mixed };
                return Ok(Value::Checkout.into());
            }
            return refuse(line, "a checkout of something else than `scm`");
        }
        let mut given = Given { named: Vec::new(), plain: Vec::new() };
        for (name, e) in &call.named {
            let value = self.value(e, pc)?;
            given.named.push((name.clone(), value));
        }
        for e in &call.plain {
            let value = self.value(e, pc)?;
            given.plain.push(value);
        }
        let value = match &call.block {
            Some(_) => {
                self.block_step(call, &mut given, line, pc)?;
                Value::Nothing
            }
            None => self.plain_step(&call.name, &mut given, line, pc)?,
        };
        if let Some((name, _)) = given.named.first() {
            return refuse(line, format!("`{name}` of `{}` is not known here", call.name));
        }
        if !given.plain.is_empty() {
            return refuse(line, format!("an argument of `{}` is not known here", call.name));
        }
        Ok(value.into())
    }

    fn plain_step(&mut self, step: &str, given: &mut Given, line: usize, pc: &mut Node) -> Result<Value> {
        let lacks = |what: &str| refuse(line, format!("`{step}` without {what}"));
        if !self.agent && !matches!(step, "sleep" | "error" | "string" | "file") {
            return refuse(line, format!("step `{step}` without an agent"));
        }
        match step {
            "deleteDir" => {
                if !self.trace.taken.is_empty() && self.trace.calls.is_empty() {
                    self.misplaced(line, "deletes the records that it took");
                }
                self.trace.folder = Folder::Empty;
            }
            "error" => {
                given.plain.pop();
                self.throws(*pc, Thrown::Failure);
                *pc = Node::NO;
            }
            "sh" => {
                given.take("label");
                let Some(script) = given.text("script") else { return lacks("`script`") };
                self.sh(&script, line, pc)?;
            }
            "unstash" => {
                let Some(Value::Text(name)) = given.plain.pop() else { return lacks("a name") };
                if self.trace.folder != Folder::Fresh {
                    self.misplaced(line, "takes records before the commit is there");
                }
                if !self.trace.calls.is_empty() {
                    self.misplaced(line, "takes records behind the call that reads them");
                }
                self.without_limit(line, step);
                self.unstash(&name, line, pc)?;
            }
            "stash" => {
                let (Some(name), Some(what)) = (given.text("name"), given.text("includes")) else {
                    return lacks("`name` and `includes`");
                };
                if !given.flag("allowEmpty") {
                    return lacks("`allowEmpty: true` fails when there is nothing");
                }
                self.keeps(line, step);
                let old = self.stashes.get(&name).map_or(Node::NO, |s| s.0);
                let there = self.d.or(old, *pc);
                self.stashes.insert(name.clone(), (there, self.job, self.level));
                self.trace.stashed.push((name, what, *pc));
            }
            "archiveArtifacts" => {
                let Some(what) = given.text("artifacts") else { return lacks("`artifacts`") };
                if !given.flag("allowEmptyArchive") {
                    return lacks("`allowEmptyArchive: true` fails when there is nothing");
                }
                self.keeps(line, step);
                self.trace.archived.push((what, *pc));
            }
            "junit" => {
                let Some(what) = given.text("testResults") else { return lacks("`testResults`") };
                if !given.flag("allowEmptyResults") || !given.flag("skipMarkingBuildUnstable") {
                    return lacks(
                        "`allowEmptyResults: true` and `skipMarkingBuildUnstable: true` changes the build",
                    );
                }
                self.keeps(line, step);
                self.trace.junit.push((what, *pc));
            }
            "sleep" => {
                let unit = given.text("unit").unwrap_or_else(|| "SECONDS".into());
                let Some(Value::Number(n)) = given.take("time") else { return lacks("`time`") };
                let Some(long) = seconds(n, &unit) else { return refuse(line, format!("unit `{unit}`")) };
                if !self.limits.is_empty() {
                    self.misplaced(line, "may end its `sleep` by a time limit");
                }
                if !self.trace.calls.is_empty() {
                    self.misplaced(line, "sleeps behind its calls");
                }
                self.trace.slept.push((long, *pc, self.agent));
            }
            "string" | "file" => {
                let (Some(id), Some(variable)) = (given.text("credentialsId"), given.text("variable")) else {
                    return lacks("`credentialsId` and `variable`");
                };
                return Ok(Value::Binding(variable, id, step == "file"));
            }
            _ => return refuse(line, format!("step `{step}` is not known here")),
        }
        Ok(Value::Nothing)
    }

    fn misplaced(&mut self, line: usize, what: &str) {
        self.trace.misplaced.push((line, what.to_owned()));
    }

    /// Something is kept: behind the calls, from the folder that they worked in.
    fn keeps(&mut self, line: usize, step: &str) {
        if self.trace.calls.is_empty() {
            self.misplaced(line, "keeps its record before it has made one");
        }
        if matches!(self.trace.folder, Folder::Old | Folder::Empty) {
            self.misplaced(line, "deletes its record before it is kept");
        }
        self.without_limit(line, step);
    }

    /// A slow controller is no reason to lose a record.
    fn without_limit(&mut self, line: usize, step: &str) {
        if self.limits.len() > self.stage_limits {
            self.misplaced(line, &format!("may end its `{step}` by a time limit"));
        }
    }

    fn unstash(&mut self, name: &Name, line: usize, pc: &mut Node) -> Result<()> {
        let (there, job, level) =
            self.stashes.get(name).copied().unwrap_or((Node::NO, usize::MAX, usize::MAX));
        if level == self.level && job != self.job {
            return refuse(line, format!("`unstash` of `{name}`, which a job beside this one makes"));
        }
        let found = self.d.and(*pc, there);
        if found != *pc {
            let missing = self.d.without(*pc, there);
            self.throws(missing, Thrown::Failure);
            *pc = found;
        }
        if *pc != Node::NO {
            match self.trace.taken.iter_mut().find(|t| t.0 == *name) {
                Some(taken) => taken.2 = self.d.or(taken.2, *pc),
                None => self.trace.taken.push((name.clone(), there, *pc)),
            }
        }
        Ok(())
    }

    fn sh(&mut self, script: &str, line: usize, pc: &mut Node) -> Result<()> {
        let mut words = words(script).unwrap_or_default();
        let ours = words.len() > 1
            && words[0] == "sh"
            && words[1].starts_with(".mlpipe/")
            && words[1].ends_with(".sh");
        if !ours {
            return refuse(self.site, format!("the command `{script}`"));
        }
        let args = words.split_off(2);
        let Some(outcome) = self.oracle.of(&args, self.d) else {
            return refuse(
                self.site,
                format!("the script is called with `{}`, which the plan does not know", args.join(" ")),
            );
        };
        self.event_is_right(line)?;
        let seen = Seen {
            script: words.swap_remove(1),
            args,
            env: if matches!(self.oracle, Oracle::Known(_)) { Vec::new() } else { self.environment() },
            backstop: self.limits.iter().map(|l| self.trace.limits[*l].0).min(),
            line: self.site,
        };
        for limit in &self.limits {
            self.trace.limits[*limit].1.push(self.trace.calls.len());
        }
        if !self.trace.stashed.is_empty() || !self.trace.archived.is_empty() {
            self.misplaced(line, "calls the script behind what keeps its record");
        }
        self.trace.calls.push((seen, *pc));
        self.trace.stale |= self.trace.folder != Folder::Fresh;
        let (failed, hit) = (self.d.and(*pc, outcome.failure), self.d.and(*pc, outcome.cancelled));
        self.throws(failed, Thrown::Failure);
        self.throws(hit, Thrown::Abort);
        self.trace.hit = self.d.or(self.trace.hit, hit);
        *pc = self.d.and(*pc, outcome.success);
        Ok(())
    }

    /// `MLPIPE_EVENT` says what started this build.
    fn event_is_right(&self, line: usize) -> Result<()> {
        let said = self.env.iter().rev().find(|(n, _)| &**n == "MLPIPE_EVENT");
        match said {
            Some((_, Source::Text(t))) if t != self.build.word => {
                refuse(line, format!("`MLPIPE_EVENT` is `{t}` in a build of the event `{}`", self.build.word))
            }
            _ => Ok(()),
        }
    }

    /// What the blocks around give, sorted; the inner one counts.
    fn environment(&self) -> Vec<(String, Source)> {
        let mut out: Vec<(String, Source)> = Vec::new();
        for (name, source) in self.env.iter().rev() {
            if out.iter().any(|(n, _)| **n == **name) {
                continue;
            }
            let event = &**name == "MLPIPE_EVENT" && *source == Source::Text(self.build.word.to_owned());
            out.push((name.to_string(), if event { Source::EventKind } else { source.clone() }));
        }
        out.sort();
        out
    }

    // ---- steps with a block

    fn block_step(&mut self, call: &Call, given: &mut Given, line: usize, pc: &mut Node) -> Result<()> {
        let Some(block) = &call.block else { return Ok(()) };
        let (env, limits) = (self.env.len(), self.limits.len());
        match &*call.name {
            "catchError" => return self.catch_error(call, given, line, pc),
            "stage" => {
                given.plain.pop();
            }
            "timeout" => {
                let unit = given.text("unit").unwrap_or_else(|| "MINUTES".into());
                match given.take("time") {
                    Some(Value::Number(n)) => match seconds(n, &unit) {
                        Some(s) => {
                            self.limits.push(self.trace.limits.len());
                            self.trace.limits.push((s, Vec::new()));
                        }
                        None => return refuse(line, format!("unit `{unit}`")),
                    },
                    _ => return refuse(line, "`timeout` without a time"),
                }
            }
            "withEnv" => {
                let Some(Value::List(all)) = given.plain.pop() else {
                    return refuse(line, "`withEnv` without a list");
                };
                for v in all.iter() {
                    self.env.push(setting(v, line)?);
                }
            }
            "withCredentials" => {
                let Some(Value::List(all)) = given.plain.pop() else {
                    return refuse(line, "`withCredentials` without a list");
                };
                for v in all.iter() {
                    let Value::Binding(variable, id, file) = v else { return refuse(line, "a binding") };
                    let id = id.to_string();
                    self.env.push((
                        variable.clone(),
                        if *file { Source::SecretFile(id) } else { Source::Secret(id) },
                    ));
                }
            }
            "node" => {
                let Some(Value::Text(label)) = given.plain.pop() else {
                    return refuse(line, "`node` without a label");
                };
                if self.agent || self.trace.node.is_some() {
                    return refuse(line, "`node` takes a second agent");
                }
                self.trace.node = Some((label, *pc));
                self.agent = true;
                self.inner(block, None, pc)?;
                self.agent = false;
                return Ok(());
            }
            "lock" => match given.text("resource") {
                Some(name) => self.trace.lock = Some((name, self.site)),
                None => return refuse(line, "`lock` without a resource"),
            },
            name => return refuse(line, format!("step `{name}` is not known here")),
        }
        self.inner(block, None, pc)?;
        self.env.truncate(env);
        self.limits.truncate(limits);
        Ok(())
    }

    /// `CatchErrorStep`: an abort goes on with `catchInterruptions: false`, and brings its own result without.
    fn catch_error(&mut self, call: &Call, given: &mut Given, line: usize, pc: &mut Node) -> Result<()> {
        let Some(block) = &call.block else { return Ok(()) };
        given.take("message");
        let result = |v: Option<Value>, default: &str| match v {
            None => Ok(default.to_owned()),
            Some(Value::Text(t)) if ["SUCCESS", "UNSTABLE", "FAILURE"].contains(&&*t) => Ok(t.to_string()),
            Some(_) => refuse(line, "the result of `catchError`"),
        };
        let build = result(given.take("buildResult"), "FAILURE")?;
        result(given.take("stageResult"), "SUCCESS")?;
        let aborts_too = match given.take("catchInterruptions") {
            None | Some(Value::Bool(Node::YES)) => true,
            Some(Value::Bool(Node::NO)) => false,
            Some(_) => return refuse(line, "`catchInterruptions` of `catchError`"),
        };
        let outer = std::mem::take(&mut self.thrown);
        self.inner(block, None, pc)?;
        let thrown = std::mem::replace(&mut self.thrown, outer);
        let mut ways = vec![*pc];
        for (guard, t) in thrown {
            match t {
                Thrown::Abort if !aborts_too => {
                    self.throws(guard, t);
                    continue;
                }
                Thrown::Failure if build == "FAILURE" => {
                    self.trace.marked = self.d.or(self.trace.marked, guard);
                }
                _ => {}
            }
            ways.push(guard);
        }
        *pc = self.d.any(ways);
        Ok(())
    }
}

/// `NAME=value` of `withEnv`.
fn setting(v: &Value, line: usize) -> Result<(Name, Source)> {
    let text = match v {
        Value::Text(t) | Value::Commit(t, _) => t,
        _ => return refuse(line, "a setting of `withEnv`"),
    };
    let Some((name, rest)) = text.split_once('=') else { return refuse(line, "a setting without `=`") };
    let source = match v {
        Value::Commit(_, of) if rest.is_empty() => Source::Text(format!("{CHECKOUT}{of}")),
        Value::Commit(..) => return refuse(line, "a text before what the checkout says"),
        _ => Source::Text(rest.to_owned()),
    };
    Ok((name.into(), source))
}
