//! `mlpipe man`: the manual, a page for each command.

use super::common::Shell;
use super::{Args as Whole, Exit};
use crate::diag::words;
use camino::Utf8PathBuf;
use clap::{Command, CommandFactory};
use clap_mangen::Man;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  mlpipe man lint | man -l -\n  \
                        mlpipe man --dir ~/.local/share/man/man1    every page: mlpipe.1, mlpipe-lint.1, …")]
pub(super) struct Args {
    /// The command whose page is printed [default: mlpipe itself]
    #[arg(value_name = "COMMAND", conflicts_with = "dir")]
    command: Option<String>,
    /// Write every page into DIR instead, which is made where it is not there
    #[arg(long, value_name = "DIR")]
    dir: Option<Utf8PathBuf>,
}

pub(super) fn run(shell: &Shell, args: &Args) -> Exit {
    let pages = match pages() {
        Ok(pages) => pages,
        Err(e) => return shell.usage(&format!("a page cannot be made: {e}")),
    };
    if let Some(dir) = &args.dir {
        return write(shell, dir, &pages);
    }
    let wanted = args.command.as_ref().map_or_else(|| "mlpipe".to_owned(), |c| format!("mlpipe-{c}"));
    if let Some((_, text)) = pages.iter().find(|(name, _)| *name == wanted) {
        shell.out(text);
        return Exit::Fine;
    }
    let names = pages.iter().filter_map(|(name, _)| name.strip_prefix("mlpipe-"));
    let asked = args.command.as_deref().unwrap_or_default();
    let hint = words::nearest(asked, names)
        .map_or_else(|| "`mlpipe --help` lists them".to_owned(), |n| format!("did you mean `{n}`?"));
    shell.usage(&format!("there is no command `{asked}`; {hint}"))
}

fn write(shell: &Shell, dir: &Utf8PathBuf, pages: &[(String, String)]) -> Exit {
    if let Err(e) = std::fs::create_dir_all(dir) {
        return shell.usage(&format!("--dir `{dir}`: {e}"));
    }
    for (name, text) in pages {
        let path = dir.join(format!("{name}.1"));
        if let Err(e) = std::fs::write(&path, text) {
            return shell.usage(&format!("`{path}` cannot be written: {e}"));
        }
        shell.out(&format!("{path}\n"));
    }
    Exit::Fine
}

/// Every page, by its name without the section: `mlpipe`, `mlpipe-compile`.
fn pages() -> std::io::Result<Vec<(String, String)>> {
    let mut command = Whole::command().disable_help_subcommand(true);
    // Gives the commands below their full names.
    command.build();
    let mut pages = vec![page(&command)?];
    for below in command.get_subcommands() {
        pages.push(page(below)?);
    }
    Ok(pages)
}

fn page(command: &Command) -> std::io::Result<(String, String)> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    let source = concat!("mlpipe ", env!("CARGO_PKG_VERSION"));
    let mut text = Vec::new();
    Man::new(command.clone()).title(&name).source(source).manual("mlpipe").render(&mut text)?;
    Ok((name, String::from_utf8_lossy(&text).into_owned()))
}
