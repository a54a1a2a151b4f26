//! Bytes to text, with the limits that a spec has.

use super::texts::Texts;
use crate::diag::{Code, Finding, Span};
use crate::syntax;
use camino::Utf8Path;

/// Why a file cannot be read.
pub(super) enum Fault {
    Unreadable(std::io::Error),
    Folder,
    TooLarge(u64),
    NotUtf8(usize),
}

/// The text of a spec for a tool that writes it back: a byte order mark stays. `shown` is its path for the user.
///
/// # Errors
/// A file that cannot be read, is too large for a spec, or is not UTF-8.
pub fn text(path: &Utf8Path, shown: &str) -> Result<String, Box<Finding>> {
    bytes(path).and_then(utf8).map_err(|fault| fault.finding(shown, None).into())
}

/// The same of what came in by another way, such as standard input.
///
/// # Errors
/// What is too large for a spec, or not UTF-8.
pub fn text_of(bytes: Vec<u8>, shown: &str) -> Result<String, Box<Finding>> {
    let length = bytes.len() as u64;
    let fits = if length > syntax::MAX_BYTES { Err(Fault::TooLarge(length)) } else { Ok(bytes) };
    fits.and_then(utf8).map_err(|fault| fault.finding(shown, None).into())
}

/// The text of a file, without a byte order mark; that of an editor where it is open in one.
pub(super) fn file(path: &Utf8Path, texts: &dyn Texts) -> Result<String, Fault> {
    let bytes = match texts.unsaved(path) {
        Some(text) if text.len() as u64 > syntax::MAX_BYTES => {
            return Err(Fault::TooLarge(text.len() as u64));
        }
        Some(text) => text.into_bytes(),
        None => bytes(path)?,
    };
    utf8(bytes.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec).unwrap_or(bytes))
}

fn bytes(path: &Utf8Path) -> Result<Vec<u8>, Fault> {
    let about = std::fs::metadata(path).map_err(Fault::Unreadable)?;
    if about.is_dir() {
        return Err(Fault::Folder);
    }
    if about.len() > syntax::MAX_BYTES {
        return Err(Fault::TooLarge(about.len()));
    }
    std::fs::read(path).map_err(Fault::Unreadable)
}

fn utf8(bytes: Vec<u8>) -> Result<String, Fault> {
    String::from_utf8(bytes).map_err(|e| Fault::NotUtf8(e.utf8_error().valid_up_to()))
}

impl Fault {
    /// As a finding, at the `use` that named the file if there is one.
    pub(super) fn finding(&self, shown: &str, by: Option<Span>) -> Finding {
        let (code, message, help) = match self {
            Self::Unreadable(error) if error.kind() == std::io::ErrorKind::NotFound => (
                Code::UNREADABLE,
                format!("`{shown}` does not exist"),
                "check the path: that of a `use` starts at the file that it stands in".to_owned(),
            ),
            Self::Unreadable(error) => (
                Code::UNREADABLE,
                format!("`{shown}` cannot be read: {error}"),
                "check who may read it".to_owned(),
            ),
            Self::Folder => (
                Code::UNREADABLE,
                format!("`{shown}` is a folder"),
                "name a `.mlpipe` file in it".to_owned(),
            ),
            Self::TooLarge(bytes) => (
                Code::TOO_LARGE,
                format!("`{shown}` has {bytes} bytes, more than the {} that a spec may have", syntax::MAX_BYTES),
                "this is probably another kind of file; a spec is a few kilobytes, and shares what is common by `use`"
                    .to_owned(),
            ),
            Self::NotUtf8(at) => (
                Code::NOT_UTF8,
                format!("`{shown}` is not UTF-8: byte {at} fits no character"),
                "save it as UTF-8".to_owned(),
            ),
        };
        match by {
            Some(span) => Finding::at(code, span, message).help(help),
            None => Finding::on_path(code, shown, message).help(help),
        }
    }
}
