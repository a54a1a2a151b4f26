//! What a repository and its specs say about findings: severities of the configuration, and comments that allow.

use super::Project;
use super::config::ConfigFrom;
use crate::diag::{Code, Date, FileId, Finding, SourceMap, Span, sort_and_dedup};
use crate::spec::{Allow, Loaded};
use camino::Utf8PathBuf;
use std::collections::{BTreeMap, BTreeSet};

/// What the ids begin with of findings that speak of a platform.
const OF_A_PLATFORM: &str = "MLP4";

/// How a project is to be read.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Where its configuration comes from.
    pub config: ConfigFrom,
    /// The day on which `until …` is looked at; without one, everything that is allowed stays so.
    pub today: Option<Date>,
}

impl Settings {
    /// Settings of this moment, or of that of `SOURCE_DATE_EPOCH`. For whoever stands at the edge of the process: what is further
    /// in is given a day.
    pub fn now(config: ConfigFrom) -> Self {
        let epoch = std::env::var("SOURCE_DATE_EPOCH").ok();
        Self { config, today: Some(Date::today(std::time::SystemTime::now(), epoch.as_deref())) }
    }
}

/// A finding that a comment allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// The finding.
    pub finding: Finding,
    /// Why it may stay, in the words of the comment.
    pub reason: String,
}

/// What only programs beside mlpipe find, which need not be there.
const OUTSIDE: [&Code; 1] = [Code::SHELLCHECK];

/// What the comments of the specs that were read allow.
#[derive(Debug, Default)]
pub(super) struct Allows {
    all: Vec<Allow>,
    /// The first file of each path.
    first: BTreeMap<Utf8PathBuf, FileId>,
    /// The first copies of files that were read again.
    copies: BTreeMap<FileId, FileId>,
    /// Indices of those that were read with a pipeline. A file that is only there to be used is checked where it is used.
    checked: BTreeSet<usize>,
    /// Index of an allowing comment, and of the rule in it that something needed.
    used: BTreeSet<(usize, usize)>,
}

/// A rule of a comment in every copy of its file that was read.
#[derive(Default)]
struct Copies {
    first: Option<(usize, usize)>,
    needed: bool,
    checked: bool,
}

impl Allows {
    /// Adds what one selected spec and the files that it uses allow.
    pub(super) fn extend(&mut self, loaded: &mut Loaded, sources: &SourceMap) {
        for (path, id) in &loaded.files {
            let first = *self.first.entry(path.clone()).or_insert(*id);
            if first != *id && sources.file(first).text == sources.file(*id).text {
                self.copies.insert(*id, first);
            }
        }
        for allow in std::mem::take(&mut loaded.allows) {
            if !loaded.is_library {
                self.checked.insert(self.all.len());
            }
            let moved = allow.moved(|span| self.first_copy(span));
            self.all.push(moved);
        }
    }

    /// The same place in the copy of its file that was read first: what is told of a library for each pipeline that uses it
    /// is told once.
    fn first_copy(&self, span: Span) -> Span {
        Span { file: self.copies.get(&span.file).copied().unwrap_or(span.file), ..span }
    }
}

impl Project {
    /// Adds findings of a later phase, as the configuration and the comments of the specs want them.
    pub fn add(&mut self, found: impl IntoIterator<Item = Finding>) {
        self.findings.extend(found);
        self.settle();
    }

    /// Adds what a program beside mlpipe has found. Only then can a comment that allows such a finding be one too many.
    pub fn add_from_outside(&mut self, code: &'static Code, found: impl IntoIterator<Item = Finding>) {
        self.asked.push(code);
        self.add(found);
    }

    /// The day on which it is looked at; nothing where that is not to matter.
    pub fn today(&self) -> Option<Date> {
        self.today
    }

    /// Takes out what is off or allowed, gives the rest its severity, and puts it in order. To do so again changes nothing.
    pub(super) fn settle(&mut self) {
        let mut kept = Vec::with_capacity(self.findings.len());
        for mut finding in std::mem::take(&mut self.findings) {
            finding.places(|span| self.allows.first_copy(span));
            if let Some(reason) = self.allowed_by(&finding) {
                self.allowed.push(Allowed { finding, reason });
            } else if let Some(severity) = self.config.severity(finding.code) {
                finding.severity = severity;
                kept.push(finding);
            }
        }
        sort_and_dedup(&mut kept);
        self.findings = kept;
        let place = |a: &Allowed| (a.finding.span, a.finding.code.id, a.finding.message.clone());
        self.allowed.sort_by_key(place);
        self.allowed.dedup();
    }

    /// The reason of the comment that allows a finding, if one does. Every comment that would do counts as needed.
    fn allowed_by(&mut self, finding: &Finding) -> Option<String> {
        let mut reason = None;
        for (i, allow) in self.allows.all.iter().enumerate() {
            let path = self.sources.path(allow.span.file).as_str();
            if allow.expired(self.today) || !allow.covers(finding, path) {
                continue;
            }
            let rules = allow.rules.iter().enumerate().filter(|(_, r)| r.node == finding.code);
            self.allows.used.extend(rules.map(|(rule, _)| (i, rule)));
            reason.get_or_insert_with(|| allow.reason.clone());
        }
        reason
    }

    /// A finding for every comment whose last day is past.
    pub(super) fn expired(&mut self) {
        let expired = self.allows.all.iter().filter(|a| a.expired(self.today));
        let told = expired.filter_map(|a| {
            let until = a.until.as_ref()?;
            let message = format!("this allowed its findings until {}, and that day is past", until.node);
            let help =
                "mend what it speaks of and take it out, or write another day with the reason of today";
            Some(Finding::at(Code::ALLOW_EXPIRED, until.span, message).help(help))
        });
        self.findings.extend(told.collect::<Vec<_>>());
    }

    /// A finding for every rule that a comment allows though no finding needed it. Only who has run every rule may ask. Where a
    /// spec holds an error nothing is told, since not all of them ran, and of what a platform says only where all platforms
    /// were compiled for.
    pub fn unused(&self) -> Vec<Finding> {
        if self.has_errors() {
            return vec![];
        }
        let whole_repository = self.pipelines.iter().all(|p| p.selected);
        // A library is read once for each pipeline that uses it: what one of them needs is needed.
        let mut needed: BTreeMap<(&str, u32), Copies> = BTreeMap::new();
        for (i, allow) in self.allows.all.iter().enumerate().filter(|(_, a)| !a.expired(self.today)) {
            let path = self.sources.path(allow.span.file).as_str();
            let own = self.pipelines.iter().any(|p| p.selected && p.spec.path == path);
            if !own && !whole_repository {
                continue;
            }
            let of_platform = |rule: &Code| rule.id.starts_with(OF_A_PLATFORM);
            let told = |rule: &&Code| match OUTSIDE.contains(rule) {
                true => self.asked.contains(rule),
                false => self.compiled || !of_platform(rule),
            };
            for (rule, at) in allow.rules.iter().enumerate().filter(|(_, r)| told(&r.node)) {
                let copies = needed.entry((path, at.span.start)).or_default();
                copies.needed |= self.allows.used.contains(&(i, rule));
                copies.checked |= self.allows.checked.contains(&i);
                copies.first.get_or_insert((i, rule));
            }
        }
        let unused = needed.values().filter(|c| c.checked && !c.needed);
        unused.filter_map(|c| c.first).map(|at| self.unneeded(at)).collect()
    }

    fn unneeded(&self, (allow, rule): (usize, usize)) -> Finding {
        let allow = &self.allows.all[allow];
        let rule = &allow.rules[rule];
        let out = allow.without(rule.span, &self.sources.file(allow.span.file).text);
        let message = format!("nothing here gives the finding `{}` that this allows", rule.node.name);
        Finding::at(Code::ALLOW_UNUSED, rule.span, message)
            .help("take it out, so that the next such finding is not missed")
            .fix("take it out", out, "")
    }
}
