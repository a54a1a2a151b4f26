//! Defaults that the plan filled in, behind the statement of each job.

use super::hover::job_of;
use super::index::{File, Index};
use super::names::{self, Known};
use crate::plan::Plan;
use serde_json::{Value, json};

/// The hints of some bytes of a file.
pub(super) fn of(index: &Index, file: &File, plan: &Plan, from: usize, to: usize) -> Vec<Value> {
    let mut hints = Vec::new();
    let is_let = |n: &str| index.lets.contains(n);
    let known = Known { is_let: &is_let, target: &|n| index.target(n) };
    names::visit(&file.tree, &file.text, &known, &mut |node| {
        // Behind the brace, where there is one.
        let head = node.statement.head.end as usize;
        let at = node.statement.block.as_ref().map_or(head, |b| b.span.start as usize + 1);
        if at < from || to < at {
            return;
        }
        let prefix = match node.keyword.word {
            "target" => format!("deploy-{}.target.", node.owner),
            word => match job_of(node.place, word, &node.owner) {
                Some(job) => format!("{job}."),
                None => return,
            },
        };
        let (mut short, mut long) = (Vec::new(), Vec::new());
        for default in &plan.defaults {
            let Some(what) = default.place.strip_prefix(&prefix).filter(|w| !w.contains('.')) else {
                continue;
            };
            // Where a job runs is a whole sentence: it is in the tooltip.
            if what != "runner" {
                short.push(format!("{what} {}", default.value));
            }
            long.push(format!("- {what} `{}`: {}", default.value, default.why));
        }
        if !short.is_empty() {
            let tooltip = format!("Filled in, because the spec does not say it:\n\n{}", long.join("\n"));
            hints.push(json!({
                "position": file.lines.position(&file.text, at),
                "label": short.join(", "),
                "tooltip": { "kind": "markdown", "value": tooltip },
                "paddingLeft": true,
            }));
        }
    });
    hints
}
