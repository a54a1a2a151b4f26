use super::*;
use crate::diag::SourceMap;
use camino::Utf8Path;

fn whole_file() -> Spec {
    let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/ok");
    load(&root, Utf8Path::new("whole-file.mlpipe"), &mut SourceMap::default()).spec.unwrap()
}

#[test]
fn what_comes_later_is_told_once_for_each_statement() {
    let later: Vec<String> = whole_file().later.into_iter().map(|l| l.what).collect();
    let expected = [
        "auth", "state", "traffic", "shadow", "soak", "traffic", "canary", "watch", "rollback", "scenario",
        "scenario",
    ];
    assert_eq!(later, expected);
}

#[test]
fn thresholds_are_in_the_unit_of_the_file() {
    let spec = whole_file();
    let rules: Vec<(String, Right, Unit)> =
        spec.gates["quality"].require.iter().map(|r| (r.text.clone(), r.right, r.file_unit)).collect();
    assert_eq!(
        rules,
        [
            ("accuracy >= 0.85".to_owned(), Right::Literal(0.85), Unit::None),
            ("f1 >= baseline - 0.01".to_owned(), Right::Baseline(Tolerance::Absolute(-0.01)), Unit::None),
            ("latency.p95 < 200ms".to_owned(), Right::Literal(200.0), Unit::Ms),
            ("latency.p95 <= baseline + 10%".to_owned(), Right::Baseline(Tolerance::Relative(0.1)), Unit::Ms),
        ]
    );
}
