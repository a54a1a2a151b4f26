//! Other programs, asked and not waited for without end.

use camino::Utf8Path;
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long a program may take. A network that does not answer is no reason to wait longer.
const LIMIT: Duration = Duration::from_secs(20);

/// What a program said.
pub(super) struct Said {
    /// It ended well.
    pub(super) well: bool,
    /// Standard output.
    pub(super) out: String,
    /// The first line of standard error.
    pub(super) err: String,
}

/// Runs a program in a folder, without input and without asking a person anything.
///
/// # Errors
/// Why it did not run or did not end, in words.
pub(super) fn call(folder: &Utf8Path, program: &str, words: &[&str]) -> Result<Said, String> {
    let spawned = Command::new(program)
        .args(words)
        .current_dir(folder)
        .env("LC_ALL", "C")
        .env("GH_PROMPT_DISABLED", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = spawned.map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => format!("{program} is not on PATH"),
        _ => format!("{program} cannot be started: {e}"),
    })?;
    // Read beside waiting: a program that has much to say would wait for its reader.
    let (out, err) = (reader(child.stdout.take()), reader(child.stderr.take()));
    let begun = Instant::now();
    let ended = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if begun.elapsed() < LIMIT => std::thread::sleep(Duration::from_millis(10)),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("{program} did not answer within {} s", LIMIT.as_secs()));
            }
            Err(e) => return Err(format!("{program}: {e}")),
        }
    };
    let text = |t: std::thread::JoinHandle<String>| t.join().unwrap_or_default();
    let first = text(err).lines().find(|l| !l.trim().is_empty()).unwrap_or_default().to_owned();
    Ok(Said { well: ended.success(), out: text(out), err: first })
}

fn reader<R: Read + Send + 'static>(from: Option<R>) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut from) = from {
            let _ = from.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// The output of a program that ended well.
///
/// # Errors
/// Why there is none, in words.
pub(super) fn asked(folder: &Utf8Path, program: &str, words: &[&str]) -> Result<String, String> {
    let said = call(folder, program, words)?;
    match (said.well, said.err.is_empty()) {
        (true, _) => Ok(said.out),
        (false, false) => Err(said.err),
        (false, true) => Err(format!("`{program} {}` failed", words.join(" "))),
    }
}
