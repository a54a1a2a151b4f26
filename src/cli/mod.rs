//! The command line: one file per command. Exit codes: 0 fine, 1 findings or drift, 2 wrong usage or unreadable
//! input, 70 our bug.

mod check;
mod common;
mod compile;
mod completions;
mod doctor;
mod explain;
mod fmt;
mod format;
mod init;
mod lint;
mod lsp;
mod man;
mod origin;
mod page;
mod plan;
mod schema;
mod setup;
mod simulate;
mod targets;
mod test;
mod touched;

use clap::{Parser, Subcommand, ValueEnum};
pub use page::{PAGE_WIDTH, commands, page};
use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Nothing to say.
    Fine,
    /// Findings or drift.
    Findings,
    /// Wrong usage or unreadable input.
    Usage,
    /// Our own bug.
    Bug,
    /// Stopped by Ctrl-C.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(e: Exit) -> Self {
        Self::from(match e {
            Exit::Fine => 0,
            Exit::Findings => 1,
            Exit::Usage => 2,
            Exit::Bug => 70,
            Exit::Interrupted => 130,
        })
    }
}

/// One release spec of a model, compiled to equivalent GitHub Actions, GitLab CI and Jenkins pipelines.
#[derive(Debug, Parser)]
#[command(
    name = "mlpipe",
    version,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = "Examples:\n  mlpipe init                 write a first spec\n  mlpipe lint                 every finding, nothing written\n  mlpipe fmt                  lay the specs out in one form\n  \
                  mlpipe plan                 what will happen, in order\n  mlpipe compile              write the pipelines\n  \
                  mlpipe check                fail when a generated file is not what the spec says\n\n\
                  Exit codes: 0 fine, 1 findings or drift, 2 wrong usage or unreadable input, 70 a bug in mlpipe, 130 stopped by Ctrl-C."
)]
struct Args {
    /// Folder that all paths are below [default: the nearest one upwards with mlpipe.toml, else with .git]
    #[arg(long, global = true, value_name = "DIR")]
    root: Option<camino::Utf8PathBuf>,
    /// The configuration, or `none` for none [default: mlpipe.toml of the root]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<camino::Utf8PathBuf>,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Color,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    /// On a terminal, unless NO_COLOR is set or TERM is `dumb`
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compile specs and write the pipelines
    Compile(compile::Args),
    /// Fail when a generated file is not what its spec says
    Check(check::Args),
    /// Report every finding of every phase; write nothing
    Lint(lint::Args),
    /// Lay specs out in the one canonical form
    Fmt(fmt::Args),
    /// Show what will happen, and every default that was filled in
    Plan(plan::Args),
    /// Play the scenarios of the specs in virtual time and check what they expect
    Test(test::Args),
    /// Play one scenario of the command line, and show what happens
    Simulate(simulate::Args),
    /// Show which features each platform keeps natively, emulates, or leaves to settings
    Targets(targets::Args),
    /// Show what has to exist outside the files: environments, secrets, schedules, plugins
    Setup(setup::Args),
    /// Look at what can be checked from here: repository, files, tools, settings
    Doctor(doctor::Args),
    /// Explain a finding, or a line of a generated file
    Explain(explain::Args),
    /// Show which lines of the generated files a statement made
    Where(origin::Args),
    /// Write a first spec that compiles
    Init(init::Args),
    /// Speak the language server protocol with an editor
    Lsp(lsp::Args),
    /// Print the completions of a shell
    Completions(completions::Args),
    /// Print or write the manual, a page for each command
    Man(man::Args),
    /// Print the JSON schema of a JSON output, of the records of jobs, or of mlpipe.toml
    Schema(schema::Args),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let args = Args::parse();
    let shell = common::Shell::new(args.root, args.config, args.color);
    let exit = match args.command {
        Command::Compile(a) => compile::run(&shell, &a),
        Command::Check(a) => check::run(&shell, &a),
        Command::Lint(a) => lint::run(&shell, &a),
        Command::Fmt(a) => fmt::run(&shell, &a),
        Command::Plan(a) => plan::run(&shell, &a),
        Command::Test(a) => test::run(&shell, &a),
        Command::Simulate(a) => simulate::run(&shell, &a),
        Command::Targets(a) => targets::run(&shell, &a),
        Command::Setup(a) => setup::run(&shell, &a),
        Command::Doctor(a) => doctor::run(&shell, &a),
        Command::Explain(a) => explain::run(&shell, &a),
        Command::Where(a) => origin::run(&shell, &a),
        Command::Init(a) => init::run(&shell, &a),
        Command::Lsp(a) => lsp::run(&a),
        Command::Completions(a) => completions::run(&shell, &a),
        Command::Man(a) => man::run(&shell, &a),
        Command::Schema(a) => schema::run(&shell, &a),
    };
    shell.end(exit).into()
}
