#![doc = include_str!("../../../docs/findings/MLP754.md")]

use crate::check::facts::is_production;
use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::lint::commands::commands;

/// What scans images, as it may be called in a command.
const SCANNERS: [&str; 12] = [
    "trivy",
    "grype",
    "snyk",
    "clair",
    "scout",
    "anchore",
    "twistcli",
    "wizcli",
    "inspector",
    "syft",
    "xray",
    "scan",
];

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let spec = subject.spec;
    let Some(image) = spec.image.as_ref().filter(|i| i.scan.is_none()) else { return };
    let Some(production) = spec.deploys.values().find(|d| is_production(d)) else { return };
    let scans = |text: &str| SCANNERS.iter().any(|s| text.to_lowercase().contains(s));
    if commands(spec).iter().any(|c| scans(&c.shell.node)) || spec.gates.keys().any(|name| scans(name)) {
        return;
    }
    let message = format!("nothing scans the image before it serves in `{}`", production.name.node);
    out.push(
        Finding::at(Code::NOT_SCANNED, image.repository.span, message)
            .help("write `scan trivy fail_on high` in its block"),
    );
}
