//! The part of a file that is shown around a place, found in the table of its lines.

use crate::diag::{SourceFile, Span, plain_line};
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

/// A file whose lines are shown. The reader of `miette` for plain text goes through a file from its start, several times for
/// each finding: in a file of a megabyte, hundreds of findings would take seconds.
#[derive(Debug)]
pub(super) struct Window<'a> {
    file: &'a SourceFile,
    text: &'a str,
    name: String,
}

/// More bytes are not shown: beyond them stands a line that no person wrote, and only what is around the place helps.
const WIDEST: usize = 1500;

/// So many bytes on each side of a place are shown of such a line.
const AROUND: usize = 60;

impl<'a> Window<'a> {
    /// The file, its text as it is shown, which is as long, and the name that it is shown under.
    pub(super) fn new(file: &'a SourceFile, text: &'a str, name: &str) -> Self {
        Self { file, text, name: plain_line(name).into_owned() }
    }

    /// How much of a place is marked, in bytes: all of it, but for a text that fills pages.
    pub(super) fn marked(&self, span: Span) -> usize {
        let (start, end) = (span.start as usize, span.end as usize);
        let most = (start + WIDEST / 2).min(self.text.len());
        let end =
            if end > most { (start..=most).rev().find(|at| self.text.is_char_boundary(*at)) } else { None }
                .unwrap_or(end);
        end.saturating_sub(start).max(1)
    }

    /// Can both places be shown? Not where they are far from each other and their lines are not: what is between would be
    /// shown too.
    pub(super) fn together(&self, one: Span, other: Span) -> bool {
        let line = |span: Span| self.file.line_col(span.start).line;
        one.start.abs_diff(other.start) as usize <= WIDEST || line(one).abs_diff(line(other)) > 3
    }

    /// The bytes around a place in a line that is too long to be shown whole.
    fn part(&self, start: usize, end: usize) -> std::ops::Range<usize> {
        let lines = |offset: usize| {
            let line = self.file.line_col(offset as u32).line;
            self.file.lines(line, line)
        };
        let (first, last) = (lines(start).start, lines(end.saturating_sub(1).max(start)).end);
        let border = |at: usize| self.text.is_char_boundary(at);
        let from = (first..=start.saturating_sub(AROUND).max(first)).rev().find(|at| border(*at));
        let to = ((end + AROUND).min(last)..=last).find(|at| border(*at));
        from.unwrap_or(first)..to.unwrap_or(last)
    }
}

impl SourceCode for Window<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let text = self.text.as_bytes();
        let end = span.offset() + span.len();
        if end > text.len() + 1 {
            return Err(MietteError::OutOfBounds);
        }
        let line = |offset: usize| self.file.line_col(offset as u32).line;
        let (first, last) = (line(span.offset()), line(end.saturating_sub(1).max(span.offset())));
        let shown = self.file.lines(first.saturating_sub(before as u32).max(1), last + after as u32);
        let shown = if shown.len() > WIDEST { self.part(span.offset(), end) } else { shown };
        let at = self.file.line_col(shown.start as u32);
        // What is asked for without lines around it is asked for its line and column.
        let (data, at) = if before == 0 {
            (span.offset()..shown.end, self.file.line_col(span.offset() as u32))
        } else {
            (shown, at)
        };
        let data_end = data.end;
        let place = SourceSpan::from((data.start, data.len()));
        let bytes = text.get(data).ok_or(MietteError::OutOfBounds)?;
        // Counted from the start of the file, as theirs is: by it, `miette` joins places that are near each other.
        let breaks = line(data_end) as usize - 1;
        let (line, column) = (at.line as usize - 1, at.column as usize - 1);
        let contents = MietteSpanContents::new_named(self.name.clone(), bytes, place, line, column, breaks);
        Ok(Box::new(contents))
    }
}

#[cfg(test)]
mod tests {
    use super::Window;
    use crate::diag::SourceMap;
    use miette::{
        GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, SourceCode,
    };
    use proptest::prelude::*;

    fn drawn(source: impl SourceCode + 'static, spans: &[(usize, usize)]) -> String {
        let labels = spans.iter().map(|(at, len)| LabeledSpan::new(Some("here".into()), *at, *len));
        let report =
            miette::Report::new(MietteDiagnostic::new("x").with_labels(labels)).with_source_code(source);
        let mut out = String::new();
        let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_links(false);
        handler.render_report(&mut out, report.as_ref()).expect("drawn");
        out
    }

    proptest! {
        #[test]
        fn it_shows_what_the_whole_file_would(
            lines in prop::collection::vec("[a-zü\\t]{0,12}\r?", 1..30),
            places in prop::collection::vec((0usize..400, 1usize..20), 1..3),
        ) {
            let text = lines.join("\n");
            // On the borders of characters, as every span is, and inside the text.
            let border = |n: usize| (0..=n.min(text.len())).rev().find(|n| text.is_char_boundary(*n)).unwrap_or(0);
            let line_end = |n: usize| text[n..].find(['\n', '\r']).map_or(text.len(), |i| n + i);
            let spans: Vec<(usize, usize)> = places
                .iter()
                .map(|(at, len)| (border(at % (text.len() + 1)), *len))
                .map(|(start, len)| (start, border(start + len).min(line_end(start))))
                .filter(|(start, end)| start < end)
                .map(|(start, end)| (start, end - start))
                .collect();
            prop_assume!(!spans.is_empty());
            let mut sources = SourceMap::default();
            let file = sources.add("a.mlpipe", text.clone());
            let file: &'static crate::diag::SourceFile = Box::leak(Box::new(sources)).file(file);
            let ours = drawn(Window::new(file, &file.text, "a.mlpipe"), &spans);
            let theirs = drawn(NamedSource::new("a.mlpipe", text), &spans);
            prop_assert_eq!(without_column(&ours), without_column(&theirs));
        }
    }

    /// Their column counts bytes, ours characters, as in every other output.
    fn without_column(drawn: &str) -> String {
        let header =
            |l: &str| l.contains("[a.mlpipe:").then(|| l.rsplit_once(':').map(|(place, _)| place.to_owned()));
        drawn.lines().map(|l| header(l).flatten().unwrap_or_else(|| l.to_owned()) + "\n").collect()
    }

    #[test]
    fn a_column_counts_characters() {
        let mut sources = SourceMap::default();
        let file = sources.add("a.mlpipe", "x\nüü y\n");
        let file: &'static crate::diag::SourceFile = Box::leak(Box::new(sources)).file(file);
        let drawn = drawn(Window::new(file, &file.text, "a.mlpipe"), &[(7, 1)]);
        assert!(drawn.contains("[a.mlpipe:2:4]"), "{drawn}");
    }
}
