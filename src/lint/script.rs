//! Shell commands, read as far as rules need it: which programs run, with which words, and what joins them.
//!
//! This is no shell. What it does not follow for certain (a missing quote, say) gives nothing at all, so that a rule is silent.

mod lex;

pub(super) use lex::{Redirect, Word};
use lex::{Token, tokens};
use std::ops::Range;

/// What stands between two commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Join {
    /// A line's end, a `;`, or the start or the end of the script.
    Then,
    /// `&&`.
    And,
    /// `||`.
    Or,
    /// `|` or `|&`.
    Pipe,
    /// `&`.
    Background,
}

/// One program, or builtin, with its words.
#[derive(Debug, Clone)]
pub(super) struct Simple {
    /// `NAME=VALUE` in front of it.
    pub assigns: Vec<Word>,
    /// Its name and its arguments; none where there are assignments only.
    pub words: Vec<Word>,
    /// `> FILE`, `<<< TEXT`.
    pub redirects: Vec<Redirect>,
    /// What joins it to the command before.
    pub before: Join,
    /// What joins it to the command behind.
    pub after: Join,
    /// `!` stands in front.
    pub negated: bool,
    /// It stands in `$(…)`, in backticks or in `<(…)`.
    pub nested: bool,
    /// Nothing stands behind it.
    pub last: bool,
    /// Its bytes in the script.
    pub range: Range<usize>,
}

impl Simple {
    /// The program's name without its folder: `/usr/bin/env` is `env`. Empty for an assignment.
    pub(in crate::lint) fn name(&self) -> &str {
        self.words.first().map_or("", |w| w.text.rsplit('/').next().unwrap_or_default())
    }

    /// What is behind `python -m`, `poetry run`, `uv run`, `npx`, `sudo`, `time` and the like: the tool and its arguments.
    pub(in crate::lint) fn tool(&self) -> &[Word] {
        let mut words = self.words.as_slice();
        while let Some(skip) = wrapper(words) {
            words = &words[skip..];
        }
        words
    }
}

/// How many words in front only start another program; nothing where they do not.
fn wrapper(words: &[Word]) -> Option<usize> {
    let text = |i: usize| words.get(i).map_or("", |w| w.text.as_str());
    let name = text(0).rsplit('/').next().unwrap_or_default();
    let python = name == "py"
        || name.strip_prefix("python").is_some_and(|v| v.chars().all(|c| matches!(c, '0'..='9' | '.')));
    let skip = match (name, text(1)) {
        (_, "-m") if python => 2,
        ("poetry" | "uv" | "pipenv" | "pdm" | "hatch" | "rye", "run") => 2,
        ("npx" | "uvx" | "sudo" | "time" | "nice" | "command" | "exec", next) if !next.starts_with('-') => 1,
        _ => return None,
    };
    // An option between the wrapper and the tool may take a value: nobody knows here which.
    (words.len() > skip && !text(skip).starts_with('-')).then_some(skip)
}

/// A script that was read.
#[derive(Debug)]
pub(super) struct Script {
    /// Every command, also those inside others, in the order of the text.
    pub commands: Vec<Simple>,
    /// Only lists of commands: no `if`, loop, group, subshell or function.
    pub plain: bool,
}

/// Words that begin or divide compound commands; a command may follow each of them.
const RESERVED: [&str; 17] = [
    "if", "then", "elif", "else", "fi", "for", "while", "until", "do", "done", "case", "esac", "in",
    "function", "{", "}", "select",
];

/// Reads a script; nothing where it has no certain meaning here.
pub(super) fn read(text: &str) -> Option<Script> {
    let mut script = Script { commands: Vec::new(), plain: true };
    commands(text, 0, false, &mut script)?;
    if let Some(last) = script.commands.iter_mut().rfind(|c| !c.nested) {
        last.last = true;
    }
    Some(script)
}

fn commands(text: &str, base: usize, nested: bool, script: &mut Script) -> Option<()> {
    let mut current = Vec::new();
    let mut before = Join::Then;
    for token in tokens(text)? {
        let join = match &token {
            Token::Join(join) => *join,
            Token::Paren => {
                script.plain &= nested;
                Join::Then
            }
            _ => {
                current.push(token);
                continue;
            }
        };
        let full = command(std::mem::take(&mut current), base, (before, join), nested, script)?;
        // `&&` and the like may stand at a line's end: the list goes on behind it.
        if full || join != Join::Then {
            before = join;
        }
    }
    command(current, base, (before, Join::Then), nested, script)?;
    Some(())
}

/// Adds one command; false where there is none.
fn command(
    parts: Vec<Token>,
    base: usize,
    joins: (Join, Join),
    nested: bool,
    script: &mut Script,
) -> Option<bool> {
    let mut simple = Simple {
        assigns: Vec::new(),
        words: Vec::new(),
        redirects: Vec::new(),
        before: joins.0,
        after: joins.1,
        negated: false,
        nested,
        last: false,
        range: 0..0,
    };
    let mut range: Option<Range<usize>> = None;
    let mut heads = true;
    for part in parts {
        let word = match part {
            Token::Word(word) => word,
            Token::Redirect(redirect) => {
                inner(&redirect.word, base, script)?;
                simple.redirects.push(redirect);
                continue;
            }
            Token::Join(_) | Token::Paren => return None,
        };
        inner(&word, base, script)?;
        if heads && !word.quoted && word.text == "!" {
            simple.negated = true;
            continue;
        }
        if heads && !word.quoted && RESERVED.contains(&word.text.as_str()) {
            script.plain = false;
            // `for x in …` and `case x in …` name no program in what follows.
            if matches!(word.text.as_str(), "for" | "case" | "select" | "function") {
                return Some(false);
            }
            continue;
        }
        let whole = range.get_or_insert(word.range.clone());
        whole.end = word.range.end;
        if heads && word.is_assignment() {
            simple.assigns.push(word);
        } else {
            heads = false;
            simple.words.push(word);
        }
    }
    let Some(range) = range else { return Some(false) };
    simple.range = base + range.start..base + range.end;
    for word in simple.words.iter_mut().chain(&mut simple.assigns) {
        word.range = base + word.range.start..base + word.range.end;
    }
    script.commands.push(simple);
    Some(true)
}

/// The commands inside a word.
fn inner(word: &Word, base: usize, script: &mut Script) -> Option<()> {
    for (text, at) in &word.inner {
        commands(text, base + at, true, script)?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let script = read(text).unwrap();
        let words = |s: &Simple| s.words.iter().map(|w| w.text.clone()).collect::<Vec<_>>().join(" ");
        script.commands.iter().map(|s| format!("{:?} {}", s.before, words(s))).collect()
    }

    #[test]
    fn lists_are_taken_apart() {
        assert_eq!(
            told("a 'b c' && d \"e\" ||\n  f; g | h & i"),
            ["Then a b c", "And d e", "Or f", "Then g", "Pipe h", "Background i"]
        );
        assert_eq!(told("a # no || b\nc"), ["Then a", "Then c"]);
        assert_eq!(told("a \\\n  --b"), ["Then a --b"]);
        assert_eq!(told("X=1 Y=$(date) run it"), ["Then date", "Then run it"]);
    }

    #[test]
    fn what_is_inside_is_found_and_marked() {
        let script = read("bash -c \"$(curl -fsSL x)\"").unwrap();
        assert_eq!(script.commands.len(), 2);
        assert!(script.commands[0].nested && script.plain);
        assert!(!read("if a; then b; fi").unwrap().plain);
        assert!(!read("(a; b)").unwrap().plain);
        assert_eq!(told("if a; then b || c; fi"), ["Then a", "Then b", "Or c"]);
    }

    #[test]
    fn bodies_of_here_documents_are_no_commands() {
        assert_eq!(told("cat <<'E' > f\nrm -rf || true\nE\nnext"), ["Then cat", "Then next"]);
        assert!(read("cat <<E\nno end").is_none());
        assert!(read("echo 'open").is_none());
    }

    #[test]
    fn a_tool_is_found_behind_what_starts_it() {
        let tool = |text: &str| {
            read(text).unwrap().commands[0].tool().iter().map(|w| w.text.clone()).collect::<Vec<_>>()
        };
        assert_eq!(tool("poetry run python -m pytest -x"), ["pytest", "-x"]);
        assert_eq!(tool("python3.11 evaluate.py"), ["python3.11", "evaluate.py"]);
        assert_eq!(tool("uv run --frozen pytest"), ["uv", "run", "--frozen", "pytest"]);
    }

    #[test]
    fn ranges_are_those_of_the_script() {
        let text = "a; bb $(cc d) e";
        let script = read(text).unwrap();
        let parts: Vec<_> = script.commands.iter().map(|c| &text[c.range.clone()]).collect();
        assert_eq!(parts, ["a", "cc d", "bb $(cc d) e"]);
    }

    proptest::proptest! {
        /// Whatever stands in a spec is read or not read, and never half.
        #[test]
        fn no_text_is_too_odd(text in "([ab;&|<>(){}$`'\"\\\\ #=!ä\n-]|<<|\\$\\(|if |E\n){0,24}") {
            if let Some(script) = read(&text) {
                for command in &script.commands {
                    proptest::prop_assert!(text.get(command.range.clone()).is_some_and(|t| !t.is_empty()));
                    for word in &command.words {
                        proptest::prop_assert!(text.get(word.range.clone()).is_some());
                    }
                }
            }
        }
    }
}
