//! Points as the files that a gate reads.

use super::{Inputs, Metric, Points, junit};
use crate::plan::GateWork;
use crate::plan::number::Exact;
use crate::spec::MetricsFormat;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The files of a gate with these numbers in them, and every report and artifact that must be there; nothing when two
/// statements want different things of one path, or more test cases than can be written out.
pub(super) fn inputs(gate: &GateWork, metrics: &[Metric<'_>], points: &Points) -> Option<Inputs> {
    let mut files: Vec<(String, String)> = Vec::new();
    let report = report(metrics, points)?;
    let mut numbers = Some(json(metrics, points, |m, p| (!m.count).then_some(p.value)));
    let plain = |path: &str| path.trim_start_matches("./").to_owned();
    let baseline = gate.baseline.as_deref().map(plain);
    for file in &gate.metrics {
        // A metric is looked up in the files in their order: the first of JSON has all.
        if numbers.is_none() && baseline == Some(plain(&file.path)) {
            // What the baseline needs stands in it anyhow.
            continue;
        }
        let text = match file.format {
            MetricsFormat::Junit => report.clone(),
            MetricsFormat::Json | MetricsFormat::Promptfoo => numbers.take().unwrap_or_else(|| "{}\n".into()),
        };
        put(&mut files, &file.path, text)?;
    }
    if let Some(path) = &gate.baseline {
        put(&mut files, path, json(metrics, points, |_, p| p.baseline))?;
    }
    for path in gate.junit.iter().chain(&gate.artifacts) {
        if !files.iter().any(|(there, _)| there == path) {
            files.push((path.clone(), report.clone()));
        }
    }
    Some(Inputs { files })
}

fn put(files: &mut Vec<(String, String)>, path: &str, text: String) -> Option<()> {
    if files.iter().any(|(there, other)| there == path && *other != text) {
        return None;
    }
    if !files.iter().any(|(there, _)| there == path) {
        files.push((path.to_owned(), text));
    }
    Some(())
}

fn report(metrics: &[Metric<'_>], points: &Points) -> Option<String> {
    let counts = junit::counts(metrics, points)?;
    let time = metrics.iter().zip(points).find(|(m, _)| m.count && m.parts[0] == "time");
    let time = time.map(|(_, p)| format!(" time=\"{}\"", p.value)).unwrap_or_default();
    let mut text = format!("<testsuites{time}>\n");
    let inner = ["<failure/>", "<error/>", "<skipped/>", ""];
    for (count, inner) in counts.iter().zip(inner) {
        for _ in 0..*count {
            let _ = writeln!(text, "<testcase name=\"t\">{inner}</testcase>");
        }
    }
    text.push_str("</testsuites>\n");
    Some(text)
}

/// A tree of names.
#[derive(Default)]
struct Table(BTreeMap<String, Node>);

enum Node {
    Number(String),
    Table(Table),
}

/// The numbers as a JSON object, nested by the parts of their names. Where one name goes on behind another, the longer one is
/// a key as a whole: the script takes that too.
fn json(
    metrics: &[Metric<'_>],
    points: &Points,
    number: impl Fn(&Metric<'_>, &super::Point) -> Option<Exact>,
) -> String {
    let mut all = Table::default();
    for (metric, point) in metrics.iter().zip(points) {
        let Some(value) = number(metric, point) else { continue };
        let behind = |m: &Metric<'_>| m.parts.len() < metric.parts.len() && metric.parts.starts_with(m.parts);
        if metrics.iter().any(behind) {
            all.0.insert(metric.parts.join("."), Node::Number(value.to_string()));
        } else {
            insert(&mut all, metric.parts, &value.to_string());
        }
    }
    let mut text = String::new();
    print(&all, &mut text);
    text.push('\n');
    text
}

fn insert(table: &mut Table, parts: &[String], number: &str) {
    match parts {
        [] => {}
        [last] => {
            table.0.insert(last.clone(), Node::Number(number.to_owned()));
        }
        [first, rest @ ..] => {
            let inner = table.0.entry(first.clone()).or_insert_with(|| Node::Table(Table::default()));
            if let Node::Table(inner) = inner {
                insert(inner, rest, number);
            }
        }
    }
}

fn print(table: &Table, out: &mut String) {
    out.push('{');
    for (i, (key, node)) in table.0.iter().enumerate() {
        let comma = if i == 0 { "" } else { ", " };
        let _ = write!(out, "{comma}{}: ", serde_json::Value::from(key.as_str()));
        match node {
            Node::Number(number) => out.push_str(number),
            Node::Table(inner) => print(inner, out),
        }
    }
    out.push('}');
}
