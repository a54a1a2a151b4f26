//! The play, as tables: what is given, and what becomes of jobs, environments and the run.

mod agrees;
mod deploys;
mod gates;
mod live;
mod runs;
mod soaks;
mod verdicts;
mod witness;

use super::{Played, State, Verdict, play, verdicts};
use crate::check;
use crate::diag::SourceMap;
use crate::plan::{self, Plan};
use crate::spec::{self, Spec};
use camino::Utf8Path;

/// A spec that is read, checked and planned once, and played many times.
struct Stage {
    spec: Spec,
    plan: Plan,
}

impl Stage {
    fn new(text: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(dir.path()).unwrap();
        std::fs::write(root.join("test.mlpipe"), text).unwrap();
        let mut sources = SourceMap::default();
        let loaded = spec::load(root, Utf8Path::new("test.mlpipe"), &mut sources);
        let spec = loaded.spec.expect("a spec");
        let (checked, findings) = check::checked(&spec);
        let all: Vec<_> = loaded.findings.iter().chain(&findings).filter(|f| f.is_error()).collect();
        assert!(all.is_empty(), "{all:#?}\n{text}");
        let plan = plan::build(checked.expect("checked"), &sources, Vec::new());
        Self { spec, plan }
    }

    /// The spec with a scenario that nothing is wrong with.
    #[track_caller]
    fn scenario(&self, given: &str, expect: &str) -> Spec {
        let texts = |t: &str| if t.is_empty() { Vec::new() } else { vec![t.to_owned()] };
        let asked = spec::asked(&texts(given), &texts(expect), &mut SourceMap::default());
        assert!(asked.findings.is_empty(), "{given}: {:#?}", asked.findings);
        let mut spec = self.spec.clone();
        spec.scenarios = vec![asked.scenario];
        spec.mentions = asked.mentions;
        let findings = check::check_scenarios(&spec);
        assert!(findings.is_empty(), "{given}; {expect}: {findings:#?}");
        spec
    }

    #[track_caller]
    fn play(&self, given: &str) -> Played {
        let spec = self.scenario(given, "");
        play(&spec, &self.plan, &spec.scenarios[0])
    }

    /// Each row: what is given, and words that must be true of the play. `gate-quality=failed` is the state of a job,
    /// `production:untouched` what serves, `production!halted`, `!asked` and `!approved` hold of it, `run=failure`;
    /// `job@90` is when a job ended, in seconds.
    #[track_caller]
    fn table(&self, rows: &[(&str, &str)]) {
        let mut wrong = Vec::new();
        for (given, wanted) in rows {
            let played = self.play(given);
            let is = facts(&played);
            let missing: Vec<&str> = wanted.split(' ').filter(|w| !is.iter().any(|f| f == w)).collect();
            if !missing.is_empty() {
                wrong.push(format!("{given}\n    wanted {missing:?}\n    is {}", is.join(" ")));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// Does the expectation hold, and what happened?
    #[track_caller]
    fn expects(&self, given: &str, expect: &str) -> (bool, String) {
        let spec = self.scenario(given, expect);
        let played = play(&spec, &self.plan, &spec.scenarios[0]);
        let verdicts: Vec<Verdict<'_>> = verdicts(&spec, &spec.scenarios[0], &played);
        let [one] = verdicts.as_slice() else { panic!("one expectation: {expect}") };
        (one.held, one.happened.clone())
    }
}

/// Everything that a row of a table may ask.
fn facts(played: &Played) -> Vec<String> {
    let word = |value: &dyn erased::Word| value.word();
    let mut all = vec![format!("run={}", word(&played.outcome))];
    for j in &played.jobs {
        all.push(format!("{}={}", j.id, word(&j.state)));
        all.extend(j.ended_at.map(|t| format!("{}@{}", j.id, t.0 as f64 / 1000.0)));
        let ran = !matches!(j.state, State::Skipped | State::NotInRun);
        assert!(j.started_at.is_some() == ran && (ran || j.calls.is_empty()), "{j:?}");
    }
    for e in &played.environments {
        all.push(format!("{}:{}", e.name, word(&e.left)));
        let flags = [(e.halted, "halted"), (e.asked, "asked"), (e.approved, "approved")];
        all.extend(
            flags.iter().map(|(on, name)| format!("{}{}{name}", e.name, if *on { "!" } else { "!not-" })),
        );
    }
    all
}

/// The words of the JSON form.
mod erased {
    pub(super) trait Word {
        fn word(&self) -> String;
    }
    impl<T: serde::Serialize> Word for T {
        fn word(&self) -> String {
            serde_json::to_value(self).unwrap().as_str().unwrap().to_owned()
        }
    }
}

/// What is told of a job, in order: `12m failed: …`.
fn told(played: &Played, job: &str) -> Vec<String> {
    let of = |e: &&super::Entry| e.job.as_deref() == Some(job);
    played.timeline.iter().filter(of).map(|e| format!("{} {}", e.at, e.what)).collect()
}

/// A pipeline whose every statement is compiled.
const RELEASE: &str = r#"mlpipe 1
pipeline test
on push main
on tag "v*"
on pull_request main
on schedule "17 3 * * 1"
on manual { input reason string; input dry_run bool default false }
on event model-registered { input version string }
model ranker { source path "models/ranker.onnx"; version "ranker/v3" }
gate quality {
  needs    model ranker
  run      "python evaluate.py"
  timeout  30m
  metrics  "metrics.json"
  metric   latency.p95 in ms
  metric   size in MiB
  baseline "baseline.json"
  require  accuracy     >= 0.85
  require  latency.p95  <  200ms
  require  size         <= 2GiB
  require  loss_percent <  5%
  require  f1           >= baseline - 0.01
  require  drift        <= baseline + 20%
}
gate golden { run "python golden.py"; repeat 3 pass 2; timeout 1h }
gate style  { run "ruff check ."; advisory "cleaned up every Friday" }
gate remote { run "python remote.py"; secret API_KEY; after golden }
image ghcr "ghcr.io/acme/test" { tags commit; scan trivy fail_on high }
deploy staging {
  target kubernetes { kubeconfig secret STAGING; deployment "test" }
  smoke  "python smoke.py"
}
deploy production {
  approval required { by "ml-leads"; expires 3d }
  target   kubernetes { kubeconfig secret PRODUCTION; deployment "test"; timeout 2m }
  smoke    "python smoke.py"
}
notify slack secret SLACK_WEBHOOK on failure, success, rollback
"#;
