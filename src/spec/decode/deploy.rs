//! `deploy`, with its approval.

use super::{Decoder, Item, statements};
use crate::diag::{Code, Finding, Spanned};
use crate::spec::shape::Place;
use crate::spec::{
    Approval, ApprovalKind, CanaryStep, Common, Deploy, Duration, Mirroring, Shadow, Strategy, Unit,
};

impl Decoder<'_> {
    /// `deploy NAME { … }`.
    pub(super) fn deploy(&mut self, item: &Item<'_>) -> Option<Deploy> {
        let mut deploy = Deploy {
            name: item.text("name")?,
            after: None,
            on: Vec::new(),
            approval: None,
            target: None,
            smoke: None,
            strategy: None,
            shadow: None,
            soak: None,
            watch: None,
            rollback: None,
            tier: None,
            auth: Vec::new(),
            common: Common { head: item.statement.head, ..Common::default() },
        };
        let items = self.complete(item, Place::Deploy);
        for inner in &items {
            if self.common(&mut deploy.common, inner) {
                continue;
            }
            match inner.word() {
                "after" => deploy.after = inner.text("deploy"),
                "on" => deploy.on.extend(self.on(inner)),
                "approval" => deploy.approval = self.approval(inner),
                "target" => deploy.target = self.target_of(inner),
                "smoke" => deploy.smoke = inner.text("command"),
                "tier" => deploy.tier = inner.text("tier"),
                "auth" => deploy.auth.extend(self.auth(inner)),
                "shadow" => deploy.shadow = self.shadow(inner),
                "soak" => deploy.soak = inner.duration("time"),
                "canary" | "blue_green" | "rolling" => {
                    let strategy = self.strategy(inner);
                    deploy.strategy = strategy.map(|s| Spanned::new(s, inner.statement.head));
                }
                _ => {}
            }
        }
        self.strategies(&items);
        (deploy.watch, deploy.rollback) = self.live(&items);
        Some(deploy)
    }

    fn approval(&mut self, item: &Item<'_>) -> Option<Approval> {
        let kind = item.choice("kind", |word| {
            Some(if word == "by_dispatch" { ApprovalKind::ByDispatch } else { ApprovalKind::Required })
        })?;
        let mut approval =
            Approval { kind, by: Vec::new(), expires: None, unchecked: None, span: item.statement.head };
        for inner in self.items(statements(item.block()), Place::Approval) {
            match inner.word() {
                "by" => approval.by.extend(inner.texts("who")),
                "expires" => approval.expires = inner.duration("time"),
                "unchecked" => approval.unchecked = inner.text("reason"),
                _ => {}
            }
        }
        Some(approval)
    }

    /// `shadow from NAME { … }`: by what splits the traffic, or by a pair of commands.
    fn shadow(&mut self, item: &Item<'_>) -> Option<Shadow> {
        let from = item.text("deploy")?;
        let items = self.items(statements(item.block()), Place::Shadow);
        let find = |word: &str| items.iter().find(|i| i.word() == word);
        let (run, stop, kubeconfig) = (find("run"), find("stop"), find("kubeconfig"));
        if let (Some(one), None) | (None, Some(one)) = (run, stop) {
            let (is, other, what) = match one.word() {
                "run" => ("run", "stop", "ends"),
                word => (word, "run", "begins"),
            };
            if !item.statement.damaged {
                self.findings.push(
                    Finding::at(
                        Code::MISSING_STATEMENT,
                        item.statement.head,
                        format!("`{other}` is missing"),
                    )
                    .also(one.statement.head, format!("`{is}` stands here"))
                    .help(format!(
                        "write the command that {what} the copying: `{other} \"./copy.sh {other}\"`"
                    )),
                );
            }
            return None;
        }
        if let (Some(run), Some(kubeconfig)) = (run, kubeconfig) {
            self.findings.push(
                Finding::at(
                    Code::GIVEN_TWICE,
                    kubeconfig.statement.head,
                    "requests are copied by an Ingress or by commands, not by both",
                )
                .also(run.statement.head, "a command does it already")
                .help("take one of them out; a command finds a secret that the deploy names: `secret NAME`"),
            );
            return None;
        }
        let way = match (run, stop) {
            (Some(run), Some(stop)) => {
                Mirroring::Commands { run: run.text("command")?, stop: stop.text("command")? }
            }
            _ => Mirroring::Traffic(match kubeconfig {
                Some(item) => Some(item.text("secret")?),
                None => None,
            }),
        };
        Some(Shadow { from, way, span: item.statement.head })
    }

    fn strategy(&mut self, item: &Item<'_>) -> Option<Strategy> {
        if item.failed() {
            return None;
        }
        match item.word() {
            "canary" => {
                self.canary(item);
                Some(Strategy::Canary(canary_steps(item)))
            }
            "blue_green" => Some(Strategy::BlueGreen(item.duration("hold").map(|d| d.node))),
            _ => Some(Strategy::Rolling),
        }
    }

    /// A canary rises, and ends at 100 %.
    fn canary(&mut self, item: &Item<'_>) {
        let mut last = 0.0;
        for (name, value) in item.values() {
            let super::Value::Literal(literal) = &value.node else { continue };
            if name != "weight" {
                continue;
            }
            let weight = literal.number.value();
            if weight <= last {
                self.bad_value(
                    value.span,
                    format!("a canary rises, and `{}` is not more than the step before", literal.text),
                    "write the steps from the smallest to `100%`: `canary 5% for 10m, 25% for 10m, 100%`",
                );
                return;
            }
            last = weight;
        }
        if last < 100.0 {
            self.bad_value(
                item.statement.head,
                "this canary never gets to `100%`",
                "end it with `100%`: `canary 5% for 10m, 25% for 10m, 100%`",
            );
        }
    }

    /// One way to move traffic.
    fn strategies(&mut self, items: &[Item<'_>]) {
        let mut ways = items.iter().filter(|i| matches!(i.word(), "canary" | "blue_green" | "rolling"));
        let (Some(first), Some(second)) = (ways.next(), ways.next()) else { return };
        self.findings.push(
            Finding::at(
                Code::GIVEN_TWICE,
                second.statement.head,
                format!("a deploy cannot be `{}` and `{}`", first.word(), second.word()),
            )
            .also(first.statement.head, "it is that already")
            .help("take one of them out"),
        );
    }
}

fn canary_steps(item: &Item<'_>) -> Vec<CanaryStep> {
    let mut steps: Vec<CanaryStep> = Vec::new();
    for (name, value) in item.values() {
        let super::Value::Literal(literal) = &value.node else { continue };
        if name == "weight" {
            steps.push(CanaryStep { weight: literal.number.value(), hold: None });
        } else if let Some(last) = steps.last_mut() {
            last.hold = literal.in_unit(Unit::S).map(|seconds| Duration { seconds });
        }
    }
    steps
}
