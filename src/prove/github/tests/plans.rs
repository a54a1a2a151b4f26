//! What is printed for a plan does what the plan says.

use crate::check::checked;
use crate::diag::SourceMap;
use crate::plan::{self, Plan, fixture};
use crate::platform;
use crate::prove::{differences, github::read};
use crate::spec::{self, PlatformName};
use camino::{Utf8Path, Utf8PathBuf};

/// The plan of a spec, when it is one that can be compiled to GitHub.
fn plan(root: &Utf8Path, path: &Utf8Path) -> Option<Plan> {
    let mut sources = SourceMap::default();
    let loaded = spec::load(root, path, &mut sources);
    let spec = loaded.spec.filter(|_| !loaded.is_library)?;
    let plan = plan::build(checked(&spec).0?, &sources, Vec::new());
    let limits = platform::get(PlatformName::Github).limits(&plan);
    (!limits.iter().any(crate::diag::Finding::is_error)).then_some(plan)
}

fn equal(name: &str, plan: &Plan) {
    let text = platform::get(PlatformName::Github).emit(plan).unwrap();
    crate::prove::yaml::tests::check(&text);
    let file = read(&text).unwrap_or_else(|e| panic!("{name}: {e}\n{text}"));
    let found = differences(plan, PlatformName::Github, file.as_ref());
    assert!(found.is_empty(), "{name}: {found:#?}\n{text}");
}

#[test]
fn hand_made_plans() {
    equal("minimal", &fixture::minimal());
    equal("full", &fixture::full());
}

#[test]
fn specs_of_the_corpus_and_of_the_examples() {
    let top = Utf8Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<Utf8PathBuf> = vec![top.join("tests/corpus/ok")];
    folders.extend(top.join("examples").read_dir_utf8().unwrap().map(|e| e.unwrap().path().to_owned()));
    let mut count = 0;
    for folder in folders.iter().filter(|f| f.is_dir()) {
        for file in folder.read_dir_utf8().unwrap() {
            let path = file.unwrap().file_name().to_owned();
            if path.ends_with(".mlpipe")
                && let Some(plan) = plan(folder, Utf8Path::new(&path))
            {
                equal(&path, &plan);
                count += 1;
            }
        }
    }
    assert!(count > 40, "{count} specs");
}
