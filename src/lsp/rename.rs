//! Another name, at every place.

use super::index::{Found, Index};
use super::names::{NameKind, Occurrence};
use crate::spec::RUN_VALUES;
use crate::spec::shape::TARGETS;
use camino::Utf8Path;

/// Longest name, as the compiler has it.
const LONGEST: usize = 48;

/// The name at a byte, if it can have another one.
///
/// # Errors
/// Why not, in words for the user.
pub(super) fn at<'i>(index: &'i Index, path: &Utf8Path, offset: usize) -> Result<Found<'i>, String> {
    let Some((path, name)) = index.at(path, offset) else {
        return Err("there is no name here: a gate, model, deploy, `let`, input or metric has one".into());
    };
    let given = index.given(path, name);
    let kind = given.first().map_or(name.kind, |(_, g)| g.kind);
    match kind {
        NameKind::Secret => Err(format!(
            "the secret `{}` is kept under that name on the platforms: rename it there, then write the new name here",
            name.name
        )),
        NameKind::RunValue => {
            Err(format!("`{}` is a value of the run, and its name is the language's", name.name))
        }
        NameKind::Image => Err("the image has no name: a pipeline has one, and it is called `image`".into()),
        NameKind::Pipeline => Err(format!(
            "files, scripts and jobs are called after the pipeline `{}`: write the new name here, compile, and take the \
             old files out",
            name.name
        )),
        _ if given.is_empty() => Err(format!("nothing gives the name `{}`", name.name)),
        _ => Ok((path, name)),
    }
}

/// Every place that a new name goes to.
///
/// # Errors
/// What is wrong with the new name, in words for the user.
pub(super) fn places<'i>(
    index: &'i Index,
    path: &Utf8Path,
    name: &Occurrence,
    new: &str,
) -> Result<Vec<Found<'i>>, String> {
    let given = index.given(path, name);
    let kind = given.first().map_or(name.kind, |(_, g)| g.kind);
    legal(kind, new)?;
    let all = index.all(path, name);
    let owner = given.first().map(|(_, g)| g.owner.as_str()).unwrap_or_default();
    let other = Occurrence { kind, name: new.to_owned(), owner: owner.to_owned(), ..name.clone() };
    let taken = all.iter().find_map(|(file, _)| index.given(file, &other).first().copied());
    match taken.filter(|_| new != name.name) {
        Some((file, _)) => Err(format!(
            "there is a {} `{new}` already, in `{}`",
            kind.word(),
            file.file_name().unwrap_or_default()
        )),
        None => Ok(all),
    }
}

fn legal(kind: NameKind, new: &str) -> Result<(), String> {
    let starts = new.starts_with(|c: char| c.is_ascii_lowercase());
    let all =
        |more: &str| new.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || more.contains(c));
    match kind {
        NameKind::Let | NameKind::Input => {
            if RUN_VALUES.contains(&new) {
                return Err(format!("`{new}` is a value of the run; choose another name"));
            }
            let fits = starts && all("_") && new.len() <= LONGEST;
            fits.then_some(()).ok_or(format!(
                "`{new}` is no name for {} {}: lower-case letters, digits and `_`, at most {LONGEST}",
                article(kind),
                kind.word()
            ))
        }
        NameKind::Metric => {
            let part = |p: &str| {
                p.starts_with(|c: char| c.is_alphabetic() || c == '_')
                    && p.chars().all(|c| c.is_alphanumeric() || "_-".contains(c))
            };
            new.split('.').all(part).then_some(()).ok_or(format!(
                "`{new}` is no name for a metric: parts of letters, digits, `_` and `-`, with dots between"
            ))
        }
        _ => {
            if kind == NameKind::Target && TARGETS.iter().any(|(kind, _)| *kind == new) {
                return Err(format!("`{new}` is a kind of target; choose another name"));
            }
            let fits = starts && all("-") && new.len() <= LONGEST;
            fits.then_some(()).ok_or(format!(
                "`{new}` is no name for {} {}: lower-case letters, digits and `-`, at most {LONGEST}",
                article(kind),
                kind.word()
            ))
        }
    }
}

fn article(kind: NameKind) -> &'static str {
    if kind.word().starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_none() {
        let long = "x".repeat(49);
        let bad = [
            (NameKind::Gate, "Unit"),
            (NameKind::Gate, "a_b"),
            (NameKind::Gate, ""),
            (NameKind::Gate, "9a"),
            (NameKind::Deploy, long.as_str()),
            (NameKind::Let, "a-b"),
            (NameKind::Let, "commit"),
            (NameKind::Metric, "a..b"),
            (NameKind::Metric, "a b"),
            (NameKind::Target, "kubernetes"),
        ];
        for (kind, name) in bad {
            assert!(legal(kind, name).is_err(), "{name}");
        }
        for (kind, name) in [(NameKind::Gate, "unit-2"), (NameKind::Let, "a_2"), (NameKind::Metric, "a.p95")]
        {
            assert_eq!(legal(kind, name), Ok(()));
        }
    }
}
