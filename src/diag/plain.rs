//! Text of other people as text: nothing in it commands a terminal.

use std::borrow::Cow;

/// A text without what a terminal takes for a command (escape sequences begin with a control character) and without marks that
/// turn the direction of what follows. Line breaks and tabs stay. Each such character becomes a sign of as many bytes, so places
/// in the text stay where they are.
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_command) && !text.contains('\r') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        // Alone it goes back to the start of the line, and what follows is written over it.
        let returns = c == '\r' && chars.peek() != Some(&'\n');
        out.push(match c.len_utf8() {
            _ if !returns && !is_command(c) => c,
            1 => '?',
            2 => '¿',
            _ => char::REPLACEMENT_CHARACTER,
        });
    }
    Cow::Owned(out)
}

/// The same for what stands within one line, such as the name of a file, which may hold line breaks too.
pub fn plain_line(text: &str) -> Cow<'_, str> {
    match plain(text) {
        shown if shown.contains(['\n', '\r']) => Cow::Owned(shown.replace(['\n', '\r'], "?")),
        shown => shown,
    }
}

fn is_command(c: char) -> bool {
    let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || (c.is_control() && !matches!(c, '\n' | '\t' | '\r'))
}

#[cfg(test)]
mod tests {
    use super::{plain, plain_line};
    use std::borrow::Cow;

    #[test]
    fn what_commands_a_terminal_becomes_a_sign_of_its_size() {
        for (text, shown) in [
            ("a\tb\r\nc\n", "a\tb\r\nc\n"),
            ("\u{1b}[31mred\u{7f}", "?[31mred?"),
            ("over\rwritten\r", "over?written?"),
            ("\u{9b}2J é", "¿2J é"),
            ("\u{202e}gnp\u{2066}", "\u{fffd}gnp\u{fffd}"),
            ("👩\u{200d}🔬", "👩\u{200d}🔬"),
        ] {
            assert_eq!(plain(text), shown);
            assert_eq!(plain(text).len(), text.len());
        }
        assert!(matches!(plain("as it is"), Cow::Borrowed(_)));
        assert_eq!(plain_line("a\n::error::\r\n"), "a?::error::??");
    }
}
