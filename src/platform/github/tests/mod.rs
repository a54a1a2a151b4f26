//! Tests of the back end as a whole.

use super::Github;
use crate::plan::fixture;
use crate::platform::Platform;

#[test]
fn print() {
    for plan in [fixture::minimal(), fixture::full()] {
        let text = Github.emit(&plan).unwrap();
        if let Ok(dir) = std::env::var("MLPIPE_PRINT") {
            std::fs::write(format!("{dir}/{}.yml", plan.pipeline), text).unwrap();
        }
        assert_eq!(Github.limits(&plan), vec![]);
    }
}
