//! `mlpipe schema`: the JSON schema of every JSON that mlpipe and its jobs write, and of `mlpipe.toml`.

use super::Exit;
use super::common::Shell;
use crate::report::{self, SCHEMAS};
use clap::builder::{PossibleValue, PossibleValuesParser};

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  mlpipe schema                                    every name, and what it describes\n  \
                        mlpipe schema findings > findings.schema.json\n\n\
                        They are of this version, to the letter: a field that is not there is refused.\n\
                        What reads these documents has to pass over fields that it does not know: later versions add some."
)]
pub(super) struct Args {
    /// Which one [default: list them]
    #[arg(value_name = "NAME", value_parser = names())]
    name: Option<String>,
}

fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(SCHEMAS.iter().map(|s| PossibleValue::new(s.name).help(s.of)))
}

pub(super) fn run(shell: &Shell, args: &Args) -> Exit {
    match args.name.as_deref().and_then(report::schema) {
        Some(schema) => shell.out(schema.text),
        None => {
            let wide = SCHEMAS.iter().map(|s| s.name.len()).max().unwrap_or(0);
            for s in SCHEMAS {
                shell.out(&format!("{:<wide$}  {}\n", s.name, s.of));
            }
        }
    }
    Exit::Fine
}
