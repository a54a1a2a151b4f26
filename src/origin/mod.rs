//! Which part of a generated file comes from which statement of the spec, and back; and why a line is there.
//!
//! A file is read as the proof reads it, so that parts are found by what they call and not by comments that a template of a
//! user may have left out.

mod why;

use crate::plan::Plan;
use crate::prove::{self, File, Unreadable};
use crate::spec::PlatformName;

/// Lines of a file that one job of the plan made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Index of the job in the plan.
    pub job: usize,
    /// Its first line, from 1; a comment above it belongs to it.
    pub start: usize,
    /// Its last line.
    pub end: usize,
}

impl Part {
    /// Does the line belong to it?
    pub fn holds(self, line: usize) -> bool {
        (self.start..=self.end).contains(&line)
    }
}

/// A word of a file and what it is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    /// The word: `concurrency`, `actions/checkout`.
    pub word: &'static str,
    /// What it does, and why mlpipe writes it.
    pub why: &'static str,
}

/// The parts of a platform's file, in the order of the file.
///
/// # Errors
/// A file that is not understood: it was edited, or printed by templates that the proof would refuse.
pub fn parts(plan: &Plan, file: File<'_>) -> Result<Vec<Part>, Unreadable> {
    let lines: Vec<&str> = file.text.lines().collect();
    let mut parts: Vec<Part> = prove::jobs(plan, file)?
        .into_iter()
        .filter(|(_, line)| *line > 0)
        .map(|(job, line)| part(&lines, job, line))
        .collect();
    parts.sort_by_key(|p| p.start);
    Ok(parts)
}

/// The parts of a pipeline's script: one function a job.
pub fn script_parts(plan: &Plan, text: &str) -> Vec<Part> {
    let lines: Vec<&str> = text.lines().collect();
    let of = |(job, id): (usize, &str)| {
        let head = format!("job_{}() {{", id.replace('-', "_"));
        let line = lines.iter().position(|l| **l == head)? + 1;
        Some(part(&lines, job, line))
    };
    let mut parts: Vec<Part> = plan.jobs.iter().map(|j| j.id.as_str()).enumerate().filter_map(of).collect();
    parts.sort_by_key(|p| p.start);
    parts
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with(['#', '/'])
}

/// From the comment above a line to the end of what stands deeper than it, the closing bracket included.
fn part(lines: &[&str], job: usize, line: usize) -> Part {
    let at = line - 1;
    let depth = lines.get(at).map_or(0, |l| indent(l));
    let above = lines[..at].iter().rev().take_while(|l| is_comment(l) && indent(l) == depth).count();
    let inside = |l: &&&str| l.trim().is_empty() || indent(l) > depth;
    let deeper = lines[line..].iter().take_while(inside).count();
    let mut end = line + deeper;
    if lines.get(end).is_some_and(|l| indent(l) == depth && l.trim_start().starts_with('}')) {
        end += 1;
    }
    while end > line && lines[end - 1].trim().is_empty() {
        end -= 1;
    }
    Part { job, start: line - above, end }
}

/// Why a line of a platform's file is there: the innermost word around it that is known, and nothing when none is.
pub fn reason(platform: PlatformName, text: &str, line: usize) -> Option<Reason> {
    let lines: Vec<&str> = text.lines().collect();
    let at = line.checked_sub(1).filter(|at| *at < lines.len())?;
    let known = why::words(platform);
    let mut depth = usize::MAX;
    for (i, text) in lines[..=at].iter().enumerate().rev() {
        if text.trim().is_empty() || (is_comment(text) && i != at) || indent(text) >= depth {
            continue;
        }
        depth = indent(text);
        let is_item = text.trim_start().starts_with("- ");
        let action = if is_item { action(&lines, i) } else { None };
        let mut words = match action {
            Some(action) => vec![action],
            // A Jenkinsfile opens several blocks on one line.
            None if platform == PlatformName::Jenkins => blocks(text).into_iter().filter_map(word).collect(),
            None => word(text).into_iter().collect(),
        };
        words.reverse();
        if let Some(found) = words.iter().find_map(|w| known.iter().find(|r| r.word == *w)) {
            return Some(*found);
        }
    }
    None
}

/// The line, and what stands behind each `{` on it that is in no text.
fn blocks(line: &str) -> Vec<&str> {
    let outside = |at: &usize| line[..*at].matches('\'').count().is_multiple_of(2);
    let opened = line.match_indices('{').map(|(at, _)| at).filter(outside).map(|at| &line[at + 1..]);
    std::iter::once(line).chain(opened).collect()
}

/// The first word of a line, without the dash of an item.
fn word(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = line.strip_prefix("- ").unwrap_or(line).trim_start_matches(['}', ' ', '@']);
    let end = line.find([':', ' ', '(', '{', '=']).unwrap_or(line.len());
    (end > 0).then(|| &line[..end])
}

/// The action that the step uses which begins at this line, or that it runs a command.
fn action<'t>(lines: &[&'t str], at: usize) -> Option<&'t str> {
    let depth = indent(lines[at]);
    let step = lines[at + 1..].iter().take_while(|l| indent(l) > depth && !l.trim().is_empty());
    std::iter::once(&lines[at]).chain(step).find_map(|l| {
        let key = l.trim_start().trim_start_matches("- ");
        let uses = key.strip_prefix("uses: ").and_then(|u| u.split('@').next());
        uses.or_else(|| key.starts_with("run: ").then_some("run"))
    })
}

#[cfg(test)]
mod tests;
