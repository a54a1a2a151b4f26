//! The calls in a job's function: what the job is, what it may see, what it works with, and at the end its work.

mod identity;
mod release;
mod work;

use super::words;
use crate::plan::{
    Artifact, DeployWork, Job, ModelWork, Piece, Plan, PlanInstall, PlanLedger, PlanMirror, PlanTarget,
    SecretFrom, SoakWork, Text, Work,
};
use crate::render::{Quoted, bash};

/// One call: a verb and its words, long ones on lines of their own.
pub(super) struct Call {
    words: Vec<Quoted>,
    options: Vec<Quoted>,
}

impl Call {
    fn new(verb: &'static str) -> Self {
        Self { words: vec![Quoted::fixed(verb)], options: Vec::new() }
    }

    /// A word of the user's.
    fn word(mut self, text: &str) -> Self {
        self.words.push(bash(text));
        self
    }

    /// Words that are quoted already.
    fn quoted(mut self, word: Quoted) -> Self {
        self.words.push(word);
        self
    }

    /// `--name` and the words that follow it.
    fn option<'a>(self, name: &'static str, values: impl IntoIterator<Item = &'a str>) -> Self {
        self.raw(name, values.into_iter().map(bash))
    }

    /// The option when there is a value.
    fn maybe(self, name: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.option(name, [value]),
            None => self,
        }
    }

    /// The option once for each value.
    fn each<'a>(self, name: &'static str, values: impl IntoIterator<Item = &'a String>) -> Self {
        values.into_iter().fold(self, |call, value| call.option(name, [value.as_str()]))
    }

    fn raw(mut self, name: &'static str, values: impl IntoIterator<Item = Quoted>) -> Self {
        let option = Quoted::join(&[Quoted::fixed("--"), Quoted::fixed(name)], "");
        self.options.push(words(std::iter::once(option).chain(values)));
        self
    }

    fn print(self) -> Quoted {
        let head = words(self.words);
        let lines: Vec<_> = std::iter::once(head).chain(self.options).collect();
        Quoted::join(&lines, if lines.len() > 2 { " \\\n    " } else { " " })
    }
}

/// Every call of a job, in order.
pub(super) fn of(plan: &Plan, job: &Job) -> Vec<Quoted> {
    let mut calls = vec![];
    if let Work::Gate(gate) = &job.work
        && let Some(reason) = &gate.advisory
    {
        calls.push(Quoted::join(&[Quoted::fixed("advisory="), bash(reason)], ""));
    }
    if matches!(job.work, Work::Deploy(_)) {
        calls.push(Quoted::fixed("phase=$1"));
    }
    calls.push(begin(plan, job));
    if let Some(folder) = &job.workdir {
        calls.push(Quoted::join(&[Quoted::fixed("export MLPIPE_WORKDIR="), bash(folder)], ""));
    }
    let kept = job.secrets.iter().fold(Call::new("keep_secrets"), |call, s| call.word(&s.name));
    calls.push(identity::keep(kept, job).print());
    let wanted: Vec<_> = job.secrets.iter().filter(|s| s.from == SecretFrom::Store).collect();
    if matches!(job.work, Work::Gate(_) | Work::Model(_) | Work::Notify(_) | Work::Deploy(_))
        && !wanted.is_empty()
    {
        calls.push(wanted.iter().fold(Call::new("want_secrets"), |call, s| call.word(&s.name)).print());
    }
    let models = models_of(job);
    calls.extend(models.iter().enumerate().flat_map(|(i, name)| use_model(name, i, models.len())));
    if let Some(repository) = image_of(job) {
        calls.push(Call::new("use_image").word(repository).print());
    }
    calls.extend(environment(plan, job, !models.is_empty()));
    if job.python
        && let Some(python) = &plan.python
    {
        let call = Call::new("use_python").option("version", [python.version.as_str()]);
        calls.push(install(call, python.install.as_ref()).print());
    }
    // After everything that is installed, which sees no credential.
    calls.extend(job.identities.iter().map(identity::of));
    let limit = job.timeout;
    calls.extend(needed(job).iter().map(|m| work::model_options(Call::new("fetch"), m, limit).print()));
    if job.identities.iter().any(|i| i.only_fetches) {
        calls.push(Quoted::fixed("drop_identities"));
    }
    calls.push(work::of(plan, job).print());
    calls
}

/// What a person does with a ledger: `show`, `resume REASON`, `waive DIGEST REASON`.
pub(super) fn ledger(plan: &Plan, environment: &str, ledger: &PlanLedger) -> Vec<Quoted> {
    let id = format!("ledger-{environment}");
    let title = format!("Ledger: {environment}");
    let call = Call::new("job").word(&id).quoted(Quoted::fixed("ledger")).word(&title);
    let job = ledger_tool(ledger).into_iter().fold(call, |call, tool| call.quoted(Quoted::fixed(tool)));
    let secrets = ledger.files().chain(&ledger.secrets);
    let keep = secrets.fold(Call::new("keep_secrets"), |call, name| call.word(name));
    let work = Call::new("work")
        .quoted(Quoted::fixed("ledger"))
        .raw("phase", [Quoted::fixed("\"$1\"")])
        .raw("digest", [Quoted::fixed("\"$2\"")])
        .raw("reason", [Quoted::fixed("\"$3\"")]);
    let work = release::written_down(work, ledger, &plan.pipeline, environment);
    vec![job.print(), keep.print(), work.print()]
}

/// The program with which the store is reached.
fn ledger_tool(ledger: &PlanLedger) -> Option<&'static str> {
    match ledger.store.as_str() {
        "configmap" => Some("kubectl"),
        "s3" => Some("aws"),
        "host" => Some("ssh"),
        _ => None,
    }
}

/// `job ID KIND TITLE TOOL…`.
fn begin(plan: &Plan, job: &Job) -> Quoted {
    let call = Call::new("job").word(&job.id).quoted(Quoted::fixed(work::kind(&job.work))).word(&job.title);
    tools(plan, job).into_iter().fold(call, |call, tool| call.quoted(Quoted::fixed(tool))).print()
}

/// Programs beside git that a job calls by itself (what the user's commands call is theirs).
pub(super) fn tools(plan: &Plan, job: &Job) -> Vec<&'static str> {
    let install = plan.python.as_ref().filter(|_| job.python).and_then(|p| p.install.as_ref());
    let mut tools = match install {
        Some(PlanInstall::Poetry { .. }) => vec!["poetry"],
        Some(PlanInstall::Uv { .. }) => vec!["uv"],
        _ => vec![],
    };
    match &job.work {
        Work::Image(_) => tools.push("docker"),
        Work::Deploy(deploy) => tools.extend(way_in(&deploy.target, deploy.ledger.as_ref())),
        Work::Reconcile(work) => tools.extend(way_in(&work.target, Some(&work.ledger))),
        Work::Drill(work) => tools.extend(way_in(&work.place.target, Some(&work.place.ledger))),
        Work::Soak(soak) => {
            tools.extend(ledger_tool(&soak.ledger));
            let mirror = soak.shadow.as_ref().map(|s| &s.by);
            let mirrors = matches!(mirror, Some(PlanMirror::Nginx { .. })) && !tools.contains(&"kubectl");
            tools.extend(mirrors.then_some("kubectl"));
        }
        _ => {}
    }
    tools
}

/// Programs with which a target and a ledger are reached, each once.
fn way_in(target: &PlanTarget, ledger: Option<&PlanLedger>) -> impl Iterator<Item = &'static str> {
    let target = target.tools();
    let store = ledger.and_then(ledger_tool).filter(|t| !target.contains(t));
    target.iter().copied().chain(store)
}

/// Models whose file the job needs.
fn needed(job: &Job) -> &[ModelWork] {
    match &job.work {
        Work::Gate(gate) => &gate.models,
        Work::Image(image) => &image.models,
        _ => &[],
    }
}

/// Names of the models whose version the job knows, in the order of its own list, then of its records.
fn models_of(job: &Job) -> Vec<&str> {
    let mut names: Vec<&str> = needed(job).iter().map(|m| m.name.as_str()).collect();
    let artifact = match &job.work {
        Work::Deploy(deploy) => Some(&deploy.artifact),
        Work::Soak(soak) => Some(&soak.artifact),
        _ => None,
    };
    if let Some(artifact) = artifact {
        if let Artifact::Model { name } = artifact {
            names.push(name);
        }
        names.extend(job.reads.iter().filter_map(|id| id.strip_prefix("model-")));
    }
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(*name));
    names
}

/// The first model has the plain names, `MLPIPE_MODEL_VERSION`; each of several has `MLPIPE_MODEL_VERSION_ITS_NAME`.
fn use_model(name: &str, index: usize, count: usize) -> Vec<Quoted> {
    let call = |suffix: &str| Call::new("use_model").word(name).word(suffix).print();
    let plain = (index == 0).then(|| call(""));
    let own = (count > 1).then(|| call(&format!("_{}", name.replace('-', "_").to_uppercase())));
    plain.into_iter().chain(own).collect()
}

/// The repository of the image whose digest the job works with.
fn image_of(job: &Job) -> Option<&str> {
    match &job.work {
        Work::Gate(gate) if gate.image => gate.repository.as_deref(),
        Work::Deploy(DeployWork { artifact, .. }) | Work::Soak(SoakWork { artifact, .. }) => match artifact {
            Artifact::Image { repository } => Some(repository),
            Artifact::Model { .. } => None,
        },
        _ => None,
    }
}

/// The environment of the spec, the pipeline's before the job's.
fn environment(plan: &Plan, job: &Job, model: bool) -> Vec<Quoted> {
    let knows = |text: &Text| {
        text.0.iter().all(|piece| match piece {
            Piece::Ref(name) if name == "model.version" => model,
            Piece::Ref(name) if name == "image" => image_of(job).is_some(),
            _ => true,
        })
    };
    plan.env
        .iter()
        .filter(|(name, _)| !job.env.contains_key(*name))
        .chain(&job.env)
        .map(|(name, text)| {
            if knows(text) {
                let name = Quoted::word(name);
                Quoted::join(&[Quoted::fixed("export "), name, Quoted::fixed("="), text_word(text)], "")
            } else {
                words([Quoted::fixed("# not set here, where its parts are not known:"), Quoted::word(name)])
            }
        })
        .collect()
}

/// A text with its references, as one word of bash.
fn text_word(text: &Text) -> Quoted {
    let pieces: Vec<_> = text
        .0
        .iter()
        .map(|piece| match piece {
            Piece::Lit(text) => bash(text),
            Piece::Ref(name) => Quoted::fixed(match name.as_str() {
                "commit" => "\"$MLPIPE_COMMIT\"",
                "branch" => "\"$MLPIPE_BRANCH\"",
                "tag" => "\"$MLPIPE_TAG\"",
                "model.version" => "\"$MLPIPE_MODEL_VERSION\"",
                "image" => "\"$MLPIPE_IMAGE\"",
                _ => "\"${MLPIPE_UNKNOWN_REFERENCE:?}\"",
            }),
        })
        .collect();
    if pieces.is_empty() { bash("") } else { Quoted::join(&pieces, "") }
}

fn install(call: Call, install: Option<&PlanInstall>) -> Call {
    match install {
        None => call,
        Some(PlanInstall::Pip { files }) => call.option("tool", ["pip"]).each("file", files),
        Some(PlanInstall::Poetry { groups }) => call.option("tool", ["poetry"]).each("group", groups),
        Some(PlanInstall::Uv { groups }) => call.option("tool", ["uv"]).each("group", groups),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_word_of_bash() {
        let text =
            Text(vec![Piece::Lit("it's ".into()), Piece::Ref("commit".into()), Piece::Lit("-x".into())]);
        assert_eq!(text_word(&text).as_str(), "'it'\\''s '\"$MLPIPE_COMMIT\"'-x'");
        assert_eq!(text_word(&Text(vec![])).as_str(), "''");
    }

    #[test]
    fn only_several_models_have_names_with_endings() {
        let print = |index, count| {
            use_model("fraud-scorer", index, count).iter().map(|q| q.as_str().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(print(0, 1), ["use_model 'fraud-scorer' ''"]);
        assert_eq!(print(1, 2), ["use_model 'fraud-scorer' '_FRAUD_SCORER'"]);
        assert_eq!(print(0, 2).len(), 2);
    }
}
