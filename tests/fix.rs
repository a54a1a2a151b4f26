//! `lint --fix`: what it changes, what it leaves alone, and that what it fixed is gone.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops where it fails")]

#[path = "support/runner.rs"]
mod runner;

use camino::{Utf8Path, Utf8PathBuf};
use mlpipe::diag::Finding;
use mlpipe::lint::fix::{self, Changed};
use mlpipe::project::{Others, Project, Settings};
use proptest::prelude::*;
use runner::Repo;

const SLIPS: &str = "mlpipe 1\npipeline demo\non push main\n# mlpipe: allow(cron-on-the-huor, secret-unused) idle then\n\
                     on schedule \"0 3 * * *\"\r\n\
                     gatte x { run \"true\" } # mlpipe: allow(secret-unused) gone\n\
                     gate y { rnu \"true\"; scna \"x\" }\n";

#[test]
fn fixes_are_done_until_nothing_is_left_to_do() {
    let repo = Repo::new();
    repo.write("ml/a.mlpipe", format!("\u{feff}{SLIPS}"));
    let before = repo.files();
    let ran = repo.run(&["lint", "--fix", "--diff"], 1);
    assert_eq!(repo.files(), before, "nothing is written");
    assert!(ran.out.contains("-gatte x {") && ran.out.contains("+gate x {"), "{}", ran.out);
    assert!(ran.err.contains("ml/a.mlpipe:6: would fix MLP100 unknown-word: write `gate`"), "{}", ran.err);

    let ran = repo.run(&["lint", "--fix"], 1);
    // `scna` is no word that is near to one: it is left, with its finding, and so not every rule has run yet.
    assert!(ran.err.contains("fixed MLP100 unknown-word: write `run`"), "{}", ran.err);
    let fixed = SLIPS.replace("gatte", "gate").replace("rnu", "run").replace("huor", "hour");
    assert_eq!(repo.read("ml/a.mlpipe"), format!("\u{feff}{fixed}"));

    repo.write("ml/a.mlpipe", repo.read("ml/a.mlpipe").replace("; scna \"x\"", ""));
    let ran = repo.run(&["lint", "--fix"], 0);
    let whole = fixed
        .replace("; scna \"x\"", "")
        .replace(", secret-unused", "")
        .replace(" # mlpipe: allow(secret-unused) gone", "");
    assert_eq!(repo.read("ml/a.mlpipe"), format!("\u{feff}{whole}"));
    assert_eq!(ran.err.matches("fixed MLP794 allow-unused: take it out").count(), 2, "{}", ran.err);
    assert!(ran.err.contains("no findings (1 allowed)"), "{}", ran.err);
    assert!(repo.run(&["lint", "--fix", "--diff"], 0).out.is_empty());
}

#[test]
fn a_file_with_an_error_of_syntax_is_left_alone() {
    let repo = Repo::new();
    let broken = "mlpipe 1\npipeline b\non push main\ngatte x { run \"true }\n";
    repo.write("a.mlpipe", SLIPS);
    repo.write("b.mlpipe", broken);
    let ran = repo.run(&["lint", "--fix"], 1);
    assert!(ran.err.contains("b.mlpipe: left alone, since its syntax has to be mended first"), "{}", ran.err);
    assert_eq!(repo.read("b.mlpipe"), broken);
    assert!(repo.read("a.mlpipe").contains("\ngate x {"));
}

#[test]
fn only_what_is_named_is_changed() {
    let repo = Repo::new();
    let library = "gate old { rnu \"true\" }\n";
    repo.write("lib.mlpipe", library);
    repo.write("a.mlpipe", "mlpipe 1\npipeline a\non push main\nuse \"lib.mlpipe\"\n");
    let ran = repo.run(&["lint", "--fix", "a.mlpipe"], 1);
    assert!(ran.err.contains("lib.mlpipe:1:12"), "{}", ran.err);
    assert_eq!(repo.read("lib.mlpipe"), library);
    repo.run(&["lint", "--fix"], 0);
    assert_eq!(repo.read("lib.mlpipe"), library.replace("rnu", "run"));
}

#[test]
fn what_is_left_decides_and_is_reported_in_any_format() {
    let repo = Repo::new();
    repo.write(
        "a.mlpipe",
        "mlpipe 1\npipeline a\non push main\non schedule \"0 3 * * *\"\ngatte x { run \"true\" }\n",
    );
    let ran = repo.run(&["lint", "--fix", "--deny", "warning", "--format", "json"], 1);
    let json: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    let names: Vec<_> =
        json["findings"].as_array().expect("a list").iter().map(|f| f["name"].as_str()).collect();
    assert_eq!(names, [Some("cron-on-the-hour")]);
    repo.run(&["lint", "--diff"], 2);
}

#[cfg(unix)]
#[test]
fn a_link_stays_one() {
    let repo = Repo::new();
    repo.write("specs/a.mlpipe", SLIPS.replace("; scna \"x\"", ""));
    std::os::unix::fs::symlink("specs/a.mlpipe", repo.path("a.mlpipe")).expect("linked");
    repo.run(&["lint", "--fix", "a.mlpipe"], 0);
    assert!(repo.path("a.mlpipe").is_symlink());
    assert!(repo.read("specs/a.mlpipe").contains("\ngate x {"));
}

fn load(root: &Utf8Path, changed: &Changed) -> Project {
    let spec = [Utf8PathBuf::from("a.mlpipe")];
    let mut project = Project::load_from(changed, root, &spec, &spec, Others::Planned, &Settings::default());
    mlpipe::lint::add(&mut project);
    project
}

const WHOLE: &str = include_str!("../examples/fastapi-service/full.mlpipe");

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Slips of the pen in a whole spec: one letter lost, doubled, changed or swapped with the next, in a word at the start of
    /// a line, and comments that allow what nothing finds.
    #[test]
    fn what_is_fixed_is_gone_and_the_text_still_reads(
        slips in prop::collection::vec((0usize..200, 0usize..6, 0u8..4), 1..5),
        comments in prop::collection::vec((0usize..200, 0usize..4), 0..3),
    ) {
        let mut lines: Vec<String> = WHOLE.lines().map(str::to_owned).collect();
        for (line, at, kind) in slips {
            let line = line % lines.len();
            lines[line] = slip(&lines[line], at, kind);
        }
        for (line, rules) in comments {
            let rules = ["secret-unused", "secret-unusd", "unit-unused, secret-unused", "allow-unused"][rules];
            let at = line % lines.len();
            let in_raw = lines[..at].iter().filter(|l| l.contains("\"\"\"")).count() % 2 == 1;
            if !in_raw {
                lines.insert(at, format!("  # mlpipe: allow({rules}) for a while"));
            }
        }
        let dir = tempfile::tempdir().expect("a folder");
        let root = Utf8Path::from_path(dir.path()).expect("UTF-8").canonicalize_utf8().expect("a folder");
        let text = lines.join("\n") + "\n";
        std::fs::write(root.join("a.mlpipe"), &text).expect("written");
        let mut changed = Changed::default();
        let mut project = load(&root, &changed);
        let could_be_read = fix::broken(&project).is_empty();
        for _ in 0..fix::MAX_ROUNDS {
            let round = fix::round(&project, &mut changed);
            prop_assert!(could_be_read || round.done.is_empty());
            let after = load(&root, &changed);
            prop_assert_eq!(fix::broken(&after).is_empty(), could_be_read);
            for done in &round.done {
                // Nobody says so there any more, or there are fewer who do: a comment may come to stand where its like stood,
                // and a mended word may let more of its block be read.
                let at = |p: &Project| -> Vec<_> {
                    let same = |f: &&Finding| f.code == done.finding.code && f.message == done.finding.message;
                    p.findings.iter().filter(same).filter_map(|f| f.span).map(|s| s.start).collect()
                };
                let (before, now) = (at(&project), at(&after));
                let start = done.finding.span.map_or(0, |s| s.start);
                prop_assert!(now.len() < before.len() || !now.contains(&start), "{:?}\n{}", done, text);
            }
            project = after;
            if round.done.is_empty() {
                break;
            }
        }
        prop_assert!(!could_be_read || project.findings.iter().all(|f| f.fix.is_none()), "{:?}", project.findings);
    }
}

/// A line with one slip in its first word.
fn slip(line: &str, at: usize, kind: u8) -> String {
    let start = line.len() - line.trim_start().len();
    let word: Vec<char> = line[start..].chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
    if word.len() < 3 || line[start..].starts_with("\"\"\"") {
        return line.to_owned();
    }
    let rest: String = line[start..].chars().skip(word.len()).collect();
    let (mut word, at) = (word.clone(), at % word.len());
    match kind {
        0 => drop(word.remove(at)),
        1 => word.insert(at, word[at]),
        2 => word[at] = 'x',
        _ if at + 1 < word.len() => word.swap(at, at + 1),
        _ => {}
    }
    format!("{}{}{rest}", &line[..start], word.into_iter().collect::<String>())
}
