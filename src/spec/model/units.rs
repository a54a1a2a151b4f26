//! Metrics, units and numbers with units.

use crate::diag::Spanned;
use crate::spec::decimal::Decimal;

/// `metric latency.p95 in ms`.
#[derive(Debug, Clone)]
pub struct MetricUnit {
    /// The metric.
    pub metric: Spanned<MetricPath>,
    /// The unit that the file has.
    pub unit: Spanned<Unit>,
}

/// A dotted metric name, part by part: `rag."map@0.5"` is `["rag", "map@0.5"]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MetricPath(pub Vec<String>);

impl std::fmt::Display for MetricPath {
    /// As it is written in a spec: `rag."map@0.5"`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, part) in self.0.iter().enumerate() {
            let dot = if i == 0 { "" } else { "." };
            let mut chars = part.chars();
            let plain = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
                && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
            if plain {
                write!(f, "{dot}{part}")?;
            } else {
                write!(f, "{dot}\"{}\"", part.replace('\\', "\\\\").replace('"', "\\\""))?;
            }
        }
        Ok(())
    }
}

/// A unit of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Unit {
    /// No unit.
    None,
    /// 1e-3 s.
    Ms,
    /// 1 s.
    S,
    /// 60 s.
    M,
    /// 3600 s.
    H,
    /// 86400 s.
    D,
    /// A hundredth.
    Percent,
    /// 1 byte.
    B,
    /// 1024 bytes.
    KiB,
    /// 1024² bytes.
    MiB,
    /// 1024³ bytes.
    GiB,
}

/// What a unit measures; two values compare only within one dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// Plain numbers and percentages (`1%` is the ratio 0.01).
    Ratio,
    /// Seconds.
    Time,
    /// Bytes.
    Size,
}

impl Unit {
    /// The word of the language: `ms`, `percent`.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Ms => "ms",
            Self::S => "s",
            Self::M => "m",
            Self::H => "h",
            Self::D => "d",
            Self::Percent => "percent",
            Self::B => "B",
            Self::KiB => "KiB",
            Self::MiB => "MiB",
            Self::GiB => "GiB",
        }
    }

    /// What it measures.
    pub fn dimension(self) -> Dimension {
        match self {
            Self::None | Self::Percent => Dimension::Ratio,
            Self::Ms | Self::S | Self::M | Self::H | Self::D => Dimension::Time,
            Self::B | Self::KiB | Self::MiB | Self::GiB => Dimension::Size,
        }
    }
}

/// A number with its unit, as written: `200ms` is `200` in `ms`.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Quantity {
    /// The number as written, exactly as its decimal text reads.
    pub number: f64,
    /// The unit as written.
    pub unit: Unit,
}

impl Quantity {
    /// Counted in that unit, without rounding on the way; none when it measures something else.
    pub fn in_unit(self, to: Unit) -> Option<f64> {
        if self.unit.dimension() != to.dimension() {
            return None;
        }
        Decimal::of(self.number).map(|d| d.convert(self.unit, to))
    }
}

impl std::fmt::Display for Quantity {
    /// As it is written: `1.3%`, `200ms`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unit = if self.unit == Unit::Percent { "%" } else { self.unit.word() };
        write!(f, "{}{unit}", self.number)
    }
}

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Op {
    /// `<`
    #[serde(rename = "<")]
    Lt,
    /// `<=`
    #[serde(rename = "<=")]
    Le,
    /// `>`
    #[serde(rename = ">")]
    Gt,
    /// `>=`
    #[serde(rename = ">=")]
    Ge,
    /// `==`
    #[serde(rename = "==")]
    Eq,
    /// `!=`
    #[serde(rename = "!=")]
    Ne,
}

impl Op {
    /// As it is written.
    pub fn text(self) -> &'static str {
        match self {
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::Eq => "==",
            Self::Ne => "!=",
        }
    }
}
