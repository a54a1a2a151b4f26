//! `mlpipe fmt`.

use super::Exit;
use super::common::{LIMIT, Shell, diff, from_here, rewrite, shown};
use crate::diag::{Finding, SourceMap, words};
use crate::fmt;
use crate::output::OutputFile;
use crate::report::Group;
use crate::spec::keywords;
use crate::spec::shape::Place;
use crate::{spec, syntax};
use camino::{Utf8Path, Utf8PathBuf};
use std::io::Read;
use std::ops::RangeInclusive;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "What a spec says never changes: strings, numbers, comments and their order stay as they are.\n\
                  docs/format.md has the rules.\n\n\
                  Examples:\n  mlpipe fmt                         every spec of the repository\n  \
                  mlpipe fmt --check                 in CI: name the files that would change\n  \
                  mlpipe fmt --diff release.mlpipe   show the changes, write nothing\n  \
                  mlpipe fmt - < release.mlpipe      for an editor: the result on standard output\n  \
                  mlpipe fmt --range 10:20 a.mlpipe  only the statements on these lines\n\n\
                  Exit codes: 0 done, or with --check and --diff nothing to do; 1 a syntax error (that file is left\n\
                  alone), or with --check and --diff a file would change; 2 wrong usage, or a file that cannot be\n\
                  read or written; 70 a bug in mlpipe."
)]
pub(super) struct Args {
    /// Specs, or folders with specs; `-` is standard input, written to standard output [default: every .mlpipe file
    /// below the root]
    #[arg(value_name = "PATH")]
    paths: Vec<Utf8PathBuf>,
    /// Write nothing; print the names of the files that would change, and fail if there is one
    #[arg(long)]
    check: bool,
    /// Write nothing; print what would change as a unified diff, and fail if anything would
    #[arg(long)]
    diff: bool,
    /// Only the statements on these lines of one file, counted from 1
    #[arg(long, value_name = "LINE:LINE", value_parser = range)]
    range: Option<RangeInclusive<usize>>,
}

fn range(text: &str) -> Result<RangeInclusive<usize>, String> {
    let lines = text.split_once(':').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
    match lines {
        Some((first, last)) if 1 <= first && first <= last => Ok(first..=last),
        _ => Err("two line numbers, such as `10:20`; the first line is 1".to_owned()),
    }
}

pub(super) fn run(shell: &Shell, args: &Args) -> Exit {
    if args.paths.iter().any(|p| p == "-") {
        return if args.paths.len() == 1 {
            stdin(shell, args)
        } else {
            shell.usage("`-` is standard input: it stands alone")
        };
    }
    let specs = match shell.specs(&args.paths) {
        Ok(specs) => specs,
        Err(e) => return shell.usage(&e),
    };
    let count = specs.values().map(Vec::len).sum();
    if args.range.is_some() && count != 1 {
        return shell.usage(&format!("`--range` takes lines of one file; the paths hold {count}"));
    }
    let roots: Vec<Root> = specs.into_iter().map(|(root, paths)| Root::read(root, &paths, args)).collect();
    let bases: Vec<Utf8PathBuf> = roots.iter().map(|r| from_here(&r.root)).collect();
    let groups: Vec<Group<'_>> =
        roots.iter().zip(&bases).map(|(r, base)| group(&r.findings, &r.sources, base)).collect();
    shell.findings_in(&groups, LIMIT, "`mlpipe explain CODE` says more");
    let findings: Vec<&Finding> = roots.iter().flat_map(|r| &r.findings).collect();
    let exit = Shell::verdict_on(&findings);
    let done = if args.check || args.diff { show(shell, args, &roots) } else { write(shell, &roots) };
    let refused = roots.iter().map(|r| r.refused).sum();
    let changed: usize = roots.iter().map(|r| r.changed.len()).sum();
    if done != Exit::Usage && done != Exit::Interrupted {
        shell.say(&summary(args, count, changed, refused));
    }
    if exit == Exit::Fine { done } else { exit }
}

/// Findings that no comment can allow: a file that holds one is not laid out.
fn group<'a>(findings: &'a [Finding], sources: &'a SourceMap, base: &'a Utf8Path) -> Group<'a> {
    Group { findings, allowed: &[], sources, base }
}

fn summary(args: &Args, count: usize, changed: usize, refused: usize) -> String {
    let left = if refused == 0 { String::new() } else { format!(", {refused} refused") };
    if args.check || args.diff {
        format!("{changed} of {} would change{left}", words::count(count, "file"))
    } else {
        format!("{} formatted, {} already so{left}", words::count(changed, "file"), count - changed - refused)
    }
}

/// The specs of one root.
struct Root {
    root: Utf8PathBuf,
    sources: SourceMap,
    findings: Vec<Finding>,
    /// Files that were not laid out, because they cannot be read as they should.
    refused: usize,
    /// What would change, and what it was before.
    changed: Vec<(OutputFile, String)>,
}

impl Root {
    fn read(root: Utf8PathBuf, paths: &[Utf8PathBuf], args: &Args) -> Self {
        let mut this = Self {
            root,
            sources: SourceMap::default(),
            findings: Vec::new(),
            refused: 0,
            changed: Vec::new(),
        };
        for path in paths {
            let laid =
                spec::text(&this.root.join(path), path.as_str()).map_err(|f| vec![*f]).and_then(|before| {
                    Ok((laid_out(&before, path, args.range.clone(), &mut this.sources)?, before))
                });
            match laid {
                Ok((after, before)) if after != before => {
                    this.changed.push((OutputFile { path: path.to_string(), text: after }, before));
                }
                Ok(_) => {}
                Err(findings) => {
                    this.refused += 1;
                    this.findings.extend(findings);
                }
            }
        }
        this
    }
}

/// One text in its layout, or why it has none: with the words that tell a missing brace better than the layout can.
fn laid_out(
    text: &str,
    path: &Utf8Path,
    range: Option<RangeInclusive<usize>>,
    sources: &mut SourceMap,
) -> Result<String, Vec<Finding>> {
    let laid = match range {
        Some(lines) => fmt::format_range(text, lines),
        None => fmt::format(text),
    };
    laid.map_err(|mut findings| {
        let file = sources.add(path, text.strip_prefix('\u{feff}').unwrap_or(text));
        let is_top = |word: &str| keywords::find(Place::Top, word).is_some();
        let told = syntax::parse(file, &sources.file(file).text, &is_top).findings;
        if told.is_empty() {
            findings.iter_mut().for_each(|f| f.path = Some(path.to_string()));
            return findings;
        }
        told
    })
}

fn stdin(shell: &Shell, args: &Args) -> Exit {
    let name = Utf8Path::new("<stdin>");
    let mut bytes = Vec::new();
    // One byte more than a spec may have is enough to refuse it.
    if let Err(e) = std::io::stdin().lock().take(syntax::MAX_BYTES + 1).read_to_end(&mut bytes) {
        return shell.usage(&format!("standard input cannot be read: {e}"));
    }
    let mut sources = SourceMap::default();
    let laid = spec::text_of(bytes, name.as_str())
        .map_err(|f| vec![*f])
        .and_then(|before| Ok((laid_out(&before, name, args.range.clone(), &mut sources)?, before)));
    let (after, before) = match laid {
        Ok(texts) => texts,
        Err(findings) => {
            let group = group(&findings, &sources, Utf8Path::new(""));
            shell.findings_in(&[group], LIMIT, "`mlpipe explain CODE` says more");
            return Shell::verdict_on(&findings.iter().collect::<Vec<_>>());
        }
    };
    if !args.check && !args.diff {
        shell.out(&after);
        return Exit::Fine;
    }
    if after == before {
        return Exit::Fine;
    }
    shell.out(&if args.diff { diff(name.as_str(), &before, &after) } else { format!("{name}\n") });
    Exit::Findings
}

fn show(shell: &Shell, args: &Args, roots: &[Root]) -> Exit {
    let mut exit = Exit::Fine;
    for (root, (file, before)) in roots.iter().flat_map(|r| r.changed.iter().map(move |c| (r, c))) {
        let path = shown(&root.root, &file.path);
        shell.out(&if args.diff { diff(&path, before, &file.text) } else { format!("{path}\n") });
        exit = Exit::Findings;
    }
    exit
}

fn write(shell: &Shell, roots: &[Root]) -> Exit {
    for root in roots.iter().filter(|r| !r.changed.is_empty()) {
        let files: Vec<OutputFile> = root.changed.iter().map(|(file, _)| file.clone()).collect();
        if let Err(exit) = rewrite(shell, &root.root, &files) {
            return exit;
        }
        files.iter().for_each(|f| shell.out(&format!("{}\n", shown(&root.root, &f.path))));
    }
    Exit::Fine
}
