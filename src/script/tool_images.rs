//! The container images of tools that the script starts by itself, from `tool-images.toml`.

const TABLE: &str = include_str!("tool-images.toml");

/// BuildKit, for a builder that can keep its cache in a registry.
pub(super) fn builder() -> &'static str {
    image_of("builder")
}

/// Trivy, where it is not on PATH.
pub(super) fn scanner() -> &'static str {
    image_of("scanner")
}

/// The one `image = "…"` line of a section. The file is ours and a test reads it as TOML, so that no failure has
/// to be carried through the callers.
fn image_of(section: &str) -> &'static str {
    TABLE
        .lines()
        .skip_while(|line| line.trim() != format!("[{section}]"))
        .find_map(|line| line.strip_prefix("image = \"")?.strip_suffix('"'))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_image_has_a_version_and_a_digest() {
        let table: toml::Table = TABLE.parse().unwrap();
        for (name, found) in [("builder", builder()), ("scanner", scanner())] {
            assert_eq!(table[name]["image"].as_str(), Some(found));
            let (reference, digest) = found.split_once("@sha256:").unwrap();
            let (_, version) = reference.rsplit_once(':').unwrap();
            assert!(version.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit()), "{found}");
            assert!(digest.len() == 64 && digest.chars().all(|c| c.is_ascii_hexdigit()), "{found}");
        }
        assert_eq!(table.len(), 2);
    }
}
