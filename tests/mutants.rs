//! The proof can fail: every mutant of an emitted file, and of a template through the overlay, has to be caught.
//!
//! `cargo test --test mutants -- --nocapture` prints each mutant with the first difference that is found, and a table by
//! kind and platform. With `MLPIPE_TEST_PROOF=off` this program (not mlpipe) leaves the proof out, and the same command
//! fails.
//!
//! The mutants are data, in `tests/mutants/`:
//!
//! ```text
//! ## KIND: what it does
//! = why it changes nothing, if it changes nothing
//! @JOB                  where: a job's part of the file; `@template NAME`: a template; `@` or nothing: anywhere
//! -text                 stands there exactly once
//! +text                 and is replaced by this
//! *                     in place of the `-` lines: all of the job's part
//! ```

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops where it fails, and shows a table"
)]

#[path = "mutants/data.rs"]
mod data;
#[path = "mutants/traps.rs"]
mod traps;

use data::{Mutant, Subject, mutants};
use mlpipe::prove::{self, Aspect};
use mlpipe::spec::PlatformName;
use std::collections::BTreeMap;

/// What the proof says of a text.
enum Verdict {
    /// It does what the plan says.
    Equal,
    /// It does something else.
    Different(String),
    /// It is not understood, and so refused.
    Refused(String),
}

fn proof_is_off() -> bool {
    std::env::var_os("MLPIPE_TEST_PROOF").is_some_and(|v| v == "off")
}

fn verdict(subject: &Subject, platform: PlatformName, text: &str) -> Verdict {
    if proof_is_off() {
        return Verdict::Equal;
    }
    match prove::prove(&subject.plan, prove::File { platform, text, root: None }) {
        Ok(()) => Verdict::Equal,
        Err(all) => {
            let d = &all[0];
            let when = d.situation.as_ref().map(|s| format!(", {s}")).unwrap_or_default();
            let vector =
                if d.vector.is_empty() { String::new() } else { format!(", {}", d.vector.join(", ")) };
            let job = d.job.as_ref().map(|j| format!("{j}: ")).unwrap_or_default();
            let said = format!("{:?}, line {}: {job}{}{when}{vector}", d.aspect, d.line, d.what);
            if d.aspect == Aspect::Unreadable { Verdict::Refused(said) } else { Verdict::Different(said) }
        }
    }
}

#[derive(Default)]
struct Count {
    killed: usize,
    refused: usize,
    all: usize,
}

/// Runs every mutant of one platform; what was not as it should be.
fn platform(subject: &Subject, platform: PlatformName, all: &[Mutant], table: &mut Table) -> Vec<String> {
    let mut wrong = Vec::new();
    let text = subject.emitted(platform);
    if let Verdict::Different(said) | Verdict::Refused(said) = verdict(subject, platform, &text) {
        wrong.push(format!("{}: the file itself is not proved: {said}", platform.word()));
    }
    for m in all {
        let name = format!("{} {}: {}", platform.word(), m.kind, m.what);
        let mutated = subject.mutate(platform, &text, m);
        let mutated = match mutated {
            Ok(t) => t,
            Err(e) => {
                wrong.push(format!("{name}: {e}"));
                continue;
            }
        };
        let (mark, said) = match (verdict(subject, platform, &mutated), &m.changes_nothing) {
            (Verdict::Equal, Some(_)) => ("same", String::new()),
            (Verdict::Equal, None) => {
                wrong.push(format!("{name}: it is not caught"));
                ("ALIVE", String::new())
            }
            // To refuse what changes nothing is allowed; to say that it does something else is a false word.
            (Verdict::Refused(s), Some(_)) => ("same, refused", s),
            (Verdict::Different(s), Some(why)) => {
                wrong.push(format!("{name}: is said to change nothing ({why}), and the proof says: {s}"));
                ("WRONG", s)
            }
            (Verdict::Refused(s), None) => ("refused", s),
            (Verdict::Different(s), None) => ("killed", s),
        };
        println!("{mark:<8} {name}{}{said}", if said.is_empty() { "" } else { " | " });
        if let Some(why) = &m.changes_nothing {
            table.nothing.push(format!("{name}: {why}"));
            continue;
        }
        let count = table.kinds.entry(m.kind.clone()).or_default().entry(platform.word()).or_default();
        count.all += 1;
        count.killed += usize::from(mark == "killed" || mark == "refused");
        count.refused += usize::from(mark == "refused");
    }
    wrong
}

#[derive(Default)]
struct Table {
    kinds: BTreeMap<String, BTreeMap<&'static str, Count>>,
    nothing: Vec<String>,
}

impl Table {
    fn print(&self) {
        println!("\n{:<14}{:>12}{:>12}{:>12}", "killed", "github", "gitlab", "jenkins");
        let cell =
            |c: Option<&Count>| c.map_or_else(|| "-".to_owned(), |c| format!("{}/{}", c.killed, c.all));
        for (kind, by) in &self.kinds {
            let cells = PlatformName::ALL.map(|p| format!("{:>12}", cell(by.get(p.word()))));
            println!("{kind:<14}{}", cells.concat());
        }
        let sum = PlatformName::ALL.map(|p| {
            let c = self.sum(p);
            format!("{:>12}", format!("{}/{}", c.killed, c.all))
        });
        println!("{:<14}{}", "all", sum.concat());
        let refused = PlatformName::ALL.map(|p| format!("{:>12}", self.sum(p).refused));
        println!("{:<14}{}", "of them*", refused.concat());
        println!(
            "* refused as not understood, which compiles nothing either; the others are named with what differs"
        );
        println!("\nNot counted, because they change nothing that is compared:");
        for n in &self.nothing {
            println!("  {n}");
        }
    }

    fn sum(&self, p: PlatformName) -> Count {
        let mut sum = Count::default();
        for c in self.kinds.values().filter_map(|by| by.get(p.word())) {
            sum.killed += c.killed;
            sum.refused += c.refused;
            sum.all += c.all;
        }
        sum
    }
}

#[test]
fn every_mutant_is_caught() {
    let subject = Subject::full();
    let mut table = Table::default();
    let mut wrong = Vec::new();
    for p in PlatformName::ALL {
        wrong.extend(platform(&subject, p, &mutants("full", p), &mut table));
    }
    table.print();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    for p in PlatformName::ALL {
        assert!(table.sum(p).all >= 25, "{} has only {} mutants", p.word(), table.sum(p).all);
    }
    let all: usize = PlatformName::ALL.into_iter().map(|p| table.sum(p).all).sum();
    assert!(all >= 90, "{all} mutants");
}

/// Who waits, for how long, and what is held meanwhile.
#[test]
fn no_soak_can_be_left_out_or_shortened() {
    let subject = Subject::named("soak.mlpipe");
    let mut table = Table::default();
    let all = PlatformName::ALL.map(|p| platform(&subject, p, &mutants("soak", p), &mut table));
    table.print();
    let wrong = all.concat();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(PlatformName::ALL.into_iter().map(|p| table.sum(p).all).sum::<usize>() >= 25);
}

#[test]
fn with_the_proof_off_the_same_command_fails() {
    let this = std::env::current_exe().expect("this program");
    let run = std::process::Command::new(this)
        .args(["every_mutant_is_caught", "--exact"])
        .env("MLPIPE_TEST_PROOF", "off")
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(!run.status.success(), "{said}");
    assert!(said.contains("it is not caught") && said.contains("1 failed"), "{said}");
}
