//! The declarative part: sections, options and stages, as far as mlpipe's own files use them.
//!
//! Order in a stage (`evaluateStage` of pipeline-model-definition): options, then `input`, then the agent, then `when`;
//! `beforeOptions`, `beforeInput` and `beforeAgent` have `when` asked earlier.

use super::ast::{Block, Call, Does, Expr, File, Is, Statement};
use super::token::Name;
use crate::prove::Unreadable;
use std::collections::HashSet;
use std::rc::Rc;

/// The `pipeline` block.
#[derive(Debug, Default)]
pub(super) struct Pipeline {
    /// The text of `cron(…)`, which may ask for the branch.
    pub(super) cron: Option<Rc<Expr>>,
    /// Parameters of the job, in the order of the file.
    pub(super) parameters: Vec<Parameter>,
    /// Stages, by the moment at which they may start.
    pub(super) levels: Vec<Vec<Stage>>,
    /// What may stop, displace or restart parts of a run.
    pub(super) hazards: Vec<(usize, String)>,
}

/// A parameter of the job.
#[derive(Debug)]
pub(super) struct Parameter {
    /// Its name, which is also that of the environment variable.
    pub(super) name: Name,
    /// What it is when nobody says anything.
    pub(super) default: Name,
    /// Everything that it may be, where that is limited.
    pub(super) choices: Option<Vec<Name>>,
    /// It is `true` or `false`.
    pub(super) bool: bool,
}

/// A stage that is not a group.
#[derive(Debug)]
pub(super) struct Stage {
    /// Its name.
    pub(super) name: Name,
    /// Line of `stage`.
    pub(super) line: usize,
    /// The agent's label; nothing for any agent.
    pub(super) label: Option<Name>,
    /// It has no agent of its own: its script takes one.
    pub(super) bare: bool,
    /// Line of `agent`.
    pub(super) agent_line: usize,
    /// The condition, and the line of `when`.
    pub(super) when: Option<(Block, usize)>,
    /// The condition is asked before the options.
    pub(super) before_options: bool,
    /// … before the question.
    pub(super) before_input: bool,
    /// … before an agent is taken.
    pub(super) before_agent: bool,
    /// The lock among its options.
    pub(super) lock: Option<(Name, usize)>,
    /// Seconds of the time limit among its options.
    pub(super) limit: Option<u64>,
    /// The question.
    pub(super) input: Option<Input>,
    /// What it does.
    pub(super) body: Block,
}

/// A question.
#[derive(Debug)]
pub(super) struct Input {
    /// Line of `input`.
    pub(super) line: usize,
    /// Who may answer; empty for everybody who may build.
    pub(super) by: Vec<String>,
    /// The environment variable that gets the answer's user.
    pub(super) told: Option<Name>,
}

fn refuse<T>(line: usize, what: impl Into<String>) -> Result<T, Unreadable> {
    Err(Unreadable { line, what: what.into() })
}

/// A statement that is a call without a target: line, call.
fn calls(block: &Block) -> Result<Vec<(usize, &Call)>, Unreadable> {
    block
        .iter()
        .map(|s| match &s.does {
            Does::Evaluate(Expr { is: Is::Call(c), .. }) if c.target.is_none() => Ok((s.line, c)),
            _ => refuse(s.line, "a statement where a section should stand"),
        })
        .collect()
}

/// The sections of a block, each at most once.
fn sections(block: &Block) -> Result<Vec<(usize, &Call)>, Unreadable> {
    let all = calls(block)?;
    for (i, (line, call)) in all.iter().enumerate() {
        if all[..i].iter().any(|(_, c)| c.name == call.name) {
            return refuse(*line, format!("`{}` stands here twice", call.name));
        }
    }
    Ok(all)
}

/// The block of a section that has nothing else.
fn only_block(line: usize, call: &Call) -> Result<&Block, Unreadable> {
    match &call.block {
        Some(b) if call.plain.is_empty() && call.named.is_empty() => Ok(b),
        _ => refuse(line, format!("`{}` without a block of its own", call.name)),
    }
}

/// The one argument of a section, as a text.
fn only_text(line: usize, call: &Call) -> Result<Name, Unreadable> {
    match call.plain.as_slice() {
        [Expr { is: Is::Text(t), .. }] if call.named.is_empty() && call.block.is_none() => Ok(t.clone()),
        _ => refuse(line, format!("`{}` without a text", call.name)),
    }
}

/// The block of `pipeline`.
pub(super) fn pipeline(file: &File) -> Result<Pipeline, Unreadable> {
    let mut p = Pipeline::default();
    let (mut agent, mut options_seen) = (false, false);
    for (line, call) in sections(&file.pipeline)? {
        match &*call.name {
            "agent" => match call.plain.as_slice() {
                [Expr { is: Is::Variable(n), .. }] if &**n == "none" => agent = true,
                _ => return refuse(line, "an agent for the whole build, which it would hold while it waits"),
            },
            "options" => {
                options_seen = true;
                p.hazards = options(line, only_block(line, call)?)?;
            }
            "triggers" => p.cron = Some(cron(line, only_block(line, call)?)?),
            "parameters" => {
                let all = calls(only_block(line, call)?)?;
                p.parameters = all.into_iter().map(|(l, c)| parameter(l, c)).collect::<Result<_, _>>()?;
            }
            "stages" => p.levels = levels(only_block(line, call)?)?,
            name => return refuse(line, format!("section `{name}` is not known here")),
        }
    }
    if !agent {
        return refuse(file.line, "no `agent none`");
    }
    if !options_seen {
        p.hazards = options(file.line, &Rc::new(Vec::new()))?;
    }
    for (i, parameter) in p.parameters.iter().enumerate() {
        if p.parameters[..i].iter().any(|q| q.name == parameter.name) {
            return refuse(file.line, format!("a second parameter `{}`", parameter.name));
        }
    }
    Ok(p)
}

/// What the options of the build let happen.
fn options(line: usize, block: &Block) -> Result<Vec<(usize, String)>, Unreadable> {
    let mut hazards = Vec::new();
    let (mut restart, mut checkout) = (true, true);
    for (line, call) in sections(block)? {
        match &*call.name {
            "buildDiscarder" => {
                let rotates =
                    |e: &Expr| matches!(&e.is, Is::Call(c) if c.target.is_none() && &*c.name == "logRotator");
                if !matches!(call.plain.as_slice(), [e] if rotates(e)) {
                    return refuse(line, "`buildDiscarder` without `logRotator`");
                }
            }
            "disableRestartFromStage" => restart = false,
            "skipDefaultCheckout" => {
                checkout = !matches!(call.plain.as_slice(), [] | [Expr { is: Is::Bool(true), .. }]);
            }
            "disableConcurrentBuilds" => {
                hazards.push((
                    line,
                    "`disableConcurrentBuilds` lets a newer build displace or stop an older one".into(),
                ));
            }
            "milestone" => hazards.push((line, "`milestone` stops older builds".into())),
            "retry" => hazards.push((line, "`retry` runs everything again".into())),
            "timeout" => hazards.push((line, "a `timeout` of the build stops whatever runs".into())),
            "parallelsAlwaysFailFast" => {
                hazards.push((line, "`parallelsAlwaysFailFast` stops the jobs beside one that failed".into()))
            }
            "skipStagesAfterUnstable" => {
                hazards.push((line, "`skipStagesAfterUnstable` skips jobs after a failed test report".into()))
            }
            "quietPeriod" | "rateLimitBuilds" => {
                hazards.push((line, format!("`{}` lets builds be dropped", call.name)));
            }
            name => return refuse(line, format!("option `{name}` is not known here")),
        }
    }
    if restart {
        hazards.push((line, "without `disableRestartFromStage` a person can start behind a gate".into()));
    }
    if checkout {
        hazards.push((line, "without `skipDefaultCheckout(true)` each agent checks out by itself".into()));
    }
    Ok(hazards)
}

fn cron(line: usize, block: &Block) -> Result<Rc<Expr>, Unreadable> {
    let [Statement { does: Does::Evaluate(Expr { is: Is::Call(c), .. }), .. }] = block.as_slice() else {
        return refuse(line, "anything but one `cron` among the triggers");
    };
    match c.plain.as_slice() {
        [e] if &*c.name == "cron" && c.target.is_none() && c.named.is_empty() && c.block.is_none() => {
            Ok(Rc::new(copy(e)?))
        }
        _ => refuse(line, format!("trigger `{}` is not known here", c.name)),
    }
}

/// A copy of the kinds of expressions that may say when a schedule fires.
fn copy(e: &Expr) -> Result<Expr, Unreadable> {
    let of = |e: &Expr| copy(e).map(Box::new);
    let is = match &e.is {
        Is::Text(t) => Is::Text(t.clone()),
        Is::Variable(v) => Is::Variable(v.clone()),
        Is::Property(t, n) => Is::Property(of(t)?, n.clone()),
        Is::Binary(op, a, b) => Is::Binary(*op, of(a)?, of(b)?),
        Is::Choice(c, a, b) => Is::Choice(of(c)?, of(a)?, of(b)?),
        _ => return refuse(e.line, "this in a schedule"),
    };
    Ok(Expr { line: e.line, is })
}

fn parameter(line: usize, call: &Call) -> Result<Parameter, Unreadable> {
    let named = |name: &str| call.named.iter().find(|(n, _)| &**n == name).map(|(_, e)| &e.is);
    let known = match &*call.name {
        "string" | "booleanParam" => ["name", "defaultValue", "description"],
        "choice" => ["name", "choices", "description"],
        other => return refuse(line, format!("parameter `{other}` is not known here")),
    };
    let exact = call.named.len() == known.len() && known.iter().all(|k| named(k).is_some());
    if !exact || !call.plain.is_empty() || call.block.is_some() {
        return refuse(line, format!("arguments of the parameter `{}`", call.name));
    }
    let Some(Is::Text(name)) = named("name") else { return refuse(line, "a parameter without a name") };
    let name = name.clone();
    match (&*call.name, named("defaultValue"), named("choices")) {
        ("string", Some(Is::Text(t)), _) => {
            Ok(Parameter { name, default: t.clone(), choices: None, bool: false })
        }
        ("booleanParam", Some(Is::Bool(b)), _) => {
            Ok(Parameter { name, default: b.to_string().into(), choices: None, bool: true })
        }
        ("choice", _, Some(Is::List(all))) => {
            let texts: Option<Vec<Name>> =
                all.iter().map(|e| if let Is::Text(t) = &e.is { Some(t.clone()) } else { None }).collect();
            match texts {
                Some(c) if !c.is_empty() => {
                    Ok(Parameter { name, default: c[0].clone(), choices: Some(c), bool: false })
                }
                _ => refuse(line, "choices that are not texts"),
            }
        }
        _ => refuse(line, format!("the value of the parameter `{name}`")),
    }
}

fn levels(block: &Block) -> Result<Vec<Vec<Stage>>, Unreadable> {
    let mut levels = Vec::new();
    let mut names = HashSet::new();
    let mut unique = |line: usize, name: &Name| {
        if names.insert(name.clone()) { Ok(()) } else { refuse(line, format!("a second stage `{name}`")) }
    };
    for (line, name, body) in stages(block)? {
        unique(line, &name)?;
        let parts = sections(body)?;
        match parts.as_slice() {
            [(l, c)] if &*c.name == "parallel" => {
                let inner = stages(only_block(*l, c)?)?;
                inner.iter().try_for_each(|(line, name, _)| unique(*line, name))?;
                levels.push(inner.into_iter().map(|(l, n, b)| stage(l, n, b)).collect::<Result<_, _>>()?);
            }
            _ => levels.push(vec![stage(line, name, body)?]),
        }
    }
    Ok(levels)
}

/// Line, name and block of each stage.
fn stages(block: &Block) -> Result<Vec<(usize, Name, &Block)>, Unreadable> {
    let one = |(line, call): (usize, &'_ Call)| -> Result<(), Unreadable> {
        let ok = &*call.name == "stage" && matches!(call.plain.as_slice(), [Expr { is: Is::Text(_), .. }]);
        if ok && call.named.is_empty() && call.block.is_some() {
            return Ok(());
        }
        refuse(line, format!("`{}` where a stage should stand", call.name))
    };
    let mut out = Vec::new();
    for (line, call) in calls(block)? {
        one((line, call))?;
        if let ([Expr { is: Is::Text(name), .. }], Some(b)) = (call.plain.as_slice(), &call.block) {
            out.push((line, name.clone(), b));
        }
    }
    Ok(out)
}

fn stage(line: usize, name: Name, block: &Block) -> Result<Stage, Unreadable> {
    let mut s = Stage {
        name,
        line,
        label: None,
        bare: false,
        agent_line: 0,
        when: None,
        before_options: false,
        before_input: false,
        before_agent: false,
        lock: None,
        limit: None,
        input: None,
        body: Rc::new(Vec::new()),
    };
    for (line, call) in sections(block)? {
        match &*call.name {
            "agent" => {
                s.agent_line = line;
                s.bare = matches!(call.plain.as_slice(), [Expr { is: Is::Variable(n), .. }] if &**n == "none")
                    && call.block.is_none();
                if !s.bare {
                    s.label = agent(line, call)?;
                }
            }
            "when" => when(&mut s, line, only_block(line, call)?)?,
            "options" => stage_options(&mut s, only_block(line, call)?)?,
            "input" => s.input = Some(input(line, only_block(line, call)?)?),
            "steps" => s.body = script(line, only_block(line, call)?)?,
            other => return refuse(line, format!("section `{other}` is not known here")),
        }
    }
    if s.agent_line == 0 {
        return refuse(s.line, format!("stage `{}` has no agent", s.name));
    }
    if s.body.is_empty() {
        return refuse(s.line, format!("stage `{}` has no steps", s.name));
    }
    Ok(s)
}

fn agent(line: usize, call: &Call) -> Result<Option<Name>, Unreadable> {
    if let [Expr { is: Is::Variable(n), .. }] = call.plain.as_slice()
        && &**n == "any"
        && call.block.is_none()
    {
        return Ok(None);
    }
    match calls(only_block(line, call)?)?.as_slice() {
        [(line, c)] if &*c.name == "label" => only_text(*line, c).map(Some),
        _ => refuse(line, "an agent without a label"),
    }
}

fn when(s: &mut Stage, line: usize, block: &Block) -> Result<(), Unreadable> {
    let mut condition = None;
    for (line, call) in sections(block)? {
        match (&*call.name, call.plain.as_slice()) {
            ("beforeOptions", [Expr { is: Is::Bool(b), .. }]) => s.before_options = *b,
            ("beforeInput", [Expr { is: Is::Bool(b), .. }]) => s.before_input = *b,
            ("beforeAgent", [Expr { is: Is::Bool(b), .. }]) => s.before_agent = *b,
            ("expression", []) => condition = Some((only_block(line, call)?.clone(), line)),
            (other, _) => return refuse(line, format!("condition `{other}` is not known here")),
        }
    }
    if condition.is_none() {
        return refuse(line, "`when` without an expression");
    }
    // Each of them is before those that follow, too.
    s.before_input |= s.before_options;
    s.before_agent |= s.before_input;
    s.when = condition;
    Ok(())
}

fn stage_options(s: &mut Stage, block: &Block) -> Result<(), Unreadable> {
    for (line, call) in sections(block)? {
        let named = |name: &str| call.named.iter().find(|(n, _)| &**n == name).map(|(_, e)| &e.is);
        let alone = call.plain.is_empty() && call.block.is_none();
        match (&*call.name, call.named.len(), named("resource"), named("time"), named("unit")) {
            ("lock", 1, Some(Is::Text(name)), ..) if alone => s.lock = Some((name.clone(), line)),
            ("timeout", 2, _, Some(Is::Number(n)), Some(Is::Text(unit))) if alone => {
                s.limit = Some(
                    seconds(*n, unit).ok_or_else(|| Unreadable { line, what: format!("unit `{unit}`") })?,
                );
            }
            (other, ..) => return refuse(line, format!("option `{other}` of a stage is not known here")),
        }
    }
    Ok(())
}

/// A length of time.
pub(super) fn seconds(n: u64, unit: &str) -> Option<u64> {
    let one = match unit {
        "SECONDS" => 1,
        "MINUTES" => 60,
        "HOURS" => 3600,
        "DAYS" => 86400,
        _ => return None,
    };
    n.checked_mul(one)
}

fn input(line: usize, block: &Block) -> Result<Input, Unreadable> {
    let mut input = Input { line, by: Vec::new(), told: None };
    let mut message = false;
    for (line, call) in sections(block)? {
        let text = only_text(line, call)?;
        match &*call.name {
            "message" => message = true,
            "ok" => {}
            "submitter" => input.by = text.split(',').map(|s| s.trim().to_owned()).collect(),
            "submitterParameter" => input.told = Some(text),
            other => return refuse(line, format!("`{other}` in a question is not known here")),
        }
    }
    if message { Ok(input) } else { refuse(line, "a question without a message") }
}

/// The statements of the one `script` block.
fn script(line: usize, block: &Block) -> Result<Block, Unreadable> {
    match calls(block)?.as_slice() {
        [(line, c)] if &*c.name == "script" => only_block(*line, c).cloned(),
        _ => refuse(line, "steps that are not one `script` block"),
    }
}
