#![doc = include_str!("../../../docs/findings/MLP351.md")]

use super::bad_repository::split_host;
use crate::diag::{Code, Finding};
use crate::spec::{Registry, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    let Some(image) = &spec.image else { return };
    let text = image.repository.node.as_str();
    let (host, path) = split_host(text);
    // What is no legal name at all is the business of another rule.
    if text.contains("://") || path.is_empty() || path.chars().any(|c| c.is_whitespace()) {
        return;
    }
    let (host_text, parts) = (host.unwrap_or_default(), path.split('/').count());
    let (fits, example) = match image.registry.node {
        Registry::Ghcr => (host_text == "ghcr.io" && parts >= 2, "ghcr.io/OWNER/NAME"),
        Registry::Dockerhub => {
            let hub = matches!(host, None | Some("docker.io" | "index.docker.io" | "registry-1.docker.io"));
            (hub && parts == 2, "docker.io/OWNER/NAME")
        }
        Registry::Ecr => (
            ends(host_text, &["amazonaws.com", "amazonaws.com.cn"]) || host_text == "public.ecr.aws",
            "123456789012.dkr.ecr.eu-central-1.amazonaws.com/NAME",
        ),
        Registry::Gar => (
            ends(host_text, &["pkg.dev", "gcr.io"]) || host_text == "gcr.io",
            "europe-west3-docker.pkg.dev/PROJECT/REPOSITORY/NAME",
        ),
        Registry::Acr => {
            (ends(host_text, &["azurecr.io", "azurecr.cn", "azurecr.us"]), "REGISTRY.azurecr.io/NAME")
        }
        Registry::Gitlab => (host.is_some(), "registry.gitlab.com/GROUP/PROJECT"),
        Registry::Generic => (host.is_some(), "registry.example.com/NAME"),
    };
    if !fits {
        let message = format!("`{text}` is not a repository of the registry `{}`", word(image.registry.node));
        out.push(
            Finding::at(Code::REGISTRY_MISMATCH, image.repository.span, message)
                .also(image.registry.span, "the registry")
                .help(format!("write one like `\"{example}\"`, or name the registry that it lies in")),
        );
    }
}

fn ends(host: &str, domains: &[&str]) -> bool {
    domains.iter().any(|d| host.strip_suffix(d).is_some_and(|rest| rest.ends_with('.')))
}

/// The word of the language.
pub(super) fn word(registry: Registry) -> &'static str {
    match registry {
        Registry::Ghcr => "ghcr",
        Registry::Dockerhub => "dockerhub",
        Registry::Ecr => "ecr",
        Registry::Gar => "gar",
        Registry::Acr => "acr",
        Registry::Gitlab => "gitlab",
        Registry::Generic => "generic",
    }
}
