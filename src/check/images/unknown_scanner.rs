#![doc = include_str!("../../../docs/findings/MLP356.md")]

use crate::diag::words::nearest;
use crate::diag::{Code, Finding};
use crate::spec::Spec;

/// Scanners that the script can drive.
const SCANNERS: [&str; 1] = ["trivy"];

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    let Some(scan) = spec.image.as_ref().and_then(|i| i.scan.as_ref()) else { return };
    if SCANNERS.contains(&scan.tool.node.as_str()) {
        return;
    }
    let help = match nearest(&scan.tool.node, SCANNERS) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write `scan trivy fail_on high`, or run the scanner in a gate that `needs image`".to_owned(),
    };
    out.push(
        Finding::at(
            Code::UNKNOWN_SCANNER,
            scan.tool.span,
            format!("`{}` is not a scanner that mlpipe knows", scan.tool.node),
        )
        .help(help),
    );
}
