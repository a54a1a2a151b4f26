//! `mlpipe lsp`.

use super::Exit;
use crate::lsp::{self, End};
use std::io::BufReader;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "An editor starts it; docs/lsp.md says how. What holds for a file is said in its own root, so `--root` and `--config` do nothing here."
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
