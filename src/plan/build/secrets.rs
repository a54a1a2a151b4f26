//! Secrets: to the one job that names them, under the same name everywhere unless the spec says another.

use super::Builder;
use crate::plan::{SecretFrom, SecretKind, SecretUse};
use crate::spec::{PlatformName, SecretName};

impl Builder<'_> {
    /// A secret from the project's store.
    pub(super) fn secret(&self, name: &SecretName, kind: SecretKind) -> SecretUse {
        let ids = self.spec.secrets.get(&name.node);
        let id = |p: PlatformName| {
            ids.and_then(|s| s.ids.get(&p)).map_or_else(|| name.node.clone(), |s| s.node.clone())
        };
        SecretUse {
            name: name.node.clone(),
            github: id(PlatformName::Github),
            gitlab: id(PlatformName::Gitlab),
            jenkins: id(PlatformName::Jenkins),
            kind,
            from: SecretFrom::Store,
        }
    }

    /// A secret that mlpipe itself needs, of a fixed name.
    pub(super) fn built_in(&self, name: &str, from: SecretFrom) -> SecretUse {
        let named = SecretName::new(name.to_owned(), crate::diag::Span::default());
        SecretUse { from, ..self.secret(&named, SecretKind::Text) }
    }
}
