//! Text in XML.

/// A text for an attribute or an element. XML 1.0 has no place for control characters.
pub(super) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::xml;

    #[test]
    fn texts_cannot_leave_their_element() {
        assert_eq!(xml("a \"b\" </x> & \u{1b}"), "a &quot;b&quot; &lt;/x&gt; &amp; \u{fffd}");
    }
}
