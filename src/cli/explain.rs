//! `mlpipe explain`.

use super::Exit;
use super::common::Shell;
use super::origin;
use crate::diag::{self, words};

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  mlpipe explain MLP010             a finding\n  mlpipe explain                    every code\n  \
                        mlpipe explain Jenkinsfile:120    which statement made the line, and why it is there"
)]
pub(super) struct Args {
    /// Code or name of a finding, or a line of a generated file [default: list every code]
    #[arg(value_name = "CODE|FILE:LINE")]
    code: Option<String>,
}

pub(super) fn run(shell: &Shell, args: &Args) -> Exit {
    let Some(asked) = &args.code else {
        for c in diag::ALL {
            shell.out(&format!("{}  {}\n", c.id, c.name));
        }
        return Exit::Fine;
    };
    if let Some((file, line)) = origin::place(asked) {
        return origin::explain(shell, file, line);
    }
    if let Some(code) = diag::find(asked) {
        shell.out(code.page);
        return Exit::Fine;
    }
    if let Some(why) = origin::no_place(asked) {
        return shell.usage(&why);
    }
    let near = words::nearest(asked, diag::ALL.iter().flat_map(|c| [c.id, c.name]));
    let hint =
        near.map_or_else(|| "`mlpipe explain` lists them".to_owned(), |n| format!("did you mean `{n}`?"));
    shell.usage(&format!("there is no finding `{asked}`; {hint}"))
}
