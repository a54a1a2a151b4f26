//! Where the texts of specs come from: the disk, or an editor's buffer that stands in for a file.

use crate::diag::{Code, Finding, Span};
use crate::syntax;
use camino::Utf8Path;

/// Where the texts of specs come from.
pub trait Texts {
    /// The text that stands in for a file, by its full path. None where the disk has it.
    fn unsaved(&self, path: &Utf8Path) -> Option<String>;
}

/// The disk and nothing else.
#[derive(Debug, Clone, Copy)]
pub struct Disk;

impl Texts for Disk {
    fn unsaved(&self, _: &Utf8Path) -> Option<String> {
        None
    }
}

/// Why a file cannot be read.
pub(super) enum Fault {
    Unreadable(std::io::Error),
    Folder,
    TooLarge(u64),
    NotUtf8(usize),
}

/// The text of a file, without a byte order mark.
pub(super) fn read(path: &Utf8Path, texts: &dyn Texts) -> Result<String, Fault> {
    if let Some(text) = texts.unsaved(path) {
        if text.len() as u64 > syntax::MAX_BYTES {
            return Err(Fault::TooLarge(text.len() as u64));
        }
        return Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text));
    }
    let about = std::fs::metadata(path).map_err(Fault::Unreadable)?;
    if about.is_dir() {
        return Err(Fault::Folder);
    }
    if about.len() > syntax::MAX_BYTES {
        return Err(Fault::TooLarge(about.len()));
    }
    let bytes = std::fs::read(path).map_err(Fault::Unreadable)?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec).unwrap_or(bytes);
    String::from_utf8(bytes).map_err(|e| Fault::NotUtf8(e.utf8_error().valid_up_to()))
}

impl Fault {
    /// The finding that says so: at the `use` that names the file, else about the file.
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
