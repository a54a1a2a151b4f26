//! What mlpipe prints reads back, and is what the plan says.

use crate::plan::{Plan, fixture};
use crate::platform::{self, Platform};
use crate::prove::gitlab::read;
use crate::prove::{Difference, differences};
use crate::spec::PlatformName;
use std::path::Path;

fn back() -> &'static dyn Platform {
    platform::get(PlatformName::Gitlab)
}

fn proved(plan: &Plan, root: Option<&str>) -> Vec<Difference> {
    let text = back().emit(plan).unwrap();
    differences(plan, PlatformName::Gitlab, read(&text, root).unwrap().as_ref())
}

#[test]
fn the_fixtures_are_what_their_plans_say() {
    assert_eq!(proved(&fixture::minimal(), None), []);
    assert_eq!(proved(&fixture::full(), None), []);
}

#[test]
fn every_example_reads_back() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut count = 0;
    for e in std::fs::read_dir(&examples).unwrap() {
        let folder = e.unwrap().path();
        let Ok(text) = std::fs::read_to_string(folder.join(".gitlab-ci.yml")) else { continue };
        match std::fs::read_dir(folder.join(".gitlab")) {
            Err(_) => {
                read(&text, None).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
            }
            Ok(included) => {
                for i in included {
                    let own = std::fs::read_to_string(i.unwrap().path()).unwrap();
                    read(&own, Some(&text)).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
                }
            }
        }
        count += 1;
    }
    assert_eq!(count, 6);
}
