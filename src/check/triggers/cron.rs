//! Cron lines: five numeric fields, read once for the rules that judge them.

/// Lowest and highest value, and name, of the five fields.
const FIELDS: [(&str, u32, u32); 5] =
    [("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7)];

/// A cron line that could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cron {
    /// The values of each field, ascending.
    pub values: [Vec<u32>; 5],
    /// Fields that do not start with `*`.
    pub restricted: [bool; 5],
}

/// Why a cron line could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CronError {
    /// It is no cron line.
    Bad(String),
    /// It is one on some platform, but not on all.
    NotPortable(String),
}

/// Reads a cron line.
pub(crate) fn read(text: &str) -> Result<Cron, CronError> {
    if text.trim_start().starts_with('@') {
        return Err(CronError::NotPortable(format!("`{}` is known to Jenkins only", text.trim())));
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    let fields: [&str; 5] = fields.try_into().map_err(|f: Vec<&str>| {
        CronError::Bad(format!("`{text}` has {}, not 5", crate::diag::words::count(f.len(), "field")))
    })?;
    let mut cron = Cron { values: Default::default(), restricted: [false; 5] };
    for (i, (field, (name, low, high))) in fields.into_iter().zip(FIELDS).enumerate() {
        cron.restricted[i] = !field.starts_with('*');
        let mut values = Vec::new();
        for item in field.split(',') {
            values.extend(read_item(item, name, low, high)?);
        }
        values.sort_unstable();
        values.dedup();
        cron.values[i] = values;
    }
    Ok(cron)
}

fn read_item(item: &str, name: &str, low: u32, high: u32) -> Result<Vec<u32>, CronError> {
    if item.chars().any(|c| c.is_ascii_alphabetic() || matches!(c, '#' | '?')) {
        return Err(CronError::NotPortable(format!("`{item}` as {name} is not read by every platform")));
    }
    let bad = |why: &str| CronError::Bad(format!("`{item}` as {name} {why}"));
    let (range, step) = match item.split_once('/') {
        None => (item, None),
        Some((range, step)) => (range, Some(number(step).ok_or_else(|| bad("has no number behind `/`"))?)),
    };
    let (from, to) = match (range, range.split_once('-')) {
        ("*", _) => (low, if high == 7 { 6 } else { high }),
        (_, Some((from, to))) => (
            number(from).ok_or_else(|| bad("is no range of numbers"))?,
            number(to).ok_or_else(|| bad("is no range of numbers"))?,
        ),
        (_, None) => {
            let one = number(range).ok_or_else(|| bad("is no number"))?;
            if step.is_some() {
                return Err(CronError::NotPortable(format!("`{item}` as {name} has a step without a range")));
            }
            (one, one)
        }
    };
    if from < low || to > high {
        return Err(bad(&format!("is not between {low} and {}", if high == 7 { 6 } else { high })));
    }
    if from > to {
        return Err(bad("runs backwards"));
    }
    if step == Some(0) {
        return Err(bad("steps by 0"));
    }
    Ok((from..=to).step_by(step.unwrap_or(1) as usize).collect())
}

fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.len() <= 3 && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

impl Cron {
    /// True when no month that it names has a day that it names.
    pub(crate) fn never_fires(&self) -> bool {
        let longest = |month: &u32| match month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let days = &self.values[2];
        !self.values[3].iter().any(|m| days.iter().any(|d| *d <= longest(m)))
    }

    /// The shortest time between two firings, in minutes, on a day on which it fires; 1440 when once a day.
    pub(crate) fn shortest_gap(&self) -> u32 {
        let minutes: Vec<u32> =
            self.values[1].iter().flat_map(|h| self.values[0].iter().map(move |m| h * 60 + m)).collect();
        let inside = minutes.windows(2).map(|w| w[1] - w[0]).min().unwrap_or(1440);
        let every_day = !self.restricted[2] && !self.restricted[4] && self.values[4].len() == 7;
        match (minutes.first(), minutes.last()) {
            (Some(first), Some(last)) if every_day && minutes.len() > 1 => inside.min(first + 1440 - last),
            _ => inside,
        }
    }

    /// The longest time between two firings, in minutes; nothing for a line that names a day of the month or a month.
    pub(crate) fn longest_gap(&self) -> Option<u32> {
        let [minutes, hours, days, months, weekdays] = &self.values;
        // Where both kinds of days are named, either fires it.
        let both = self.restricted[2] && self.restricted[4];
        if both || days.len() < 31 || months.len() < 12 {
            return None;
        }
        let hours = || weekdays.iter().flat_map(|d| hours.iter().map(move |h| (d % 7) * 24 + h));
        let mut at: Vec<u32> = hours().flat_map(|h| minutes.iter().map(move |m| h * 60 + m)).collect();
        at.sort_unstable();
        at.dedup();
        let around = at.first()? + 7 * 24 * 60;
        let ends = at.iter().skip(1).copied().chain([around]);
        at.iter().zip(ends).map(|(from, to)| to - from).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_gaps_are_counted_around_the_week() {
        let hours = |line| read(line).unwrap().longest_gap().map(|minutes| f64::from(minutes) / 60.0);
        assert_eq!(hours("17 3 * * *"), Some(24.0));
        assert_eq!(hours("17 3 * * 1"), Some(168.0));
        assert_eq!(hours("17 3 * * 1-5"), Some(72.0));
        assert_eq!(hours("17 3,15 * * 0,7"), Some(156.0));
        assert_eq!(hours("17 */6 * * *"), Some(6.0));
        assert_eq!(hours("0,30 * * * *"), Some(0.5));
        assert_eq!(hours("0,30 3 * * *"), Some(23.5));
        assert_eq!(hours("17 3 1 * *"), None);
        assert_eq!(hours("17 3 * 1-6 *"), None);
        // Every day of the month, or a Monday: every day, and not every week.
        assert_eq!(hours("17 3 1-31 * 1"), None);
    }

    #[test]
    fn reads_lists_ranges_and_steps() {
        let cron = read("*/20 8-10,22 1 * *").unwrap();
        assert_eq!(cron.values[0], [0, 20, 40]);
        assert_eq!(cron.values[1], [8, 9, 10, 22]);
        assert_eq!(cron.restricted, [false, true, true, false, false]);
        assert_eq!(cron.values[4], [0, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn gaps_count_over_the_hour_and_over_midnight() {
        for (line, gap) in [
            ("0 3 * * *", 1440),
            ("*/5 * * * *", 5),
            ("*/4 * * * *", 4),
            ("0,58 * * * *", 2),
            ("58 23 * * *", 1440),
            ("0,59 0,23 * * *", 1),
            ("0,59 0,23 * * 1", 59),
            ("17 3 * * 1", 1440),
            ("*/7 * * * *", 4),
        ] {
            assert_eq!(read(line).unwrap().shortest_gap(), gap, "{line}");
        }
    }

    #[test]
    fn a_day_that_no_month_has_never_fires() {
        assert!(read("0 0 31 2,4 *").unwrap().never_fires());
        assert!(!read("0 0 29 2 *").unwrap().never_fires());
        assert!(!read("0 0 31 4,5 *").unwrap().never_fires());
    }

    #[test]
    fn what_is_wrong_everywhere_differs_from_what_is_wrong_somewhere() {
        for line in [
            "",
            "* * * *",
            "60 * * * *",
            "5-1 * * * *",
            "*/0 * * * *",
            "-1 * * * *",
            "1- * * * *",
            "* * * * 8",
        ] {
            assert!(matches!(read(line), Err(CronError::Bad(_))), "{line}");
        }
        for line in
            ["@daily", "H 3 * * *", "0 0 L * *", "0 0 * * 1#2", "0 0 ? * 1", "0 0 * jan *", "5/10 * * * *"]
        {
            assert!(matches!(read(line), Err(CronError::NotPortable(_))), "{line}");
        }
    }
}
