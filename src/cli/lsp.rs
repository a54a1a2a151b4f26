//! `mlpipe lsp`.

use super::Exit;
use crate::lsp::{self, End};
use std::io::BufReader;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "An editor starts it; docs/lsp.md says how. It takes no options but this one, which editors add."
)]
pub(super) struct Args {
    /// Speak on standard input and output, which it does anyway
    #[arg(long)]
    stdio: bool,
}

pub(super) fn run(_: &Args) -> Exit {
    match lsp::serve(BufReader::new(std::io::stdin()), std::io::stdout().lock()) {
        End::Orderly => Exit::Fine,
        End::Abrupt => Exit::Findings,
    }
}
