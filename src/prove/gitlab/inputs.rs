//! Inputs of a run, and the variables that they and the file fill.
//!
//! GitLab puts an input's value into the file's text before it reads the file as YAML, comments included: a value that
//! could end the quotes around it would be part of the file.

use super::expression::Variable;
use super::fields::{Fields, fixed};
use crate::prove::yaml::{Is, Node, refuse};
use crate::prove::{Unreadable, Value};

/// One line of text that cannot leave the double quotes around it.
const ONE_LINE: &str = r#"^[^"\\\x00-\x1f\x7f-\x9f\x{2028}\x{2029}\x{feff}]*$"#;
/// A decimal number.
const NUMBER: &str = r"^-?[0-9]+(\.[0-9]+)?$";

/// The file's variable that says which named event an API call brings.
const EVENT: &str = "MLPIPE_EVENT_NAME";
/// A root file's variable that says which pipeline a person or a schedule starts.
const START: &str = "MLPIPE_START_PIPELINE";

/// An input.
#[derive(Debug, Clone)]
pub(super) struct Input {
    /// Its name.
    pub(super) name: String,
    /// What it is when nobody says anything, as text.
    pub(super) default: String,
    /// Everything that it may be, where that is limited.
    pub(super) options: Option<Vec<String>>,
}

/// Variables by name, with their values, in the order of the file.
#[derive(Debug, Clone, Default)]
pub(super) struct Variables {
    /// Names and values.
    pub(super) all: Vec<(String, Value)>,
    /// The input behind the variable of the named event, and behind that of the pipeline to start.
    ruled: [Option<Input>; 2],
}

impl Variables {
    /// The input that fills a variable which rules may ask for.
    pub(super) fn input(&self, v: Variable) -> Option<&Input> {
        match v {
            Variable::Event => self.ruled[0].as_ref(),
            Variable::Start => self.ruled[1].as_ref(),
            _ => None,
        }
    }

    /// It is no input of the plan's, but mlpipe's own.
    pub(super) fn is_own(&self, input: &Input) -> bool {
        self.ruled.iter().flatten().any(|i| i.name == input.name)
    }
}

/// The inputs of the header.
pub(super) fn inputs(spec: &Node) -> Result<Vec<Input>, Unreadable> {
    let mut header = Fields::of(spec, "the header")?;
    let Some(spec) = header.take("spec") else { return refuse(spec.line, "no `spec` in the header") };
    header.end()?;
    let mut spec_fields = Fields::of(spec, "`spec`")?;
    let Some(all) = spec_fields.take("inputs") else { return refuse(spec.line, "no `inputs`") };
    spec_fields.end()?;
    Fields::of(all, "`inputs`")?.rest().into_iter().map(|e| input(&e.key, &e.value)).collect()
}

fn input(name: &str, node: &Node) -> Result<Input, Unreadable> {
    let mut fields = Fields::of(node, "an input")?;
    let kind = fields.text("type")?.map_or("string", |(t, _)| t);
    let Some(default) = fields.take("default") else {
        return refuse(node.line, format!("the input `{name}` has no default: runs without it would fail"));
    };
    let default = match kind {
        "string" => default.text()?.to_owned(),
        "boolean" => default.truth()?.to_string(),
        _ => return refuse(node.line, format!("`type: {kind}` is not known")),
    };
    fields.text("description")?;
    let options = fields.take("options").map(Node::texts).transpose()?;
    let pattern = fields.take("regex");
    if let Some(n) = pattern
        && ![ONE_LINE, NUMBER].contains(&n.text()?)
    {
        return refuse(n.line, "this `regex` may let in what ends a quoted value");
    }
    if kind == "string" && options.is_none() && pattern.is_none() {
        return refuse(
            node.line,
            format!("the input `{name}` takes any text, which becomes part of the file"),
        );
    }
    let ends = |t: &&String| t.contains(['"', '\\']) || t.chars().any(char::is_control);
    if let Some(t) = options.iter().flatten().chain([&default]).find(ends) {
        return refuse(node.line, format!("`{t}` would end a quoted value"));
    }
    if options.as_ref().is_some_and(|o| !o.contains(&default)) {
        return refuse(
            node.line,
            format!("the default of `{name}` is none of its options: GitLab starts nothing"),
        );
    }
    fields.end()?;
    Ok(Input { name: name.to_owned(), default, options })
}

/// `$[[ inputs.NAME ]]`, and nothing else.
fn interpolated(text: &str) -> Option<&str> {
    text.strip_prefix("$[[ inputs.")?.strip_suffix(" ]]").filter(|n| !n.contains(['$', ' ', '|', ']']))
}

/// The file's own variables: those of every job.
pub(super) fn variables(node: &Node, inputs: &[Input]) -> Result<Variables, Unreadable> {
    let mut out = Variables::default();
    for e in Fields::of(node, "`variables`")?.rest() {
        let known = |text: &str| text == "clone";
        let value = match e.key.as_str() {
            "GIT_STRATEGY" => exactly(&e.value, known, "another way to check out than `clone`")?,
            "GIT_SUBMODULE_STRATEGY" => exactly(&e.value, |t| t == "none", "submodules are fetched")?,
            "GIT_DEPTH" => {
                let number = |t: &str| !t.is_empty() && t.chars().all(|c| c.is_ascii_digit());
                exactly(&e.value, number, "no number")?
            }
            name if name.starts_with("MLPIPE_") => filled(name, &e.value, inputs, &mut out.ruled)?,
            name => return refuse(e.line, format!("the variable `{name}` is not known")),
        };
        out.all.push((e.key.clone(), value));
    }
    Ok(out)
}

/// A fixed text of which the form is known.
pub(super) fn exactly(
    node: &Node,
    known: impl Fn(&str) -> bool,
    else_what: &str,
) -> Result<Value, Unreadable> {
    let text = match &node.is {
        // A number without quotes is the same text as a variable.
        Is::Plain(t) if t.chars().all(|c| c.is_ascii_digit()) && !t.starts_with('0') => t.clone(),
        _ => fixed(node)?,
    };
    if known(&text) { Ok(Value::Text(text)) } else { refuse(node.line, format!("{else_what}: `{text}`")) }
}

/// A variable that an input fills.
fn filled(
    name: &str,
    node: &Node,
    inputs: &[Input],
    ruled: &mut [Option<Input>; 2],
) -> Result<Value, Unreadable> {
    if let Ok(text) = node.text() {
        let what = format!("`{name}` is `{text}`, whoever starts the run");
        return refuse(node.line, what);
    }
    let mut fields = Fields::of(node, "a variable")?;
    let (Some(value), Some(expand)) = (fields.take("value"), fields.take("expand")) else {
        return refuse(node.line, format!("`{name}` needs a `value`, and `expand: false`"));
    };
    if expand.truth()? {
        return refuse(expand.line, format!("GitLab would replace a `$` in the value of `{name}`"));
    }
    fields.end()?;
    let input = interpolated(value.text()?).and_then(|i| inputs.iter().find(|known| known.name == i));
    let Some(input) = input else {
        return refuse(value.line, format!("`{name}` does not come from an input of the file"));
    };
    if !matches!(value.is, Is::Quoted(_)) {
        return refuse(value.line, "the value of an input without quotes around it");
    }
    match name {
        EVENT => {
            ruled[0] = Some(input.clone());
            Ok(Value::EventName)
        }
        START => {
            ruled[1] = Some(input.clone());
            Ok(Value::Input(input.name.clone()))
        }
        _ => Ok(Value::Input(input.name.clone())),
    }
}

/// Lines of a body with `$[[`, all of which are values of variables.
pub(super) struct Interpolations(Vec<(usize, String)>);

impl Interpolations {
    /// GitLab interpolates only with a header, and only what it declares.
    pub(super) fn all_declared(&self, inputs: &[Input]) -> Result<(), Unreadable> {
        match self.0.iter().find(|(_, n)| inputs.iter().all(|i| i.name != *n)) {
            None => Ok(()),
            Some((line, name)) => refuse(*line, format!("the file has no input `{name}`")),
        }
    }
}

/// Everything that GitLab interpolates: `$[[` anywhere behind the header, comments included.
pub(super) fn interpolations(text: &str, body: &Node) -> Result<Interpolations, Unreadable> {
    let mut out = Vec::new();
    for (i, l) in text.lines().enumerate().filter(|(_, l)| l.contains("$[[")) {
        let line = i + 1;
        let header = line < body.line && !l.trim_start().starts_with('#');
        let value = l.trim_start().strip_prefix("value: \"").and_then(|v| v.strip_suffix('"'));
        match value.and_then(interpolated) {
            Some(name) if !header => out.push((line, name.to_owned())),
            _ => return refuse(line, "GitLab would put an input's value here"),
        }
    }
    Ok(Interpolations(out))
}
