//! `.mlpipe/mlpipe_runtime.py`, put together from its parts.

/// The parts in the order in which they stand in the file. `core` holds the only imports; `end` calls `main`.
const PARTS: [&str; 15] = [
    include_str!("../../templates/script/runtime/core.py"),
    include_str!("../../templates/script/runtime/exec.py"),
    include_str!("../../templates/script/runtime/python.py"),
    include_str!("../../templates/script/runtime/metrics.py"),
    include_str!("../../templates/script/runtime/report.py"),
    include_str!("../../templates/script/runtime/gate.py"),
    include_str!("../../templates/script/runtime/model.py"),
    include_str!("../../templates/script/runtime/docker.py"),
    include_str!("../../templates/script/runtime/scan.py"),
    include_str!("../../templates/script/runtime/image.py"),
    include_str!("../../templates/script/runtime/target.py"),
    include_str!("../../templates/script/runtime/deploy.py"),
    include_str!("../../templates/script/runtime/approve.py"),
    include_str!("../../templates/script/runtime/notify.py"),
    include_str!("../../templates/script/runtime/end.py"),
];

/// The Python file that the scripts call: the same for every pipeline.
pub fn runtime() -> String {
    let mut text = String::with_capacity(PARTS.iter().map(|p| p.len() + 2).sum::<usize>() + 64);
    text.push_str("#!/usr/bin/env python3\n");
    for (i, part) in PARTS.iter().enumerate() {
        if i > 0 {
            text.push_str("\n\n");
        }
        text.push_str(part.trim_end());
        text.push('\n');
    }
    text
}
