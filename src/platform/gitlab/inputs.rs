//! The `spec: inputs:` document: typed inputs of manual runs and named events.
//!
//! GitLab puts an input's value into the file's text before it reads the file as YAML. Each stands alone in a
//! double-quoted value, and its `regex` refuses what could end that value.

use super::rules::{EVENT_VARIABLE, START_VARIABLE};
use super::words::scalar;
use crate::plan::{Plan, PlanInput, Trigger};
use crate::render::{Quoted, yaml};
use crate::spec::InputKind;
use serde::Serialize;

/// Most inputs that a pipeline can take.
pub(super) const MOST: usize = 20;
/// Input that says which named event an API call brings.
pub(super) const EVENT_INPUT: &str = "mlpipe_event";
/// Input that says which pipeline of a shared root file a person or a schedule starts.
pub(super) const START_INPUT: &str = "mlpipe_pipeline";

/// One line of text that cannot leave the double quotes it is put into.
pub(super) const TEXT: &str = r#"^[^"\\\x00-\x1f\x7f-\x9f\x{2028}\x{2029}\x{feff}]*$"#;
/// A decimal number. A string to GitLab: its `number` would rewrite `0.10`.
const NUMBER: &str = r"^-?[0-9]+(\.[0-9]+)?$";

/// One input, and the variable that it fills.
#[derive(Debug, Clone, Serialize)]
pub(super) struct InputView {
    name: Quoted,
    description: Quoted,
    boolean: bool,
    default: Quoted,
    options: Vec<Quoted>,
    regex: Option<Quoted>,
    variable: Quoted,
    value: Quoted,
}

/// The inputs of these plans together: one form for a repository. `shared` when several pipelines have one root file.
pub(super) fn inputs(plans: &[&Plan], shared: bool) -> Vec<InputView> {
    let mut out = Vec::new();
    let starts = |t: &Trigger| matches!(t, Trigger::Manual | Trigger::Schedule { .. });
    if shared && plans.iter().any(|p| p.triggers.iter().any(starts)) {
        let names = plans.iter().map(|p| p.pipeline.clone()).collect();
        let what = "Which pipeline a person or a schedule starts";
        out.push(own(START_INPUT, START_VARIABLE, what, names));
    }
    let mut events: Vec<String> = plans.iter().flat_map(|p| named_events(p)).collect();
    events.sort();
    events.dedup();
    if !events.is_empty() {
        out.push(own(EVENT_INPUT, EVENT_VARIABLE, "Which event a call with a trigger token brings", events));
    }
    let mut seen: Vec<&str> = Vec::new();
    for input in plans.iter().flat_map(|p| &p.inputs) {
        if !seen.contains(&input.name.as_str()) {
            seen.push(&input.name);
            out.push(view(input));
        }
    }
    out
}

/// Number of inputs that the file asks for.
pub(super) fn count(plan: &Plan) -> usize {
    plan.inputs.len() + usize::from(named_events(plan).next().is_some())
}

fn named_events(plan: &Plan) -> impl Iterator<Item = String> + '_ {
    plan.triggers
        .iter()
        .filter_map(|t| if let Trigger::Named { name } = t { Some(name.clone()) } else { None })
}

/// An input of mlpipe's own: one of a list, or nothing.
fn own(name: &str, variable: &str, description: &str, options: Vec<String>) -> InputView {
    let options = std::iter::once(String::new()).chain(options);
    InputView {
        name: scalar(name),
        description: yaml(description),
        boolean: false,
        default: yaml(""),
        options: options.map(|o| yaml(&o)).collect(),
        regex: None,
        variable: Quoted::word(variable),
        value: interpolated(name),
    }
}

fn view(input: &PlanInput) -> InputView {
    let boolean = input.kind == InputKind::Bool;
    let regex = match input.kind {
        InputKind::String => Some(yaml(TEXT)),
        InputKind::Number => Some(yaml(NUMBER)),
        InputKind::Bool | InputKind::Choice(_) => None,
    };
    let options = match &input.kind {
        InputKind::Choice(all) => all.iter().map(|o| yaml(o)).collect(),
        _ => Vec::new(),
    };
    let default = match (&input.kind, input.default.as_str()) {
        (InputKind::Bool, "true") => Quoted::fixed("true"),
        (InputKind::Bool, _) => Quoted::fixed("false"),
        (_, text) => yaml(text),
    };
    InputView {
        name: scalar(&input.name),
        description: yaml(&description(input)),
        boolean,
        default,
        options,
        regex,
        variable: Quoted::word(&variable(&input.name)),
        value: interpolated(&input.name),
    }
}

/// `MLPIPE_INPUT_REASON`.
fn variable(input: &str) -> String {
    format!("MLPIPE_INPUT_{}", input.to_ascii_uppercase())
}

fn interpolated(input: &str) -> Quoted {
    yaml(&format!("$[[ inputs.{input} ]]"))
}

fn description(input: &PlanInput) -> String {
    let mut of: Vec<String> = input.events.iter().map(|e| format!("event {e}")).collect();
    if input.manual {
        of.insert(0, "a manual run".into());
    }
    let kind = match &input.kind {
        InputKind::String => "Text",
        InputKind::Bool => "Yes or no",
        InputKind::Number => "Number",
        InputKind::Choice(_) => "Choice",
    };
    format!("{kind}, of {}", of.join(", "))
}

/// What keeps a value from being put into the file's text: a quote, a backslash, a control character, too much of it.
pub(super) fn unfit(text: &str) -> bool {
    let ends_it = |c: char| c.is_control() || matches!(c, '"' | '\\' | '\u{2028}' | '\u{2029}' | '\u{feff}');
    text.len() > 1000 || text.chars().any(ends_it)
}
