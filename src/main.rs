//! The `mlpipe` binary.

fn main() -> std::process::ExitCode {
    mlpipe::cli::main()
}
