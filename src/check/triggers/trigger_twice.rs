#![doc = include_str!("../../../docs/findings/MLP303.md")]

use crate::check::facts::event_words;
use crate::diag::{Code, Finding};
use crate::spec::{Event, On, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    twice(&spec.on, out);
    spec.deploys.values().for_each(|d| twice(&d.on, out));
}

fn twice(list: &[On], out: &mut Vec<Finding>) {
    for (i, on) in list.iter().enumerate() {
        let Some(first) = list[..i].iter().find(|o| same(&o.event, &on.event)) else { continue };
        let help = match on.event {
            Event::Push(_) | Event::Tag(_) | Event::PullRequest(_) => {
                let words = event_words(&on.event);
                format!("write one `{words}` with a list: `{words} main, \"release/*\"`")
            }
            _ => "leave one of the two out".to_owned(),
        };
        out.push(
            Finding::at(Code::TRIGGER_TWICE, on.span, format!("`{}` is said twice", event_words(&on.event)))
                .also(first.span, "said here first")
                .help(help),
        );
    }
}

/// Two schedules are two events when they fire at different times.
fn same(a: &Event, b: &Event) -> bool {
    match (a, b) {
        (Event::Push(_), Event::Push(_))
        | (Event::Tag(_), Event::Tag(_))
        | (Event::PullRequest(_), Event::PullRequest(_))
        | (Event::Manual(_), Event::Manual(_)) => true,
        (Event::Named { name: a, .. }, Event::Named { name: b, .. }) => a.node == b.node,
        (Event::Schedule { cron: a, timezone: x }, Event::Schedule { cron: b, timezone: y }) => {
            let zone = |z: &Option<crate::diag::Spanned<String>>| z.as_ref().map(|z| z.node.clone());
            a.split_whitespace().eq(b.split_whitespace()) && zone(x) == zone(y)
        }
        _ => false,
    }
}
