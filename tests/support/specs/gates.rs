//! Gates: what must hold, what each waits for, and what it blocks.

use super::{COMMANDS, Dice, Head, common, quoted, shell};
use std::fmt::Write;

/// Writes up to `most` gates; `deploys` are the names of the deploys behind them.
pub(crate) fn write(d: &mut Dice, s: &mut String, head: &mut Head, most: usize, deploys: &[&str]) {
    let floor = d.once_in(4);
    if floor {
        s.push_str("let floor = 0.85\n");
    }
    // Whoever waits for a gate behind the image cannot block the image.
    let mut early: Vec<usize> = Vec::new();
    for i in 0..1 + d.below(most) {
        let _ = writeln!(s, "gate g{i} {{\n  run {}", shell(d.of(COMMANDS)));
        if head.model && d.once_in(2) {
            s.push_str("  needs model ranker\n");
        }
        if !early.is_empty() && d.once_in(3) {
            let _ = writeln!(s, "  after g{}", early[d.below(early.len())]);
        }
        judged(d, s, i, if floor { "floor" } else { "0.85" });
        for line in ["  seed 42", "  repeat 3 pass 2", "  artifact \"out/report.html\""] {
            if d.once_in(4) {
                let _ = writeln!(s, "{line}");
            }
        }
        match d.below(9) {
            0 | 1 => {
                let reason = d.of(&["triaged weekly", "it's | noisy <b>", "see #12: a"]);
                let _ = writeln!(s, "  advisory {}", quoted(reason));
                early.push(i);
            }
            2 if head.image && !deploys.is_empty() => {
                s.push_str("  needs image\n");
                head.gates.push(format!("g{i}"));
            }
            3 if !deploys.is_empty() => {
                let _ = writeln!(s, "  before {}", d.of(deploys));
            }
            _ => {
                head.gates.push(format!("g{i}"));
                early.push(i);
            }
        }
        common(d, s, head);
        s.push_str("}\n");
    }
}

/// What the files of its run must say.
fn judged(d: &mut Dice, s: &mut String, i: usize, floor: &str) {
    if d.once_in(2) {
        let _ = writeln!(s, "  report junit \"unit-{i}.xml\"");
    }
    if d.once_in(6) {
        let _ = writeln!(s, "  metrics junit \"tests-{i}.xml\"\n  require failures == 0");
    } else if d.once_in(2) {
        let format = d.of(&["", "json "]);
        let _ = writeln!(s, "  metrics {format}\"metrics-{i}.json\"\n  require accuracy >= {floor}");
        if d.once_in(2) {
            s.push_str("  require latency_ms < 200ms\n");
        }
        if d.once_in(3) {
            s.push_str("  metric start.up in s\n  require start.up < 2m\n");
        }
        if d.once_in(2) {
            s.push_str("  baseline \"baseline.json\"\n  require f1 >= baseline - 0.01\n  require rag.\"map@0.5\" >= baseline - 5%\n");
        }
    }
}
