//! Findings as JUnit XML: a suite for each file, a case for each finding.

use super::Group;
use super::xml::xml;
use crate::diag::{Finding, Severity};
use std::collections::BTreeMap;
use std::fmt::Write;

/// A case of a suite.
enum Case<'a> {
    Told(&'a Finding),
    Allowed(&'a Finding, &'a str),
}

/// All findings; those that are as bad as `deny` or worse are failures, the others cases that pass and say what they found, and
/// what a comment allows is skipped. Without findings there is one case that passes, since a reader may take none for a fault.
pub fn findings(groups: &[Group<'_>], deny: Severity) -> String {
    let mut suites: BTreeMap<String, Vec<(&Group<'_>, Case<'_>)>> = BTreeMap::new();
    for g in groups {
        let mut add = |f, case| suites.entry(g.file_of(f).unwrap_or_default()).or_default().push((g, case));
        g.findings.iter().for_each(|f| add(f, Case::Told(f)));
        g.allowed.iter().for_each(|a| add(&a.finding, Case::Allowed(&a.finding, &a.reason)));
    }
    let mut out =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"mlpipe lint\">\n");
    if suites.is_empty() {
        out.push_str(
            "  <testsuite name=\"mlpipe lint\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\">\n",
        );
        out.push_str(
            "    <testcase classname=\"mlpipe lint\" name=\"no findings\" time=\"0\"/>\n  </testsuite>\n",
        );
    }
    for (file, cases) in &suites {
        let failed = |c: &Case<'_>| matches!(c, Case::Told(f) if f.severity <= deny);
        let failures = cases.iter().filter(|(_, c)| failed(c)).count();
        let skipped = cases.iter().filter(|(_, c)| matches!(c, Case::Allowed(..))).count();
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\">",
            xml(file),
            cases.len()
        );
        for (group, c) in cases {
            case(&mut out, group, file, c, deny);
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn case(out: &mut String, group: &Group<'_>, file: &str, case: &Case<'_>, deny: Severity) {
    let (Case::Told(f) | Case::Allowed(f, _)) = case;
    let (line, _) = group.lines(f);
    let place =
        f.span.map(|s| group.sources.start(s)).map_or(String::new(), |p| format!(" {}:{}", p.line, p.column));
    let _ = writeln!(
        out,
        "    <testcase classname=\"{}\" name=\"{} {}{place}\" file=\"{}\" line=\"{line}\" time=\"0\">",
        xml(file),
        f.code.id,
        f.code.name,
        xml(file)
    );
    let help = f.help.as_ref().map(|h| format!("\nhelp: {h}")).unwrap_or_default();
    let text = xml(&format!("{file}:{line}: {}: {}{help}", f.severity.word(), f.message));
    let _ = match case {
        Case::Allowed(_, reason) => writeln!(out, "      <skipped message=\"allowed: {}\"/>", xml(reason)),
        Case::Told(f) if f.severity <= deny => writeln!(
            out,
            "      <failure type=\"{}\" message=\"{}\">{text}</failure>",
            f.severity.word(),
            xml(&f.message)
        ),
        Case::Told(_) => writeln!(out, "      <system-out>{text}</system-out>"),
    };
    out.push_str("    </testcase>\n");
}
