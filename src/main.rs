//! The `mlpipe` binary.

use std::io::Write as _;

fn main() -> std::process::ExitCode {
    // What panics is our bug, and has the exit code of one; the panic itself has said where.
    std::panic::catch_unwind(mlpipe::cli::main).unwrap_or_else(|_| {
        let said = "mlpipe: this is a bug in mlpipe: please report it with the command and the spec";
        let _ = writeln!(std::io::stderr().lock(), "{said}");
        mlpipe::cli::Exit::Bug.into()
    })
}
