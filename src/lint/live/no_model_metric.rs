#![doc = include_str!("../../../docs/findings/MLP714.md")]

use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::lint::deploys::production;
use crate::spec::MetricPath;

/// Words of metrics that any web service has. A metric is one of them when every word of its name stands here.
const SERVICE: &[&str] = &[
    "4xx",
    "5xx",
    "availability",
    "avg",
    "count",
    "cpu",
    "depth",
    "duration",
    "error",
    "errors",
    "failed",
    "failures",
    "http",
    "latency",
    "length",
    "load",
    "max",
    "mem",
    "memory",
    "ms",
    "p50",
    "p90",
    "p95",
    "p99",
    "p999",
    "percent",
    "pod",
    "pods",
    "qps",
    "queue",
    "rate",
    "ratio",
    "request",
    "requests",
    "response",
    "restarts",
    "rps",
    "s",
    "saturation",
    "seconds",
    "status",
    "throughput",
    "time",
    "timeouts",
    "total",
    "uptime",
    "usage",
    "utilization",
];

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let spec = subject.spec;
    let Some(model) = spec.models.values().next() else { return };
    for deploy in production(spec) {
        let Some(watch) = &deploy.watch else { continue };
        if watch.metrics.is_empty() || !watch.metrics.iter().all(|m| is_of_a_service(&m.metric)) {
            continue;
        }
        let names: Vec<String> = watch.metrics.iter().map(|m| format!("`{}`", m.metric.node)).collect();
        let message = format!(
            "{} {} whether `{}` answers, and nothing whether model `{}` answers well",
            names.join(", "),
            if names.len() == 1 { "says" } else { "say" },
            deploy.name.node,
            model.name.node
        );
        out.push(Finding::at(Code::NO_MODEL_METRIC, watch.span, message).help(
            "watch a metric of the model too, such as its faithfulness, the share of low-confidence answers or the drift of its inputs: `metric drift_share = run \"…\"`",
        ));
    }
}

fn is_of_a_service(metric: &MetricPath) -> bool {
    let mut words = metric.0.iter().flat_map(|part| part.split(['_', '-']));
    words.all(|w| SERVICE.binary_search(&w.to_ascii_lowercase().as_str()).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_in_order() {
        assert!(SERVICE.windows(2).all(|w| w[0] < w[1]));
    }
}
