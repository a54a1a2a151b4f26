//! URLs inside commands.

/// The host of a URL, without user and port; nothing where the text is none or a variable stands for it.
pub(super) fn host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next()?,
        None => host.split(':').next()?,
    };
    (!host.is_empty() && !host.contains('$')).then_some(host)
}

/// A host of this machine or of the network that the job itself is in: a name without a dot, or one that no public register holds.
pub(super) fn is_local(host: &str) -> bool {
    let ends = [".local", ".localhost", ".internal", ".svc", ".cluster.local", ".test", ".lan", ".intranet"];
    !host.contains(['.', ':'])
        || matches!(host, "127.0.0.1" | "0.0.0.0" | "::1")
        || host.starts_with("10.")
        || host.starts_with("192.168.")
        || ends.iter().any(|end| host.ends_with(end))
}

/// `http://` to a host out in the world.
pub(super) fn is_plain_http(url: &str) -> bool {
    url.starts_with("http://") && host(url).is_some_and(|h| !is_local(h))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_what_stands_before_port_and_path() {
        assert_eq!(host("https://u:p@a.example.com:80/x?y"), Some("a.example.com"));
        assert_eq!(host("http://[::1]:8000/"), Some("::1"));
        assert_eq!(host("https://$HOST/x"), None);
        assert_eq!(host("a/b"), None);
        for local in ["localhost", "db", "127.0.0.1", "10.1.2.3", "app.default.svc", "::1"] {
            assert!(is_local(local), "{local}");
        }
        assert!(!is_local("example.com") && is_plain_http("http://example.com/m.bin"));
        assert!(!is_plain_http("http://localhost:8000/healthz") && !is_plain_http("https://example.com"));
    }
}
