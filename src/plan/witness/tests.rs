//! By hand what comes out for rules of every kind. Whether the script agrees is asked of the script itself, in
//! `tests/witness.rs`.

use super::*;
use crate::plan::PlanMetrics;
use crate::spec::{MetricPath, Op, Unit};

fn rule(
    name: &str,
    op: Op,
    literal: Option<f64>,
    absolute: Option<f64>,
    relative: Option<f64>,
) -> PlanRequire {
    PlanRequire {
        metric: MetricPath(name.split('/').map(str::to_owned).collect()),
        op,
        literal,
        absolute,
        relative,
        unit: Unit::None,
        text: name.into(),
        line: 1,
    }
}

fn gate(format: MetricsFormat, require: Vec<PlanRequire>) -> GateWork {
    GateWork {
        name: "q".into(),
        run: None,
        seed: None,
        repeat: None,
        metrics: vec![PlanMetrics { format, path: "m".into() }],
        baseline: Some("b".into()),
        require,
        junit: vec![],
        artifacts: vec![],
        advisory: None,
        models: vec![],
        image: false,
        repository: None,
    }
}

/// The text of the metrics file and of the baseline, passing and tripping.
fn files(format: MetricsFormat, require: Vec<PlanRequire>, index: usize) -> [Option<Vec<String>>; 2] {
    let mut all = witness(&gate(format, require)).rules;
    let one = all.remove(index);
    [one.passing, one.tripping].map(|inputs| {
        inputs.map(|i| i.files.into_iter().map(|(_, text)| text.trim_end().to_owned()).collect())
    })
}

#[test]
fn each_comparison_is_shown_at_its_edge() {
    for (op, pass, trip) in [
        (Op::Ge, "0.85", "0.8499"),
        (Op::Gt, "0.8501", "0.85"),
        (Op::Le, "0.85", "0.8501"),
        (Op::Lt, "0.8499", "0.85"),
        (Op::Eq, "0.85", "0.8501"),
        (Op::Ne, "0.8501", "0.85"),
    ] {
        let [passing, tripping] = files(MetricsFormat::Json, vec![rule("f1", op, Some(0.85), None, None)], 0);
        assert_eq!(passing.unwrap()[0], format!("{{\"f1\": {pass}}}"), "{op:?}");
        assert_eq!(tripping.unwrap()[0], format!("{{\"f1\": {trip}}}"), "{op:?}");
    }
}

#[test]
fn baselines_and_their_tolerances() {
    let [pass, trip] = files(MetricsFormat::Json, vec![rule("f1", Op::Ge, None, Some(-0.01), None)], 0);
    assert_eq!(pass.unwrap(), ["{\"f1\": 0.89}", "{\"f1\": 0.9}"]);
    assert_eq!(trip.unwrap(), ["{\"f1\": 0.8899}", "{\"f1\": 0.9}"]);
    let [pass, trip] = files(MetricsFormat::Json, vec![rule("ms", Op::Lt, None, None, Some(0.1))], 0);
    assert_eq!(pass.unwrap(), ["{\"ms\": 0.9899}", "{\"ms\": 0.9}"]);
    assert_eq!(trip.unwrap(), ["{\"ms\": 0.99}", "{\"ms\": 0.9}"]);
}

#[test]
fn a_threshold_and_a_baseline_of_one_metric_trip_one_by_one() {
    let rules =
        || vec![rule("f1", Op::Ge, Some(0.85), None, None), rule("f1", Op::Ge, None, Some(-0.01), None)];
    let both = witness(&gate(MetricsFormat::Json, rules())).rules;
    assert!(both.iter().all(|r| r.alone && r.passing.is_some() && r.tripping.is_some()), "{both:#?}");
}

#[test]
fn nested_and_quoted_names_and_names_behind_names() {
    let rules = vec![
        rule("rag/map@0.5", Op::Ge, Some(1.0), None, None),
        rule("latency", Op::Ge, Some(2.0), None, None),
        rule("latency/p95", Op::Ge, Some(3.0), None, None),
    ];
    let [pass, _] = files(MetricsFormat::Json, rules, 0);
    assert_eq!(pass.unwrap()[0], r#"{"latency": 2, "latency.p95": 3, "rag": {"map@0.5": 1}}"#);
}

#[test]
fn counts_of_a_report_hang_together() {
    let rules = || {
        vec![
            rule("failures", Op::Le, Some(0.0), None, None),
            rule("tests", Op::Ge, Some(3.0), None, None),
            rule("time", Op::Lt, Some(9.5), None, None),
        ]
    };
    let [pass, trip] = files(MetricsFormat::Junit, rules(), 0);
    let cases = |texts: &Option<Vec<String>>, what: &str| texts.as_ref().unwrap()[0].matches(what).count();
    assert_eq!((cases(&pass, "<testcase"), cases(&pass, "<failure/>")), (3, 0));
    assert_eq!((cases(&trip, "<testcase"), cases(&trip, "<failure/>")), (3, 1));
    let [pass, trip] = files(MetricsFormat::Junit, rules(), 1);
    assert_eq!((cases(&pass, "<testcase"), cases(&trip, "<testcase")), (3, 2));
    let [pass, trip] = files(MetricsFormat::Junit, rules(), 2);
    assert!(pass.unwrap()[0].starts_with("<testsuites time=\"9.499\">"));
    assert!(trip.unwrap()[0].starts_with("<testsuites time=\"9.5\">"));
}

#[test]
fn nothing_is_given_where_nothing_is() {
    let never = vec![rule("f1", Op::Gt, Some(0.9), None, None), rule("f1", Op::Lt, Some(0.8), None, None)];
    let [pass, trip] = files(MetricsFormat::Json, never, 0);
    assert!(pass.is_none() && trip.is_some());
    let always = vec![rule("failures", Op::Ge, Some(0.0), None, None)];
    let [pass, trip] = files(MetricsFormat::Junit, always, 0);
    assert!(pass.is_some() && trip.is_none());
    let counts =
        vec![rule("passed", Op::Ge, Some(10.0), None, None), rule("tests", Op::Le, Some(5.0), None, None)];
    assert!(files(MetricsFormat::Junit, counts, 0)[0].is_none());
    let mixed = vec![rule("f1", Op::Gt, None, None, None), rule("f1", Op::Lt, None, None, Some(-0.05))];
    assert!(files(MetricsFormat::Json, mixed, 0)[0].is_none());
}
