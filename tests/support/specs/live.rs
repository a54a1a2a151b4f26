//! What is looked at while a release takes over, and when it is taken back.

use super::{COMMANDS, Dice, Head, quoted, shell};
use std::fmt::Write;

/// What of a deploy is looked at.
pub(crate) struct Live {
    pub(crate) watched: bool,
    /// The version before can be asked, too.
    pub(crate) beside: bool,
    /// Each step is long enough for a warm-up.
    pub(crate) warms: bool,
    /// So many rollbacks stop every deploy.
    pub(crate) halts: bool,
    /// Behind the failure of a gate, the last good release is made sure of.
    pub(crate) redeploys: bool,
    /// Putting back has a limit.
    pub(crate) timed: bool,
}

/// Queries that break whoever quotes carelessly.
const QUERIES: &[&str] = &[
    "sum(rate(errors_total{code=~\"5..\"}[5m])) / sum(rate(requests_total[5m]))",
    "max(app_up{env='it''s', path!~\"\\\\d+$\"})",
    "quantile(0.99, ${{ github.token }} $[[ inputs.x ]] %25 $HOME `id`)",
    "label_replace(up, \"a\", \"$1\", \"b\", \"(.*) # ü😀\")",
];

/// A metric of a watch: its name, the unit that its source gives, and triggers that it can trip.
const METRICS: &[(&str, &str, &[&str])] = &[
    ("error_rate", "", &["> 1%", "> 1.5% for 3m", ">= 0.05"]),
    ("latency.p99", " in s", &["> 500ms", "> 5s for 2m"]),
    ("drift_percent", "", &["> 5%"]),
    ("rag.\"map@0.5\"", "", &["< 0.4 for 1m", "!= 1"]),
    ("queue_bytes", "", &["> 512MiB"]),
];

impl Live {
    /// Writes it; can it halt?
    pub(crate) fn write(&self, d: &mut Dice, s: &mut String, head: &Head) -> bool {
        let triggers = if self.watched { self.watch(d, s) } else { Vec::new() };
        let mut lines: Vec<String> = triggers.iter().map(|t| format!("    when {t}\n")).collect();
        if self.timed || d.once_in(3) {
            lines.push(format!("    within {}\n", d.of(&["3m", "90s", "20m"])));
        }
        if self.halts {
            lines.push(format!(
                "    halt when rollbacks {}\n",
                d.of(&["> 2 in 1h", ">= 3 in 7d", "> 0 in 24h"])
            ));
        }
        if self.redeploys && !head.gates.is_empty() {
            let gate = &head.gates[d.below(head.gates.len())];
            lines.push(format!("    on gate {gate} failed redeploy last_good\n"));
        }
        if !lines.is_empty() {
            let _ = writeln!(s, "  rollback {{\n{}  }}", lines.concat());
        }
        self.halts
    }

    /// A `watch`; what it can trip by.
    fn watch(&self, d: &mut Dice, s: &mut String) -> Vec<String> {
        let window = d.of(&["20m", "30m", "1h"]);
        let interval = d.of(&["20s", "1m", "150s"]);
        let mut triggers = Vec::new();
        let mut metrics = String::new();
        let mut asked = false;
        let (first, count) = (d.below(METRICS.len()), 1 + d.below(3));
        for i in 0..count {
            let (name, unit, rules) = METRICS[(first + i) % METRICS.len()];
            let source = match d.below(5) {
                3 => format!("run {} at data.\"p@t h\"", shell(d.of(COMMANDS))),
                4 => {
                    format!("http {} at depth", d.of(&["secret STATS_URL", "\"https://stats.acme.test/v1\""]))
                }
                0 => format!("run {}", shell(d.of(COMMANDS))),
                1 => format!("\"\"\"\n      {}\n    \"\"\"", d.of(QUERIES)),
                _ => quoted(d.of(QUERIES)),
            };
            let mut block = String::new();
            if source.starts_with("http") {
                block.push_str(d.of(&[
                    "",
                    "token secret STATS_TOKEN\n",
                    "basic secret STATS_USER, STATS_PASSWORD\n",
                ]));
            }
            let more = [
                "run \"./count.sh\" at count",
                "http \"https://stats.acme.test/n\"",
                "http secret COUNT_URL at n.all",
                "\"sum(up)\"",
            ];
            if d.once_in(3) {
                let of = d.of(&more);
                asked |= of.starts_with('"');
                let _ = writeln!(block, "min_samples 100 of {of}");
            }
            if self.beside && !d.once_in(4) {
                let of = d.of(&more);
                asked |= of.starts_with('"');
                let _ = writeln!(block, "baseline live {of}");
                triggers.push(format!(
                    "{name} {}",
                    d.of(&["> baseline", "> baseline + 10%", "< baseline - 5% for 1m"])
                ));
            }
            asked |= source.starts_with('"');
            let block = if block.is_empty() { block } else { format!(" {{\n{block}    }}") };
            let _ = writeln!(metrics, "    metric {name} = {source}{unit}{block}");
            if !d.once_in(3) {
                triggers.push(format!("{name} {}", d.of(rules)));
            }
        }
        let _ = writeln!(s, "  watch {window} every {interval} {{");
        if asked {
            let block = d.of(&[
                "secret PROMETHEUS_URL",
                "secret PROMETHEUS_URL { token secret PROMETHEUS_TOKEN }",
                "\"https://prometheus.acme.test/base\" { basic secret PROMETHEUS_USER, PROMETHEUS_PASSWORD }",
                "\"http://prometheus:9090\"",
            ]);
            let _ = writeln!(s, "    prometheus {block}");
        }
        s.push_str(&metrics);
        if d.once_in(3) {
            let _ = writeln!(s, "    smoke {} every {}", shell(d.of(COMMANDS)), d.of(&["2m", "150s", "4m"]));
            triggers.push(format!("smoke.failures {}", d.of(&["> 3 consecutive", ">= 2", "> 0"])));
        }
        for line in ["timeout 10s", "secret WATCH_TOKEN"] {
            if d.once_in(4) {
                let _ = writeln!(s, "    {line}");
            }
        }
        if self.warms && d.once_in(3) {
            s.push_str("    warm_up 2m\n");
        }
        if d.once_in(3) {
            let _ = writeln!(s, "    missing tolerate {}", d.of(&["1", "3"]));
        }
        if d.once_in(3) {
            let _ = writeln!(s, "    requests {}", d.of(&["40 per s", "300 per m", "9000 per h"]));
        }
        s.push_str("  }\n");
        triggers
    }
}
