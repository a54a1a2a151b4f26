//! minijinja, set up in one place: delimiters that do not clash with `${{ }}`, undefined is an error, raw strings are
//! refused, one newline policy.

use super::Overlay;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, Value, syntax::SyntaxConfig};
use serde::Serialize;
use std::error::Error as _;
use std::sync::OnceLock;

/// A template that failed: our bug, unless an [`Overlay`] stands in for templates of that back end.
#[derive(Debug, Clone, thiserror::Error)]
#[error("template `{template}` failed{}: {detail}", line.map(|l| format!(" at line {l}")).unwrap_or_default())]
pub struct TemplateBug {
    /// Path below `templates/`.
    pub template: String,
    /// Line in the template.
    pub line: Option<usize>,
    /// What the engine said.
    pub detail: String,
}

/// A set of templates.
pub struct Engine<'a> {
    env: Environment<'a>,
}

impl<'a> Engine<'a> {
    /// An engine with these templates: path below `templates/` and text.
    ///
    /// # Errors
    /// A template that does not parse.
    pub fn new(templates: &[(&'a str, &'a str)]) -> Result<Self, TemplateBug> {
        let mut env = Environment::new();
        let syntax = SyntaxConfig::builder()
            .block_delimiters("<%", "%>")
            .variable_delimiters("<<", ">>")
            .comment_delimiters("<#", "#>")
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()
            .map_err(|e| bug("(syntax)", &e))?;
        env.set_syntax(syntax);
        env.set_undefined_behavior(UndefinedBehavior::Strict);
        env.set_auto_escape_callback(|_| AutoEscape::None);
        env.remove_filter("safe");
        env.set_formatter(|out, _state, value| {
            let ok =
                value.is_safe() || value.is_number() || value.kind() == minijinja::value::ValueKind::Bool;
            if !ok {
                return Err(minijinja::Error::new(
                    ErrorKind::InvalidOperation,
                    format!("an unquoted {} reached the template: {value}", value.kind()),
                ));
            }
            if value.kind() == minijinja::value::ValueKind::Bool {
                return write!(out, "{}", if value.is_true() { "true" } else { "false" })
                    .map_err(|e| minijinja::Error::new(ErrorKind::WriteFailure, e.to_string()));
            }
            write!(out, "{value}").map_err(|e| minijinja::Error::new(ErrorKind::WriteFailure, e.to_string()))
        });
        for (name, text) in templates {
            env.add_template(name, text).map_err(|e| bug(name, &e))?;
        }
        Ok(Self { env })
    }

    /// Prints a template. The result has LF line ends and exactly one at its end.
    ///
    /// # Errors
    /// Anything that the template does wrong.
    pub fn render(&self, template: &str, view: &impl Serialize) -> Result<String, TemplateBug> {
        let context = Value::from(minijinja::value::Serde(view));
        let text =
            self.env.get_template(template).and_then(|t| t.render(context)).map_err(|e| bug(template, &e))?;
        Ok(format!("{}\n", text.replace("\r\n", "\n").trim_end_matches('\n')))
    }
}

/// The templates of one back end, parsed once: by [`Templates::prepare`] or when the first of them is printed.
pub struct Templates {
    texts: &'static [(&'static str, &'static str)],
    engine: OnceLock<Result<Engine<'static>, TemplateBug>>,
}

impl Templates {
    /// Path below `templates/` and text of each.
    pub const fn new(texts: &'static [(&'static str, &'static str)]) -> Self {
        Self { texts, engine: OnceLock::new() }
    }

    /// Path and text of each, for the tests that read them.
    pub fn texts(&self) -> &'static [(&'static str, &'static str)] {
        self.texts
    }

    /// Prints one of them. What the overlay stands in for is parsed anew each time; the built-in ones once.
    ///
    /// # Errors
    /// A template that does not parse, and anything that it does wrong.
    pub fn render(
        &self,
        template: &str,
        view: &impl Serialize,
        overlay: &Overlay,
    ) -> Result<String, TemplateBug> {
        if overlay.touches(self.texts) {
            let texts: Vec<(&str, &str)> =
                self.texts.iter().map(|(name, own)| (*name, overlay.text(name).unwrap_or(own))).collect();
            return Engine::new(&texts)?.render(template, view);
        }
        self.engine().map_err(Clone::clone)?.render(template, view)
    }

    /// Parses the built-in ones ahead of time. What fails is told when one of them is printed.
    pub fn prepare(&self) {
        // What fails is kept, and told by `render`.
        let _ = self.engine();
    }

    fn engine(&self) -> Result<&Engine<'static>, &TemplateBug> {
        self.engine.get_or_init(|| Engine::new(self.texts)).as_ref()
    }
}

/// An included template fails inside the one that includes it: the innermost place is the one to mend.
fn bug(template: &str, e: &minijinja::Error) -> TemplateBug {
    let mut inner = e;
    while let Some(cause) = inner.source().and_then(|c| c.downcast_ref::<minijinja::Error>()) {
        inner = cause;
    }
    TemplateBug {
        template: inner.name().or(e.name()).unwrap_or(template).to_owned(),
        line: inner.line(),
        detail: format!("{inner:#}"),
    }
}
