//! A statement's arguments against the shape that the keyword table gives.

use super::Decoder;
use super::value::{Captured, Value};
use crate::diag::{Code, Finding, Span, Spanned, words};
use crate::spec::shape::{Keyword, Kind, Shape};
use crate::syntax::{Arg, ArgKind, Statement};

/// What was found behind a keyword.
#[derive(Debug, Default)]
pub(super) struct Match {
    /// Values under their names, in the order of the text.
    pub(super) values: Vec<(&'static str, Captured)>,
    /// Something did not fit, and was told.
    pub(super) failed: bool,
}

/// Marks that matching cannot go on; the finding is made.
struct Stop;

/// Matches a statement. Nothing is told of a damaged one.
pub(super) fn matched(decoder: &mut Decoder<'_>, keyword: &'static Keyword, statement: &Statement) -> Match {
    let known = decoder.findings.len();
    let mut matcher = Matcher {
        decoder,
        keyword,
        statement,
        at: 0,
        nested: 0,
        skipped: Vec::new(),
        element: &[],
        out: Match::default(),
    };
    let done = matcher.sequence(keyword.args).and_then(|()| matcher.end());
    let mut out = matcher.out;
    out.failed |= done.is_err() || statement.damaged;
    if statement.damaged {
        decoder.findings.truncate(known);
    }
    out
}

struct Matcher<'d, 'a, 's> {
    decoder: &'d mut Decoder<'a>,
    keyword: &'static Keyword,
    statement: &'s Statement,
    at: usize,
    /// How many lists the place is in.
    nested: usize,
    /// What could have stood here and does not.
    skipped: Vec<Shape>,
    /// An element of the list that ended here.
    element: &'static [Shape],
    out: Match,
}

impl<'s> Matcher<'_, '_, 's> {
    fn sequence(&mut self, shapes: &'static [Shape]) -> Result<(), Stop> {
        shapes.iter().try_for_each(|shape| self.piece(shape))
    }

    fn piece(&mut self, shape: &'static Shape) -> Result<(), Stop> {
        match shape {
            Shape::Maybe(inner) => {
                if self.starts_here(inner) {
                    return self.sequence(inner);
                }
                self.skipped.extend(inner.first().copied());
                Ok(())
            }
            Shape::List(inner) => self.list(inner),
            Shape::Either(alternatives) => match alternatives.iter().find(|a| self.starts_here(a)) {
                Some(found) => self.sequence(found),
                None => self.none_of(alternatives),
            },
            Shape::The(word) => self.fixed(shape, |arg| arg.as_name() == Some(word)),
            Shape::Op(op) => self.fixed(shape, |arg| matches!(&arg.kind, ArgKind::Operator(o) if o == op)),
            Shape::Comma => self.fixed(shape, |arg| arg.kind == ArgKind::Comma),
            Shape::A(name, kind) => self.capture(name, *kind),
        }
    }

    fn list(&mut self, inner: &'static [Shape]) -> Result<(), Stop> {
        self.nested += 1;
        let result = self.elements(inner);
        self.nested -= 1;
        result
    }

    fn elements(&mut self, inner: &'static [Shape]) -> Result<(), Stop> {
        loop {
            self.sequence(inner)?;
            if self.arg(0).is_none_or(|a| a.kind != ArgKind::Comma) {
                self.element = inner;
                return Ok(());
            }
            let goes_on = self.arg(1).is_some_and(|next| self.starts(inner, next));
            if !goes_on && self.nested > 1 {
                return Ok(());
            }
            self.advance();
        }
    }

    fn fixed(&mut self, shape: &'static Shape, fits: impl Fn(&Arg) -> bool) -> Result<(), Stop> {
        match self.arg(0) {
            Some(arg) if fits(arg) => {
                self.advance();
                Ok(())
            }
            Some(_) => self.unexpected(&[*shape]),
            None => self.missing(&describe(shape)),
        }
    }

    fn capture(&mut self, name: &'static str, kind: Kind) -> Result<(), Stop> {
        let Some(arg) = self.arg(0) else { return self.missing(&kind.describe()) };
        let (kind_of_arg, span) = (&arg.kind, arg.span);
        if *kind_of_arg == ArgKind::Comma {
            return self.tell(Finding::at(
                Code::WRONG_ARGUMENT,
                span,
                format!("`{}` wants {}, found `,`", self.keyword.word, kind.describe()),
            ));
        }
        match self.decoder.value(self.keyword.word, kind, arg) {
            Ok(value) => {
                self.out.failed |= value == Value::Unknown;
                self.out.values.push((name, Spanned::new(value, span)));
                self.advance();
                Ok(())
            }
            Err(finding) => self.tell(*finding),
        }
    }

    /// Nothing may stand behind the last piece.
    fn end(&mut self) -> Result<(), Stop> {
        if self.arg(0).is_none() {
            return Ok(());
        }
        if self.at > 0 && self.starts_here(self.element) {
            return self.no_comma();
        }
        if !self.skipped.is_empty() {
            let skipped = std::mem::take(&mut self.skipped);
            return self.unexpected(&skipped);
        }
        let span = self.rest();
        let shown = self.decoder.shown(span);
        let word = self.keyword.word;
        let message = if self.keyword.args.is_empty() {
            format!("`{word}` stands alone, found `{shown}` behind it")
        } else {
            format!("`{word}` is complete before `{shown}`")
        };
        self.tell(Finding::at(Code::EXTRA_ARGUMENT, span, message))
    }

    /// Two elements of a list stand side by side.
    fn no_comma(&mut self) -> Result<(), Stop> {
        let around = [self.statement.args.get(self.at - 1), self.arg(0)];
        let [Some(before), Some(behind)] = around else { return Ok(()) };
        let shown = [before, behind].map(|a| self.decoder.shown(a.span));
        let message = format!("`{}` wants `,` between `{}` and `{}`", self.keyword.word, shown[0], shown[1]);
        let help = format!("write `{}, {}`", shown[0], shown[1]);
        self.tell(Finding::at(Code::WRONG_ARGUMENT, behind.span, message).help(help))
    }

    fn none_of(&mut self, alternatives: &'static [&'static [Shape]]) -> Result<(), Stop> {
        let firsts: Vec<Shape> = alternatives.iter().filter_map(|a| a.first().copied()).collect();
        if self.arg(0).is_none() {
            return self.missing(&describe_all(&firsts));
        }
        self.unexpected(&firsts)
    }

    /// The argument here is none of these.
    fn unexpected(&mut self, wanted: &[Shape]) -> Result<(), Stop> {
        let Some(arg) = self.arg(0) else { return self.missing(&describe_all(wanted)) };
        let (span, name) = (arg.span, arg.as_name().map(str::to_owned));
        if let (Some(Shape::A(_, kind)), 1) = (wanted.first(), wanted.len())
            && !matches!(kind, Kind::OneOf(_))
        {
            let finding = match self.decoder.value(self.keyword.word, *kind, arg) {
                Err(finding) => *finding,
                Ok(_) => self.decoder.wrong(self.keyword.word, *kind, arg),
            };
            return self.tell(finding);
        }
        let words = fixed_words(wanted);
        let lets: Vec<String> =
            match wanted.iter().any(|s| matches!(s, Shape::A(_, k) if super::value::is_value(*k))) {
                true => self.decoder.lets.names().map(str::to_owned).collect(),
                false => Vec::new(),
            };
        let shown = self.decoder.shown(span);
        let message = format!("`{}` wants {} here, found `{shown}`", self.keyword.word, describe_all(wanted));
        let only_words = !words.is_empty() && name.is_some();
        let code = if only_words { Code::UNKNOWN_CHOICE } else { Code::WRONG_ARGUMENT };
        let mut finding = Finding::at(code, span, message);
        if let Some(near) = name.and_then(|n| {
            words::nearest(&n, words.iter().copied().chain(lets.iter().map(String::as_str)))
                .map(str::to_owned)
        }) {
            finding = finding.help(format!("did you mean `{near}`?"));
        }
        self.tell(finding)
    }

    fn missing(&mut self, wanted: &str) -> Result<(), Stop> {
        let end = self.statement.head.end;
        let span = Span { start: self.statement.head.start, end, ..self.statement.head };
        let message = match self.statement.args.last() {
            None => format!("`{}` wants {wanted}", self.keyword.word),
            Some(_) => {
                format!("`{}` wants {wanted} behind `{}`", self.decoder.shown(span), self.last_shown())
            }
        };
        let finding = Finding::at(Code::MISSING_ARGUMENT, span, message);
        // The keyword's example may show another form of it; the word that is missing from this one says more.
        let word = wanted
            .strip_prefix('`')
            .and_then(|w| w.strip_suffix('`'))
            .filter(|w| !self.keyword.example.contains(w));
        self.tell(match word.filter(|_| !self.statement.args.is_empty()) {
            Some(word) => finding.help(format!(
                "write on, on this line and before any block: `{} {word} …`",
                self.last_shown()
            )),
            None => finding,
        })
    }

    fn last_shown(&self) -> String {
        self.statement.args.last().map(|a| self.decoder.shown(a.span)).unwrap_or_default()
    }

    /// The next line was taken for a part of this statement because of a comma at the end of this one.
    fn swallowed(&self) -> Option<Finding> {
        let comma = self.statement.args.get(self.at.checked_sub(1)?)?;
        let next = self.arg(0)?;
        let between = Span { start: comma.span.end, end: next.span.start, ..comma.span };
        if comma.kind != ArgKind::Comma || !self.decoder.sources.text(between).contains('\n') {
            return None;
        }
        let (word, next) = (self.keyword.word, self.decoder.shown(next.span));
        let message =
            format!("the comma continues `{word}` on the next line, where `{next}` does not belong to it");
        Some(
            Finding::at(Code::WRONG_ARGUMENT, comma.span, message)
                .help("take the comma out, or write what should follow it"),
        )
    }

    fn tell(&mut self, finding: Finding) -> Result<(), Stop> {
        let finding = self.swallowed().unwrap_or(finding);
        let finding = match finding.help {
            Some(_) => finding,
            None => finding.help(format!("an example: `{}`", self.keyword.example)),
        };
        self.decoder.findings.push(finding);
        Err(Stop)
    }

    fn arg(&self, ahead: usize) -> Option<&'s Arg> {
        self.statement.args.get(self.at + ahead)
    }

    fn advance(&mut self) {
        self.at += 1;
        self.skipped.clear();
        self.element = &[];
    }

    /// What has not been taken.
    fn rest(&self) -> Span {
        let end = self.statement.head;
        self.arg(0).map_or(end, |first| Span { end: end.end, ..first.span })
    }

    fn starts_here(&self, shapes: &[Shape]) -> bool {
        self.arg(0).is_some_and(|arg| self.starts(shapes, arg))
    }

    fn starts(&self, shapes: &[Shape], arg: &Arg) -> bool {
        match shapes.first() {
            None => false,
            Some(Shape::The(word)) => arg.as_name() == Some(word),
            Some(Shape::Op(op)) => matches!(&arg.kind, ArgKind::Operator(o) if o == op),
            Some(Shape::Comma) => arg.kind == ArgKind::Comma,
            Some(Shape::A(_, kind)) => self.decoder.fits(*kind, arg),
            Some(Shape::Maybe(inner)) => self.starts(inner, arg) || self.starts(&shapes[1..], arg),
            Some(Shape::List(inner)) => self.starts(inner, arg),
            Some(Shape::Either(alternatives)) => alternatives.iter().any(|a| self.starts(a, arg)),
        }
    }
}

fn describe(shape: &Shape) -> String {
    match shape {
        Shape::The(word) => format!("`{word}`"),
        Shape::Op(op) => format!("`{op}`"),
        Shape::Comma => "`,`".to_owned(),
        Shape::A(_, kind) => kind.describe(),
        Shape::Maybe(inner) | Shape::List(inner) => inner.first().map(describe).unwrap_or_default(),
        Shape::Either(alternatives) => {
            let firsts: Vec<Shape> = alternatives.iter().filter_map(|a| a.first().copied()).collect();
            describe_all(&firsts)
        }
    }
}

/// Fixed words first, then kinds of value: `` `push`, `tag` or a name such as … ``.
fn describe_all(shapes: &[Shape]) -> String {
    let mut parts: Vec<String> = fixed_words(shapes).iter().map(|w| format!("`{w}`")).collect();
    for shape in shapes {
        match shape {
            Shape::The(_) | Shape::A(_, Kind::OneOf(_)) => {}
            other => parts.push(describe(other)),
        }
    }
    match parts.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

fn fixed_words(shapes: &[Shape]) -> Vec<&'static str> {
    let mut words = Vec::new();
    for shape in shapes {
        match shape {
            Shape::The(word) => words.push(*word),
            Shape::A(_, Kind::OneOf(choices)) => words.extend_from_slice(choices),
            _ => {}
        }
    }
    words
}
