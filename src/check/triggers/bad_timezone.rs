#![doc = include_str!("../../../docs/findings/MLP305.md")]

use crate::check::facts::every_on;
use crate::diag::words::nearest;
use crate::diag::{Code, Finding};
use crate::spec::{Event, Spec};

/// First parts of the zone names of the IANA database.
const AREAS: [&str; 14] = [
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
    "Etc",
    "US",
    "Canada",
    "Brazil",
];

/// Zone names of one part in the IANA database (file `backward` among them).
const SINGLE: &[&str] = &[
    "UTC",
    "GMT",
    "UCT",
    "Zulu",
    "Universal",
    "Greenwich",
    "CET",
    "EET",
    "MET",
    "WET",
    "EST",
    "MST",
    "HST",
    "EST5EDT",
    "CST6CDT",
    "MST7MDT",
    "PST8PDT",
    "Cuba",
    "Egypt",
    "Eire",
    "GB",
    "Hongkong",
    "Iceland",
    "Iran",
    "Israel",
    "Jamaica",
    "Japan",
    "Kwajalein",
    "Libya",
    "NZ",
    "Navajo",
    "PRC",
    "Poland",
    "Portugal",
    "ROC",
    "ROK",
    "Singapore",
    "Turkey",
    "W-SU",
];

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for on in every_on(spec) {
        let Event::Schedule { timezone: Some(zone), .. } = &on.event else { continue };
        if is_zone(&zone.node) {
            continue;
        }
        let area = zone.split('/').next().unwrap_or_default();
        let rest = zone.node.strip_prefix(area).filter(|r| is_rest(r));
        let help = match (nearest(area, AREAS), rest) {
            (Some(area), Some(rest)) => format!("did you mean `{area}{rest}`?"),
            _ => "write a name of the IANA time zone database, such as `\"Europe/Berlin\"` or `\"UTC\"`"
                .to_owned(),
        };
        out.push(
            Finding::at(Code::BAD_TIMEZONE, zone.span, format!("`{}` is not a time zone", zone.node))
                .help(help),
        );
    }
}

fn is_zone(zone: &str) -> bool {
    let by_area = AREAS.iter().chain(&["Chile", "Mexico"]).any(|a| zone.strip_prefix(a).is_some_and(is_rest));
    by_area || SINGLE.contains(&zone)
}

/// `/Berlin`, `/Argentina/Buenos_Aires`.
fn is_rest(rest: &str) -> bool {
    let mut parts = rest.split('/');
    let empty_first = parts.next() == Some("");
    let parts: Vec<&str> = parts.collect();
    empty_first
        && (1..=2).contains(&parts.len())
        && parts.iter().all(|p| {
            p.starts_with(|c: char| c.is_ascii_uppercase())
                && p.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+'))
        })
}
