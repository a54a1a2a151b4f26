//! The command lines of an item: what a person types at a clone of the repository.
//!
//! The script of a manifest does the same and more (it looks first, and finds people by their names); these lines are
//! for reading, and for whoever makes one thing by hand.

use super::{ClusterRight, RefKind, Setting};
use crate::plan::SecretKind;
use crate::render::bash;
use crate::spec::{Cloud, PlatformName};
use std::fmt::Write;

/// A part of a URL's path: everything but unreserved characters as `%XX`.
pub fn encoded(text: &str) -> String {
    let mut out = String::new();
    for b in text.bytes() {
        if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
            out.push(char::from(b));
        } else {
            let _ = write!(out, "%{b:02X}");
        }
    }
    out
}

/// GitLab's scope of a variable: an environment, or all.
pub fn scope_of(environment: Option<&str>) -> &str {
    environment.unwrap_or("*")
}

/// A word of a command line: as it is where a shell would not touch it.
fn word(text: &str) -> String {
    let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./:=%@".contains(c));
    if plain { text.to_owned() } else { bash(text).as_str().to_owned() }
}

fn line(words: &[&str]) -> String {
    words.iter().map(|w| word(w)).collect::<Vec<_>>().join(" ")
}

/// What GitLab's API takes for a schedule; nothing for any other setting.
pub fn schedule_body(setting: &Setting) -> Option<String> {
    let Setting::Schedule { description, cron, timezone, branch, input } = setting else { return None };
    let inputs: Vec<_> =
        input.iter().map(|i| serde_json::json!({ "name": i.name, "value": i.value })).collect();
    let body = serde_json::json!({
        "description": description,
        "ref": format!("refs/heads/{branch}"),
        "cron": cron,
        "cron_timezone": timezone,
        "active": true,
        "inputs": inputs,
    });
    Some(body.to_string())
}

/// The lines of one setting.
pub(super) fn of(platform: PlatformName, setting: &Setting) -> Vec<String> {
    if let Setting::Trust { .. } = setting {
        return trusting(setting);
    }
    if let Setting::Rights { kubeconfig, namespace, rights } = setting {
        return role(kubeconfig, namespace, rights);
    }
    match platform {
        PlatformName::Github => github(setting),
        PlatformName::Gitlab => gitlab(setting),
        // Configuration as code says them all in one file; there is no command line of Jenkins' own for most.
        PlatformName::Jenkins => vec![],
    }
}

/// What adds to the trust and takes nothing away. A role's trust in AWS is one document, which a line would replace.
fn trusting(setting: &Setting) -> Vec<String> {
    let Setting::Trust { cloud, name, account, issuer, audience, subjects } = setting else { return vec![] };
    match (cloud, account) {
        (Cloud::Aws, _) => {
            let role = name.rsplit('/').next().unwrap_or_default();
            vec![line(&[
                "aws",
                "iam",
                "get-role",
                "--role-name",
                role,
                "--query",
                "Role.AssumeRolePolicyDocument",
            ])]
        }
        (Cloud::Gcp, Some(account)) => {
            let pool = name.split("/providers/").next().unwrap_or_default();
            let binding = |subject: &String| {
                let member = format!("principal://iam.googleapis.com/{pool}/subject/{subject}");
                let to = ["gcloud", "iam", "service-accounts", "add-iam-policy-binding", account.as_str()];
                let role = ["--role", "roles/iam.workloadIdentityUser", "--member", member.as_str()];
                line(&[to.as_slice(), role.as_slice()].concat())
            };
            subjects.iter().map(binding).collect()
        }
        (Cloud::Gcp, None) => vec![],
        (Cloud::Azure, _) => {
            let credential = |(i, subject): (usize, &String)| {
                let json = serde_json::json!({
                    "name": format!("mlpipe-{}", i + 1), "issuer": issuer, "subject": subject, "audiences": [audience]
                });
                let call = [
                    "az",
                    "ad",
                    "app",
                    "federated-credential",
                    "create",
                    "--id",
                    name.as_str(),
                    "--parameters",
                ];
                format!("{} {}", line(&call), bash(&json.to_string()).as_str())
            };
            subjects.iter().enumerate().map(credential).collect()
        }
    }
}

fn body(json: &str, call: &str) -> String {
    format!("echo {} | {call} --input -", bash(json).as_str())
}

/// A role and its binding, which Kubernetes' own command line makes.
fn role(kubeconfig: &str, namespace: &str, rights: &[ClusterRight]) -> Vec<String> {
    // Two accounts of one namespace have a role each.
    let name = format!("mlpipe-{}", kubeconfig.to_lowercase().replace('_', "-"));
    let rules: Vec<_> = rights
        .iter()
        .map(|r| serde_json::json!({ "apiGroups": [r.group], "resources": [r.resource], "verbs": r.verbs }))
        .collect();
    let role = serde_json::json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": { "name": &name, "namespace": namespace },
        "rules": rules,
    });
    let of = format!("--role={name}");
    let account = "--serviceaccount=<NAMESPACE>:<ACCOUNT>";
    let bind = ["kubectl", "--namespace", namespace, "create", "rolebinding", &name, &of, account];
    vec![format!("echo {} | kubectl apply -f -", bash(&role.to_string()).as_str()), line(&bind)]
}

fn github(setting: &Setting) -> Vec<String> {
    let repo = "repos/{owner}/{repo}";
    match setting {
        Setting::DefaultBranch { name } => vec![line(&["gh", "repo", "edit", "--default-branch", name])],
        Setting::Environment { name, branches, tags, wait_minutes, .. } => {
            let at = format!("{repo}/environments/{}", encoded(name));
            let ruled = !branches.is_empty() || !tags.is_empty();
            let policy = if ruled {
                "\"deployment_branch_policy\": {\"protected_branches\": false, \"custom_branch_policies\": true}"
            } else {
                "\"deployment_branch_policy\": null"
            };
            let timer = wait_minutes.map(|m| format!("\"wait_timer\": {m}, ")).unwrap_or_default();
            let mut lines =
                vec![body(&format!("{{{timer}{policy}}}"), &line(&["gh", "api", "--method", "PUT", &at]))];
            let refs = branches.iter().map(|b| ("branch", b)).chain(tags.iter().map(|t| ("tag", t)));
            for (kind, pattern) in refs {
                let to = format!("{at}/deployment-branch-policies");
                let (kind, name) = (format!("type={kind}"), format!("name={pattern}"));
                lines.push(line(&["gh", "api", "--method", "POST", &to, "-f", &kind, "-f", &name]));
            }
            lines
        }
        Setting::Approval { environment, by } => {
            let at = format!("{repo}/environments/{}", encoded(environment));
            let mut lines: Vec<String> = by
                .iter()
                .map(|name| format!("orgs/{{owner}}/teams/{}", encoded(name)))
                .map(|team| line(&["gh", "api", &team, "--jq", ".id"]))
                .collect();
            let people =
                "{\"prevent_self_review\": true, \"reviewers\": [{\"type\": \"Team\", \"id\": <ID>}]}";
            lines.push(body(people, &line(&["gh", "api", "--method", "PUT", &at])));
            lines
        }
        Setting::Secret { name, value, environment, .. } => {
            let mut words = vec!["gh", "secret", "set", name.as_str()];
            if let Some(e) = environment {
                words.extend(["--env", e.as_str()]);
            }
            vec![from_file(line(&words), *value)]
        }
        Setting::Option { key, value } if key == "default_workflow_permissions" => {
            let to = format!("{repo}/actions/permissions/workflow");
            vec![line(&["gh", "api", "--method", "PUT", &to, "-f", &format!("{key}={value}")])]
        }
        _ => vec![],
    }
}

/// A text is asked for at the terminal; a file is read.
fn from_file(call: String, value: SecretKind) -> String {
    match value {
        SecretKind::Text => call,
        SecretKind::File => format!("{call} < <FILE>"),
    }
}

fn gitlab(setting: &Setting) -> Vec<String> {
    let api = |method: &str, at: &str, fields: &[(&str, &str)]| {
        let to = format!("projects/:id/{at}");
        let mut words = vec!["glab", "api", "--method", method, to.trim_end_matches('/')];
        let fields: Vec<String> = fields.iter().map(|(k, v)| format!("{k}={v}")).collect();
        words.extend(fields.iter().flat_map(|f| ["--raw-field", f.as_str()]));
        line(&words)
    };
    match setting {
        Setting::Protected { what: RefKind::Branch, pattern } => {
            let fields = [("name", pattern.as_str()), ("push_access_level", "40"), ("merge_access_level", "40")];
            vec![api("POST", "protected_branches", &fields)]
        }
        Setting::Protected { what: RefKind::Tag, pattern } => {
            vec![api("POST", "protected_tags", &[("name", pattern), ("create_access_level", "40")])]
        }
        Setting::Approval { environment, .. } => {
            let json = format!(
                "{{\"name\": {}, \"deploy_access_levels\": [{{\"group_id\": <ID>}}]}}",
                serde_json::Value::from(environment.as_str())
            );
            let call = "glab api --method POST projects/:id/protected_environments --header 'Content-Type: application/json'";
            vec![body(&json, call)]
        }
        Setting::Secret { name, value, environment, protected, masked, .. } => {
            let mut words = vec!["glab", "variable", "set", name.as_str()];
            words.extend(["--scope", scope_of(environment.as_deref()), "--raw"]);
            words.extend(match value {
                SecretKind::Text => ["--type", "env_var"],
                SecretKind::File => ["--type", "file"],
            });
            if *masked {
                words.push("--masked");
            }
            if *protected {
                words.push("--protected");
            }
            vec![format!("{} < <FILE>", line(&words))]
        }
        Setting::Schedule { .. } => schedule_body(setting)
            .map(|json| {
                let call = "glab api --method POST projects/:id/pipeline_schedules --header 'Content-Type: application/json'";
                body(&json, call)
            })
            .into_iter()
            .collect(),
        Setting::Event { name, .. } => {
            vec![api("POST", "triggers", &[("description", &format!("mlpipe: {name}"))])]
        }
        Setting::ResourceGroup { key, mode } => {
            vec![api("PUT", &format!("resource_groups/{}", encoded(key)), &[("process_mode", mode)])]
        }
        Setting::Option { key, value } => vec![api("PUT", "", &[(key, value)])],
        _ => vec![],
    }
}
