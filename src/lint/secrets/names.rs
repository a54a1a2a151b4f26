//! What the name of a variable says about its value.

use crate::lint::commands::Command;
use crate::spec::Common;

/// Ends of names whose value is a credential, part by part.
const ENDS: [&[&str]; 11] = [
    &["TOKEN"],
    &["SECRET"],
    &["PASSWORD"],
    &["PASSWD"],
    &["APIKEY"],
    &["API", "KEY"],
    &["ACCESS", "KEY"],
    &["SECRET", "KEY"],
    &["PRIVATE", "KEY"],
    &["DEPLOY", "KEY"],
    &["CREDENTIALS"],
];

/// True when the name ends as those of credentials do: `HF_TOKEN`, not `TOKENIZER` or `TOKEN_FILE`.
pub(super) fn is_credential(name: &str) -> bool {
    let upper = name.to_uppercase().replace('-', "_");
    let parts: Vec<&str> = upper.split('_').collect();
    ENDS.iter().any(|end| parts.ends_with(end))
}

/// True when the value only says where something is or who asks, whatever store it is kept in.
pub(super) fn is_address(name: &str) -> bool {
    let last = name.rsplit('_').next().unwrap_or_default();
    ["URL", "URI", "HOST", "ENDPOINT", "USER", "USERNAME", "REGION", "ACCOUNT", "PORT", "ID"].contains(&last)
}

/// Secrets that a job names itself: variables of its commands.
pub(super) fn of_job(common: &Common) -> impl Iterator<Item = &str> {
    common.secrets.iter().map(|s| s.node.as_str())
}

/// Is that variable a secret of the command's job?
pub(super) fn is_secret(command: &Command<'_>, name: &str) -> bool {
    of_job(command.common).any(|s| s == name)
}
