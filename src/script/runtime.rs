//! `.mlpipe/mlpipe_runtime.py`, put together from its parts when mlpipe itself is built.

/// One part, two blank lines before it.
macro_rules! part {
    ($name:literal) => {
        concat!("\n\n", include_str!(concat!("../../templates/script/runtime/", $name, ".py")))
    };
}

/// The parts in the order in which they stand in the file. `core` holds the only imports; `end` calls `main`.
const RUNTIME: &str = concat!(
    "#!/usr/bin/env python3\n",
    include_str!("../../templates/script/runtime/core.py"),
    part!("exec"),
    part!("auth"),
    part!("python"),
    part!("metrics"),
    part!("report"),
    part!("gate"),
    part!("model"),
    part!("docker"),
    part!("scan"),
    part!("image"),
    part!("store"),
    part!("remotes"),
    part!("ssh"),
    part!("history"),
    part!("ledger"),
    part!("source"),
    part!("watched"),
    part!("watch"),
    part!("traffic"),
    part!("mesh"),
    part!("target"),
    part!("hosts"),
    part!("argo"),
    part!("shadow"),
    part!("switch"),
    part!("book"),
    part!("section"),
    part!("deploy"),
    part!("restore"),
    part!("soak"),
    part!("reconcile"),
    part!("drill"),
    part!("approve"),
    part!("notify"),
    part!("end"),
);

/// The Python file that the scripts call: the same for every pipeline.
pub fn runtime() -> &'static str {
    RUNTIME
}
