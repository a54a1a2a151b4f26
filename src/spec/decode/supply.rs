//! Models, data, training, and the image.

use super::{Decoder, Item, statements};
use crate::diag::Spanned;
use crate::spec::shape::Place;
use crate::spec::{
    Cloud, Common, Data, Image, ImageTag, Model, ModelSource, Registry, Scan, ScanLevel, SecretName, Train,
};

impl Decoder<'_> {
    /// `model NAME { … }`.
    pub(super) fn model(&mut self, item: &Item<'_>) -> Option<Model> {
        let common = Common { head: item.statement.head, ..Common::default() };
        let mut model = Model {
            name: item.text("name")?,
            source: None,
            version: None,
            save: None,
            auth: Vec::new(),
            common,
        };
        for inner in self.items(statements(item.block()), Place::Model) {
            if self.common(&mut model.common, &inner) {
                continue;
            }
            match inner.word() {
                "source" => model.source = self.model_source(&mut model.common, &inner),
                "version" => model.version = inner.template("version"),
                "save" => model.save = inner.text("path"),
                "auth" => model.auth.extend(inner.choice("cloud", Cloud::of)),
                _ => {}
            }
        }
        Some(model)
    }

    fn model_source(&mut self, common: &mut Common, item: &Item<'_>) -> Option<Spanned<ModelSource>> {
        let mut secrets: Vec<SecretName> = Vec::new();
        for inner in self.items(statements(item.block()), Place::Access) {
            match inner.word() {
                "secret" => secrets.extend(inner.text("name")),
                "timeout" => common.timeout = inner.duration("time"),
                _ => {}
            }
        }
        let from = item.text("from")?;
        let source = match from.as_str() {
            "path" => ModelSource::Path(item.text("path")?),
            "http" => ModelSource::Http {
                url: item.text("url")?,
                sha256: item.text("sha256")?.map(|s| s.to_ascii_lowercase()),
            },
            "mlflow" => {
                let secrets = std::mem::take(&mut secrets);
                ModelSource::Mlflow { uri: item.text("uri")?, secrets }
            }
            "run" => ModelSource::Run(item.text("command")?),
            other => {
                let instead = "fetch the file with a command: `source run \"…\"`";
                self.later(&format!("source {other}"), item.statement.head, instead);
                ModelSource::Later(from)
            }
        };
        common.secrets.extend(secrets);
        Some(Spanned::new(source, item.statement.head))
    }

    /// `data NAME { … }`: checked, compiled later.
    pub(super) fn data(&mut self, item: &Item<'_>) -> Option<Data> {
        self.within_later(|this| {
            let mut common = Common::default();
            for inner in this.complete(item, Place::Data) {
                match inner.word() {
                    "validate" => this.validate(&inner),
                    _ if this.common(&mut common, &inner) => {}
                    _ => this.check_below(&inner),
                }
            }
        });
        Some(Data { name: item.text("name")?, head: item.statement.head })
    }

    /// `train NAME { … }`: checked, compiled later.
    pub(super) fn train(&mut self, item: &Item<'_>) -> Option<Train> {
        self.within_later(|this| {
            for inner in this.complete(item, Place::Train) {
                match inner.word() {
                    "on" => drop(this.on(&inner)),
                    _ => this.check_below(&inner),
                }
            }
        });
        Some(Train { name: item.text("name")?, head: item.statement.head })
    }

    /// `image REGISTRY "…" { … }`.
    pub(super) fn image(&mut self, item: &Item<'_>) -> Option<Image> {
        let registry = item.choice("registry", registry)?;
        if matches!(registry.node, Registry::Ecr | Registry::Gar | Registry::Acr) {
            let word = item.text("registry").map(|r| r.node).unwrap_or_default();
            self.later(
                &format!("image {word}"),
                item.statement.head,
                "log in with user and password: `image generic \"…\" { login secret USER, PASSWORD }`",
            );
        }
        let mut image = Image {
            registry,
            repository: item.text("repository")?,
            dockerfile: None,
            context: None,
            with_models: Vec::new(),
            tags: Vec::new(),
            scan: None,
            login: None,
            common: Common { head: item.statement.head, ..Common::default() },
        };
        for inner in self.items(statements(item.block()), Place::Image) {
            if self.common(&mut image.common, &inner) {
                continue;
            }
            match inner.word() {
                "with" => image.with_models.extend(inner.texts("model")),
                "tags" => image.tags.extend(tags(&inner)),
                "scan" => image.scan = scan(&inner),
                "dockerfile" => image.dockerfile = inner.text("path"),
                "context" => image.context = inner.text("path"),
                "login" => image.login = inner.text("user").zip(inner.text("password")),
                _ => {}
            }
        }
        Some(image)
    }
}

fn registry(word: &str) -> Option<Registry> {
    Some(match word {
        "ghcr" => Registry::Ghcr,
        "dockerhub" => Registry::Dockerhub,
        "ecr" => Registry::Ecr,
        "gar" => Registry::Gar,
        "acr" => Registry::Acr,
        "gitlab" => Registry::Gitlab,
        "generic" => Registry::Generic,
        _ => return None,
    })
}

fn tags<'i>(item: &'i Item<'_>) -> impl Iterator<Item = Spanned<ImageTag>> + 'i {
    item.values().filter_map(|(name, value)| {
        let tag = match (name, &value.node) {
            ("tag", super::Value::Text(word)) => match word.as_str() {
                "commit" => ImageTag::Commit,
                "short_commit" => ImageTag::ShortCommit,
                "branch" => ImageTag::Branch,
                "tag" => ImageTag::Tag,
                _ => ImageTag::Latest,
            },
            ("text", super::Value::Template(template)) => ImageTag::Text(template.clone()),
            _ => return None,
        };
        Some(Spanned::new(tag, value.span))
    })
}

fn scan(item: &Item<'_>) -> Option<Scan> {
    let fail_on = item.choice("level", |word| {
        Some(match word {
            "low" => ScanLevel::Low,
            "medium" => ScanLevel::Medium,
            "high" => ScanLevel::High,
            "critical" => ScanLevel::Critical,
            _ => return None,
        })
    })?;
    Some(Scan { tool: item.text("tool")?, fail_on })
}
