//! The reader on what mlpipe emits.

use crate::plan::fixture;
use crate::platform::{Platform, jenkins::Jenkins};
use crate::prove::differences;
use crate::spec::PlatformName;

#[test]
fn the_fixtures_do_what_their_plans_say() {
    for plan in [fixture::minimal(), fixture::full()] {
        let text = Jenkins.emit(&plan).unwrap();
        let file = super::read(&text).unwrap();
        let found = differences(&plan, PlatformName::Jenkins, &*file);
        assert!(found.is_empty(), "{found:#?}");
    }
}
