//! Targets: named ones, and their merging into the deploys that use them.

use super::{Decoder, Item, statements};
use crate::diag::{Code, Finding, Span, Spanned, words};
use crate::spec::shape::{Place, TARGETS, TARGETS_LATER};
use crate::spec::{ArgoRollouts, CommandTarget, HostService, Kubernetes, Ssh, Target, Traffic, keywords};
use crate::syntax::Statement;

/// `target NAME KIND { … }`.
#[derive(Debug, Clone)]
pub(super) struct NamedTarget {
    kind: &'static str,
    place: Place,
    statements: Vec<Statement>,
    name: Span,
    damaged: bool,
}

impl Decoder<'_> {
    /// A target at the top. Checked once here; what a deploy adds is checked there.
    pub(super) fn named_target(&mut self, item: &Item<'_>) -> Option<(String, NamedTarget)> {
        let name = item.text("name")?;
        let word = item.text("kind")?;
        if TARGETS.iter().any(|(kind, _)| *kind == name.node) {
            self.findings.push(
                Finding::at(
                    Code::BAD_NAME,
                    name.span,
                    format!("`{}` is a kind of target, not a name", name.node),
                )
                .help("give the target a name of its own: `target cluster kubernetes { … }`"),
            );
            return None;
        }
        let (kind, place) = TARGETS.into_iter().find(|(kind, _)| *kind == word.node)?;
        self.later_kind(kind, item.statement.head);
        let all = statements(item.block());
        if later_kind(kind) {
            self.within_later(|this| drop(this.items(all, place)));
        } else {
            let items = self.items(all, place);
            self.later_traffic(&items);
        }
        let damaged = item.statement.damaged;
        Some((name.node, NamedTarget { kind, place, statements: all.to_vec(), name: name.span, damaged }))
    }

    /// `target KIND { … }` or `target NAME { … }` of a deploy.
    pub(super) fn target_of(&mut self, item: &Item<'_>) -> Option<Spanned<Target>> {
        let word = item.text("target")?;
        let named = self.targets.get(word.as_str()).cloned();
        let (kind, place, base) = match (Place::of_target(&word), named) {
            (Some(place), _) => {
                let (kind, _) = TARGETS.into_iter().find(|(kind, _)| *kind == word.node)?;
                (kind, place, None)
            }
            (None, Some(named)) => (named.kind, named.place, Some(named)),
            (None, None) => {
                self.no_target(&word);
                return None;
            }
        };
        if base.is_none() {
            self.later_kind(kind, item.statement.head);
        }
        let own = statements(item.block());
        let outer = self.inside_later;
        self.inside_later |= later_kind(kind);
        let own_items = self.items(own, place);
        self.later_traffic(&own_items);
        self.inside_later = outer;
        let known = self.findings.len();
        let base_items = match &base {
            Some(base) => self.within_later(|this| this.items(&base.statements, place)),
            None => Vec::new(),
        };
        self.findings.truncate(known);
        let target = self.merged(kind, &base_items, &own_items);
        let mut complete = self.target_complete(item, place, base.as_ref(), own, &own_items);
        if place == Place::Ssh {
            let damaged = item.statement.damaged || base.as_ref().is_some_and(|b| b.damaged);
            complete &= self.one_service(item.statement.head, [&own_items, &base_items], damaged);
        }
        complete.then_some(())?;
        Some(Spanned::new(target?, item.statement.head))
    }

    fn no_target(&mut self, word: &Spanned<String>) {
        if self.names_missing {
            return;
        }
        let kinds: Vec<&str> = TARGETS.iter().map(|(kind, _)| *kind).collect();
        let finding = Finding::at(
            Code::UNKNOWN_CHOICE,
            word.span,
            format!("`{}` is neither a kind of target nor the name of one", word.node),
        );
        let names = self.targets.keys().map(String::as_str);
        let all: Vec<&str> = kinds.iter().copied().chain(names).collect();
        let near = words::nearest(word, all.iter().copied()).map(str::to_owned);
        let certain = words::certain(word, all).is_some();
        self.findings.push(match near {
            Some(near) => finding.did_you_mean(&near, word.span, certain),
            None => finding.help(format!("the kinds are {}", words::or_list(&kinds))),
        });
    }

    /// Is everything there that this kind of target needs, own statements and named ones together?
    fn target_complete(
        &mut self,
        item: &Item<'_>,
        place: Place,
        base: Option<&NamedTarget>,
        own: &[Statement],
        own_items: &[Item<'_>],
    ) -> bool {
        if item.statement.damaged || base.is_some_and(|b| b.damaged) {
            return false;
        }
        let mut complete = own_items.iter().all(|i| !i.failed());
        let all: Vec<&Statement> = own.iter().chain(base.iter().flat_map(|b| &b.statements)).collect();
        for keyword in keywords::within(place).filter(|k| k.required) {
            if all.iter().any(|s| words::nearest(&s.word, [keyword.word]).is_some()) {
                continue;
            }
            complete = false;
            let finding = super::missing_statement(item.statement.head, keyword);
            self.findings.push(match base {
                Some(base) => finding.also(base.name, "the named target does not have it either"),
                None => finding,
            });
        }
        complete
    }

    fn merged(&mut self, kind: &str, base: &[Item<'_>], own: &[Item<'_>]) -> Option<Target> {
        let find = |word: &str| {
            own.iter().find(|i| i.word() == word).or_else(|| base.iter().find(|i| i.word() == word))
        };
        let text = |word: &str| find(word).and_then(|i| i.text("text"));
        let shell = |word: &str| find(word).and_then(|i| i.text("command"));
        let timeout = find("timeout").and_then(|i| i.duration("time"));
        Some(match kind {
            "kubernetes" => Target::Kubernetes(Kubernetes {
                kubeconfig: find("kubeconfig")?.text("secret")?,
                namespace: text("namespace"),
                deployment: text("deployment")?,
                container: text("container"),
                traffic: find("traffic").and_then(|i| {
                    let (by, route) = (i.text("by")?.node, i.text("route")?.node);
                    Some(Spanned::new(Traffic { by, route }, i.statement.head))
                }),
                timeout,
            }),
            "argo_rollouts" => Target::ArgoRollouts(ArgoRollouts {
                kubeconfig: find("kubeconfig")?.text("secret")?,
                namespace: text("namespace"),
                rollout: text("rollout")?,
                container: text("container"),
                timeout,
            }),
            "command" => Target::Command(CommandTarget {
                deploy: shell("deploy"),
                live: shell("live"),
                rollback: shell("rollback"),
                shift: shell("shift"),
                promote: shell("promote"),
                timeout,
            }),
            "ssh" => Target::Ssh(Ssh {
                hosts: find("host")?.texts("host"),
                key: find("key")?.text("secret")?,
                known_hosts: find("known_hosts")?.text("secret")?,
                // What a deploy says itself replaces what the named target says, in one word or the other.
                service: host_service(own).or_else(|| host_service(base))?,
                timeout,
            }),
            other => Target::Later(other.to_owned()),
        })
    }

    /// A `target ssh` needs one of its two services, and no block may say both.
    fn one_service(&mut self, head: Span, blocks: [&[Item<'_>]; 2], damaged: bool) -> bool {
        for items in blocks {
            let mut services = items.iter().filter(|i| matches!(i.word(), "compose" | "docker"));
            if let (Some(first), Some(second)) = (services.next(), services.next()) {
                let finding = Finding::at(
                    Code::GIVEN_TWICE,
                    second.statement.head,
                    "a host's service is run by docker compose or by docker alone",
                );
                let help = "take one of them out";
                self.findings.push(finding.also(first.statement.head, "it stands here already").help(help));
                return false;
            }
        }
        let there = blocks.iter().any(|b| b.iter().any(|i| matches!(i.word(), "compose" | "docker")));
        if !there && !damaged {
            self.findings.push(
                Finding::at(Code::MISSING_STATEMENT, head, "`compose` or `docker` is missing").help(
                    "write it into the block: `compose \"/srv/app/compose.yml\" service \"api\"`, or \
                     `docker \"api\"` where there is no compose file",
                ),
            );
        }
        there
    }

    /// What splits traffic and is not compiled yet.
    fn later_traffic(&mut self, items: &[Item<'_>]) {
        for item in items.iter().filter(|i| i.word() == "traffic") {
            let Some(by) = item.text("by").filter(|by| by.as_str() == "gateway") else { continue };
            let instead = "let ingress-nginx split it, `traffic nginx \"INGRESS\"`, or Istio, `traffic istio \"VIRTUAL_SERVICE\"`, or drive it by commands: \
                           `target command { deploy \"…\"; live \"…\"; shift \"…\" }`";
            self.later(&format!("traffic {}", by.node), item.statement.head, instead);
        }
    }

    fn later_kind(&mut self, kind: &str, span: Span) {
        if later_kind(kind) {
            let instead = "drive it by its command line: `target command { deploy \"…\"; live \"…\" }`";
            self.later(&format!("target {kind}"), span, instead);
        }
    }
}

fn host_service(items: &[Item<'_>]) -> Option<HostService> {
    items.iter().find_map(|i| match i.word() {
        "compose" => Some(HostService::Compose { file: i.text("file")?, service: i.text("service")? }),
        "docker" => Some(HostService::Docker { container: i.text("container")?, run: i.texts("option") }),
        _ => None,
    })
}

fn later_kind(kind: &str) -> bool {
    TARGETS_LATER.contains(&kind)
}
