//! Virtual time.

use crate::spec::Duration;
use serde::{Serialize, Serializer};
use std::fmt;

/// A moment or a length of virtual time, in milliseconds; a moment is counted from the start of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Time(pub u64);

impl Time {
    /// The moment that is so much later; times beyond counting are the last one.
    #[must_use]
    pub fn plus(self, long: Self) -> Self {
        Self(self.0.saturating_add(long.0))
    }

    /// How long after another moment this one is; nothing when it is before.
    #[must_use]
    pub fn since(self, start: Self) -> Self {
        Self(self.0.saturating_sub(start.0))
    }

    /// So many seconds.
    pub fn seconds(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1000))
    }
}

/// A moment, and how many jobs without a length lie one behind the other at it: of two jobs that are ready at one moment
/// the one with the smaller number runs first, those with the same number beside each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Moment {
    pub(super) at: Time,
    pub(super) behind: u32,
}

impl From<Duration> for Time {
    /// To the nearest millisecond. What is longer than nothing stays longer than nothing.
    fn from(d: Duration) -> Self {
        let ms = (d.seconds * 1000.0).round();
        if d.seconds > 0.0 { Self((ms as u64).max(1)) } else { Self(0) }
    }
}

impl fmt::Display for Time {
    /// `0s`, `12m`, `1h 30m`, `2d 3h`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        let mut first = true;
        for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)] {
            let n = rest / size;
            rest %= size;
            if n > 0 {
                write!(f, "{}{n}{unit}", if first { "" } else { " " })?;
                first = false;
            }
        }
        if first { f.write_str("0s") } else { Ok(()) }
    }
}

impl Serialize for Time {
    /// Seconds; a whole number where it is one.
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if self.0.is_multiple_of(1000) {
            s.serialize_u64(self.0 / 1000)
        } else {
            s.serialize_f64(self.0 as f64 / 1000.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_a_person_writes_them() {
        for (seconds, text) in [
            (0.0, "0s"),
            (59.0, "59s"),
            (60.0, "1m"),
            (90.0, "1m 30s"),
            (5400.0, "1h 30m"),
            (86_400.0, "1d"),
            (97_200.5, "1d 3h 500ms"),
        ] {
            assert_eq!(Time::from(Duration { seconds }).to_string(), text);
        }
        assert_eq!(
            Time::from(Duration { seconds: 0.000_1 }),
            Time(1),
            "an interval of nothing would never end"
        );
    }

    #[test]
    fn seconds_are_whole_where_they_are() {
        let json = |ms| serde_json::to_string(&Time(ms)).unwrap();
        assert_eq!((json(720_000), json(1500)), ("720".to_owned(), "1.5".to_owned()));
    }
}
