//! What may be called at all. Running a file sees only the branches that some build takes; a name that nobody knows is
//! refused in the others, too.

use super::ast::{Block, Does, Expr, File, Is};
use super::token::Name;
use crate::prove::Unreadable;
use std::rc::Rc;

/// Steps that the reader has rules for.
const STEPS: &[&str] = &[
    "archiveArtifacts",
    "catchError",
    "checkout",
    "deleteDir",
    "error",
    "file",
    "junit",
    "lock",
    "node",
    "sh",
    "sleep",
    "stage",
    "stash",
    "string",
    "timeout",
    "unstash",
    "withCredentials",
    "withEnv",
];

/// Methods that it has rules for.
const METHODS: &[&str] = &["add", "any", "contains", "every", "getBuildCauses", "replaceAll"];

/// Looks at every call in the functions of the file.
pub(super) fn functions(file: &File) -> Result<(), Unreadable> {
    let mut all: Vec<_> = file.functions.iter().collect();
    all.sort_by_key(|(_, f)| f.body.first().map_or(0, |s| s.line));
    for (name, f) in all {
        if STEPS.contains(&&**name) {
            let line = f.body.first().map_or(file.line, |s| s.line);
            return Err(Unreadable { line, what: format!("a function in place of the step `{name}`") });
        }
        let check = Check { file, parameters: &f.parameters };
        check.block(&f.body)?;
    }
    Ok(())
}

/// Looks at every call in a script of a stage.
pub(super) fn script(file: &File, block: &Block) -> Result<(), Unreadable> {
    Check { file, parameters: &[] }.block(block)
}

struct Check<'a> {
    file: &'a File,
    parameters: &'a [Name],
}

impl Check<'_> {
    fn block(&self, block: &Block) -> Result<(), Unreadable> {
        for s in block.iter() {
            match &s.does {
                Does::Evaluate(e) | Does::Define(_, e) | Does::Throw(e) | Does::Return(Some(e)) => {
                    self.expression(e)?;
                }
                Does::Return(None) => {}
                Does::Assign(a, b) => {
                    self.expression(a)?;
                    self.expression(b)?;
                }
                Does::If(c, then, other) => {
                    self.expression(c)?;
                    self.block(then)?;
                    other.iter().try_for_each(|b| self.block(b))?;
                }
                Does::For(_, list, body) => {
                    self.expression(list)?;
                    self.block(body)?;
                }
                Does::Try(body, caught, last) => {
                    self.block(body)?;
                    caught.iter().try_for_each(|(_, b)| self.block(b))?;
                    last.iter().try_for_each(|b| self.block(b))?;
                }
            }
        }
        Ok(())
    }

    fn expression(&self, e: &Expr) -> Result<(), Unreadable> {
        match &e.is {
            Is::Null | Is::Bool(_) | Is::Number(_) | Is::Text(_) | Is::Variable(_) | Is::EmptyMap => Ok(()),
            Is::List(all) => all.iter().try_for_each(|e| self.expression(e)),
            Is::Property(e, _) | Is::Not(e) => self.expression(e),
            Is::Index(a, b) | Is::Or(a, b) | Is::Binary(_, a, b) => {
                self.expression(a)?;
                self.expression(b)
            }
            Is::Choice(a, b, c) => [a, b, c].into_iter().try_for_each(|e| self.expression(e)),
            Is::Call(call) => {
                let known = match &call.target {
                    Some(_) => METHODS.contains(&&*call.name),
                    None => {
                        STEPS.contains(&&*call.name)
                            || self.file.functions.contains_key(&call.name)
                            || self.parameters.contains(&call.name)
                    }
                };
                if !known {
                    return Err(Unreadable {
                        line: e.line,
                        what: format!("`{}` is not known here", call.name),
                    });
                }
                call.target.iter().try_for_each(|e| self.expression(e))?;
                call.plain
                    .iter()
                    .chain(call.named.iter().map(|(_, e)| e))
                    .try_for_each(|e| self.expression(e))?;
                call.block.iter().try_for_each(|b: &Rc<_>| self.block(b))
            }
        }
    }
}
