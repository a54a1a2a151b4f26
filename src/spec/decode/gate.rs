//! `gate`, and the `validate` of a dataset, which says what must hold in the same words.

use super::require::Units;
use super::{Decoder, Item, statements};
use crate::diag::Spanned;
use crate::spec::shape::Place;
use crate::spec::{Common, Gate, MetricsFile, MetricsFormat, Repeat, Report, ReportKind};

impl Decoder<'_> {
    /// `gate NAME { … }`.
    pub(super) fn gate(&mut self, item: &Item<'_>) -> Option<Gate> {
        let mut gate = empty(item.text("name")?, item);
        let items = self.items(statements(item.block()), Place::Gate);
        let mut units = self.units(&items);
        for inner in &items {
            if self.common(&mut gate.common, inner) || self.evidence(&mut gate, inner) {
                continue;
            }
            match inner.word() {
                "run" => gate.run = inner.text("command"),
                "needs" => self.needs(&mut gate, inner),
                "after" => gate.after.extend(inner.texts("gate")),
                "before" => gate.before = inner.text("deploy"),
                "when" => gate.when_changed.extend(inner.texts("part")),
                "metric" => gate.units.extend(units.declare(self, inner)),
                "seed" => gate.seed = inner.count("seed"),
                "repeat" => gate.repeat = repeat(inner),
                "advisory" => gate.advisory = inner.text("reason"),
                _ => {}
            }
        }
        for inner in items.iter().filter(|i| i.word() == "require") {
            gate.require.extend(self.require(&units, inner));
        }
        Some(gate)
    }

    /// Units that the sources bring along.
    fn units(&mut self, items: &[Item<'_>]) -> Units {
        let junit = |i: &Item<'_>| i.text("format").is_some_and(|f| f.node == "junit");
        let mut units = Units::default();
        units.junit = items.iter().any(|i| i.word() == "metrics" && junit(i));
        units
    }

    /// Files that the command leaves behind. False when it is none of these.
    fn evidence(&mut self, gate: &mut Gate, inner: &Item<'_>) -> bool {
        match inner.word() {
            "report" => {
                gate.reports.extend(inner.text("path").map(|path| Report { kind: ReportKind::Junit, path }));
            }
            "artifact" => gate.artifacts.extend(inner.texts("path")),
            "metrics" => gate.metrics.extend(self.metrics_file(inner)),
            "baseline" => gate.baseline = inner.text("path"),
            _ => return false,
        }
        true
    }

    fn metrics_file(&mut self, inner: &Item<'_>) -> Option<MetricsFile> {
        let path = inner.text("path")?;
        let format = match inner.text("format") {
            None => Spanned::new(MetricsFormat::Json, inner.statement.word.span),
            Some(word) => word.map(|w| match w.as_str() {
                "junit" => MetricsFormat::Junit,
                "promptfoo" => MetricsFormat::Promptfoo,
                _ => MetricsFormat::Json,
            }),
        };
        if format.node == MetricsFormat::Promptfoo {
            let instead = "let the command write a JSON file with the number: `metrics \"metrics.json\"`";
            self.later("metrics promptfoo", inner.statement.head, instead);
        }
        Some(MetricsFile { format, path })
    }

    fn needs(&mut self, gate: &mut Gate, inner: &Item<'_>) {
        gate.needs_models.extend(inner.texts("model"));
        let data = inner.texts("data");
        if !data.is_empty() {
            self.later("needs data", inner.statement.head, "fetch the data in the `run` of the gate");
        }
        gate.needs_data.extend(data);
        if let Some(image) = inner.text("image") {
            gate.needs_image = Some(image.span);
        }
    }

    /// `validate run "…" { … }`: checked as a gate's rules are, compiled later.
    pub(super) fn validate(&mut self, item: &Item<'_>) {
        let mut gate = empty(Spanned::new("validate".to_owned(), item.statement.head), item);
        gate.run = item.text("command");
        let items = self.items(statements(item.block()), Place::Validate);
        let mut units = self.units(&items);
        for inner in &items {
            if !self.common(&mut gate.common, inner)
                && !self.evidence(&mut gate, inner)
                && inner.word() == "metric"
            {
                gate.units.extend(units.declare(self, inner));
            }
        }
        for inner in items.iter().filter(|i| i.word() == "require") {
            gate.require.extend(self.require(&units, inner));
        }
    }
}

fn empty(name: Spanned<String>, item: &Item<'_>) -> Gate {
    Gate {
        name,
        run: None,
        needs_models: Vec::new(),
        needs_data: Vec::new(),
        needs_image: None,
        after: Vec::new(),
        before: None,
        reports: Vec::new(),
        artifacts: Vec::new(),
        metrics: Vec::new(),
        units: Vec::new(),
        baseline: None,
        require: Vec::new(),
        seed: None,
        repeat: None,
        advisory: None,
        when_changed: Vec::new(),
        common: Common { head: item.statement.head, ..Common::default() },
    }
}

fn repeat(inner: &Item<'_>) -> Option<Spanned<Repeat>> {
    let (times, pass) = (inner.count("times")?, inner.count("pass")?);
    let repeat = Repeat { times: times.node, pass: pass.node };
    Some(Spanned::new(repeat, times.span.to(pass.span)))
}
