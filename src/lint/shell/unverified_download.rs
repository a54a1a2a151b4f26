#![doc = include_str!("../../../docs/findings/MLP761.md")]

use crate::check::facts::jobs;
use crate::diag::{Code, Finding};
use crate::lint::Subject;
use crate::lint::commands::{Command, commands};
use crate::lint::script::{Simple, Word};
use crate::lint::urls;

/// Variables that switch the check of certificates off, and the values that do. Node.js, "Command-line API", "Environment variables"; Git,
/// `git-config(1)`, `http.sslVerify`; MLflow, "Logging to a Tracking Server"; Requests before 2.28.0 (its issue 6071). `PYTHONHTTPSVERIFY` is of Python 2 (PEP 493),
/// an empty `REQUESTS_CA_BUNDLE` changes nothing, and of the AWS CLI only the option does it.
const SWITCHES: [(&str, &[&str]); 4] = [
    ("NODE_TLS_REJECT_UNAUTHORIZED", &["0"]),
    ("GIT_SSL_NO_VERIFY", &["1", "true"]),
    ("MLFLOW_TRACKING_INSECURE_TLS", &["1", "true"]),
    ("CURL_CA_BUNDLE", &[""]),
];

/// Options that do the same: the program, and the option.
const OPTIONS: [(&str, &str); 7] = [
    ("wget", "--no-check-certificate"),
    ("kubectl", "--insecure-skip-tls-verify"),
    ("kubectl", "--insecure-skip-tls-verify=true"),
    ("helm", "--kube-insecure-skip-tls-verify"),
    ("helm", "--insecure-skip-tls-verify"),
    ("aws", "--no-verify-ssl"),
    ("git", "http.sslVerify=false"),
];

/// Letters of curl's options that take a value: what stands behind one in `-sko` is that value.
const CURL_VALUES: &str = "oHdXuAbceFmTwxyYzCEKPQrtUDh";

/// Runs the rule.
pub(in crate::lint) fn run(subject: Subject<'_>, out: &mut Vec<Finding>) {
    let spec = subject.spec;
    let envs = std::iter::once(&spec.env).chain(jobs(spec).into_iter().map(|j| &j.common.env));
    for (name, value) in envs.flatten() {
        if value.node.as_literal().is_some_and(|text| switches(name, &text)) {
            let message = format!("`{name}` switches the check of certificates off");
            out.push(Finding::at(Code::UNVERIFIED_DOWNLOAD, value.span, message).help(HELP));
        }
    }
    for command in commands(spec) {
        let checked = command.shell.node.contains("sha256sum")
            || ["shasum", "gpg ", "cosign ", "minisign "].iter().any(|c| command.shell.node.contains(c));
        for simple in command.script.iter().flat_map(|s| &s.commands) {
            if let Some((word, why)) = unverified(simple, checked) {
                let message = format!("{} {why}", command.owner);
                out.push(finding(subject, &command, word, message));
            }
        }
    }
}

const HELP: &str =
    "name the authority instead, such as `curl --cacert ca.pem`; then nobody in between can answer";

fn finding(subject: Subject<'_>, command: &Command<'_>, word: &Word, message: String) -> Finding {
    Finding::at(Code::UNVERIFIED_DOWNLOAD, command.place(subject, word.range.clone()), message).help(HELP)
}

fn switches(name: &str, value: &str) -> bool {
    SWITCHES.iter().any(|(n, values)| *n == name && values.contains(&value.to_lowercase().as_str()))
}

/// A word by which the other side is not known for certain, and what it does.
fn unverified(simple: &Simple, checked: bool) -> Option<(&Word, String)> {
    let tool = simple.tool();
    let name = tool.first().map_or("", |w| w.text.as_str());
    let far = |w: &Word| urls::host(&w.text).is_none_or(|h| !urls::is_local(h));
    let all_far = simple.words.iter().all(far);
    for word in simple.assigns.iter().chain(simple.words.iter().filter(|_| simple.name() == "export")) {
        if word.text.split_once('=').is_some_and(|(n, v)| switches(n, v)) {
            return Some((word, format!("does not check certificates: `{}`", word.text)));
        }
    }
    for (i, word) in tool.iter().enumerate().skip(1) {
        let text = word.text.as_str();
        let told = OPTIONS.contains(&(name, text)) || name == "curl" && (text == "--insecure" || has_k(text));
        if told && all_far && !(checked && matches!(name, "curl" | "wget")) {
            return Some((word, format!("does not check certificates: `{name} {text}`")));
        }
        if matches!(name, "pip" | "pip3" | "uv") {
            let value =
                text.split_once('=').map(|(_, v)| v).or_else(|| tool.get(i + 1).map(|w| w.text.as_str()));
            let index = [
                "-i",
                "--index-url",
                "--extra-index-url",
                "--default-index",
                "--index",
                "-f",
                "--find-links",
            ];
            let option = text.split('=').next().unwrap_or_default();
            if index.contains(&option) && value.is_some_and(urls::is_plain_http) {
                return Some((word, "installs packages over `http://`".to_owned()));
            }
            if option == "--trusted-host" && value.is_some_and(|v| !urls::is_local(v)) {
                return Some((word, format!("does not check certificates: `{name} --trusted-host`")));
            }
        }
        if matches!(name, "curl" | "wget") && urls::is_plain_http(text) && !checked && keeps(name, tool) {
            return Some((word, format!("loads a file over `http://` and does not check it: `{text}`")));
        }
    }
    None
}

/// `-k`, `-fsSLk`.
fn has_k(word: &str) -> bool {
    let Some(letters) = word.strip_prefix('-').filter(|l| !l.starts_with('-')) else { return false };
    letters.chars().take_while(|c| !CURL_VALUES.contains(*c)).any(|c| c == 'k')
}

/// What is loaded is kept in a file.
fn keeps(name: &str, tool: &[Word]) -> bool {
    let nowhere = tool.iter().any(|w| w.text == "/dev/null" || w.text == "-O-" || w.text == "-qO-");
    let kept = |w: &Word| {
        matches!(w.text.as_str(), "--output" | "--remote-name")
            || w.text.starts_with('-') && !w.text.starts_with("--") && w.text.contains(['o', 'O'])
    };
    let spider = tool.iter().any(|w| w.text == "--spider");
    !nowhere && !spider && (name == "wget" || tool.iter().any(kept))
}
