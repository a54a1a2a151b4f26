//! `mlpipe completions`: what a shell needs to complete the command line.

use super::common::Shell;
use super::{Args as Whole, Exit};
use crate::diag;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Command, CommandFactory, ValueHint};

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "How to install them:\n  bash        mlpipe completions bash > ~/.local/share/bash-completion/completions/mlpipe\n  \
                  zsh         mlpipe completions zsh > DIR/_mlpipe, where DIR is in $fpath before `compinit`\n  \
                  fish        mlpipe completions fish > ~/.config/fish/completions/mlpipe.fish\n  \
                  powershell  mlpipe completions powershell >> $PROFILE\n  \
                  elvish      mlpipe completions elvish >> ~/.config/elvish/rc.elv\n\n\
                  bash and zsh know the codes of this version's findings: write theirs anew after an upgrade."
)]
pub(super) struct Args {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: clap_complete::Shell,
}

pub(super) fn run(shell: &Shell, args: &Args) -> Exit {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut command(), "mlpipe", &mut text);
    shell.out(&String::from_utf8_lossy(&text));
    Exit::Fine
}

/// The command line with what only completion has to know: which words are paths, and the codes of findings. The real
/// one takes more than codes (`explain Jenkinsfile:120`), so they cannot stand there.
fn command() -> Command {
    let mut command = Whole::command();
    let names: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    for name in names {
        command = command.mut_subcommand(name, hinted);
    }
    hinted(command).mut_subcommand("explain", |c| {
        c.mut_arg("code", |a| {
            a.value_parser(PossibleValuesParser::new(
                diag::ALL.iter().map(|c| PossibleValue::new(c.id).help(c.name)),
            ))
        })
    })
}

fn hinted(command: Command) -> Command {
    command.mut_args(|arg| {
        let hint = match arg.get_value_names() {
            Some([name]) => match name.as_str() {
                "PATH" => ValueHint::AnyPath,
                "FILE" => ValueHint::FilePath,
                "DIR" => ValueHint::DirPath,
                _ => return arg,
            },
            _ => return arg,
        };
        arg.value_hint(hint)
    })
}
