//! `on:`: what starts a run (docs, "Events that trigger workflows" and "Workflow syntax", `on`).

use super::tree::Tree;
use crate::plan::EventKind;
use crate::prove::{On, Situation, Unreadable};

/// What starts a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Triggers {
    /// Branch and tag filters of `push`.
    push: Option<(Option<Filter>, Option<Filter>)>,
    /// Filter over the target branch.
    pull_request: Option<Option<Filter>>,
    /// Cron lines and zones.
    pub(super) schedules: Vec<(String, Option<String>)>,
    /// Inputs of a run by hand, with their defaults.
    pub(super) inputs: Vec<(String, String)>,
    manual: bool,
    /// Types of `repository_dispatch`; none named means all.
    named: Option<Vec<String>>,
}

impl Triggers {
    /// Reads `on:`.
    pub(super) fn read(tree: &Tree<'_>) -> Result<Self, Unreadable> {
        let on =
            tree.map(&["push", "pull_request", "schedule", "workflow_dispatch", "repository_dispatch"])?;
        let mut out = Self::default();
        if let Some(push) = on.get("push") {
            out.push = Some(match push.is_null() {
                true => (None, None),
                false => {
                    let push = push.map(&["branches", "tags"])?;
                    (filter(push.get("branches"))?, filter(push.get("tags"))?)
                }
            });
        }
        if let Some(pull_request) = on.get("pull_request") {
            out.pull_request = Some(match pull_request.is_null() {
                true => None,
                false => filter(pull_request.map(&["branches"])?.get("branches"))?,
            });
        }
        if let Some(schedules) = on.get("schedule") {
            for schedule in schedules.items()? {
                let schedule = schedule.map(&["cron", "timezone"])?;
                let zone = schedule.get("timezone").map(|z| z.text().map(str::to_owned)).transpose()?;
                out.schedules.push((schedule.need("cron")?.text()?.to_owned(), zone));
            }
        }
        if let Some(manual) = on.get("workflow_dispatch") {
            out.manual = true;
            if !manual.is_null()
                && let Some(inputs) = manual.map(&["inputs"])?.get("inputs")
            {
                out.inputs = inputs.entries()?.iter().map(|(n, t)| input(n, t)).collect::<Result<_, _>>()?;
            }
        }
        if let Some(named) = on.get("repository_dispatch") {
            out.named = Some(match named.is_null() {
                true => Vec::new(),
                false => named.map(&["types"])?.need("types")?.texts()?,
            });
        }
        Ok(out)
    }

    /// Does this situation start a run?
    ///
    /// A schedule and a named event run on the default branch, which the file does not name: any branch may be it.
    pub(super) fn start(&self, s: &Situation) -> bool {
        let passes = |f: &Option<Filter>, name: &str| f.as_ref().is_none_or(|f| f.passes(name));
        match (&s.event, &s.on) {
            // With a filter of one kind only, nothing of the other kind starts a run; with none, both kinds do
            // (docs, "Workflow syntax", `on.push`).
            (EventKind::Push, On::Branch(b)) => self.push.as_ref().is_some_and(|(branches, tags)| {
                passes(branches, b) && (branches.is_some() || tags.is_none())
            }),
            (EventKind::Tag, On::Tag(t)) => self
                .push
                .as_ref()
                .is_some_and(|(branches, tags)| passes(tags, t) && (tags.is_some() || branches.is_none())),
            (EventKind::PullRequest, On::PullRequest { target, .. }) => {
                self.pull_request.as_ref().is_some_and(|f| passes(f, target))
            }
            (EventKind::Schedule, On::Branch(_)) => !self.schedules.is_empty(),
            (EventKind::Manual, On::Branch(_) | On::Tag(_)) => self.manual,
            (EventKind::Named(n), On::Branch(_)) => {
                self.named.as_ref().is_some_and(|types| types.is_empty() || types.contains(n))
            }
            _ => false,
        }
    }

    /// Can `github.event.client_payload` hold anything?
    pub(super) fn has_named(&self) -> bool {
        self.named.is_some()
    }
}

fn input(name: &str, tree: &Tree<'_>) -> Result<(String, String), Unreadable> {
    let input = tree.map(&["description", "type", "required", "default", "options"])?;
    input.need("description")?.text()?;
    let kind = input.need("type")?;
    if !["string", "boolean", "number", "choice"].contains(&kind.text()?) {
        return Err(kind.refuse(format!("the type of the input `{name}` is not known")));
    }
    // A required input has no default: a run by the API that leaves it out is refused.
    let required = input.need("required")?;
    if required.boolean()? {
        return Err(required.refuse(format!("the input `{name}` is required")));
    }
    let default = input.need("default")?.scalar()?;
    match input.get("options") {
        Some(options) if !options.texts()?.contains(&default) => {
            return Err(options.refuse(format!("the default of the input `{name}` is none of its options")));
        }
        None if kind.text()? == "choice" => {
            return Err(kind.refuse(format!("the input `{name}` is a choice without options")));
        }
        _ => {}
    }
    Ok((name.to_owned(), default))
}

/// A list of name patterns; a name passes when one of them matches.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Filter(Vec<Vec<Part>>);

/// A part of a name pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// This character. Filters mind the case of letters.
    One(char),
    /// `*`: any characters but `/`.
    Some,
    /// `**`: any characters.
    Any,
}

fn filter(tree: Option<Tree<'_>>) -> Result<Option<Filter>, Unreadable> {
    let Some(tree) = tree else { return Ok(None) };
    let patterns = tree.items()?.into_iter().map(|t| parts(t.text()?).map_err(|e| t.refuse(e)));
    let patterns = patterns.collect::<Result<Vec<_>, _>>()?;
    if patterns.is_empty() {
        return Err(tree.refuse(format!("`{}` is empty", tree.key())));
    }
    Ok(Some(Filter(patterns)))
}

/// "Filter pattern cheat sheet": `\` takes the special meaning from what follows it. `?`, `+`, `[ ]` and a leading
/// `!` have one; they are refused.
fn parts(pattern: &str) -> Result<Vec<Part>, String> {
    let mut out = Vec::new();
    let mut chars = pattern.chars().enumerate().peekable();
    while let Some((at, c)) = chars.next() {
        out.push(match c {
            '\\' => match chars.next() {
                Some((_, next)) => Part::One(next),
                None => return Err(format!("the pattern `{pattern}` ends with a backslash")),
            },
            '*' if chars.next_if(|(_, n)| *n == '*').is_some() => {
                if chars.peek().is_some_and(|(_, n)| *n == '*') {
                    return Err(format!("`***` in the pattern `{pattern}` is not known"));
                }
                Part::Any
            }
            '*' => Part::Some,
            '?' | '+' | '[' | ']' => return Err(format!("`{c}` in the pattern `{pattern}` is not known")),
            '!' if at == 0 => return Err(format!("the pattern `{pattern}` excludes, which is not known")),
            c => Part::One(c),
        });
    }
    Ok(out)
}

impl Filter {
    fn passes(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        self.0.iter().any(|p| matches(p, &name))
    }
}

fn matches(pattern: &[Part], name: &[char]) -> bool {
    match pattern.split_first() {
        None => name.is_empty(),
        Some((Part::One(c), rest)) => name.first() == Some(c) && matches(rest, &name[1..]),
        Some((Part::Some, rest)) => {
            let end = name.iter().position(|c| *c == '/').unwrap_or(name.len());
            (0..=end).any(|i| matches(rest, &name[i..]))
        }
        Some((Part::Any, rest)) => (0..=name.len()).any(|i| matches(rest, &name[i..])),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::Document;
    use super::*;
    use crate::prove::Whose;

    fn triggers(text: &str) -> Result<Triggers, Unreadable> {
        Triggers::read(&Document::read(text).unwrap().root())
    }

    fn on(event: EventKind, on: On) -> Situation {
        Situation { event, on }
    }

    #[test]
    fn patterns_are_githubs() {
        let m = |p: &str, n: &str| matches(&parts(p).unwrap(), &n.chars().collect::<Vec<_>>());
        for (pattern, name, want) in [
            ("main", "main", true),
            ("main", "Main", false),
            ("main", "main/x", false),
            ("release/*", "release/1", true),
            ("release/*", "release/1/2", false),
            ("release/**", "release/1/2", true),
            ("v*", "v1.2", true),
            ("v\\*", "v1", false),
            ("v\\*", "v*", true),
            ("\\!x\\+", "!x+", true),
            ("**-rc", "a/b-rc", true),
        ] {
            assert_eq!(m(pattern, name), want, "{pattern} {name}");
        }
        for refused in ["!main", "v[0-9]", "v?", "v+", "a***", "a\\"] {
            assert!(parts(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn a_filter_of_branches_lets_no_tag_through_and_the_contrary() {
        let push = |b: &str| on(EventKind::Push, On::Branch(b.into()));
        let tag = |t: &str| on(EventKind::Tag, On::Tag(t.into()));
        for (text, branch, the_tag) in [
            ("push:\n  branches: [main]\n", true, false),
            ("push:\n  branches: [other]\n", false, false),
            ("push:\n  tags: ['v*']\n", false, true),
            ("push:\n  branches: [main]\n  tags: ['x']\n", true, false),
            ("push:\n", true, true),
            ("pull_request:\n", false, false),
        ] {
            let t = triggers(text).unwrap();
            assert_eq!((t.start(&push("main")), t.start(&tag("v1"))), (branch, the_tag), "{text}");
        }
    }

    #[test]
    fn other_events() {
        let named = |n: &str| on(EventKind::Named(n.into()), On::Branch("main".into()));
        let pr =
            |target: &str, from| on(EventKind::PullRequest, On::PullRequest { target: target.into(), from });
        let manual = on(EventKind::Manual, On::Tag("v1".into()));
        let schedule = on(EventKind::Schedule, On::Branch("main".into()));
        let t = triggers("pull_request:\n  branches: [main]\nrepository_dispatch:\n  types: [a]\n").unwrap();
        assert!(t.start(&pr("main", Whose::Fork)) && !t.start(&pr("dev", Whose::Own)));
        assert!(t.start(&named("a")) && !t.start(&named("b")));
        assert!(!t.start(&manual) && !t.start(&schedule));
        let t =
            triggers("repository_dispatch:\nworkflow_dispatch:\nschedule:\n  - cron: '1 2 * * *'\n").unwrap();
        assert!(t.start(&named("b")) && t.start(&manual) && t.start(&schedule));
    }

    #[test]
    fn inputs_keep_their_defaults_as_written() {
        let text = "workflow_dispatch:\n  inputs:\n    n:\n      description: how many\n      type: number\n      required: false\n      default: 0.50\n";
        assert_eq!(triggers(text).unwrap().inputs, [("n".to_owned(), "0.50".to_owned())]);
        assert!(triggers(&text.replace("required: false", "required: true")).is_err());
        assert!(triggers(&text.replace("number", "environment")).is_err());
        assert_eq!(triggers("pull_request_target:\n").unwrap_err().line, 1);
        assert!(triggers("push:\n  paths: [x]\n").is_err());
        assert!(triggers("push:\n  branches: []\n").is_err());
    }
}
