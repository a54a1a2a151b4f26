#![doc = include_str!("../../../docs/findings/MLP766.md")]

use crate::diag::{Code, Date, Finding};
use crate::lint::Subject;

/// Minor versions and the last day of each.
const TABLE: &str = include_str!("end-of-life.toml");

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let (Some(python), Some(today)) = (&subject.spec.python, subject.today) else { return };
    let version = python.version.node.as_str();
    let Some(end) = end_of(version).filter(|end| *end < today) else { return };
    let message = format!("Python {version} has had no repairs since {end}");
    let help = match newest(today) {
        Some((newest, until)) => {
            format!("move to a version that still gets them: Python {newest} does until {until}")
        }
        None => "move to a version that still gets them".to_owned(),
    };
    out.push(Finding::at(Code::END_OF_LIFE_PYTHON, python.version.span, message).help(help));
}

/// The lines of the table, without a parser of TOML: a test holds that this reads what one reads.
fn rows() -> impl Iterator<Item = (&'static str, Date)> {
    TABLE.lines().filter_map(|line| {
        let (version, day) = line.strip_prefix('"')?.split_once("\" = \"")?;
        Some((version, Date::parse(day.strip_suffix('"')?)?))
    })
}

/// The last day of `3.9` and of `3.9.18`.
fn end_of(version: &str) -> Option<Date> {
    let of = |minor: &str| {
        version.strip_prefix(minor).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    rows().find(|(minor, _)| of(minor)).map(|(_, day)| day)
}

/// The version with the longest time before it, of those that are old enough for packages to have wheels for it, with its last day.
/// One comes out in the October five years before its end; half a year is what the large packages take.
fn newest(today: Date) -> Option<(&'static str, Date)> {
    let old_enough = |end: Date| {
        let april = end.to_string().get(..4).and_then(|y| y.parse::<u16>().ok()).map(|y| y - 4);
        april.and_then(|y| Date::parse(&format!("{y:04}-04-01"))).is_some_and(|day| day <= today)
    };
    rows().filter(|(_, end)| *end > today && old_enough(*end)).max_by_key(|(_, end)| *end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_toml_in_order() {
        let table: toml::Table = TABLE.parse().unwrap();
        let mine: Vec<_> =
            rows().map(|(v, day)| (v.to_owned(), toml::Value::from(day.to_string()))).collect();
        assert_eq!(mine.len(), table.len());
        assert!(mine.iter().all(|(v, day)| table[v] == *day));
        let days: Vec<Date> = rows().map(|(_, day)| day).collect();
        assert!(days.is_sorted());
    }

    #[test]
    fn a_version_is_named_half_a_year_after_it_came_out() {
        let on = |day: &str| newest(Date::parse(day).unwrap()).map(|(minor, _)| minor);
        assert_eq!(on("2026-11-21"), Some("3.14"));
        assert_eq!(on("2027-04-01"), Some("3.15"));
        assert_eq!(on("2040-01-01"), None);
    }

    #[test]
    fn a_minor_version_is_not_the_start_of_another() {
        assert_eq!(end_of("3.1"), None);
        assert_eq!(end_of("3.10.4"), end_of("3.10"));
        assert_ne!(end_of("3.10"), end_of("3.9"));
    }
}
