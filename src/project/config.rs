//! `mlpipe.toml`: what a repository says about findings, platforms and templates.

use crate::diag::{self, Code, FileId, Finding, Severity, SourceMap, Span, words};
use crate::spec::{PlatformName, Texts};
use camino::{Utf8Path, Utf8PathBuf};
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What the file is called.
pub const CONFIG_NAME: &str = "mlpipe.toml";

/// Keys at the top of the file.
const KEYS: [&str; 4] = ["rules", "lint", "platforms", "templates"];

/// Where the configuration comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ConfigFrom {
    /// The file `mlpipe.toml` of the root, if there is one.
    #[default]
    Root,
    /// This file, as the user said it.
    File(Utf8PathBuf),
    /// No file at all.
    Nothing,
}

/// What becomes of the findings of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// They have this severity.
    At(Severity),
    /// They are not told.
    Off,
}

/// What a configuration says. The default says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Config {
    /// `[rules]`: by the name of the rule.
    pub rules: BTreeMap<&'static str, Level>,
    /// `platforms`: what `--to` names where it is not given.
    pub platforms: Vec<PlatformName>,
    /// `templates`: what `--templates` names where it is not given. The folder is there.
    pub templates: Option<Utf8PathBuf>,
    /// `[lint] deny`: what `lint --deny` says where it is not given.
    pub deny: Option<Severity>,
}

impl Config {
    /// Reads the configuration of a root. What is wrong with it is told in findings, each an error, and left out of it.
    /// `sources` gets the file, `texts` has it where it is open and not saved.
    pub fn read(
        texts: &dyn Texts,
        root: &Utf8Path,
        from: &ConfigFrom,
        sources: &mut SourceMap,
    ) -> (Self, Vec<Finding>) {
        let path = match from {
            ConfigFrom::Nothing => return (Self::default(), vec![]),
            ConfigFrom::Root => root.join(CONFIG_NAME),
            ConfigFrom::File(path) => path.canonicalize_utf8().unwrap_or_else(|_| root.join(path.as_str())),
        };
        let shown = match path.strip_prefix(root).unwrap_or(&path).as_str() {
            "" => ".".to_owned(),
            shown => shown.replace('\\', "/"),
        };
        let bytes = texts.unsaved(&path).map_or_else(|| std::fs::read(&path), |text| Ok(text.into_bytes()));
        let text = match bytes {
            Ok(bytes) => String::from_utf8(bytes),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && *from == ConfigFrom::Root => {
                return (Self::default(), vec![]);
            }
            Err(e) => {
                let message = format!("this file cannot be read: {e}");
                let help = "let it be read, or leave it out with `--config none`";
                return (
                    Self::default(),
                    vec![Finding::on_path(Code::UNREADABLE, shown, message).help(help)],
                );
            }
        };
        let Ok(text) = text else {
            let finding =
                Finding::on_path(Code::NOT_UTF8, shown, "this file is not UTF-8").help("save it as UTF-8");
            return (Self::default(), vec![finding]);
        };
        let file = sources.add(shown, text.strip_prefix('\u{feff}').unwrap_or(&text));
        let folder = path.parent().unwrap_or(root);
        let mut reader = Reader { file, folder, config: Self::default(), findings: vec![] };
        reader.document(&sources.file(file).text);
        (reader.config, reader.findings)
    }

    /// The severity of a finding of a code; nothing where it is not told.
    pub fn severity(&self, code: &Code) -> Option<Severity> {
        match self.rules.get(code.name) {
            Some(Level::At(severity)) => Some(*severity),
            Some(Level::Off) => None,
            None => Some(code.severity),
        }
    }
}

struct Reader<'a> {
    file: FileId,
    /// What paths in the file start from.
    folder: &'a Utf8Path,
    config: Config,
    findings: Vec<Finding>,
}

impl Reader<'_> {
    fn add(&mut self, code: &'static Code, at: Range<usize>, message: String, help: impl Into<String>) {
        self.findings.push(Finding::at(code, Span::new(self.file, at.start, at.end), message).help(help));
    }

    fn document(&mut self, text: &str) {
        let (table, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            for e in errors {
                let at = e.span().unwrap_or(0..0);
                let message = format!("this is no TOML: {}", e.message().replace('\n', ", "));
                self.add(Code::CONFIG_SYNTAX, at, message, "docs/configuration.md shows the whole file");
            }
            return;
        }
        for (key, value) in table.get_ref() {
            match key.get_ref().as_ref() {
                "rules" => self.table("[rules]", value, Self::rule),
                "lint" => self.table("[lint]", value, Self::lint),
                "platforms" => self.platforms(value),
                "templates" => self.templates(value),
                other => self.unknown(other, key.span(), &KEYS, ""),
            }
        }
    }

    fn unknown(&mut self, key: &str, at: Range<usize>, known: &[&str], place: &str) {
        let near = words::nearest(key, known.iter().copied());
        let help = near.map_or_else(
            || format!("known are {}", words::and_list(known)),
            |n| format!("did you mean `{n}`?"),
        );
        self.add(Code::CONFIG_KEY, at, format!("there is no key `{key}`{place}"), help);
    }

    fn wrong(&mut self, value: &Spanned<DeValue<'_>>, wanted: &str, help: &str) {
        let is = value.get_ref().type_str();
        let said = value.get_ref().as_str().map_or_else(|| format!("this {is}"), |s| format!("`{s}`"));
        self.add(Code::CONFIG_VALUE, value.span(), format!("{said} is no {wanted}"), help);
    }

    fn table(
        &mut self,
        name: &str,
        value: &Spanned<DeValue<'_>>,
        each: fn(&mut Self, &Spanned<std::borrow::Cow<'_, str>>, &Spanned<DeValue<'_>>),
    ) {
        match value.get_ref().as_table() {
            Some(table) => table.iter().for_each(|(k, v)| each(self, k, v)),
            None => self.wrong(
                value,
                "table",
                &format!("write `{name}` on a line and its keys on the lines below"),
            ),
        }
    }

    fn rule(&mut self, key: &Spanned<std::borrow::Cow<'_, str>>, value: &Spanned<DeValue<'_>>) {
        let name = key.get_ref();
        let Some(code) = diag::find(name) else {
            let known = || diag::ALL.iter().filter(|c| c.severity != Severity::Error).map(|c| c.name);
            let help = words::nearest(name, known()).map_or_else(
                || "`mlpipe explain` lists every rule; a finding shows its name beside its code".to_owned(),
                |n| format!("did you mean `{n}`?"),
            );
            self.add(Code::CONFIG_KEY, key.span(), format!("there is no rule `{name}`"), help);
            return;
        };
        let level = match value.get_ref().as_str() {
            Some("off") => Level::Off,
            Some(word) if Severity::find(word).is_some() => {
                Level::At(Severity::find(word).unwrap_or(code.severity))
            }
            _ => {
                let help = "write \"error\", \"warning\", \"note\" or \"off\"";
                return self.wrong(value, "severity", help);
            }
        };
        if code.severity == Severity::Error && level != Level::At(Severity::Error) {
            let message = format!("`{}` is an error, and no configuration lowers it", code.name);
            let help =
                "take the line out: what it speaks of cannot be compiled, or would not do what the spec says";
            return self.add(Code::CONFIG_LOWERS_ERROR, key.span(), message, help);
        }
        if self.config.rules.insert(code.name, level).is_some() {
            let message = format!("`{}` has a severity already", code.name);
            self.add(
                Code::CONFIG_KEY,
                key.span(),
                message,
                "its code and its name mean the same: keep one line",
            );
        }
    }

    fn lint(&mut self, key: &Spanned<std::borrow::Cow<'_, str>>, value: &Spanned<DeValue<'_>>) {
        if key.get_ref() != "deny" {
            return self.unknown(key.get_ref(), key.span(), &["deny"], " in `[lint]`");
        }
        match value.get_ref().as_str().and_then(Severity::find) {
            Some(severity) => self.config.deny = Some(severity),
            None => self.wrong(value, "severity", "write \"error\", \"warning\" or \"note\""),
        }
    }

    fn platforms(&mut self, value: &Spanned<DeValue<'_>>) {
        let names: Vec<&str> = PlatformName::ALL.iter().map(|p| p.word()).collect();
        let Some(list) = value.get_ref().as_array().filter(|l| !l.is_empty()) else {
            let help = "write at least one, such as `platforms = [\"github\", \"gitlab\"]`";
            return self.wrong(value, "list of platforms", help);
        };
        for item in list {
            let said = item.get_ref().as_str();
            match PlatformName::ALL.into_iter().find(|p| said == Some(p.word())) {
                Some(p) if self.config.platforms.contains(&p) => {
                    let message = format!("`{}` is in the list already", p.word());
                    self.add(Code::CONFIG_VALUE, item.span(), message, "take one of the two out");
                }
                Some(p) => self.config.platforms.push(p),
                None => {
                    let near = said.and_then(|s| words::nearest(s, names.iter().copied()));
                    let help = near.map_or_else(
                        || format!("the platforms are {}", words::and_list(&names)),
                        |n| format!("did you mean `{n}`?"),
                    );
                    self.wrong(item, "platform", &help);
                }
            }
        }
    }

    fn templates(&mut self, value: &Spanned<DeValue<'_>>) {
        let Some(text) = value.get_ref().as_str().filter(|t| !t.is_empty()) else {
            return self.wrong(
                value,
                "folder",
                "write its path from the folder of this file, such as `templates = \"ci/templates\"`",
            );
        };
        let folder = self.folder.join(text);
        if folder.is_dir() {
            self.config.templates = Some(folder);
        } else {
            let help = "make it, or write the path of another from the folder of this file";
            self.add(Code::CONFIG_VALUE, value.span(), format!("there is no folder `{text}`"), help);
        }
    }
}
