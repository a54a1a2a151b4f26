//! The page of the commands, `docs/cli.md`: every command's `--help`.

use super::Args;
use clap::CommandFactory;
use std::fmt::Write;

const HEAD: &str = "# Commands

What every command's `--help` says. This page is generated: `UPDATE_CLI=1 cargo test --test generated_pages` writes it anew.
";

/// Columns that the help is set in.
pub const PAGE_WIDTH: usize = 100;

/// The names of the commands, in the order of `mlpipe --help`.
pub fn commands() -> Vec<String> {
    Args::command().get_subcommands().map(|c| c.get_name().to_owned()).collect()
}

/// The whole page.
pub fn page() -> String {
    let mut command = Args::command().term_width(PAGE_WIDTH);
    command.build();
    let mut page = HEAD.to_owned();
    section(&mut page, "mlpipe", &mut command);
    for name in commands() {
        if let Some(below) = command.find_subcommand_mut(&name) {
            section(&mut page, &format!("mlpipe {name}"), below);
        }
    }
    page
}

fn section(page: &mut String, title: &str, command: &mut clap::Command) {
    let help = command.render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    let _ = writeln!(page, "\n## `{title}`\n\n```text\n{}\n```", lines.join("\n").trim_end());
}
