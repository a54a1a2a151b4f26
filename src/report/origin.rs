//! Which statement made a part of a file, and why a line is there.

use super::plan::job_lines;
use crate::origin::{Part, Reason};
use crate::plan::Job;
use std::fmt::Write;

/// One part as `PATH:FIRST-LAST`, which editors and people find.
pub fn part(path: &str, part: Part, job: &Job) -> String {
    let Part { start, end, .. } = part;
    format!("{path}:{start}-{end}  {}\n", job.id)
}

/// What made a line. `spec` is the way from here to the job's spec.
pub fn line(text: &str, made: Option<(&Job, Part, &str)>, reason: Option<Reason>) -> String {
    let mut out = format!("  {}\n\n", text.trim());
    if let Some((job, part, spec)) = made {
        let _ = writeln!(out, "     made by     {spec}:{}  {}", job.origin.line, job.origin.text);
        let _ = writeln!(out, "     part of     {}, lines {} to {}", job.id, part.start, part.end);
        out.push_str(&job_lines(job));
    }
    if let Some(r) = reason {
        if made.is_some() {
            out.push('\n');
        }
        let mut line = format!("     {}:", r.word);
        for word in r.why.split(' ') {
            if line.chars().count() + 1 + word.chars().count() > 110 {
                let _ = writeln!(out, "{line}");
                line = "      ".to_owned();
            }
            line.push(' ');
            line.push_str(word);
        }
        let _ = writeln!(out, "{line}");
    }
    out
}
