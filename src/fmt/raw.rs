//! Raw blocks: moved with their statement, their text as it was.

/// A raw block as written, moved so that its text stands at `indent` and its end at `outer`, both in columns. What
/// [`crate::syntax`] reads in it stays the same: the common indentation changes, and nothing else. A block whose text
/// begins directly behind the quotes is left as it is: there its first line decides what is common.
pub(super) fn moved(source: &str, outer: usize, indent: usize, end: &str) -> String {
    let inside = source.strip_prefix("\"\"\"").and_then(|s| s.strip_suffix("\"\"\"")).unwrap_or(source);
    // A carriage return that belongs to the text must not be taken for one of a line end.
    let odd = inside.replace("\r\n", "\n").contains('\r');
    let Some(body) = inside.strip_prefix('\n').or_else(|| inside.strip_prefix("\r\n")).filter(|_| !odd)
    else {
        return source.to_owned();
    };
    let body = body.replace("\r\n", "\n");
    let mut lines: Vec<&str> = body.split('\n').collect();
    let close = lines.pop_if(|last| last.trim().is_empty());
    let Some(common) = lines.iter().filter(|l| !l.trim().is_empty()).map(|l| indentation(l)).min() else {
        return source.to_owned();
    };
    let mut out = String::from("\"\"\"");
    for line in &lines {
        out.push_str(end);
        let text = &line[common.min(indentation(line))..];
        if !text.is_empty() {
            out.push_str(&" ".repeat(indent));
            out.push_str(text);
        }
    }
    if close.is_some() {
        out.push_str(end);
        out.push_str(&" ".repeat(outer));
    }
    out.push_str("\"\"\"");
    out
}

fn indentation(line: &str) -> usize {
    line.bytes().take_while(|b| matches!(b, b' ' | b'\t')).count()
}
