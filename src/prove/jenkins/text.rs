//! What stands inside texts: shell words, Java's regular expressions as far as the files use them, cron lines.

/// The words of a shell command without anything that a shell would replace: bare words and single quotes.
pub(super) fn words(command: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = command.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '\\' => match chars.next()? {
                '\n' => return None,
                c => word.get_or_insert_default().push(c),
            },
            c if c.is_ascii_alphanumeric() || "_-./:@=+,%".contains(c) => {
                word.get_or_insert_default().push(c)
            }
            _ => return None,
        }
    }
    words.extend(word);
    Some(words)
}

/// What one place of a pattern stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum One {
    Char(char),
    Any,
    NoSlash,
}

/// A pattern: places, each with the least number of times, and whether there may be more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Regex(Vec<(One, usize, bool)>);

impl Regex {
    /// Literal characters, escaped signs, `.` and `[^/]`, each with `*` or `+` behind it or without.
    pub(super) fn new(pattern: &str) -> Option<Self> {
        let mut parts: Vec<(One, usize, bool)> = Vec::new();
        let mut rest = pattern;
        while let Some(c) = rest.chars().next() {
            let after = &rest[c.len_utf8()..];
            let (one, after) = match c {
                '\\' => {
                    let sign = after.chars().next().filter(char::is_ascii_punctuation)?;
                    (One::Char(sign), &after[1..])
                }
                '[' => (One::NoSlash, rest.strip_prefix("[^/]")?),
                '.' => (One::Any, after),
                '*' | '+' | '?' | '{' | '}' | '(' | ')' | ']' | '|' | '^' | '$' => return None,
                c => (One::Char(c), after),
            };
            let (least, more, after) = match after.chars().next() {
                Some('*') => (0, true, &after[1..]),
                Some('+') => (1, true, &after[1..]),
                _ => (1, false, after),
            };
            // `a*+` and `a*?` mean something else.
            if more && after.starts_with(['*', '+', '?', '{']) {
                return None;
            }
            parts.push((one, least, more));
            rest = after;
        }
        Some(Self(parts))
    }

    /// Does the pattern match the whole text (`==~`)?
    pub(super) fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        ends(&self.0, &text, 0).contains(&text.len())
    }

    /// The text without every match (`replaceAll(…, '')`).
    pub(super) fn remove(&self, text: &str) -> String {
        let text: Vec<char> = text.chars().collect();
        let (mut out, mut at) = (String::new(), 0);
        while at < text.len() {
            // Every repetition takes as much as it can, so the longest match is Java's as long as nothing competes.
            match ends(&self.0, &text, at).into_iter().max().filter(|end| *end > at) {
                Some(end) => at = end,
                None => {
                    out.push(text[at]);
                    at += 1;
                }
            }
        }
        out
    }
}

/// Where a match that begins at `at` may end.
fn ends(parts: &[(One, usize, bool)], text: &[char], at: usize) -> Vec<usize> {
    let fits = |one: One, c: char| match one {
        One::Char(x) => x == c,
        One::Any => !matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}'),
        One::NoSlash => c != '/',
    };
    let mut here = vec![at];
    for &(one, least, more) in parts {
        let mut next = Vec::new();
        for start in here {
            let run = text[start..].iter().take_while(|c| fits(one, **c)).count();
            let most = if more { run } else { run.min(1) };
            next.extend((least..=most).map(|n| start + n));
        }
        next.sort_unstable();
        next.dedup();
        here = next;
    }
    here
}

/// The lines of a cron text with their zone. `TZ=` counts on the first line only (`CronTabList.java`).
pub(super) fn schedules(text: &str) -> Option<Vec<(String, Option<String>)>> {
    let mut zone = None;
    let mut out = Vec::new();
    for (i, line) in text.split('\n').map(str::trim).enumerate() {
        if let Some(name) = line.strip_prefix("TZ=") {
            if i > 0 {
                return None;
            }
            zone = Some(name.to_owned());
        } else if !line.is_empty() && !line.starts_with('#') {
            out.push((line.to_owned(), zone.clone()));
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_split_as_a_shell_splits_them() {
        let table: &[(&str, Option<&[&str]>)] = &[
            ("sh .mlpipe/a.sh gate quality", Some(&["sh", ".mlpipe/a.sh", "gate", "quality"])),
            ("sh x.sh 'a b' ''", Some(&["sh", "x.sh", "a b", ""])),
            ("sh x.sh 'it'\\''s'", Some(&["sh", "x.sh", "it's"])),
            ("sh x.sh '$HOME `a` \"'", Some(&["sh", "x.sh", "$HOME `a` \""])),
            ("sh  x.sh  a", Some(&["sh", "x.sh", "a"])),
            ("sh x.sh $HOME", None),
            ("sh x.sh a; rm b", None),
            ("sh x.sh a && b", None),
            ("sh x.sh 'open", None),
            ("sh x.sh a\nb", None),
            ("sh x.sh *", None),
            ("sh x.sh \"a\"", None),
            ("sh x.sh #a", None),
        ];
        for (command, expected) in table {
            let got = words(command);
            assert_eq!(
                got.as_ref().map(|w| w.iter().map(String::as_str).collect()),
                expected.map(<[_]>::to_vec),
                "{command}"
            );
        }
    }

    #[test]
    fn patterns_match_whole_names() {
        for (pattern, text, expected) in [
            ("release/.*", "release/1", true),
            ("release/.*", "release/", true),
            ("release/.*", "xrelease/1", false),
            ("release/[^/]*", "release/1/2", false),
            ("v1\\.[^/]*", "v1.2", true),
            ("v1\\.[^/]*", "v1-2", false),
            ("v1.[^/]*", "v1-2", true),
            (".+", "", false),
            (".*a.*b", "xaxxb", true),
            (".*a.*b", "xbxxa", false),
        ] {
            assert_eq!(Regex::new(pattern).unwrap().matches(text), expected, "{pattern} {text}");
        }
        for pattern in ["a|b", "(a)", "a?", "a*+", "a*?", "^a", "[ab]", "\\d", "a{2}", "*"] {
            assert_eq!(Regex::new(pattern), None, "{pattern}");
        }
        assert_eq!(Regex::new(" .*").unwrap().remove("event a b"), "event");
        assert_eq!(Regex::new("e").unwrap().remove("event"), "vnt");
    }

    #[test]
    fn a_zone_stands_on_the_first_line() {
        let utc = |s: &str| (s.to_owned(), Some("UTC".to_owned()));
        assert_eq!(schedules("TZ=UTC\n0 1 * * *\n0 2 * * *"), Some(vec![utc("0 1 * * *"), utc("0 2 * * *")]));
        assert_eq!(schedules("0 1 * * *"), Some(vec![("0 1 * * *".to_owned(), None)]));
        assert_eq!(schedules("0 1 * * *\nTZ=UTC"), None);
        assert_eq!(schedules(""), Some(vec![]));
    }
}
