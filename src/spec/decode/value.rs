//! One argument to one value: kinds checked, names checked, `let`s put in.

use super::Decoder;
use crate::diag::{Code, Finding, Span, Spanned, words};
use crate::spec::decimal::{self, Decimal, Literal};
use crate::spec::lets::LetValue;
use crate::spec::shape::Kind;
use crate::spec::{Dimension, MetricPath, Op, Template, Unit};
use crate::syntax::{Arg, ArgKind, Text};

/// Longest name, in characters: what every platform's job names and environments take.
const MAX_NAME: usize = 48;

/// A value of a statement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// A name, a word, a text without references, a command.
    Text(String),
    /// A text in which values of the run may stand.
    Template(Template),
    /// A number with its unit.
    Literal(Literal),
    /// A metric's name.
    Metric(MetricPath),
    /// A comparison.
    Op(Op),
    /// A unit.
    Unit(Unit),
    /// Faulty, and told; or a `let` that nobody has filled yet.
    Unknown,
}

/// Digits of a number that a float gives back as they were: what is compiled and played is what was written.
const DIGITS: usize = 15;

impl Decoder<'_> {
    /// Does an argument look like a value of that kind? Its content may still be faulty.
    pub(super) fn fits(&self, kind: Kind, arg: &Arg) -> bool {
        let a_let = || arg.as_name().is_some_and(|name| self.lets.knows(name));
        match kind {
            Kind::Name | Kind::TargetName | Kind::Ident | Kind::Upper | Kind::Unit => arg.as_name().is_some(),
            Kind::OneOf(words) => arg.as_name().is_some_and(|name| words.contains(&name)),
            Kind::Str | Kind::Path | Kind::Template => {
                matches!(arg.kind, ArgKind::Text(_) | ArgKind::Raw(_)) || a_let()
            }
            Kind::Env => {
                matches!(arg.kind, ArgKind::Text(_) | ArgKind::Raw(_) | ArgKind::Quantity { .. }) || a_let()
            }
            Kind::Glob => arg.as_name().is_some() || matches!(arg.kind, ArgKind::Text(_)),
            Kind::Shell | Kind::Raw => matches!(arg.kind, ArgKind::Text(_) | ArgKind::Raw(_)),
            Kind::Value => {
                matches!(arg.kind, ArgKind::Text(_) | ArgKind::Raw(_) | ArgKind::Quantity { .. }) || a_let()
            }
            Kind::Count | Kind::Number | Kind::Ratio | Kind::Percent | Kind::Duration | Kind::Quantity => {
                matches!(arg.kind, ArgKind::Quantity { .. }) || a_let()
            }
            Kind::Metric => matches!(arg.kind, ArgKind::Path(_) | ArgKind::Text(_)),
            Kind::Compare => {
                matches!(&arg.kind, ArgKind::Operator(op) if compare(op).is_some())
            }
            Kind::Sign => matches!(&arg.kind, ArgKind::Operator(op) if op == "+" || op == "-"),
        }
    }

    /// The value of an argument, or the finding that says why it is none.
    pub(super) fn value(&mut self, keyword: &str, kind: Kind, arg: &Arg) -> Result<Value, Box<Finding>> {
        match (kind, &arg.kind) {
            (Kind::OneOf(words), _) => self.choice(keyword, words, arg),
            (Kind::Name | Kind::TargetName | Kind::Ident | Kind::Upper, _) => self.name(keyword, kind, arg),
            (Kind::Unit, _) => self.unit(keyword, arg),
            (Kind::Metric, ArgKind::Path(parts)) => {
                Ok(Value::Metric(MetricPath(parts.iter().map(|p| p.text.clone()).collect())))
            }
            (Kind::Metric, ArgKind::Text(text)) => Ok(Value::Metric(MetricPath(vec![text.verbatim.clone()]))),
            (Kind::Compare, ArgKind::Operator(op)) => match compare(op) {
                Some(op) => Ok(Value::Op(op)),
                None => Err(self.wrong(keyword, kind, arg).into()),
            },
            (Kind::Sign, ArgKind::Operator(op)) if op == "+" || op == "-" => Ok(Value::Text(op.clone())),
            (Kind::Shell | Kind::Raw, ArgKind::Text(text)) => {
                self.verbatim(keyword, &text.verbatim, arg.span)
            }
            (Kind::Shell | Kind::Raw, ArgKind::Raw(text)) => self.verbatim(keyword, text, arg.span),
            (_, ArgKind::Text(text)) if is_text(kind) => Ok(self.text(keyword, kind, text, arg.span)),
            (_, ArgKind::Raw(text)) if is_text(kind) => {
                Ok(self.filled(keyword, kind, Template::lit(text.clone()), arg.span))
            }
            (_, ArgKind::Quantity { number, unit })
                if is_text(kind) && kind != Kind::Env && kind != Kind::Value =>
            {
                let quoted = format!("write it in quotes: `\"{number}{unit}\"`");
                Err(self.wrong(keyword, kind, arg).help(quoted).into())
            }
            (Kind::Metric, ArgKind::Quantity { .. }) => Err(self.wrong(keyword, kind, arg).into()),
            (_, ArgKind::Quantity { number, unit }) => self.literal(keyword, kind, number, unit, arg.span),
            (Kind::Glob, _) if arg.as_name().is_some() => {
                Ok(Value::Text(arg.as_name().unwrap_or_default().to_owned()))
            }
            (_, ArgKind::Path(_)) if is_value(kind) => self.named(keyword, kind, arg),
            _ => Err(self.wrong(keyword, kind, arg).into()),
        }
    }

    fn text(&mut self, keyword: &str, kind: Kind, text: &Text, span: Span) -> Value {
        match self.lets.fill(text, &mut self.findings) {
            Some(template) => self.filled(keyword, kind, template, span),
            None => Value::Unknown,
        }
    }

    /// Checks a text whose `let`s are in.
    fn filled(&mut self, keyword: &str, kind: Kind, template: Template, span: Span) -> Value {
        if matches!(kind, Kind::Template | Kind::Env | Kind::Value) {
            return Value::Template(template);
        }
        let Some(text) = template.as_literal() else {
            self.findings.push(
                Finding::at(
                    Code::RUN_VALUE_PLACE,
                    span,
                    format!("`{keyword}` must be known before the run, and `{template}` is not"),
                )
                .help("values of the run may stand in `env`, in a model's `version` and in `tags`"),
            );
            return Value::Unknown;
        };
        let fault = if text.trim().is_empty() {
            Some("is empty")
        } else if text.chars().any(char::is_control) {
            Some("has a line break or another control character in it")
        } else if kind == Kind::Path {
            bad_path(&text)
        } else {
            None
        };
        if let Some(fault) = fault {
            let help = if kind == Kind::Path {
                "write a path below the repository's root, with `/`: `\"reports/unit.xml\"`"
            } else {
                "write a text of one line"
            };
            self.findings.push(
                Finding::at(Code::BAD_VALUE, span, format!("the value of `{keyword}` {fault}")).help(help),
            );
            return Value::Unknown;
        }
        Value::Text(text)
    }

    fn verbatim(&mut self, keyword: &str, text: &str, span: Span) -> Result<Value, Box<Finding>> {
        if text.trim().is_empty() {
            return Err(Box::new(
                Finding::at(Code::BAD_VALUE, span, format!("the value of `{keyword}` is empty"))
                    .help("write what is to be run, or leave the statement out"),
            ));
        }
        Ok(Value::Text(text.to_owned()))
    }

    fn choice(&self, keyword: &str, words: &[&str], arg: &Arg) -> Result<Value, Box<Finding>> {
        let Some(word) = arg.as_name() else {
            let message =
                format!("`{keyword}` wants {}, found `{}`", words::or_list(words), self.shown(arg.span));
            return Err(Finding::at(Code::WRONG_ARGUMENT, arg.span, message).into());
        };
        if words.contains(&word) {
            return Ok(Value::Text(word.to_owned()));
        }
        let finding = Finding::at(
            Code::UNKNOWN_CHOICE,
            arg.span,
            format!("`{keyword}` wants {}, found `{word}`", words::or_list(words)),
        );
        Err(Box::new(match words::nearest(word, words.iter().copied()) {
            Some(near) => {
                let certain = words::certain(word, words.iter().copied()).is_some();
                finding.did_you_mean(near, arg.span, certain)
            }
            None => finding.help("write one of these words, without quotes"),
        }))
    }

    fn name(&self, keyword: &str, kind: Kind, arg: &Arg) -> Result<Value, Box<Finding>> {
        let Some(name) = arg.as_name() else { return Err(self.wrong(keyword, kind, arg).into()) };
        let (fault, help) = match name_fault(kind, name) {
            None => return Ok(Value::Text(name.to_owned())),
            Some(fault) => fault,
        };
        let finding = Finding::at(Code::BAD_NAME, arg.span, format!("`{name}` is no name here: {fault}"));
        Err(Box::new(finding.help(help)))
    }

    fn unit(&self, keyword: &str, arg: &Arg) -> Result<Value, Box<Finding>> {
        let Some(word) = arg.as_name() else { return Err(self.wrong(keyword, Kind::Unit, arg).into()) };
        decimal::by_word(word).map(Value::Unit).ok_or_else(|| Box::new(unknown_unit(word, arg.span)))
    }

    fn literal(
        &self,
        keyword: &str,
        kind: Kind,
        number: &str,
        unit: &str,
        span: Span,
    ) -> Result<Value, Box<Finding>> {
        let text = format!("{number}{unit}");
        if kind == Kind::Env && decimal::suffix(unit).is_none() {
            return Ok(Value::Template(Template::lit(text)));
        }
        let Some(unit) = decimal::suffix(unit) else { return Err(Box::new(unknown_unit(unit, span))) };
        let Some(number) = Decimal::parse(number).filter(|n| n.significant() <= DIGITS) else {
            return Err(Box::new(
                Finding::at(Code::BAD_VALUE, span, format!("`{text}` is too long for a number")).help(format!(
                    "write at most {DIGITS} digits that are not zeros at an end, and an exponent of at most 300"
                )),
            ));
        };
        self.checked(keyword, kind, Literal { text, number, unit }, span)
    }

    /// Checks that a number is of the kind that is wanted.
    fn checked(
        &self,
        keyword: &str,
        kind: Kind,
        literal: Literal,
        span: Span,
    ) -> Result<Value, Box<Finding>> {
        let dimension = literal.unit.dimension();
        let fits = match kind {
            Kind::Env => return Ok(Value::Template(Template::lit(literal.text))),
            Kind::Count | Kind::Number => literal.unit == Unit::None,
            Kind::Ratio => dimension == Dimension::Ratio,
            Kind::Percent => literal.unit == Unit::Percent,
            Kind::Duration => dimension == Dimension::Time,
            _ => true,
        };
        if !fits {
            return Err(Box::new(
                Finding::at(
                    Code::UNIT_MISMATCH,
                    span,
                    format!(
                        "`{keyword}` wants {}, found the {} `{}`",
                        kind.describe(),
                        literal.describe(),
                        literal.text
                    ),
                )
                .help("units are types: write the number with a unit of the kind that is wanted"),
            ));
        }
        let value = literal.number.value();
        let fault = match kind {
            Kind::Count if value.fract() != 0.0 || !(0.0..=f64::from(u32::MAX)).contains(&value) => {
                Some("a whole number from 0 to 4294967295")
            }
            Kind::Duration if value <= 0.0 => Some("a duration longer than nothing"),
            Kind::Percent if !(0.0..=100.0).contains(&value) => Some("a percentage from 0% to 100%"),
            _ => None,
        };
        match fault {
            Some(wanted) => Err(Box::new(
                Finding::at(
                    Code::BAD_VALUE,
                    span,
                    format!("`{keyword}` wants {wanted}, found `{}`", literal.text),
                )
                .help(format!("write {wanted}")),
            )),
            None => Ok(Value::Literal(literal)),
        }
    }

    /// A bare word where a value is wanted: a `let`.
    fn named(&mut self, keyword: &str, kind: Kind, arg: &Arg) -> Result<Value, Box<Finding>> {
        let Some(name) = arg.as_name() else { return Err(self.wrong(keyword, kind, arg).into()) };
        let Some(value) = self.lets.get(name, arg.span, &mut self.findings) else {
            let finding = self.wrong(keyword, kind, arg);
            if is_text(kind) {
                return Err(Box::new(finding.help(format!("write it in quotes: `\"{name}\"`"))));
            }
            return Err(Box::new(match words::nearest(name, self.lets.names()) {
                Some(near) => finding.help(format!("did you mean the `let` called `{near}`?")),
                None => {
                    finding.help(format!("there is no `let {name} = …` in this file or in one that it uses"))
                }
            }));
        };
        let result = match value {
            LetValue::Unknown => return Ok(Value::Unknown),
            LetValue::Text(template) if is_text(kind) => {
                return Ok(self.filled(keyword, kind, template, arg.span));
            }
            LetValue::Literal(literal) if !is_text(kind) || matches!(kind, Kind::Env | Kind::Value) => {
                self.checked(keyword, kind, literal, arg.span)
            }
            LetValue::Text(_) | LetValue::Literal(_) => Err(self.wrong(keyword, kind, arg).into()),
        };
        let place = self.lets.values.get(name).map(|v| v.span);
        result.map_err(|finding| match place {
            Some(place) => Box::new(finding.also(place, "its value stands here")),
            None => finding,
        })
    }

    /// The finding for an argument of a wrong kind.
    pub(super) fn wrong(&self, keyword: &str, kind: Kind, arg: &Arg) -> Finding {
        let shown = self.shown(arg.span);
        let message = format!("`{keyword}` wants {}, found `{shown}`", kind.describe());
        let finding = Finding::at(Code::WRONG_ARGUMENT, arg.span, message);
        match kind {
            Kind::Compare => finding.help("the comparisons are `<`, `<=`, `>`, `>=`, `==` and `!=`"),
            Kind::Shell | Kind::Raw => finding.help(format!("write it in quotes: `\"{shown}\"`")),
            Kind::Sign => finding.help("a tolerance has a space on each side of its sign: `baseline - 0.01`"),
            _ => finding,
        }
    }

    /// The user's text at a place, cut to what a message can hold.
    pub(super) fn shown(&self, span: Span) -> String {
        let text = self.sources.text(span);
        let line = text.lines().next().unwrap_or_default();
        match line.char_indices().nth(40) {
            Some((i, _)) => format!("{}…", &line[..i]),
            None if line.len() < text.trim_end().len() => format!("{line}…"),
            None => line.to_owned(),
        }
    }
}

fn is_text(kind: Kind) -> bool {
    matches!(kind, Kind::Str | Kind::Path | Kind::Template | Kind::Env | Kind::Glob | Kind::Value)
}

pub(super) fn is_value(kind: Kind) -> bool {
    is_text(kind)
        || matches!(
            kind,
            Kind::Count | Kind::Number | Kind::Ratio | Kind::Percent | Kind::Duration | Kind::Quantity
        )
}

fn compare(op: &str) -> Option<Op> {
    [Op::Lt, Op::Le, Op::Gt, Op::Ge, Op::Eq, Op::Ne].into_iter().find(|o| o.text() == op)
}

fn unknown_unit(word: &str, span: Span) -> Finding {
    let known: Vec<&str> = decimal::UNITS.iter().map(|u| u.word()).collect();
    let finding = Finding::at(Code::UNKNOWN_CHOICE, span, format!("`{word}` is no unit"));
    let near = match word {
        "min" | "mins" | "minutes" => Some("m"),
        "sec" | "secs" | "seconds" => Some("s"),
        "hours" | "hour" | "hr" => Some("h"),
        "days" | "day" => Some("d"),
        "MB" | "mb" => Some("MiB"),
        "GB" | "gb" => Some("GiB"),
        "KB" | "kb" | "kB" => Some("KiB"),
        _ => known.iter().find(|k| k.eq_ignore_ascii_case(word)).copied(),
    };
    match near {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => finding.help(format!("the units are {} and `%`", known.join(", "))),
    }
}

/// What is wrong with a name, and what to write.
fn name_fault(kind: Kind, name: &str) -> Option<(String, String)> {
    let first = name.chars().next().unwrap_or('-');
    let ok = |c: char| match kind {
        Kind::Upper => c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_',
        Kind::Ident | Kind::TargetName => {
            c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-'
        }
        _ => c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-',
    };
    let starts = match kind {
        Kind::Upper => first.is_ascii_uppercase() || first == '_',
        _ => first.is_ascii_lowercase(),
    };
    let rule = match kind {
        Kind::Upper => "secrets and variables have `A` to `Z`, digits and `_`, and begin with a letter",
        Kind::Ident => "it has `a` to `z`, digits and `_`, and begins with a letter",
        _ => "names have `a` to `z`, digits and `-`, and begin with a letter",
    };
    if let Some(bad) = name.chars().find(|c| !ok(*c)) {
        let fixed: String = match kind {
            Kind::Upper => name.to_ascii_uppercase().replace('-', "_"),
            Kind::Ident => name.to_ascii_lowercase(),
            _ => name.to_ascii_lowercase().replace('_', "-"),
        };
        let help = if fixed.chars().all(ok) { format!("write `{fixed}`") } else { rule.to_owned() };
        return Some((format!("`{bad}` may not stand in it"), help));
    }
    if !starts || name.ends_with('-') {
        return Some(("it begins or ends wrongly".to_owned(), format!("{rule}; it does not end with `-`")));
    }
    if name.len() > MAX_NAME {
        let long = format!("it has {} characters", name.len());
        return Some((long, format!("write at most {MAX_NAME} characters")));
    }
    None
}

fn bad_path(path: &str) -> Option<&'static str> {
    if path.starts_with('/') || path.starts_with('~') || path.as_bytes().get(1) == Some(&b':') {
        Some("is an absolute path")
    } else if path.contains('\\') {
        Some("has a backslash in it")
    } else if path.split('/').any(|part| part == "..") {
        Some("leaves the folder with `..`")
    } else {
        None
    }
}

/// A value with its place.
pub(crate) type Captured = Spanned<Value>;
