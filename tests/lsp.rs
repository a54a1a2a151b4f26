//! The language server as an editor sees it: a client of our own drives the binary over its standard streams.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops where it fails")]

#[path = "support/lsp.rs"]
mod lsp;

mod language_server {
    mod asking;
    mod diagnostics;
    mod editing;
    mod looking;
    mod naming;
    mod repository;
    mod robust;
    mod sweep;
}
