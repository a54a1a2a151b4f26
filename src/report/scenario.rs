//! Scenarios that were played: timelines for people, JSON and JUnit XML for machines.

use super::xml::xml;
use crate::diag::words;
use crate::scenario::{Entry, Played, SCHEMA_VERSION, Verdict};
use crate::spec::Scenario;
use serde::Serialize;
use std::fmt::Write;

/// A scenario that was played.
pub struct Ran<'s> {
    /// The scenario.
    pub scenario: &'s Scenario,
    /// File that it stands in, from the current folder.
    pub file: String,
    /// Its line, from 1.
    pub line: u32,
    /// What happened.
    pub played: Played,
    /// Each expectation with its line.
    pub verdicts: Vec<(Verdict<'s>, u32)>,
}

impl Ran<'_> {
    /// Every expectation holds.
    pub fn held(&self) -> bool {
        self.verdicts.iter().all(|(v, _)| v.held)
    }
}

/// Every scenario with its timeline, or with `brief` the failed ones with the part of it that says why.
pub fn scenarios_human(all: &[Ran<'_>], brief: bool) -> String {
    let mut out = String::new();
    let mut file = "";
    for ran in all {
        if ran.file != file {
            file = &ran.file;
            let gap = if out.is_empty() { "" } else { "\n" };
            let _ = writeln!(out, "{gap}{file}   pipeline {}", ran.played.pipeline);
        }
        one(&mut out, ran, brief);
    }
    let failed = all.iter().filter(|r| !r.held()).count();
    let _ = write!(out, "\n{} played, ", words::count(all.len(), "scenario"));
    let _ = writeln!(out, "{}", if failed == 0 { "all hold".to_owned() } else { format!("{failed} failed") });
    out
}

fn one(out: &mut String, ran: &Ran<'_>, brief: bool) {
    let title = &ran.scenario.title.node;
    if ran.held() {
        let _ = writeln!(out, "{}  ok    {title}", if brief { "" } else { "\n" });
        if !brief {
            timeline(out, &ran.played.timeline, |_| true);
        }
        return;
    }
    let _ = writeln!(out, "\n  FAIL  {title}   {}:{}", ran.file, ran.line);
    let mut jobs: Vec<&str> = Vec::new();
    for (v, line) in ran.verdicts.iter().filter(|(v, _)| !v.held) {
        expected(out, v, &format!("   {}:{line}", ran.file));
        jobs.extend(v.jobs.iter().map(String::as_str));
    }
    let told = |e: &Entry| e.job.as_deref().is_none_or(|j| jobs.contains(&j));
    timeline(out, &ran.played.timeline, |e| !brief || told(e));
}

fn expected(out: &mut String, v: &Verdict<'_>, place: &str) {
    let e = v.expectation;
    let _ = writeln!(out, "        expected  {} {}{place}", e.name.node, e.outcome.word());
    let _ = writeln!(out, "        happened  {}", v.happened);
}

fn timeline(out: &mut String, entries: &[Entry], keep: impl Fn(&Entry) -> bool) {
    let kept: Vec<&Entry> = entries.iter().filter(|e| keep(e)).collect();
    let wide = |of: &dyn Fn(&Entry) -> usize| kept.iter().map(|e| of(e)).max().unwrap_or(0);
    let times = wide(&|e| e.at.to_string().len());
    let jobs = wide(&|e| e.job.as_ref().map_or(0, String::len));
    for e in kept {
        let (at, job) = (e.at.to_string(), e.job.as_deref().unwrap_or_default());
        match &e.job {
            Some(_) => drop(writeln!(out, "        {at:>times$}  {job:<jobs$}  {}", e.what)),
            None => drop(writeln!(out, "        {at:>times$}  {}", e.what)),
        }
    }
}

/// The timeline of one play, how everything ended, and the expectations, if there are any.
pub fn simulated_human(ran: &Ran<'_>) -> String {
    let mut out = format!("pipeline {}\n", ran.played.pipeline);
    timeline(&mut out, &ran.played.timeline, |_| true);
    let _ = writeln!(out, "\nthe run: {}", ran.played.outcome.word());
    for e in &ran.played.environments {
        let halted = if e.halted { ", halted" } else { "" };
        let _ = writeln!(out, "{}: {}{halted}", e.name, e.left.word());
    }
    let absent: Vec<&str> = ran
        .played
        .jobs
        .iter()
        .filter(|j| j.state == crate::scenario::State::NotInRun)
        .map(|j| j.id.as_str())
        .collect();
    if !absent.is_empty() {
        let _ = writeln!(out, "not in this run: {}", absent.join(", "));
    }
    for (v, _) in &ran.verdicts {
        let e = v.expectation;
        if v.held {
            let _ = writeln!(out, "  ok    {} {}", e.name.node, e.outcome.word());
        } else {
            let _ = writeln!(out, "  FAIL");
            expected(&mut out, v, "");
        }
    }
    out
}

/// Every scenario that was played.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Document<'a> {
    /// Version of this form. It grows when a field changes its meaning or goes away; new fields may come without.
    #[cfg_attr(test, schemars(extend("const" = SCHEMA_VERSION)))]
    schema: u32,
    /// In the order of the specs.
    scenarios: Vec<Row<'a>>,
}

/// A scenario, and what came of it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Row<'a> {
    /// Its title.
    title: &'a str,
    /// The spec, from the current folder.
    file: &'a str,
    /// Line of its title, from 1.
    line: u32,
    /// Every expectation holds.
    held: bool,
    /// In the order of the scenario.
    expectations: Vec<Expectation<'a>>,
    #[serde(flatten)]
    played: &'a Played,
}

/// One play.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Simulated<'a> {
    #[serde(flatten)]
    played: &'a Played,
    /// In the order of the command line.
    expectations: Vec<Expectation<'a>>,
}

/// What was expected.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Expectation<'a> {
    /// Of which job, environment or run.
    name: &'a str,
    /// The word of the language: `failed`, `untouched`.
    outcome: &'a str,
    /// Its line, from 1.
    line: u32,
    /// It came true.
    held: bool,
    /// What happened, in words.
    happened: &'a str,
}

fn expectations<'a>(ran: &'a Ran<'_>) -> Vec<Expectation<'a>> {
    let row = |(v, line): &'a (Verdict<'_>, u32)| Expectation {
        name: &v.expectation.name.node,
        outcome: v.expectation.outcome.word(),
        line: *line,
        held: v.held,
        happened: &v.happened,
    };
    ran.verdicts.iter().map(row).collect()
}

/// Every scenario as one JSON document.
pub fn scenarios_json(all: &[Ran<'_>]) -> String {
    let rows = all.iter().map(|r| Row {
        title: &r.scenario.title.node,
        file: &r.file,
        line: r.line,
        held: r.held(),
        expectations: expectations(r),
        played: &r.played,
    });
    pretty(&Document { schema: SCHEMA_VERSION, scenarios: rows.collect() })
}

/// One play as a JSON document.
pub fn simulated_json(ran: &Ran<'_>) -> String {
    pretty(&Simulated { played: &ran.played, expectations: expectations(ran) })
}

fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// Every scenario as a test case of JUnit XML, a suite for each pipeline.
pub fn scenarios_junit(all: &[Ran<'_>]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    let mut rest = all;
    while let Some(first) = rest.first() {
        let same = |r: &&Ran<'_>| r.file == first.file && r.played.pipeline == first.played.pipeline;
        let (suite, more) = rest.split_at(rest.iter().take_while(same).count());
        rest = more;
        let failed = suite.iter().filter(|r| !r.held()).count();
        let name = xml(&first.played.pipeline);
        let _ = writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{failed}\" errors=\"0\" skipped=\"0\">",
            suite.len()
        );
        suite.iter().for_each(|r| case(&mut out, &name, r));
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn case(out: &mut String, suite: &str, ran: &Ran<'_>) {
    let (title, file) = (xml(&ran.scenario.title.node), xml(&ran.file));
    let head = format!(
        "    <testcase classname=\"{suite}\" name=\"{title}\" file=\"{file}\" line=\"{}\" time=\"0\"",
        ran.line
    );
    if ran.held() {
        let _ = writeln!(out, "{head}/>");
        return;
    }
    let mut told = String::new();
    one(&mut told, ran, true);
    let missed: Vec<String> = ran
        .verdicts
        .iter()
        .filter(|(v, _)| !v.held)
        .map(|(v, _)| {
            format!(
                "expected {} {}, but {}",
                v.expectation.name.node,
                v.expectation.outcome.word(),
                v.happened
            )
        })
        .collect();
    let _ = writeln!(
        out,
        "{head}>\n      <failure message=\"{}\">{}</failure>\n    </testcase>",
        xml(&missed.join("; ")),
        xml(told.trim_end())
    );
}
