//! The language server, `mlpipe lsp`: what an editor asks while a spec is being written.
//!
//! One thread reads messages and one does everything else, in the order in which they came. Diagnostics are what is done
//! when no message waits: a burst of keystrokes is one check, and a request never waits for more than the one that runs. Every
//! request is done behind a boundary that a bug of ours does not get through.
//!
//! | file | what is in it |
//! |---|---|
//! | `wire`, `protocol`, `uri`, `text` | messages, their parts, addresses, positions |
//! | `server`, `requests` | the order of things; one function for each method |
//! | `session`, `documents`, `analysis` | open files, roots, what was found and told |
//! | `cursor`, `arguments`, `names`, `index` | what a place in a text means, over all files |
//! | the others | one feature each |

mod actions;
mod analysis;
mod arguments;
mod completion;
mod cursor;
mod documents;
mod features;
mod hints;
mod hover;
mod index;
mod layout;
mod names;
mod outline;
mod protocol;
mod rename;
mod requests;
mod server;
mod session;
mod snippet;
mod text;
mod tokens;
mod uri;
mod wire;

pub use server::{End, serve};
