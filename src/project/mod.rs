//! A repository with its pipelines: finds the root and the specs, runs the phases in order, and gives the files that
//! they make. Every finding of every phase is collected; nothing here writes.

mod bundle;
mod config;
mod discover;
mod lanes;
mod left_over;
mod overlay;
mod policy;
mod proof;
mod root;
mod touched;

use bundle::Bundle;
pub use config::{CONFIG_NAME, Config, ConfigFrom, Level};
pub use discover::{DiscoverError, specs};
pub use overlay::{OverlayError, overlay};
pub use policy::{Allowed, Settings};
pub use proof::Proved;
pub use root::{RootError, find as find_root};
pub use touched::{Touched, touched};

use policy::Allows;

use crate::check;
use crate::diag::{Code, Date, FileId, Finding, SourceMap};
use crate::output::OutputFile;
use crate::plan::{self, EmitTo, Plan, Second};
use crate::platform::{self, Platform, Support};
use crate::render::Overlay;
use crate::script;
use crate::spec::{self, Disk, PlatformName, Spec, Texts};
use camino::{Utf8Path, Utf8PathBuf};

/// A pipeline of the repository.
pub struct Pipeline {
    /// Its typed spec.
    pub spec: Spec,
    /// What happens; absent when the spec holds an error.
    pub plan: Option<Plan>,
    /// The pipelines beside it, where the spec has a `reconcile` or a `drill`.
    pub seconds: Vec<Plan>,
    /// The user asked for it; the others are read for the layout only.
    pub selected: bool,
}

impl Pipeline {
    /// Its plan, and those of its `reconcile` and its `drill`.
    pub fn plans(&self) -> impl Iterator<Item = &Plan> {
        self.plan.iter().chain(&self.seconds)
    }
}

/// A repository and everything that is known of its pipelines.
pub struct Project {
    /// Folder that all paths are below.
    pub root: Utf8PathBuf,
    /// Every file read.
    pub sources: SourceMap,
    /// What was found so far in the selected pipelines, as the configuration and the comments of the specs want it. Findings
    /// of a later phase are put in by [`Project::add`].
    pub findings: Vec<Finding>,
    /// What comments of the specs allow, and so is not among the findings.
    pub allowed: Vec<Allowed>,
    /// What `mlpipe.toml` says.
    pub config: Config,
    /// Pipelines, in the order of their paths.
    pub pipelines: Vec<Pipeline>,
    /// The specs that the user asked for, libraries too, by their paths below the root.
    pub selected: Vec<Utf8PathBuf>,
    /// Files beside the selected ones of which nothing could be read: each may be a pipeline.
    unread: Vec<Utf8PathBuf>,
    /// What every spec that was looked at takes from files of which nothing could be read.
    wanting: Vec<(Utf8PathBuf, Vec<Utf8PathBuf>)>,
    /// Broken pipelines that nobody selected are no findings: see [`Project::compile_touched`].
    passes_over_broken: bool,
    /// Every spec that was looked at, with the files that it was read from, itself first; libraries too.
    pub read: Vec<(Utf8PathBuf, Vec<(Utf8PathBuf, FileId)>)>,
    today: Option<Date>,
    allows: Allows,
    /// Everything was printed, for every platform.
    compiled: bool,
    asked: Vec<&'static Code>,
}

/// How far the pipelines are followed that the user did not ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// Checked and planned: a root file that several pipelines share needs all of them.
    Planned,
    /// Read, for their names and paths only.
    Read,
}

/// Parses the built-in templates on a thread of its own. It takes as long as reading a small spec, so a command that is
/// going to print calls this before it reads.
pub fn prepare() {
    let templates = || {
        platform::all().into_iter().for_each(Platform::prepare);
        script::prepare();
    };
    // Where no thread is to be had, printing parses them.
    drop(std::thread::Builder::new().spawn(templates));
}

impl Project {
    /// Reads, checks and plans, without any configuration. `all` are the specs of the repository, `selected` those that the
    /// user asked for.
    pub fn load(root: &Utf8Path, all: &[Utf8PathBuf], selected: &[Utf8PathBuf]) -> Self {
        let settings = Settings { config: ConfigFrom::Nothing, today: None };
        Self::load_from(&Disk, root, all, selected, Others::Planned, &settings)
    }

    /// The same, where some texts are not those of the disk, with a configuration, on a day.
    pub fn load_from(
        texts: &dyn Texts,
        root: &Utf8Path,
        all: &[Utf8PathBuf],
        selected: &[Utf8PathBuf],
        others: Others,
        settings: &Settings,
    ) -> Self {
        let mut sources = SourceMap::default();
        let (config, findings) = Config::read(texts, root, &settings.config, &mut sources);
        let mut project = Self {
            root: root.to_owned(),
            sources,
            findings,
            allowed: vec![],
            config,
            pipelines: vec![],
            selected: selected.to_vec(),
            unread: vec![],
            wanting: vec![],
            passes_over_broken: false,
            read: vec![],
            today: settings.today,
            allows: Allows::default(),
            compiled: false,
            asked: vec![],
        };
        for path in all {
            let wanted = selected.contains(path);
            let mut loaded = spec::load_from(texts, root, path, &mut project.sources);
            if wanted {
                project.allows.extend(&mut loaded, &project.sources);
                project.findings.extend(loaded.findings);
            }
            project.read.push((path.clone(), loaded.files));
            project.wanting.push((path.clone(), loaded.unread));
            match loaded.spec {
                Some(spec) => project.pipelines.push(Pipeline {
                    spec,
                    plan: None,
                    seconds: Vec::new(),
                    selected: wanted,
                }),
                None if wanted || loaded.is_library => {}
                None => project.unread.push(path.clone()),
            }
        }
        project.names();
        project.plans(others);
        project.expired();
        project.settle();
        project
    }

    /// True when nothing may be written.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(Finding::is_error)
    }

    /// Plans of the selected pipelines.
    pub fn plans_selected(&self) -> impl Iterator<Item = &Plan> {
        self.pipelines.iter().filter(|p| p.selected).flat_map(Pipeline::plans)
    }

    /// Refuses every feature that a wanted platform emulates (`--strict`).
    pub fn strict(&mut self, to: &[PlatformName]) {
        let mut found = Vec::new();
        for p in self.pipelines.iter().filter(|p| p.selected) {
            let Some(plan) = &p.plan else { continue };
            let backs = plan.emit.iter().map(|e| e.platform).filter(|p| to.contains(p)).map(platform::get);
            let uses = platform::used(&p.spec, plan);
            for (back, used) in backs.flat_map(|b| uses.iter().map(move |u| (b, u))) {
                let line = back.capability(used.feature).filter(|c| c.support == Support::Emulated);
                let Some(line) = line else { continue };
                let place = used.places.first().copied().unwrap_or(p.spec.pipeline.span);
                let name = back.name().word();
                let message = format!("{name} emulates `{}`: {}", used.feature.words(), line.how);
                found.push(Finding::at(Code::EMULATED, place, message).help(format!(
                    "take it out, do not emit {name} (`--to` names the platforms), or leave `--strict` off"
                )));
            }
        }
        self.add(found);
    }

    /// Every file that the selected pipelines make, for these platforms, each proved to do what the plan says. Findings
    /// that only compiling can make are added; there are no files where an error stands.
    pub fn compile(&mut self, to: &[PlatformName]) -> Proved {
        self.compile_with(to, &Overlay::default())
    }

    /// The same, where templates of a user stand in for built-in ones.
    pub fn compile_with(&mut self, to: &[PlatformName], overlay: &Overlay) -> Proved {
        let printed = self.printed(to, overlay, true);
        if self.has_errors() {
            return Proved::default();
        }
        let proved = Proved::new(printed.files, printed.differences);
        proved.unwrap_or_else(|found| {
            self.add(found);
            Proved::default()
        })
    }

    /// The files to compare with what lies on disk, where only what somebody touched is looked at: a pipeline beside the
    /// selected ones that holds errors takes the shared root file out of the comparison, and is not a finding.
    pub fn compile_touched(&mut self, to: &[PlatformName], overlay: &Overlay) -> Vec<OutputFile> {
        self.passes_over_broken = true;
        let printed = self.printed(to, overlay, true);
        self.add(printed.differences);
        if self.has_errors() { Vec::new() } else { printed.files }
    }

    /// The same files, printed and not proved: what a benchmark of the proof compares with. Nothing writes them.
    pub fn print(&mut self, to: &[PlatformName], overlay: &Overlay) -> Vec<OutputFile> {
        let printed = self.printed(to, overlay, false);
        if self.has_errors() { Vec::new() } else { printed.files }
    }

    /// Adds what can be told of the platforms without printing: statements without output, and limits that the plan
    /// alone shows. The length of a file is not among them.
    pub fn limits(&mut self) {
        self.later();
        let whole = self.pipelines.iter().filter(|p| p.selected && p.spec.later.is_empty());
        let plans = whole.flat_map(Pipeline::plans);
        let each = plans.flat_map(|plan| plan.emit.iter().map(move |e| (plan, e.platform)));
        let found: Vec<Finding> = each.flat_map(|(plan, name)| platform::get(name).limits(plan)).collect();
        self.add(found);
    }

    /// Statements that are checked and have no output yet.
    fn later(&mut self) {
        for p in self.pipelines.iter().filter(|p| p.selected) {
            for later in &p.spec.later {
                self.findings.push(
                    Finding::at(
                        Code::NOT_COMPILED_YET,
                        later.span,
                        format!("`{}` is checked but not compiled yet", later.what),
                    )
                    .label("has no output yet")
                    .help(later.instead.clone()),
                );
            }
        }
    }

    fn printed(&mut self, to: &[PlatformName], overlay: &Overlay, proved: bool) -> Bundle {
        self.later();
        self.compiled = PlatformName::ALL.iter().all(|p| to.contains(p));
        let mut printed = Bundle::default();
        if !self.has_errors() {
            printed = bundle::bundle(self, to, overlay, proved);
            self.findings.append(&mut printed.found);
        }
        self.settle();
        printed
    }

    /// Two pipelines of one name would write each other's script.
    fn names(&mut self) {
        self.second_names();
        for (i, p) in self.pipelines.iter().enumerate() {
            let same = self.pipelines[..i].iter().find(|o| o.spec.pipeline.node == p.spec.pipeline.node);
            if let Some(other) = same.filter(|o| o.selected || p.selected) {
                let name = &p.spec.pipeline.node;
                self.findings.push(
                    Finding::at(
                        Code::PIPELINE_TWICE,
                        p.spec.pipeline.span,
                        format!("the pipeline `{name}` is defined twice in this repository"),
                    )
                    .help(format!(
                        "`{}` has the same name: rename one, or keep one of the files outside the repository",
                        other.spec.path
                    )),
                );
            }
        }
    }

    /// What a `reconcile` and a `drill` make has a name too.
    fn second_names(&mut self) {
        let mut found = Vec::new();
        let all = self.pipelines.iter().flat_map(|p| Second::of(&p.spec).map(move |second| (p, second)));
        for (p, second) in all {
            let name = second.name(&p.spec.pipeline.node);
            let same = self.pipelines.iter().find(|o| o.spec.pipeline.node == name);
            if let Some(other) = same.filter(|o| o.selected || p.selected) {
                let message = format!(
                    "this makes the pipeline `{name}`, which another file of this repository defines"
                );
                let help = format!("`{}` has that name: rename it", other.spec.path);
                let place = second.place(&p.spec).unwrap_or(p.spec.pipeline.span);
                found.push(Finding::at(Code::PIPELINE_TWICE, place, message).help(help));
            }
        }
        self.findings.extend(found);
    }

    /// Checks every pipeline and plans those that hold no error.
    fn plans(&mut self, others: Others) {
        let layouts: Vec<Vec<EmitTo>> = self.pipelines.iter().map(|p| self.layout(&p.spec)).collect();
        let seconds: Vec<Vec<(Second, Vec<EmitTo>)>> =
            self.pipelines.iter().map(|p| self.second_layouts(&p.spec)).collect();
        let more = |of: &[(Second, Vec<EmitTo>)]| of.iter().flat_map(|(_, e)| e.clone()).collect::<Vec<_>>();
        let all: Vec<Vec<EmitTo>> =
            layouts.iter().zip(&seconds).map(|(one, others)| [one.clone(), more(others)].concat()).collect();
        self.paths_meet(&all);
        for ((p, emit), seconds) in self.pipelines.iter_mut().zip(layouts).zip(seconds) {
            if !p.selected && others == Others::Read {
                continue;
            }
            let (checked, findings) = check::checked(&p.spec);
            if p.selected {
                self.findings.extend(findings);
            }
            p.plan = checked.map(|c| plan::build(c, &self.sources, emit));
            let of = |(second, emit): (Second, Vec<EmitTo>)| {
                p.plan.as_ref().and_then(|plan| second.build(&p.spec, plan, emit))
            };
            p.seconds = seconds.into_iter().filter_map(of).collect();
        }
    }

    fn emits_to(spec: &Spec, platform: PlatformName) -> bool {
        spec.emit.is_empty() || spec.emit.iter().any(|e| e.platform.node == platform)
    }

    fn layout(&self, spec: &Spec) -> Vec<EmitTo> {
        let mut all = Vec::new();
        for platform in PlatformName::ALL.into_iter().filter(|p| Self::emits_to(spec, *p)) {
            let meets = self.sharing(platform) > 1 || self.was_shared(spec, platform);
            // A file of its own beside it changes nothing, but where one root file starts both.
            let one_root = platform::get(platform).root_path().is_some();
            let shared = meets || (one_root && Second::of(spec).next().is_some());
            let said = spec.emit.iter().find(|e| e.platform.node == platform).and_then(|e| e.path.as_ref());
            let path = said.map_or_else(
                || platform::get(platform).default_path(&spec.pipeline.node, shared),
                |p| p.node.clone(),
            );
            all.push(EmitTo { platform, path, shared_root: shared, alone: shared && !meets });
        }
        all
    }

    /// How many specs make a pipeline there.
    fn sharing(&self, platform: PlatformName) -> usize {
        self.pipelines.iter().filter(|p| Self::emits_to(&p.spec, platform)).count()
    }

    /// Where the pipelines beside that of a spec go.
    fn second_layouts(&self, spec: &Spec) -> Vec<(Second, Vec<EmitTo>)> {
        let beside = |second: Second, first: EmitTo| EmitTo {
            path: platform::get(first.platform).second_path(&spec.pipeline.node, second, first.shared_root),
            ..first
        };
        Second::of(spec)
            .map(|second| (second, self.layout(spec).into_iter().map(|e| beside(second, e)).collect()))
            .collect()
    }

    /// Beside a file of which nothing can be read, the layout of last time stands: were it taken for no pipeline, this
    /// one would move, and write over the root file of both.
    fn was_shared(&self, spec: &Spec, platform: PlatformName) -> bool {
        let path = platform::get(platform).default_path(&spec.pipeline.node, true);
        !self.unread.is_empty() && self.root.join(path).exists()
    }

    /// Two pipelines that would write one path.
    fn paths_meet(&mut self, layouts: &[Vec<EmitTo>]) {
        let mut seen: Vec<(&str, usize)> = Vec::new();
        let mut found = Vec::new();
        for (i, layout) in layouts.iter().enumerate() {
            for e in layout {
                // Pipelines of one name write the same paths by that name: it is said once, by its own finding.
                let name = |k: usize| &self.pipelines[k].spec.pipeline.node;
                let meets = |p: &str, j: usize| p == e.path && j != i && name(j) != name(i);
                let other = seen.iter().find(|(p, j)| meets(p, *j)).map(|(_, j)| *j);
                if let Some(j) = other.filter(|j| self.pipelines[i].selected || self.pipelines[*j].selected) {
                    let place = self.pipelines[i].spec.pipeline.span;
                    found.push(
                        Finding::at(
                            Code::PATH_TWICE,
                            place,
                            format!("two pipelines would write `{}`", e.path),
                        )
                        .help(format!(
                            "`{}` writes it too: give one of them another path with `emit {} \"…\"`",
                            self.pipelines[j].spec.path,
                            e.platform.word()
                        )),
                    );
                }
                seen.push((&e.path, i));
            }
        }
        self.findings.extend(found);
    }
}
