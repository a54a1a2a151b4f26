//! A scenario that a person types on the command line.

use super::decode::Decoder;
use super::{Mention, Scenario};
use crate::diag::{Finding, SourceMap, Span};
use crate::syntax;

/// A scenario of the command line, and what is wrong with its words.
#[derive(Debug)]
pub struct Asked {
    /// The scenario; where there are findings it lacks what they speak of.
    pub scenario: Scenario,
    /// Names in it that the spec must know.
    pub mentions: Vec<Mention>,
    /// Findings of reading it.
    pub findings: Vec<Finding>,
}

/// Reads the texts of `given` and `expect`, each as it would stand behind its word in a spec. A `let` of the spec is not
/// known here. The words are added to `sources` as a file of their own, so that findings show them.
pub fn asked(given: &[String], expect: &[String], sources: &mut SourceMap) -> Asked {
    let mut text = String::from("scenario \"command line\" {\n");
    for (word, lines) in [("given", given), ("expect", expect)] {
        for line in lines {
            text.push_str(&format!("{word} {}\n", line.trim()));
        }
    }
    text.push_str("}\n");
    let file = sources.add("command line", text.clone());
    let parsed = syntax::parse(file, &text, &|word| word == "scenario");
    let statement = parsed.tree.statements.first();
    let span = statement.map_or(Span::new(file, 0, 8), |s| s.head);
    let mut decoder = Decoder::new(sources);
    let scenario = decoder.scenario_block("command line", span, statement.and_then(|s| s.block.as_ref()));
    let mut findings = parsed.findings;
    findings.append(&mut decoder.findings);
    for extra in parsed.tree.statements.iter().skip(1) {
        let message = "this ends the scenario and begins something else";
        findings.push(
            Finding::at(crate::diag::Code::WRONG_PLACE, extra.head, message)
                .help("write one `given` or `expect` in each option, without braces"),
        );
    }
    Asked { scenario, mentions: std::mem::take(&mut decoder.mentions), findings }
}
