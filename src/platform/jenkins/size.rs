//! How much byte code Jenkins makes of a `pipeline` block.
//!
//! Jenkins turns the block into one method of one class: the declarative plugin makes a tree of constructor calls of
//! it (`RuntimeASTTransformer`), stage by stage with their closures, and the CPS compiler makes one call of its
//! `Builder` of every node of that tree (`CpsTransformer`). So the size follows the words, not the lines: `a.b` on one
//! line and on two is the same method. The costs here were fitted to sizes that were measured: that transformer and Groovy
//! 2.4.21, over the tree as the plugin's source says that it is made, of 206 files of this back end, from 2.8 to 43 KB. The
//! sum is between 0 and 14 % over what was measured, and in files made up against it (comparisons and nothing else) up
//! to 13 % under.

/// A name: a call, a variable, a property, or the key of an argument.
const NAME: usize = 50;

/// A text or a number.
const CONSTANT: usize = 16;

/// A block, beside what stands in it: a closure with a safepoint.
const BLOCK: usize = 60;

/// Bytes of the method that the text's `pipeline { … }` becomes, about.
pub(super) fn bytes(text: &str) -> usize {
    let block = text.lines().skip_while(|l| !l.starts_with("pipeline {"));
    block.take_while(|l| !l.starts_with('}')).map(line).sum()
}

/// What a line adds. It holds no text over several lines: line breaks in a text are escaped.
fn line(text: &str) -> usize {
    let mut rest = text.trim_start();
    let mut sum = 0;
    while let Some(c) = rest.chars().next().filter(|_| !rest.starts_with("//")) {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = match c {
            '\'' => quoted(rest),
            c if word(c) => rest.find(|c| !word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        sum += match c {
            '\'' | '0'..='9' => CONSTANT,
            '{' => BLOCK,
            c if word(c) => NAME,
            _ => 0,
        };
        rest = &rest[end..];
    }
    sum
}

/// Bytes of the text in single quotes at the start.
fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\'' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_word() {
        for (text, expected) in [
            ("", 0),
            ("// a comment { 'x' }", 0),
            ("agent none // none", 2 * NAME),
            ("} } }", 0),
            ("label 'linux && (x) { it\\'s // y'", NAME + CONSTANT),
            ("steps { script { f(40, 'a') } }", 3 * NAME + 2 * BLOCK + 2 * CONSTANT),
            ("['a', 'b'].every { S[it] == 'success' }", 3 * NAME + BLOCK + 3 * CONSTANT),
            ("'open", CONSTANT),
            ("'ü' + 'x\\\\' && é", 2 * CONSTANT),
        ] {
            assert_eq!(line(text), expected, "{text}");
        }
    }

    #[test]
    fn only_the_block_counts_and_its_layout_does_not() {
        let short = "def f\npipeline {\n    a { b 'c' }\n}\ndef g() {\n    h\n}\n";
        let long = "pipeline {\n    a {\n        // why\n        b 'c'\n    }\n}\n";
        assert_eq!(bytes(short), 3 * NAME + 2 * BLOCK + CONSTANT);
        assert_eq!(bytes(short), bytes(long));
        assert_eq!(bytes("def f\n"), 0);
    }
}
