//! Exact decimals, as rules and metric files write them.

use std::cmp::Ordering;
use std::fmt;

/// The decimal text of a number as a person wrote it. 15 digits survive a conversion of units in binary
/// (`1.1%` is 0.011000000000000001 there); no literal of a rule needs more.
pub(crate) fn decimal(number: f64) -> String {
    let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    format!("{rounded}")
}

/// `digits` / 10^`scale`. What does not fit is nothing: nobody measures with 38 digits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exact {
    digits: i128,
    scale: u32,
}

impl Exact {
    /// No more digits behind the point than this.
    const FINEST: u32 = 24;

    /// A whole number.
    pub(crate) const fn whole(number: i128) -> Self {
        Self { digits: number, scale: 0 }
    }

    /// One in the `scale`th place behind the point.
    pub(crate) const fn step(scale: u32) -> Self {
        Self { digits: 1, scale }
    }

    /// What the script is given for this number.
    pub(crate) fn of(number: f64) -> Option<Self> {
        Self::parse(&decimal(number))
    }

    fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let scale = u32::try_from(fraction.len()).ok().filter(|s| *s <= Self::FINEST)?;
        Some(Self { digits: format!("{whole}{fraction}").parse().ok()?, scale })
    }

    fn at(self, scale: u32) -> Option<i128> {
        self.digits.checked_mul(10_i128.checked_pow(scale.checked_sub(self.scale)?)?)
    }

    fn both(self, other: Self) -> Option<(i128, i128, u32)> {
        let scale = self.scale.max(other.scale);
        Some((self.at(scale)?, other.at(scale)?, scale))
    }

    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        let (a, b, scale) = self.both(other)?;
        Some(Self { digits: a.checked_add(b)?, scale })
    }

    pub(crate) fn minus(self, other: Self) -> Option<Self> {
        self.plus(other.negated())
    }

    pub(crate) fn times(self, other: Self) -> Option<Self> {
        let scale = (self.scale + other.scale <= Self::FINEST).then_some(self.scale + other.scale)?;
        Some(Self { digits: self.digits.checked_mul(other.digits)?, scale })
    }

    /// The nearest of at most 12 more digits: exact for most of what people write.
    pub(crate) fn over(self, other: Self) -> Option<Self> {
        let (a, b, _) = self.both(other)?;
        let digits = a.checked_mul(1_000_000_000_000)?.checked_div(b)?;
        Some(Self { digits, scale: 12 }.short())
    }

    /// Without zeros at the end.
    fn short(mut self) -> Self {
        while self.scale > 0 && self.digits % 10 == 0 {
            self.digits /= 10;
            self.scale -= 1;
        }
        self
    }

    pub(crate) fn negated(self) -> Self {
        Self { digits: -self.digits, ..self }
    }

    pub(crate) fn abs(self) -> Self {
        Self { digits: self.digits.abs(), ..self }
    }

    /// Digits behind the point.
    pub(crate) fn scale(self) -> u32 {
        self.short().scale
    }

    pub(crate) fn compare(self, other: Self) -> Option<Ordering> {
        let (a, b, _) = self.both(other)?;
        Some(a.cmp(&b))
    }

    /// The largest whole number that is not above.
    pub(crate) fn floor(self) -> Option<i128> {
        Some(self.digits.div_euclid(10_i128.checked_pow(self.scale)?))
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let me = self.short();
        let sign = if me.digits < 0 { "-" } else { "" };
        let digits = format!("{:0>1$}", me.digits.unsigned_abs(), me.scale as usize + 1);
        let (whole, fraction) = digits.split_at(digits.len() - me.scale as usize);
        if fraction.is_empty() { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{fraction}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_prints_again_and_counts_exactly() {
        for text in ["0", "-0.5", "12.345", "0.0000001", "536870912"] {
            assert_eq!(Exact::parse(text).unwrap().to_string(), text);
        }
        let sum = Exact::parse("0.1").and_then(|a| a.plus(Exact::parse("0.2")?)).unwrap();
        assert_eq!(sum.to_string(), "0.3");
        assert_eq!(Exact::of(1.1 / 100.0).unwrap().to_string(), "0.011");
        let product = Exact::of(0.07).and_then(|a| a.times(Exact::of(-3.0)?)).unwrap();
        assert_eq!(product.to_string(), "-0.21");
        assert_eq!(Exact::whole(1).over(Exact::whole(8)).unwrap().to_string(), "0.125");
        assert_eq!(Exact::of(-0.5).unwrap().floor(), Some(-1));
        assert!(Exact::of(1e300).is_none());
    }
}
