//! Days of the calendar, for what holds until one.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// A day, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// Reads `2027-01-31`; nothing where that is no day.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, rest) = text.split_once('-')?;
        let (month, day) = rest.split_once('-')?;
        let digits = |part: &str, length: usize| {
            let right = part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
            right.then(|| part.parse::<u16>().ok()).flatten()
        };
        let (year, month, day) = (digits(year, 4)?, digits(month, 2)?, digits(day, 2)?);
        let known = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
        known.then_some(Self { year, month: month as u8, day: day as u8 })
    }

    /// The day of a moment, or the one that `SOURCE_DATE_EPOCH` says: seconds since 1970, for builds that can be repeated.
    /// What that variable holds is left out of account where it is no such number.
    pub fn today(now: SystemTime, source_date_epoch: Option<&str>) -> Self {
        let said = source_date_epoch.and_then(|s| s.trim().parse::<u64>().ok());
        let seconds = said.unwrap_or_else(|| now.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs()));
        Self::of_day(seconds / 86_400)
    }

    /// The day so many days after 1970-01-01. Behind the year 9999 time stands still.
    fn of_day(days: u64) -> Self {
        let mut left = days;
        let mut year = 1970;
        while left >= days_of_year(year) {
            if year == 9999 {
                return Self { year, month: 12, day: 31 };
            }
            left -= days_of_year(year);
            year += 1;
        }
        let mut month = 1;
        while left >= u64::from(days_in(year, month)) {
            left -= u64::from(days_in(year, month));
            month += 1;
        }
        Self { year, month: month as u8, day: left as u8 + 1 }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_of_year(year: u16) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_in(year: u16, month: u16) -> u16 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops where it fails")]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn only_days_of_the_calendar_are_read() {
        for good in ["2027-01-31", "2028-02-29", "2000-02-29", "9999-12-31"] {
            assert_eq!(Date::parse(good).unwrap().to_string(), good);
        }
        let bad =
            ["2027-02-29", "2100-02-29", "2027-13-01", "2027-00-01", "2027-01-00", "2027-1-31", "31-01-2027"];
        for bad in bad.iter().chain(&["", "2027-01", "2027-01-31x", "+027-01-31", "tomorrow"]) {
            assert_eq!(Date::parse(bad), None, "{bad}");
        }
        assert!(Date::parse("2027-01-31") < Date::parse("2027-02-01"));
    }

    #[test]
    fn a_moment_has_its_day_and_the_variable_stands_above_it() {
        let now = UNIX_EPOCH + Duration::from_secs(1_790_000_000);
        let day = |text: Option<&str>| Date::today(now, text).to_string();
        // 1790000000 = 2026-09-21T14:13:20Z; 951782399 is the last second before 2000-02-29.
        assert_eq!(day(None), "2026-09-21");
        assert_eq!(day(Some("951782399")), "2000-02-28");
        assert_eq!(day(Some("951782400\n")), "2000-02-29");
        assert_eq!(day(Some("soon")), "2026-09-21");
        assert_eq!(day(Some("0")), "1970-01-01");
        assert_eq!(day(Some("18446744073709551615")), "9999-12-31");
    }
}
