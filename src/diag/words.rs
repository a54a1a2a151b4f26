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

/// A cycle as a path: `a → b → a`.
pub fn cycle<S: AsRef<str>>(names: &[S]) -> String {
    let mut parts: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    if let Some(first) = parts.first().copied() {
        parts.push(first);
    }
    parts.join(" → ")
}
