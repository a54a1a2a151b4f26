//! Which rows of the capability tables a statement stands for: what it becomes on each platform.

use crate::platform::Feature;
use crate::spec::shape::Place;

/// The features of a statement with these arguments.
pub(super) fn of(place: Place, word: &str, args: &[&str]) -> Vec<Feature> {
    use Feature as F;
    let has = |wanted: &str| args.contains(&wanted);
    match (place, word) {
        (Place::Top | Place::Deploy, "on") => match args.first().copied() {
            Some("push") => vec![F::OnPush],
            Some("tag") => vec![F::OnTag],
            Some("pull_request") => vec![F::OnPullRequest],
            Some("schedule") if has("timezone") => vec![F::OnSchedule, F::Timezone, F::TwoTimezones],
            Some("schedule") => vec![F::OnSchedule],
            Some("manual") => vec![F::OnManual],
            Some("event") => vec![F::OnEvent],
            _ => Vec::new(),
        },
        (Place::On, "input") => match args.get(1).copied() {
            Some("string") => vec![F::InputString],
            Some("number") => vec![F::InputNumber],
            Some("bool") => vec![F::InputBool],
            Some("choice") => vec![F::InputChoice],
            _ => Vec::new(),
        },
        (Place::Top, "pipeline" | "emit") => vec![F::SeveralPipelines],
        (Place::Top, "gate") => vec![F::Gate, F::Conditions],
        (Place::Gate, "after" | "needs") | (Place::Deploy, "after") => vec![F::Order],
        (Place::Gate, "advisory") => vec![F::Advisory],
        (Place::Gate, "report") => vec![F::ReportJunit],
        (Place::Gate, "metrics") => vec![F::Metrics],
        (Place::Gate, "artifact") => vec![F::Artifact],
        (Place::Top, "python") => vec![F::Python],
        (Place::Runner, "offline") => vec![F::Offline],
        (_, "auth") => vec![F::Auth],
        (_, "runner") => vec![F::Runner],
        (Place::Gate | Place::Model | Place::Image | Place::Deploy, "timeout") => vec![F::Timeout],
        (_, "env") => vec![F::Env],
        (_, "workdir") => vec![F::Workdir],
        (Place::Top, "model") => vec![F::Model],
        (Place::Top, "image") => vec![F::Image],
        (_, "secret") => vec![F::Secret, F::Withheld],
        (Place::Top, "deploy") => {
            vec![
                F::Deploy,
                F::Environment,
                F::Lock,
                F::LockOrder,
                F::RestoreFailed,
                F::RestoreCancelled,
                F::Reconcile,
            ]
        }
        (Place::Top, "drill") => vec![F::Drill],
        (Place::Deploy, "canary") => vec![F::Canary],
        (Place::Deploy, "soak") => vec![F::Soak],
        (Place::Deploy, "blue_green") => vec![F::BlueGreen],
        (Place::Deploy, "shadow") => vec![F::Shadow],
        (Place::Deploy, "approval") if has("by_dispatch") => vec![F::ApprovalByDispatch],
        (Place::Deploy, "approval") => vec![F::Approval],
        (Place::Approval, "by") => vec![F::ApprovalBy],
        (Place::Approval, "expires") => vec![F::ApprovalExpires],
        (Place::Top, "notify") => vec![F::Notify, F::NotifyShared],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::keywords;
    use std::collections::BTreeSet;

    #[test]
    fn every_feature_has_a_statement() {
        let args = [
            "push",
            "tag",
            "pull_request",
            "schedule",
            "manual",
            "event",
            "string",
            "number",
            "bool",
            "choice",
            "by_dispatch",
        ];
        let lists = args.map(|a| vec![a, a, "timezone"]);
        let mut reached = BTreeSet::new();
        for keyword in keywords::all() {
            for place in keyword.within {
                reached.extend(lists.iter().flat_map(|l| of(*place, keyword.word, l)));
            }
        }
        let missing: Vec<&Feature> = Feature::ALL.iter().filter(|f| !reached.contains(f)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
