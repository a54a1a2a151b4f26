//! Decimal numbers as written, and their exact conversion between units.
//!
//! A threshold must not move by rounding: `200ms` in seconds is 0.2, not 0.2000…01. So a literal is kept as digits
//! and a power of ten until the one division into a float at the end.

use super::{Dimension, Unit};

/// `digits` x 10^`exponent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal {
    digits: i128,
    exponent: i32,
}

impl Decimal {
    /// Reads `-0.5`, `1e-4`. None when it has more digits than any measurement (30) or an exponent beyond 300.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((m, e)) => (m, e.parse::<i32>().ok().filter(|e| e.abs() <= 300)?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let digits = all.trim_start_matches('-').trim_start_matches('0');
        if digits.len() > 30 {
            return None;
        }
        Some(Self { digits: all.parse().ok()?, exponent: exponent - i32::try_from(fraction.len()).ok()? })
    }

    /// How many digits say something: without zeros before and behind.
    pub(crate) fn significant(self) -> usize {
        self.digits.unsigned_abs().to_string().trim_end_matches('0').len()
    }

    /// The nearest float.
    pub(crate) fn value(self) -> f64 {
        format!("{}e{}", self.digits, self.exponent).parse().unwrap_or(f64::NAN)
    }

    /// The number that a float stands for: the shortest text that reads back as it.
    pub(crate) fn of(value: f64) -> Option<Self> {
        value.is_finite().then(|| Self::parse(&format!("{value:e}"))).flatten()
    }

    /// The sum; none when it has too many digits.
    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        let (a, b, exponent) = self.aligned(other)?;
        Some(Self { digits: a.checked_add(b)?, exponent })
    }

    /// The product; none when it has too many digits.
    pub(crate) fn times(self, other: Self) -> Option<Self> {
        let digits = self.digits.checked_mul(other.digits)?;
        Some(Self { digits, exponent: self.exponent.checked_add(other.exponent)? })
    }

    /// Without its sign.
    pub(crate) fn absolute(self) -> Self {
        Self { digits: self.digits.abs(), ..self }
    }

    /// Which is larger; none when the two are too far apart to be aligned.
    pub(crate) fn compare(self, other: Self) -> Option<std::cmp::Ordering> {
        let (a, b, _) = self.aligned(other)?;
        Some(a.cmp(&b))
    }

    /// Both over the smaller power of ten.
    fn aligned(self, other: Self) -> Option<(i128, i128, i32)> {
        let exponent = self.exponent.min(other.exponent);
        let over = |d: Self| {
            let up = u32::try_from(d.exponent - exponent).ok()?;
            d.digits.checked_mul(10_i128.checked_pow(up)?)
        };
        Some((over(self)?, over(other)?, exponent))
    }

    /// The same with its sign changed.
    pub(crate) fn negated(self) -> Self {
        Self { digits: -self.digits, ..self }
    }

    /// This many of `from`, counted in `to`; both measure the same dimension.
    pub(crate) fn convert(self, from: Unit, to: Unit) -> f64 {
        debug_assert_eq!(from.dimension(), to.dimension());
        let (from, to) = (factor(from), factor(to));
        let up = from.0 * to.1;
        let down = from.1 * to.0;
        self.scaled(up, down).map_or_else(|| self.value() * (up as f64) / (down as f64), Self::value)
    }

    /// This x up / down, when that is a decimal number that fits.
    fn scaled(self, up: i128, down: i128) -> Option<Self> {
        let mut digits = self.digits.checked_mul(up)?;
        let mut exponent = self.exponent;
        let mut rest = down;
        for (prime, partner) in [(2, 5), (5, 2)] {
            while rest % prime == 0 {
                rest /= prime;
                if digits % prime == 0 {
                    digits /= prime;
                } else {
                    digits = digits.checked_mul(partner)?;
                    exponent -= 1;
                }
            }
        }
        (digits % rest == 0).then_some(Self { digits: digits / rest, exponent })
    }
}

/// How many of the dimension's base (1, second, byte) a unit is, as a fraction.
fn factor(unit: Unit) -> (i128, i128) {
    match unit {
        Unit::None | Unit::S | Unit::B => (1, 1),
        Unit::Percent => (1, 100),
        Unit::Ms => (1, 1000),
        Unit::M => (60, 1),
        Unit::H => (3600, 1),
        Unit::D => (86_400, 1),
        Unit::KiB => (1024, 1),
        Unit::MiB => (1024 * 1024, 1),
        Unit::GiB => (1024 * 1024 * 1024, 1),
    }
}

/// A number with its unit, exact and as written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Literal {
    /// As written: `200ms`.
    pub(crate) text: String,
    pub(crate) number: Decimal,
    pub(crate) unit: Unit,
}

impl Literal {
    /// Counted in that unit; none when it measures something else.
    pub(crate) fn in_unit(&self, to: Unit) -> Option<f64> {
        (self.unit.dimension() == to.dimension()).then(|| self.number.convert(self.unit, to))
    }

    /// What it is, in the user's words.
    pub(crate) fn describe(&self) -> &'static str {
        match (self.unit, self.unit.dimension()) {
            (Unit::Percent, _) => "percentage",
            (_, Dimension::Ratio) => "plain number",
            (_, Dimension::Time) => "duration",
            (_, Dimension::Size) => "size",
        }
    }
}

/// The units by the word that stands behind a number.
pub(crate) fn suffix(word: &str) -> Option<Unit> {
    match word {
        "" => Some(Unit::None),
        "%" => Some(Unit::Percent),
        "percent" => None,
        _ => by_word(word),
    }
}

/// Units by the word that stands behind `in`.
pub(crate) fn by_word(word: &str) -> Option<Unit> {
    UNITS.into_iter().find(|u| u.word() == word)
}

/// Every unit that has a word.
pub(crate) const UNITS: [Unit; 10] =
    [Unit::Ms, Unit::S, Unit::M, Unit::H, Unit::D, Unit::Percent, Unit::B, Unit::KiB, Unit::MiB, Unit::GiB];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_convert_without_rounding() {
        for (text, from, to, expected) in [
            ("200", Unit::Ms, Unit::S, 0.2),
            ("5", Unit::S, Unit::Ms, 5000.0),
            ("0.1", Unit::S, Unit::Ms, 100.0),
            ("1", Unit::Percent, Unit::None, 0.01),
            ("0.01", Unit::None, Unit::Percent, 1.0),
            ("0.07", Unit::None, Unit::Percent, 7.0),
            ("99.5", Unit::Percent, Unit::Percent, 99.5),
            ("1.1", Unit::Percent, Unit::None, 0.011),
            ("90", Unit::S, Unit::M, 1.5),
            ("24", Unit::H, Unit::D, 1.0),
            ("512", Unit::MiB, Unit::GiB, 0.5),
            ("1", Unit::B, Unit::KiB, 1.0 / 1024.0),
            ("1e-4", Unit::None, Unit::None, 1e-4),
            ("-0.5", Unit::None, Unit::Percent, -50.0),
        ] {
            let got = Decimal::parse(text).map(|d| d.convert(from, to));
            assert_eq!(got, Some(expected), "{text} {from:?} in {to:?}");
        }
    }

    #[test]
    fn a_third_is_the_nearest_float() {
        let minute = Decimal::parse("20").map(|d| d.convert(Unit::S, Unit::M));
        assert_eq!(minute, Some(1.0 / 3.0));
    }

    #[test]
    fn sums_and_products_do_not_round() {
        let d = |x: f64| Decimal::of(x).unwrap();
        let sum = d(0.3).plus(d(-0.1)).unwrap();
        assert_eq!(
            sum.compare(d(0.2)),
            Some(std::cmp::Ordering::Equal),
            "0.3 - 0.1 is 0.2, in floats it is not"
        );
        let tenth = d(0.1).times(d(0.9)).unwrap();
        assert_eq!(tenth.compare(d(0.09)), Some(std::cmp::Ordering::Equal));
        assert_eq!(d(-1e-4).absolute().compare(d(0.0001)), Some(std::cmp::Ordering::Equal));
        assert_eq!(d(2.0).compare(d(10.0)), Some(std::cmp::Ordering::Less));
        assert_eq!(Decimal::of(f64::NAN), None);
        assert_eq!(d(1e300).compare(d(1e-300)), None);
    }

    #[test]
    fn absurd_numbers_are_refused() {
        assert_eq!(Decimal::parse(&"9".repeat(31)), None);
        assert_eq!(Decimal::parse("1e999"), None);
        assert_eq!(Decimal::parse("1e99999999999999999999"), None);
    }
}
