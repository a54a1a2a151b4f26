//! The one table of keywords. It drives decoding, "did you mean", where a word may stand, and the documentation.
//!
//! A word can have several lines, one for each meaning: `smoke` in a deploy and `smoke` in a watch. Within one place
//! a word has one line.

mod deploy;
mod gate;
mod live;
mod supply;
mod target;
mod top;

use super::shape::{Keyword, Place};

/// Every line of the table, family by family.
pub static TABLE: [&[Keyword]; 6] =
    [top::WORDS, supply::WORDS, gate::WORDS, deploy::WORDS, target::WORDS, live::WORDS];

/// Every keyword of the language.
pub fn all() -> impl Iterator<Item = &'static Keyword> {
    TABLE.iter().flat_map(|family| family.iter())
}

/// The keyword with that meaning in that place.
pub fn find(place: Place, word: &str) -> Option<&'static Keyword> {
    all().find(|k| k.word == word && k.within.contains(&place))
}

/// The keywords that may stand in a place.
pub fn within(place: Place) -> impl Iterator<Item = &'static Keyword> {
    all().filter(move |k| k.within.contains(&place))
}

/// Where a word may stand, over all its meanings.
pub fn places(word: &str) -> Vec<Place> {
    let mut places: Vec<Place> =
        all().filter(|k| k.word == word).flat_map(|k| k.within.iter().copied()).collect();
    places.sort_unstable();
    places.dedup();
    places
}

#[cfg(test)]
mod tests;
