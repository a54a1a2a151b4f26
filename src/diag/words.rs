//! Wording kit: counts, lists and suggestions are worded once.

/// `1 gate`, `3 gates`.
pub fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// `` `a`, `b` or `c` ``.
pub fn or_list<S: AsRef<str>>(items: &[S]) -> String {
    list(items, "or")
}

/// `` `a`, `b` and `c` ``.
pub fn and_list<S: AsRef<str>>(items: &[S]) -> String {
    list(items, "and")
}

fn list<S: AsRef<str>>(items: &[S], joiner: &str) -> String {
    let ticked: Vec<String> = items.iter().map(|i| format!("`{}`", i.as_ref())).collect();
    match ticked.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} {joiner} {last}", rest.join(", ")),
    }
}

/// More candidates than that are not looked at: a file with thousands of names and as many slips would take minutes.
const CANDIDATES: usize = 200;

/// The candidate nearest to a misspelt word, if one is near enough to be meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .take(CANDIDATES)
        .map(|c| (strsim::damerau_levenshtein(&word.to_lowercase(), &c.to_lowercase()), c))
        .filter(|(d, _)| *d <= limit)
        .min()
        .map(|(_, c)| c)
}

/// The candidate that a misspelt word certainly means: one slip away, or two in a word of eight letters and more, and no other is
/// as near. In a word of three letters, one slip leaves too little, unless it has changed their order only.
pub fn certain<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    let slips = if length < 8 { 1 } else { 2 };
    let mut near: Vec<(usize, &str)> = candidates
        .into_iter()
        .take(CANDIDATES)
        .map(|c| (strsim::damerau_levenshtein(&word, &c.to_lowercase()), c))
        .filter(|(distance, _)| *distance <= slips)
        .collect();
    near.sort_unstable();
    near.dedup();
    let (distance, best) = *near.first()?;
    let alone = near.get(1).is_none_or(|(next, _)| *next > distance);
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    let enough = length > 3 || sorted(&word) == sorted(best);
    (alone && enough).then_some(best)
}

/// A cycle as a path: `a → b → a`.
pub fn cycle<S: AsRef<str>>(names: &[S]) -> String {
    let mut parts: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    if let Some(first) = parts.first().copied() {
        parts.push(first);
    }
    parts.join(" → ")
}

#[cfg(test)]
mod tests {
    use super::certain;

    #[test]
    fn only_one_way_to_read_a_word_is_certain() {
        let words = ["gate", "data", "image", "timeout", "baseline", "rollback", "use"];
        for (slip, meant) in [
            ("gatte", "gate"),
            ("Image", "image"),
            ("tiemout", "timeout"),
            ("rolbacks", "rollback"),
            ("sue", "use"),
        ] {
            assert_eq!(certain(slip, words), Some(meant), "{slip}");
        }
        // Between two, too far, too short.
        for slip in ["date", "tmeot", "us", "uss", "baseboard", ""] {
            assert_eq!(certain(slip, words), None, "{slip}");
        }
        assert_eq!(certain("USE", words), Some("use"));
    }
}
