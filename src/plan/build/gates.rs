//! Models and gates.

use super::{Builder, Draft, identities, runners};
use crate::plan::{GateWork, ModelWork, PlanMetrics, PlanRequire, PlanSource, Work};
use crate::spec::{Gate, Model, ModelSource, Require, Right as RightSide, Tolerance};
use std::collections::HashSet;

impl Builder<'_> {
    /// One job a model: its version and checksum are resolved once for the run.
    pub(super) fn models(&mut self) {
        let spec = self.spec;
        for m in spec.models.values() {
            let own = self.everywhere(&m.common, matches!(&m.source, Some(s) if matches!(&s.node, ModelSource::Mlflow { secrets, .. } if !secrets.is_empty())));
            let mut secrets = Vec::new();
            if let Some(ModelSource::Mlflow { secrets: named, .. }) = m.source.as_ref().map(|s| &s.node) {
                secrets.extend(named.iter().map(|s| self.secret(s, crate::plan::SecretKind::Text)));
            }
            // Whatever needs it inherits the condition.
            let own = if m.auth.is_empty() { own } else { own.and(&self.triggers.deploying()) };
            let identities = self.identities_of_model(m, false);
            let job = self.add(Draft {
                id: format!("model-{}", m.name.node),
                title: format!("Model: {}", m.name.node),
                head: m.common.head,
                args: vec!["model".into(), m.name.node.clone()],
                needs: vec![],
                reads: vec![],
                own,
                runner: runners::Kind::Commands,
                common: &m.common,
                work: Work::Model(model_work(m)),
            });
            job.secrets.extend(secrets);
            identities::give(job, identities);
        }
    }

    /// Gates that do not wait for the image, in an order in which each stands behind what it needs.
    pub(super) fn gates_before_image(&mut self) {
        self.gates(|g| g.needs_image.is_none());
    }

    /// Gates that test the pushed image, and gates that come after one of those.
    pub(super) fn gates_on_image(&mut self) {
        self.gates(|_| true);
    }

    /// Pass after pass over the gates that wait, in the order of the file, until nothing more is ready.
    fn gates(&mut self, may: impl Fn(&Gate) -> bool) {
        let spec = self.spec;
        let mut there: HashSet<String> = self.jobs.iter().map(|j| j.id.clone()).collect();
        let id = |name: &str| format!("gate-{name}");
        let mut waiting: Vec<&Gate> =
            spec.gates.values().filter(|g| may(g) && !there.contains(&id(&g.name.node))).collect();
        loop {
            let before = waiting.len();
            waiting.retain(|g| {
                let ready = g.after.iter().all(|a| there.contains(&id(&a.node)));
                if ready {
                    self.gate(g);
                    there.insert(id(&g.name.node));
                }
                !ready
            });
            if waiting.len() == before {
                return;
            }
        }
    }

    fn gate(&mut self, g: &Gate) {
        let models: Vec<&Model> =
            g.needs_models.iter().filter_map(|n| self.spec.models.get(&n.node)).collect();
        let model_jobs: Vec<String> = models.iter().map(|m| format!("model-{}", m.name.node)).collect();
        let mut reads = model_jobs.clone();
        let mut own = self.everywhere(&g.common, models.iter().any(|m| needs_secret(m)));
        if g.needs_image.is_some() && self.spec.image.is_some() {
            reads.push("image".into());
            own = own.and(&self.triggers.deploying());
        }
        let mut needs = reads.clone();
        needs.extend(g.after.iter().map(|a| format!("gate-{}", a.node)));
        let work = GateWork {
            name: g.name.node.clone(),
            run: g.run.as_ref().map(|r| r.node.clone()),
            seed: g.seed.as_ref().map(|s| s.node),
            repeat: g.repeat.as_ref().map(|r| r.node),
            metrics: g
                .metrics
                .iter()
                .map(|m| PlanMetrics { format: m.format.node, path: m.path.node.clone() })
                .collect(),
            baseline: g.baseline.as_ref().map(|b| b.node.clone()),
            require: g.require.iter().map(|r| self.require(r)).collect(),
            junit: g.reports.iter().map(|r| r.path.node.clone()).collect(),
            artifacts: g.artifacts.iter().map(|a| a.node.clone()).collect(),
            advisory: g.advisory.as_ref().map(|a| a.node.clone()),
            models: models.iter().map(|m| model_work(m)).collect(),
            image: g.needs_image.is_some(),
            repository: g.needs_image.and(self.spec.image.as_ref()).map(|i| i.repository.node.clone()),
        };
        let secrets: Vec<_> = models.iter().flat_map(|m| self.model_secrets(m)).collect();
        let identities: Vec<_> = models.iter().flat_map(|m| self.identities_of_model(m, true)).collect();
        let job = self.add(Draft {
            id: format!("gate-{}", g.name.node),
            title: format!("Gate: {}", g.name.node),
            head: g.common.head,
            args: vec!["gate".into(), g.name.node.clone()],
            needs,
            reads,
            own,
            runner: runners::Kind::Commands,
            common: &g.common,
            work: Work::Gate(work),
        });
        for s in secrets {
            if !job.secrets.iter().any(|have| have.name == s.name) {
                job.secrets.push(s);
            }
        }
        identities::give(job, identities);
    }

    /// What a job needs to fetch a model itself.
    pub(super) fn model_secrets(&self, m: &Model) -> Vec<crate::plan::SecretUse> {
        let mut names: Vec<_> = m.common.secrets.iter().collect();
        if let Some(ModelSource::Mlflow { secrets, .. }) = m.source.as_ref().map(|s| &s.node) {
            names.extend(secrets);
        }
        names.into_iter().map(|s| self.secret(s, crate::plan::SecretKind::Text)).collect()
    }

    fn require(&self, r: &Require) -> PlanRequire {
        let (literal, absolute, relative) = match r.right {
            RightSide::Literal(x) => (Some(x), None, None),
            RightSide::Baseline(Tolerance::None) => (None, None, None),
            RightSide::Baseline(Tolerance::Absolute(x)) => (None, Some(x), None),
            RightSide::Baseline(Tolerance::Relative(x)) => (None, None, Some(x)),
        };
        PlanRequire {
            metric: r.metric.node.clone(),
            op: r.op,
            literal,
            absolute,
            relative,
            unit: r.file_unit,
            text: r.text.clone(),
            line: self.sources.start(r.span).line,
        }
    }

    /// Gates that block a job which waits for every gate: neither advisory, nor on the image, nor `before` a deploy.
    pub(super) fn blocking_gates(&self) -> Vec<String> {
        self.spec
            .gates
            .values()
            .filter(|g| g.advisory.is_none() && g.before.is_none() && !self.behind_image(g))
            .map(|g| format!("gate-{}", g.name.node))
            .collect()
    }

    /// Tests the image, or comes after a gate that does.
    pub(super) fn behind_image(&self, g: &Gate) -> bool {
        let mut seen: Vec<&str> = Vec::new();
        let mut todo = vec![g];
        while let Some(g) = todo.pop() {
            if g.needs_image.is_some() {
                return true;
            }
            if !seen.contains(&g.name.node.as_str()) {
                seen.push(&g.name.node);
                todo.extend(g.after.iter().filter_map(|a| self.spec.gates.get(&a.node)));
            }
        }
        false
    }
}

/// Fetching it takes a secret.
pub(super) fn needs_secret(m: &Model) -> bool {
    !m.common.secrets.is_empty()
        || matches!(m.source.as_ref().map(|s| &s.node), Some(ModelSource::Mlflow { secrets, .. }) if !secrets.is_empty())
}

/// A model as jobs see it.
pub(super) fn model_work(m: &Model) -> ModelWork {
    let source = m.source.as_ref().and_then(|s| match &s.node {
        ModelSource::Path(p) => Some(PlanSource::Path { path: p.node.clone() }),
        ModelSource::Http { url, sha256 } => {
            Some(PlanSource::Http { url: url.node.clone(), sha256: sha256.node.clone() })
        }
        ModelSource::Mlflow { uri, .. } => Some(PlanSource::Mlflow { uri: uri.node.clone() }),
        ModelSource::Run(c) => Some(PlanSource::Run { command: c.node.clone() }),
        ModelSource::Later(_) => None,
    });
    ModelWork {
        name: m.name.node.clone(),
        source,
        version: m.version.as_ref().map_or_else(|| crate::plan::Text::lit(""), |v| v.node.clone()),
        save: m.save.as_ref().map(|s| s.node.clone()),
    }
}
