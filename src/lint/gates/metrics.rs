//! What the name of a metric says for certain.

use crate::spec::{MetricPath, Require, Unit};

/// Metrics that lie between none and all by definition, the more the better.
const SHARES: [&str; 20] = [
    "accuracy",
    "acc",
    "balanced_accuracy",
    "precision",
    "recall",
    "f1",
    "f1_macro",
    "f1_micro",
    "f1_weighted",
    "f1_score",
    "auc",
    "roc_auc",
    "auroc",
    "pr_auc",
    "sensitivity",
    "specificity",
    "pass_rate",
    "success_rate",
    "iou",
    "ndcg",
];

/// How the name of a share may end: `test_accuracy`.
const SHARE_ENDS: [&str; 6] = ["_accuracy", "_precision", "_recall", "_f1", "_auc", "_f1_score"];

/// Parts of a share: `f1.macro`.
const AVERAGES: [&str; 7] = ["macro", "micro", "weighted", "mean", "avg", "overall", "average"];

/// Metrics that lie between none and all, the fewer the better.
const ERROR_SHARES: [&str; 4] = ["error_rate", "failure_rate", "false_positive_rate", "false_negative_rate"];

/// Metrics of which less is better and that are not negative.
const COSTS: [&str; 14] = [
    "latency",
    "loss",
    "val_loss",
    "test_loss",
    "mae",
    "mse",
    "rmse",
    "mape",
    "wer",
    "cer",
    "perplexity",
    "hallucination_rate",
    "toxicity",
    "response_time",
];

/// What makes something else of a cost, as a part of its name: `latency_delta` may be negative, and more of `latency_gain` or
/// `latency_slo_attainment` is better.
const DERIVED: [&str; 25] = [
    "delta",
    "diff",
    "change",
    "drop",
    "gain",
    "std",
    "count",
    "improvement",
    "reduction",
    "slo",
    "sla",
    "attainment",
    "compliance",
    "within",
    "under",
    "below",
    "budget",
    "remaining",
    "headroom",
    "margin",
    "score",
    "ratio",
    "ok",
    "pass",
    "samples",
];

/// What is known of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nature {
    /// Between none and all; more is better.
    Share,
    /// Between none and all; less is better.
    ErrorShare,
    /// Not below zero; less is better.
    Cost,
}

impl Nature {
    /// More is better.
    pub(super) fn wants_more(self) -> bool {
        self == Self::Share
    }

    /// Its value lies between none and all.
    pub(super) fn is_bounded(self) -> bool {
        self != Self::Cost
    }
}

/// What the name says; nothing for most names.
pub(super) fn nature(metric: &MetricPath) -> Option<Nature> {
    let parts: Vec<String> = metric.0.iter().map(|p| p.to_lowercase()).collect();
    let (last, before) = parts.split_last()?;
    // `accuracy.mean` is an accuracy; `accuracy.std` is not.
    let name = if AVERAGES.contains(&last.as_str()) { before.last()? } else { last };
    if SHARES.contains(&name.as_str()) || SHARE_ENDS.iter().any(|end| name.ends_with(end)) {
        return Some(Nature::Share);
    }
    if ERROR_SHARES.contains(&name.as_str()) {
        return Some(Nature::ErrorShare);
    }
    let latency = |p: &String| p == "latency" || p.ends_with("_latency") || p.starts_with("latency_");
    let cost = COSTS.contains(&name.as_str()) || parts.iter().any(latency);
    (cost && !name.split('_').any(|part| DERIVED.contains(&part))).then_some(Nature::Cost)
}

/// All of a share, in the unit of its file; nothing where that is no unit of a share.
pub(super) fn whole(rule: &Require) -> Option<f64> {
    match rule.file_unit {
        Unit::None => Some(1.0),
        Unit::Percent => Some(100.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_it_says_and_no_more() {
        let of = |text: &str| nature(&MetricPath(text.split('.').map(str::to_owned).collect()));
        for name in ["accuracy", "test_accuracy", "F1", "f1.macro", "rag.context_precision", "pass_rate"] {
            assert_eq!(of(name), Some(Nature::Share), "{name}");
        }
        for name in
            ["latency.p95", "p95_latency", "latency_ms", "rmse", "predict.latency", "translation_latency"]
        {
            assert_eq!(of(name), Some(Nature::Cost), "{name}");
        }
        for name in [
            "accuracy.std",
            "accuracy_drop",
            "latency_delta",
            "latency.count",
            "latency_slo_attainment",
            "latency.within_slo",
            "latency_budget_remaining",
            "samples",
            "faithfulness",
            "learning_rate",
        ] {
            assert_eq!(of(name), None, "{name}");
        }
    }
}
