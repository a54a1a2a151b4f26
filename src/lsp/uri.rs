//! `file:` addresses and paths.

use camino::{Utf8Path, Utf8PathBuf};

/// The path of a `file:` address; none for any other.
pub(super) fn to_path(uri: &str) -> Option<Utf8PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    let rest = rest.strip_prefix("localhost").unwrap_or(rest);
    let path = decoded(rest.split(['?', '#']).next().unwrap_or_default())?;
    // `/c:/folder` is `c:/folder` where drives have letters.
    let drive = path.as_bytes().get(2) == Some(&b':') && path.as_bytes()[1].is_ascii_alphabetic();
    Some(Utf8PathBuf::from(if drive && cfg!(windows) { &path[1..] } else { &path }))
}

/// The address of an absolute path.
pub(super) fn of_path(path: &Utf8Path) -> String {
    let text = path.as_str().replace('\\', "/");
    // How Windows writes a path whose links are followed.
    let text = text.strip_prefix("//?/").unwrap_or(&text);
    let mut uri = String::from(if text.starts_with('/') { "file://" } else { "file:///" });
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// A path as every file of it is known: links followed, also where the file itself is not there yet.
pub(super) fn real(path: &Utf8Path) -> Utf8PathBuf {
    if let Ok(real) = path.canonicalize_utf8() {
        return real;
    }
    match (path.parent().and_then(|p| p.canonicalize_utf8().ok()), path.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

fn decoded(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        if bytes[i] == b'%' {
            let hex = text.get(i + 1..i + 3)?;
            out.push(u8::from_str_radix(hex, 16).ok()?);
            i += 3;
        } else {
            out.push(bytes[i]);
            i += 1;
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for path in ["/a/b.mlpipe", "/größe/ä b#c?d%e.mlpipe", "/\u{1f680}/x"] {
            assert_eq!(to_path(&of_path(Utf8Path::new(path))).as_deref(), Some(Utf8Path::new(path)));
        }
    }

    #[test]
    fn what_is_no_file() {
        for uri in ["untitled:Untitled-1", "http://x/y", "file:///%zz", "file:///%ff", "file:///%f"] {
            assert_eq!(to_path(uri), None, "{uri}");
        }
        assert_eq!(to_path("file://localhost/a").as_deref(), Some(Utf8Path::new("/a")));
    }
}
