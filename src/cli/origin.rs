//! `mlpipe explain FILE:LINE` and `mlpipe where`: from a generated file to its spec, and back.

use super::Exit;
use super::common::{Shell, from_here, shown};
use crate::diag::words;
use crate::origin::{self, Part};
use crate::plan::Plan;
use crate::platform;
use crate::project::Project;
use crate::prove::{File, Root};
use crate::report;
use crate::spec::PlatformName;
use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

/// Arguments of `mlpipe where`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  mlpipe where gate.quality         the lines of every generated file that this gate made\n  \
                        mlpipe where release.mlpipe:24    of the statement at that line\n  \
                        mlpipe where deploy-production    of a job, by its id\n\n\
                        `mlpipe explain FILE:LINE` goes the other way."
)]
pub(super) struct Args {
    /// A statement (`gate.quality`), a job (`gate-quality`) or a line of a spec (`release.mlpipe:24`)
    #[arg(value_name = "WHAT")]
    what: String,
    /// Specs, or folders with specs [default: every .mlpipe file below the root]
    #[arg(value_name = "PATH")]
    paths: Vec<Utf8PathBuf>,
}

/// A generated file as it is on the disk, with the plan that it belongs to.
struct Generated<'p> {
    plan: &'p Plan,
    /// Nothing for the script.
    platform: Option<PlatformName>,
    path: String,
    text: String,
}

/// `FILE:LINE` of a word, where it is one.
pub(super) fn place(word: &str) -> Option<(&str, usize)> {
    let (file, line) = word.rsplit_once(':')?;
    line.parse().ok().filter(|line| *line > 0 && !file.is_empty()).map(|line| (file, line))
}

/// What is wrong with a word that begins like `FILE:LINE` and is none.
pub(super) fn no_place(word: &str) -> Option<String> {
    let (file, line) = word.rsplit_once(':')?;
    let is_file = !file.is_empty() && place(word).is_none() && Utf8Path::new(file).is_file();
    is_file.then(|| {
        format!(
            "`{line}` is no line of `{file}`: lines are counted from 1, and one is asked for, as `{file}:12`"
        )
    })
}

/// Tells which statement made a line of a generated file, and why.
pub(super) fn explain(shell: &Shell, file: &str, line: usize) -> Exit {
    let path = Utf8Path::new(file);
    let (root, relative) = match shell.root_of(path).and_then(|root| Ok((below(&root, path)?, root))) {
        Ok((relative, root)) => (root, relative),
        Err(e) => return shell.usage(&e),
    };
    let projects = match shell.load(std::slice::from_ref(&root)) {
        Ok(all) => all,
        Err(e) => return shell.usage(&e),
    };
    let Some(project) = projects.iter().find(|p| p.root == root) else {
        return shell.usage(&format!("`{file}`: no spec makes it"));
    };
    let all = match generated(project, Some(&relative)) {
        Ok(all) => all,
        Err(e) => return shell.usage(&e),
    };
    let Some(found) = all.first() else { return unknown(shell, project, file, &relative) };
    let Some(text) = found.text.lines().nth(line - 1) else {
        return shell.usage(&format!("`{file}` has {}", words::count(found.text.lines().count(), "line")));
    };
    let parts = match parts(project, found) {
        Ok(parts) => parts,
        Err(e) => return shell.usage(&e),
    };
    let made = parts.iter().find(|p| p.holds(line)).map(|p| (&found.plan.jobs[p.job], *p));
    let spec = made.map(|(job, _)| shown(&project.root, &job.origin.path)).unwrap_or_default();
    let reason = found.platform.and_then(|p| origin::reason(p, &found.text, line));
    if made.is_none() && reason.is_none() {
        shell.out(&format!(
            "  {}\n\n     of the whole file, which {} makes: no statement of its own\n",
            text.trim(),
            shown(&project.root, &found.plan.source)
        ));
        return Exit::Fine;
    }
    shell.out(&report::origin_line(text, made.map(|(job, part)| (job, part, spec.as_str())), reason));
    Exit::Fine
}

fn unknown(shell: &Shell, project: &Project, file: &str, relative: &str) -> Exit {
    if relative.ends_with(".mlpipe") {
        return shell.usage(&format!("`{file}` is a spec: `mlpipe where {file}:LINE` shows what it makes"));
    }
    let roots = platform::all().into_iter().filter_map(|p| p.root_path());
    if relative == ".mlpipe/mlpipe_runtime.py" || roots.into_iter().any(|r| r == relative) {
        shell.out("     the same for every pipeline of the repository: no statement of its own\n");
        return Exit::Fine;
    }
    let all: Vec<String> = paths(project).into_iter().map(|p| p.2).collect();
    let near = words::nearest(relative, all.iter().map(String::as_str));
    let hint = near.map_or_else(|| "`mlpipe plan` lists them".to_owned(), |n| format!("did you mean `{n}`?"));
    shell.usage(&format!("`{file}` is no pipeline or script that a spec makes; {hint}"))
}

pub(super) fn run(shell: &Shell, args: &Args) -> Exit {
    let projects = match shell.load(&args.paths) {
        Ok(all) => all,
        Err(e) => return shell.usage(&e),
    };
    if projects.iter().any(Project::has_errors) {
        shell.findings(&projects);
        return Shell::verdict(&projects);
    }
    if let Some((file, line)) = place(&args.what)
        && let Ok(text) = std::fs::read_to_string(file)
        && line > text.lines().count()
    {
        return shell.usage(&format!("`{file}` has {}", words::count(text.lines().count(), "line")));
    }
    let mut out = String::new();
    for project in &projects {
        let all = match generated(project, None) {
            Ok(all) => all,
            Err(e) => return shell.usage(&e),
        };
        for file in &all {
            let jobs = asked(project, file.plan, &args.what);
            if jobs.is_empty() {
                continue;
            }
            match parts(project, file) {
                Ok(parts) => {
                    let path = shown(&project.root, &file.path);
                    let own = parts.iter().filter(|p| jobs.contains(&p.job));
                    out.extend(own.map(|p| report::origin_part(&path, *p, &file.plan.jobs[p.job])));
                }
                Err(e) => return shell.usage(&e),
            }
        }
    }
    if out.is_empty() {
        return nothing(shell, &projects, &args.what);
    }
    shell.out(&out);
    Exit::Fine
}

fn nothing(shell: &Shell, projects: &[Project], what: &str) -> Exit {
    if let Some(why) = no_place(what) {
        return shell.usage(&why);
    }
    let ids: Vec<&str> = projects
        .iter()
        .flat_map(Project::plans_selected)
        .flat_map(|p| &p.jobs)
        .map(|j| j.id.as_str())
        .collect();
    let asked = what.replace('.', "-");
    if ids.contains(&asked.as_str()) {
        return shell.usage(&format!("no file on the disk has `{what}` yet: `mlpipe compile` writes them"));
    }
    let near = words::nearest(&asked, ids.iter().copied());
    let hint =
        near.map_or_else(|| "`mlpipe plan` lists the jobs".to_owned(), |n| format!("did you mean `{n}`?"));
    shell.usage(&format!("no job comes from `{what}`; {hint}"))
}

/// Jobs of the plan that are meant: by id, by statement, or by a line of a spec. A statement may make several.
fn asked(project: &Project, plan: &Plan, what: &str) -> Vec<usize> {
    if let Some((file, line)) = place(what) {
        let Ok(path) = below(&project.root, Utf8Path::new(file)) else { return Vec::new() };
        // Behind the line of its question a deploy goes on.
        let over = |j: &crate::plan::Job| j.id.starts_with("approve-") && j.origin.line as usize != line;
        let here =
            |j: &&crate::plan::Job| j.origin.path == path && j.origin.line as usize <= line && !over(j);
        let last = plan.jobs.iter().filter(here).map(|j| j.origin.line).max();
        let at = |j: &crate::plan::Job| j.origin.path == path && Some(j.origin.line) == last;
        return (0..plan.jobs.len()).filter(|i| at(&plan.jobs[*i])).collect();
    }
    let id = what.replace('.', "-");
    // The question stands in the block of its deploy.
    let asks =
        |own: &str| own.strip_prefix("approve-").is_some_and(|e| id.strip_prefix("deploy-") == Some(e));
    let named = |own: &str| own == id || asks(own) || own.split_once('-').is_some_and(|(_, name)| name == id);
    let origins: Vec<_> = plan.jobs.iter().filter(|j| named(&j.id)).map(|j| j.origin.span).collect();
    (0..plan.jobs.len())
        .filter(|i| named(&plan.jobs[*i].id) || origins.contains(&plan.jobs[*i].origin.span))
        .collect()
}

/// A path below the root, as plans name it.
fn below(root: &Utf8Path, path: &Utf8Path) -> Result<String, String> {
    let real = path.canonicalize_utf8().map_err(|e| format!("`{path}`: {e}"))?;
    let relative = real.strip_prefix(root).map_err(|_| format!("`{path}` is not below the root `{root}`"))?;
    let parts: Vec<&str> = relative
        .components()
        .filter_map(|c| match c {
            Utf8Component::Normal(part) => Some(part),
            _ => None,
        })
        .collect();
    Ok(parts.join("/"))
}

/// Every pipeline's files: the plan, the platform or nothing for the script, and the path.
fn paths(project: &Project) -> Vec<(&Plan, Option<PlatformName>, String)> {
    let mut all = Vec::new();
    for plan in project.plans_selected() {
        all.extend(plan.emit.iter().map(|e| (plan, Some(e.platform), e.path.clone())));
        all.push((plan, None, plan.script.clone()));
    }
    all
}

/// Those of them that are there; `only` the one of that path.
fn generated<'p>(project: &'p Project, only: Option<&str>) -> Result<Vec<Generated<'p>>, String> {
    let mut all = Vec::new();
    for (plan, platform, path) in paths(project).into_iter().filter(|f| only.is_none_or(|o| f.2 == o)) {
        match std::fs::read_to_string(project.root.join(&path)) {
            Ok(text) => all.push(Generated { plan, platform, path, text }),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(format!("`{}`: {e}", from_here(&project.root).join(&path))),
        }
    }
    Ok(all)
}

fn parts(project: &Project, file: &Generated<'_>) -> Result<Vec<Part>, String> {
    let Some(platform) = file.platform else { return Ok(origin::script_parts(file.plan, &file.text)) };
    let shares = file.plan.emit.iter().any(|e| e.platform == platform && e.shared_root);
    let root = if shares { platform::get(platform).root_path() } else { None };
    let root = root.and_then(|path| std::fs::read_to_string(project.root.join(path)).ok());
    let root = root.as_deref().map(|text| Root { text, includes: &[] });
    origin::parts(file.plan, File { platform, text: &file.text, root }).map_err(|e| {
        format!(
            "`{}` is not what mlpipe wrote ({e}): `mlpipe check` says more",
            shown(&project.root, &file.path)
        )
    })
}
