//! The reference of keywords, `docs/keywords.md`: nothing in it is said anywhere but in the table.

use crate::diag::words;
use crate::spec::keywords;
use crate::spec::shape::{Keyword, Kind, Opens, Place, Shape, TARGETS, Times};
use std::collections::BTreeSet;

const HEAD: &str = "# Keywords

Every statement of the language, from the table that the compiler itself reads. What they mean together is in
[the guide](language.md). This page is generated: `UPDATE_KEYWORDS=1 cargo test --test language` writes it anew.

## How to read this page

`( a | b )` is one of these, `[ … ]` may be left out, `, …` says that more may follow with commas between. A text in
quotes stands for one of your own. Words in capitals stand for:

";

/// Placeholders that are explained in front.
const EXPLAINED: [Kind; 16] = [
    Kind::Name,
    Kind::TargetName,
    Kind::Ident,
    Kind::Upper,
    Kind::Glob,
    Kind::Env,
    Kind::Value,
    Kind::Metric,
    Kind::Compare,
    Kind::Unit,
    Kind::Count,
    Kind::Number,
    Kind::Ratio,
    Kind::Percent,
    Kind::Duration,
    Kind::Quantity,
];

/// The whole page.
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    page.push_str("| | |\n|---|---|\n");
    let used: Vec<Kind> = keywords::all().flat_map(|k| kinds(k.args)).collect();
    for kind in EXPLAINED.into_iter().filter(|k| used.contains(k)) {
        let kinds: Vec<&str> = TARGETS.iter().map(|(kind, _)| *kind).collect();
        let more = if kind == Kind::TargetName {
            format!("; the kinds are {}", words::or_list(&kinds))
        } else {
            String::new()
        };
        page.push_str(&format!("| `{}` | {}{more} |\n", placeholder("", kind), kind.describe()));
    }
    page.push_str("\n## What may stand where\n\n| where | words |\n|---|---|\n");
    for place in Place::ALL {
        let words: Vec<String> = keywords::within(place).map(|k| format!("[`{0}`](#{0})", k.word)).collect();
        if !words.is_empty() {
            page.push_str(&format!("| {} | {} |\n", place.describe(), words.join(", ")));
        }
    }
    page.push_str("\n## The words\n");
    let words: BTreeSet<&str> = keywords::all().map(|k| k.word).collect();
    for word in words {
        page.push_str(&format!("\n### `{word}`\n"));
        for keyword in keywords::all().filter(|k| k.word == word) {
            page.push_str(&entry(keyword));
        }
    }
    page
}

/// One line of the table for a reader of Markdown who sees nothing else: how it is written, what it says, how often.
pub fn one(keyword: &Keyword) -> String {
    let mut text = String::from("```mlpipe\n");
    for line in lines(keyword.args) {
        text.push_str(format!("{} {line}", keyword.word).trim_end());
        text.push('\n');
    }
    text.push_str(&format!("```\n\n{}.\n\n{}", keyword.doc, times(keyword)));
    text.push_str(&format!("\n\nExample: `{}`", keyword.example));
    if !keyword.later.is_empty() {
        text.push_str(&format!("\n\nChecked, not compiled yet: {}.", keyword.later));
    } else if !keyword.later_choices.is_empty() {
        text.push_str(&format!("\n\nNot compiled yet: {}.", words::and_list(keyword.later_choices)));
    }
    text
}

fn entry(keyword: &Keyword) -> String {
    let places: Vec<&str> = keyword.within.iter().map(|p| p.describe()).collect();
    let mut text = format!("\nStands {}:\n\n```text\n", places.join(", "));
    for line in lines(keyword.args) {
        text.push_str(format!("{} {line}", keyword.word).trim_end());
        text.push('\n');
    }
    text.push_str(&format!("```\n\n- Says: {}.\n- {}\n", keyword.doc, times(keyword)));
    if let Some(block) = block(keyword) {
        text.push_str(&format!("- {block}\n"));
    }
    text.push_str(&format!("- Example: `{}`\n", keyword.example));
    text.push_str(&format!("- {}\n", compiled(keyword)));
    text
}

fn times(keyword: &Keyword) -> String {
    let often = match keyword.times {
        Times::Once => "Once there".to_owned(),
        Times::Many => "As often as wanted".to_owned(),
        Times::OncePer(captures) => format!("Once for each {}", captures.join(" and ")),
    };
    if keyword.required { format!("{often}; the block around it needs it.") } else { format!("{often}.") }
}

fn block(keyword: &Keyword) -> Option<String> {
    let (Opens::May(place) | Opens::Must(place)) = keyword.opens else { return None };
    let has = if matches!(keyword.opens, Opens::Must(_)) { "Has a block" } else { "May have a block" };
    let words: Vec<&str> = keywords::within(place).map(|k| k.word).collect();
    Some(if words.is_empty() {
        format!("{has}, whose words depend on the kind.")
    } else {
        format!("{has}: {}.", words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", "))
    })
}

fn compiled(keyword: &Keyword) -> String {
    if !keyword.later.is_empty() {
        return format!("**Checked, not compiled yet** ([MLP500](findings/MLP500.md)): {}.", keyword.later);
    }
    if keyword.later_choices.is_empty() {
        return "Compiled.".to_owned();
    }
    format!("Compiled, but for {} ([MLP500](findings/MLP500.md)).", words::or_list(keyword.later_choices))
}

/// The arguments, one line for each alternative of the first choice between forms.
fn lines(shapes: &[Shape]) -> Vec<String> {
    let Some(at) = shapes.iter().position(|s| matches!(s, Shape::Either(_))) else {
        return vec![sequence(shapes)];
    };
    let Shape::Either(forms) = shapes[at] else { return Vec::new() };
    let (before, after) = (sequence(&shapes[..at]), sequence(&shapes[at + 1..]));
    let line = |form: &&[Shape]| {
        let parts = [before.clone(), sequence(form), after.clone()];
        parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" ")
    };
    forms.iter().map(line).collect()
}

fn sequence(shapes: &[Shape]) -> String {
    let mut text = String::new();
    for shape in shapes {
        if !text.is_empty() && *shape != Shape::Comma {
            text.push(' ');
        }
        text.push_str(&piece(shape));
    }
    text
}

fn piece(shape: &Shape) -> String {
    match shape {
        Shape::The(word) | Shape::Op(word) => (*word).to_owned(),
        Shape::A(capture, kind) => placeholder(capture, *kind),
        Shape::Comma => ",".to_owned(),
        Shape::Maybe(inner) => match inner {
            [Shape::Either(forms)] => format!("[ {} ]", choice(forms)),
            _ => format!("[ {} ]", sequence(inner)),
        },
        Shape::List(inner) => format!("{}, …", sequence(inner)),
        Shape::Either(forms) => format!("( {} )", choice(forms)),
    }
}

fn choice(forms: &[&[Shape]]) -> String {
    forms.iter().map(|f| sequence(f)).collect::<Vec<_>>().join(" | ")
}

fn placeholder(capture: &str, kind: Kind) -> String {
    match kind {
        Kind::Name => "NAME".into(),
        Kind::TargetName => "TARGET".into(),
        Kind::Ident => "WORD".into(),
        Kind::Upper => "UPPER_CASE".into(),
        Kind::OneOf([word]) => (*word).to_owned(),
        Kind::OneOf(words) => format!("( {} )", words.join(" | ")),
        Kind::Str | Kind::Path | Kind::Template | Kind::Shell | Kind::Raw => format!("\"{capture}\""),
        Kind::Env => "TEXT".into(),
        Kind::Glob => "REF".into(),
        Kind::Count => "COUNT".into(),
        Kind::Number => "NUMBER".into(),
        Kind::Ratio => "RATIO".into(),
        Kind::Percent => "PERCENT".into(),
        Kind::Duration => "DURATION".into(),
        Kind::Quantity => "QUANTITY".into(),
        Kind::Value => "VALUE".into(),
        Kind::Metric => "METRIC".into(),
        Kind::Compare => "COMPARISON".into(),
        Kind::Sign => "( + | - )".into(),
        Kind::Unit => "UNIT".into(),
    }
}

fn kinds(shapes: &[Shape]) -> Vec<Kind> {
    let mut all = Vec::new();
    for shape in shapes {
        match shape {
            Shape::A(_, kind) => all.push(*kind),
            Shape::Maybe(inner) | Shape::List(inner) => all.extend(kinds(inner)),
            Shape::Either(forms) => all.extend(forms.iter().flat_map(|f| kinds(f))),
            Shape::The(_) | Shape::Op(_) | Shape::Comma => {}
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(place: Place, word: &str) -> Vec<String> {
        keywords::find(place, word).map(|k| lines(k.args)).unwrap_or_default()
    }

    #[test]
    fn the_notation() {
        assert_eq!(shown(Place::Top, "emit"), ["( github | gitlab | jenkins ) [ \"path\" ], …"]);
        assert_eq!(
            shown(Place::Gate, "require"),
            ["METRIC COMPARISON baseline [ ( + | - ) QUANTITY ]", "METRIC COMPARISON QUANTITY"]
        );
        assert_eq!(shown(Place::Image, "login"), ["secret UPPER_CASE, UPPER_CASE"]);
        assert_eq!(
            shown(Place::Rollback, "when"),
            [
                "METRIC COMPARISON baseline [ ( + | - ) QUANTITY ] [ for DURATION | consecutive ]",
                "METRIC COMPARISON QUANTITY [ for DURATION | consecutive ]"
            ]
        );
        assert_eq!(shown(Place::Runner, "offline"), [""]);
    }

    #[test]
    fn every_line_of_the_table_is_there() {
        let page = page();
        for keyword in keywords::all() {
            assert!(page.contains(keyword.doc) && page.contains(keyword.example), "{}", keyword.word);
            assert!(page.contains(keyword.later), "{}", keyword.word);
        }
    }

    #[test]
    fn words_in_capitals_are_explained() {
        for kind in keywords::all().flat_map(|k| kinds(k.args)) {
            let shown = placeholder("text", kind);
            let capitals = !shown.is_empty() && shown.chars().all(|c| c.is_ascii_uppercase() || c == '_');
            assert!(!capitals || EXPLAINED.contains(&kind), "{shown}");
        }
    }
}
