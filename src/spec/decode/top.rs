//! The top of a file, and the spec that all of it makes.

use super::{Decoder, Item, statements};
use crate::diag::{Code, Finding, Spanned};
use crate::spec::shape::Place;
use crate::spec::{
    Auth, Channel, Cloud, Drill, Emit, Event, Input, InputKind, Install, Notify, NotifyOn, On, Patch,
    PlatformName, Python, Reconcile, Runner, SecretIds, Spec, State,
};
use crate::syntax::Statement;
use indexmap::IndexMap;

/// What the loader found: the statements of the spec, those that it takes from elsewhere first.
pub(crate) struct Found<'t> {
    pub(crate) statements: Vec<&'t Statement>,
}

/// Decodes the statements of a spec.
pub(crate) fn spec(decoder: &mut Decoder<'_>, found: &Found<'_>) -> Spec {
    let mut spec = Spec { edition: 1, ..Spec::default() };
    let items = decoder.items(found.statements.iter().copied(), Place::Top);
    for item in items.iter().filter(|i| i.word() == "target") {
        match decoder.named_target(item) {
            Some((name, target)) => drop(decoder.targets.insert(name, target)),
            None => decoder.names_missing = true,
        }
    }
    for item in &items {
        decoder.top(&mut spec, item);
    }
    decoder.later.sort_by_key(|l| (l.span.file, l.span.start));
    spec.later = decoder.later.clone();
    spec.mentions = std::mem::take(&mut decoder.mentions);
    spec
}

impl Decoder<'_> {
    fn top(&mut self, spec: &mut Spec, item: &Item<'_>) {
        match item.word() {
            "mlpipe" => self.edition(spec, item),
            "pipeline" => spec.pipeline = item.text("name").unwrap_or_default(),
            "emit" => self.emit(spec, item),
            "on" => spec.on.extend(self.on(item)),
            "python" => spec.python = self.python(item),
            "env" => {
                if let (Some(name), Some(value)) = (item.text("name"), item.template("value")) {
                    spec.env.insert(name.node, value);
                }
            }
            "workdir" => spec.workdir = item.text("path"),
            "secret" => self.secret(spec, item),
            "runner" => self.runner(spec, item),
            "model" => insert(&mut spec.models, self.model(item), |m| &m.name),
            "data" => insert(&mut spec.data, self.data(item), |d| &d.name),
            "gate" => insert(&mut spec.gates, self.gate(item), |g| &g.name),
            "train" => insert(&mut spec.train, self.train(item), |t| &t.name),
            "image" => spec.image = self.image(item),
            "deploy" => insert(&mut spec.deploys, self.deploy(item), |d| &d.name),
            "notify" => spec.notify.extend(self.notify(item)),
            "scenario" => spec.scenarios.extend(self.scenario(item)),
            "target" | "let" | "use" => {}
            "state" => spec.state = self.state(item),
            "auth" => spec.auth.extend(self.auth(item)),
            "reconcile" => spec.reconcile = self.reconcile(item),
            "drill" => spec.drill = self.drill(item),
            _ => self.top_later(spec, item),
        }
    }

    /// Statements that are checked now and compiled later.
    fn top_later(&mut self, spec: &mut Spec, item: &Item<'_>) {
        self.check_below(item);
        if item.word() == "patch" {
            let at = item.choice("platform", platform).zip(item.text("place"));
            let patch = at.zip(item.text("text"));
            spec.patches.extend(patch.map(|((platform, place), text)| Patch { platform, place, text }));
        }
    }

    /// `auth aws role "…"`, at the top or in a deploy.
    pub(super) fn auth(&mut self, item: &Item<'_>) -> Option<Auth> {
        let mut on = IndexMap::new();
        for inner in self.items(statements(item.block()), Place::Auth) {
            if let (Some(platform), Some(name)) = (platform(inner.word()), inner.text("name")) {
                on.insert(platform, name);
            }
        }
        Some(Auth {
            cloud: item.choice("cloud", Cloud::of)?,
            name: item.text("name")?,
            on,
            region: item.text("region"),
            account: item.text("account"),
            tenant: item.text("tenant"),
            subscription: item.text("subscription"),
            audience: item.text("audience"),
            span: item.statement.head,
        })
    }

    /// `state s3 "…" { max_age 7d }`.
    fn state(&mut self, item: &Item<'_>) -> Option<State> {
        let items = self.items(statements(item.block()), Place::State);
        let max_age = items.iter().find(|i| i.word() == "max_age").and_then(|i| i.duration("time"));
        let secrets = items.iter().filter(|i| i.word() == "secret").flat_map(|i| i.texts("name")).collect();
        let (store, place) = (item.text("store")?, item.text("place")?);
        if matches!(store.as_str(), "gs" | "azure") {
            let instead = "keep it in `state git \"BRANCH\"`, `state s3 \"s3://…\"` or beside the Deployment";
            self.later(&format!("state {}", store.node), item.statement.head, instead);
        }
        Some(State { store, place, secrets, max_age, span: item.statement.head })
    }

    /// `reconcile { on schedule "13 * * * *" }`.
    fn reconcile(&mut self, item: &Item<'_>) -> Option<Reconcile> {
        let items = self.complete(item, Place::Reconcile);
        let on = items.iter().find(|i| i.word() == "on").and_then(|i| self.on(i))?;
        Some(Reconcile { on, span: item.statement.head })
    }

    /// `drill staging { on schedule "23 6 * * 1" }`.
    fn drill(&mut self, item: &Item<'_>) -> Option<Drill> {
        let items = self.complete(item, Place::Drill);
        let on = items.iter().find(|i| i.word() == "on").and_then(|i| self.on(i))?;
        Some(Drill { deploys: item.texts("deploy"), on, span: item.statement.head })
    }

    fn edition(&mut self, spec: &mut Spec, item: &Item<'_>) {
        let Some(edition) = item.count("edition") else { return };
        if edition.node != 1 {
            self.bad_value(
                edition.span,
                format!("this mlpipe knows edition 1 of the language, not {}", edition.node),
                "write `mlpipe 1`, or install a newer mlpipe",
            );
        }
        spec.edition = edition.node;
    }

    fn emit(&mut self, spec: &mut Spec, item: &Item<'_>) {
        for (name, value) in item.values() {
            let super::Value::Text(text) = &value.node else { continue };
            if name == "path" {
                if let Some(last) = spec.emit.last_mut() {
                    last.path = Some(Spanned::new(text.clone(), value.span));
                }
                continue;
            }
            let Some(platform) = platform(text) else { continue };
            spec.emit.push(Emit { platform: Spanned::new(platform, value.span), path: None });
        }
    }

    /// `on …`, wherever it stands.
    pub(super) fn on(&mut self, item: &Item<'_>) -> Option<On> {
        let mut paths = Vec::new();
        let mut inputs = Vec::new();
        let word = item.text("event")?;
        for inner in self.items(statements(item.block()), Place::On) {
            let fits = match inner.word() {
                "paths" => matches!(word.as_str(), "push" | "pull_request"),
                _ => matches!(word.as_str(), "manual" | "event"),
            };
            if !fits {
                let (what, whose) = match inner.word() {
                    "paths" => ("a path filter", "`on push` and `on pull_request`"),
                    _ => ("an input", "`on manual` and `on event`"),
                };
                self.findings.push(
                    Finding::at(
                        Code::WRONG_PLACE,
                        inner.statement.head,
                        format!("`on {}` does not have {what}", word.node),
                    )
                    .help(format!("it stands in {whose}")),
                );
            } else if inner.word() == "paths" {
                paths.extend(inner.texts("path"));
            } else {
                inputs.extend(input(&inner));
            }
        }
        let event = match word.as_str() {
            "push" => Event::Push(item.texts("ref")),
            "tag" => Event::Tag(item.texts("ref")),
            "pull_request" => Event::PullRequest(item.texts("ref")),
            "schedule" => {
                let cron = item.text("cron")?;
                Event::Schedule { cron, timezone: item.text("timezone") }
            }
            "manual" => Event::Manual(inputs),
            "event" => Event::Named { name: item.text("name")?, inputs },
            _ => Event::Change(item.text("data")?),
        };
        Some(On { event, paths, span: item.statement.head })
    }

    fn python(&mut self, item: &Item<'_>) -> Option<Python> {
        let mut install = None;
        for inner in self.items(statements(item.block()), Place::Python) {
            install = match inner.text("tool").as_ref().map(|t| t.as_str()) {
                Some("pip") => Some(Install::Pip(inner.texts("file"))),
                Some("poetry") => Some(Install::Poetry(inner.texts("group"))),
                Some(_) => Some(Install::Uv(inner.texts("group"))),
                None => install,
            };
        }
        let version = item.text("version")?;
        Some(Python { version, install, span: item.statement.head })
    }

    fn secret(&mut self, spec: &mut Spec, item: &Item<'_>) {
        let mut ids = SecretIds { ids: IndexMap::new(), span: item.statement.head };
        for inner in self.items(statements(item.block()), Place::Secret) {
            if let (Some(platform), Some(id)) = (platform(inner.word()), inner.text("id")) {
                ids.ids.insert(platform, id);
            }
        }
        if let Some(name) = item.text("name") {
            spec.secrets.insert(name.node, ids);
        }
    }

    fn runner(&mut self, spec: &mut Spec, item: &Item<'_>) {
        let Some(name) = item.text("name") else { return };
        if item.block().is_none() {
            if let Some(first) = &spec.runner {
                self.findings.push(
                    Finding::at(
                        Code::GIVEN_TWICE,
                        item.statement.head,
                        "the pipeline's `runner` is given twice",
                    )
                    .also(first.span, "it stands here already")
                    .help("take one of them out, or write it into the jobs that need another one"),
                );
            }
            spec.runner = Some(name);
            return;
        }
        if let Some(first) = spec.runners.get(&name.node) {
            self.findings.push(
                Finding::at(
                    Code::NAME_TWICE,
                    item.statement.head,
                    format!("there are two statements `runner {}`", name.node),
                )
                .also(first.span, "it stands here already")
                .help("give one of them another name, or take it out"),
            );
        }
        let mut runner = Runner { name: name.clone(), span: item.statement.head, ..Runner::default() };
        for inner in self.items(statements(item.block()), Place::Runner) {
            match inner.word() {
                "github" => runner.github = inner.texts("label"),
                "gitlab" => runner.gitlab = inner.texts("label"),
                "jenkins" => runner.jenkins = inner.text("label"),
                "image" => runner.image = inner.text("image"),
                _ => runner.offline = true,
            }
        }
        spec.runners.insert(name.node, runner);
    }

    fn notify(&mut self, item: &Item<'_>) -> Option<Notify> {
        let word = item.text("channel")?;
        let channel = word.clone().map(|w| match w.as_str() {
            "slack" => Channel::Slack,
            "teams" => Channel::Teams,
            "email" => Channel::Email,
            _ => Channel::Webhook,
        });
        if matches!(channel.node, Channel::Teams | Channel::Email) {
            let instead = "send it to a `webhook`, or to `slack`";
            self.later(&format!("notify {}", word.node), item.statement.head, instead);
        }
        let on = item
            .texts("on")
            .into_iter()
            .map(|on| {
                on.map(|w| match w.as_str() {
                    "failure" => NotifyOn::Failure,
                    "success" => NotifyOn::Success,
                    "rollback" => NotifyOn::Rollback,
                    _ => NotifyOn::Halt,
                })
            })
            .collect();
        Some(Notify { channel, secret: item.text("secret")?, on, span: item.statement.head })
    }
}

fn platform(word: &str) -> Option<PlatformName> {
    PlatformName::ALL.into_iter().find(|p| p.word() == word)
}

fn insert<T>(map: &mut IndexMap<String, T>, value: Option<T>, name: impl Fn(&T) -> &Spanned<String>) {
    if let Some(value) = value {
        map.insert(name(&value).node.clone(), value);
    }
}

fn input(item: &Item<'_>) -> Option<Input> {
    let kind = match item.text("kind")?.as_str() {
        "string" => InputKind::String,
        "bool" => InputKind::Bool,
        "number" => InputKind::Number,
        _ => InputKind::Choice(item.texts("choice").into_iter().map(|c| c.node).collect()),
    };
    let default =
        item.text("default").or_else(|| item.literal("default").map(|l| l.map(|literal| literal.text)));
    Some(Input { name: item.text("name")?, kind, default })
}
