//! The same spec in another layout: spaces, tabs, semicolons, line ends, blank lines, comments, and raw texts moved.

use super::specs::Dice;
use mlpipe::diag::FileId;
use mlpipe::syntax::{self, Arg, ArgKind, Statement};

/// Statements of a text, which must be free of faults.
pub(crate) fn tree(text: &str) -> syntax::Tree {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let parsed = syntax::parse(FileId(0), text, &|_| false);
    assert!(parsed.findings.is_empty(), "{:#?}\n{text}", parsed.findings);
    parsed.tree
}

/// What another layout may change.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// What the layout takes no note of: spaces, indentation, semicolons at the ends of lines.
    Spaces,
    /// Also what it keeps: blank lines, comments, which blocks and lists stand on one line.
    All,
}

/// Writes a text without comments anew. The same seed gives the same text.
pub(crate) fn mangle(text: &str, seed: u64, what: What) -> String {
    let mut m = Mangler { text, dice: Dice(seed ^ 0xf0_47), what, out: String::new(), comments: 0 };
    let tree = tree(text);
    m.statements(&tree.statements, 0..text.len(), false);
    let mut out = std::mem::take(&mut m.out);
    if what == What::All && m.dice.once_in(4) {
        out.truncate(out.trim_end().len());
    }
    if what == What::All && m.dice.once_in(4) {
        out = out.replace("\r\n", "\n").replace('\n', "\r\n");
    }
    if m.dice.once_in(8) && what == What::All { format!("\u{feff}{out}") } else { out }
}

struct Mangler<'t> {
    text: &'t str,
    dice: Dice,
    what: What,
    out: String,
    comments: usize,
}

impl Mangler<'_> {
    fn space(&mut self) {
        self.out.push_str(["", " ", "  ", "\t", "     "][1 + self.dice.below(4)]);
    }

    fn maybe_space(&mut self) {
        if self.dice.once_in(2) {
            self.space();
        }
    }

    /// Text that holds what ends a string, a block and a statement elsewhere.
    fn comment(&mut self) {
        self.comments += 1;
        let words = self.dice.of(&["", " } ", " \"", " { x; ", " # ", " \"\"\" ", "\ttab  "]);
        self.out.push_str(&format!("#{}{}{words}", " ".repeat(self.dice.below(2)), self.comments));
    }

    /// The end of a line: with blank lines and comments where those may differ.
    fn line_end(&mut self) {
        if self.what == What::Spaces {
            self.maybe_space();
            self.out.push('\n');
            return;
        }
        if self.dice.once_in(4) {
            self.maybe_space();
            self.comment();
        }
        self.out.push('\n');
        while self.dice.once_in(3) {
            self.maybe_space();
            if self.dice.once_in(2) {
                self.comment();
            }
            self.out.push('\n');
        }
    }

    /// Statements between two bytes of the text that is read. `flat` holds all of them on one line.
    fn statements(&mut self, all: &[Statement], inside: std::ops::Range<usize>, flat: bool) {
        let text = self.text;
        let mut at = inside.start;
        for (i, s) in all.iter().enumerate() {
            // What the layout keeps is kept where only spaces may differ.
            let between = &text[at..s.span.start as usize];
            at = s.span.end as usize;
            if flat {
                if i > 0 {
                    self.maybe_space();
                    self.out.push(';');
                }
            } else {
                if self.what == What::Spaces && i > 0 && between.matches('\n').count() > 1 {
                    self.out.push('\n');
                }
                if self.what == What::All && self.dice.once_in(6) {
                    self.comment();
                    self.out.push('\n');
                }
            }
            self.maybe_space();
            self.statement(s, flat);
            if !flat {
                if self.dice.once_in(3) {
                    self.maybe_space();
                    self.out.push(';');
                }
                let joined = self.what == What::All && self.dice.once_in(6) && i + 1 < all.len();
                if joined {
                    self.out.push(';');
                } else {
                    self.line_end();
                }
            }
        }
    }

    fn statement(&mut self, s: &Statement, flat: bool) {
        self.out.push_str(&s.word.node);
        let mut after_comma = false;
        for (i, arg) in s.args.iter().enumerate() {
            let tight = i > 0 && (is_sign(arg) || is_sign(&s.args[i - 1]));
            match arg.kind {
                ArgKind::Comma => self.maybe_space(),
                _ if tight || after_comma => self.maybe_space(),
                _ => self.space(),
            }
            self.argument(arg);
            after_comma = arg.kind == ArgKind::Comma;
            if after_comma && !flat && self.what == What::All && self.dice.once_in(4) {
                self.line_end();
            }
        }
        let Some(block) = &s.block else { return };
        self.maybe_space();
        self.out.push('{');
        let inside = block.span.start as usize + 1..block.span.end as usize - 1;
        let was_flat = !self.text[inside.clone()].contains('\n');
        let flat = flat || if self.what == What::Spaces { was_flat } else { self.dice.once_in(2) };
        // A raw text of several lines opens its block.
        let flat = flat && was_flat;
        if !flat {
            self.line_end();
        }
        self.statements(&block.statements, inside, flat);
        self.maybe_space();
        self.out.push('}');
    }

    fn argument(&mut self, arg: &Arg) {
        let source = &self.text[arg.span.start as usize..arg.span.end as usize];
        let ArgKind::Raw(_) = arg.kind else { return self.out.push_str(source) };
        let more = " ".repeat(self.dice.below(5));
        let mut lines = source.split('\n');
        self.out.push_str(lines.next().unwrap_or_default());
        for line in lines {
            self.out.push('\n');
            if !line.is_empty() {
                self.out.push_str(&more);
            }
            self.out.push_str(line);
        }
    }
}

/// A comparison or `=`: names end before it. `-` and `+` would belong to what stands beside them.
fn is_sign(arg: &Arg) -> bool {
    matches!(&arg.kind, ArgKind::Operator(o) if o != "-" && o != "+")
}
