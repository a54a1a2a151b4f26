#![doc = include_str!("../../../docs/findings/MLP461.md")]

use crate::check::facts::emits;
use crate::diag::{Code, Finding, Spanned};
use crate::spec::{Auth, Cloud, PlatformName, Spec};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for auth in spec.auth.iter().chain(spec.deploys.values().flat_map(|d| &d.auth)) {
        for name in std::iter::once(&auth.name).chain(auth.on.values()) {
            told(out, name, whole_name(auth.cloud.node, &name.node));
        }
        told_of(out, auth.region.as_ref(), region, "no region of AWS", "write it so: `\"eu-central-1\"`");
        told_of(
            out,
            auth.account.as_ref(),
            account,
            "no service account",
            "write its address: `\"ml-release@PROJECT.iam.gserviceaccount.com\"`",
        );
        told_of(out, auth.tenant.as_ref(), tenant, "no tenant", "write its id or one of its domains");
        told_of(out, auth.subscription.as_ref(), uuid, "no subscription", "write its id: `az account show`");
        told_of(
            out,
            auth.audience.as_ref(),
            audience,
            "no audience",
            "write it as the cloud names it: letters, digits and `:/._@+-`",
        );
        one_issuer(spec, auth, out);
    }
    one_credential(spec, out);
}

fn told(out: &mut Vec<Finding>, value: &Spanned<String>, fault: Option<(&str, &str)>) {
    let Some((what, help)) = fault else { return };
    let message = format!("`{}` is {what}", value.node.escape_debug());
    out.push(Finding::at(Code::BAD_IDENTITY, value.span, message).help(help));
}

fn told_of(
    out: &mut Vec<Finding>,
    value: Option<&Spanned<String>>,
    good: fn(&str) -> bool,
    what: &str,
    help: &str,
) {
    if let Some(value) = value {
        told(out, value, (!good(&value.node)).then_some((what, help)));
    }
}

fn whole_name(cloud: Cloud, name: &str) -> Option<(&'static str, &'static str)> {
    match cloud {
        Cloud::Aws => (!role(name)).then_some((
            "no ARN of a role",
            "write the whole of it: `\"arn:aws:iam::123456789012:role/ml-release\"`",
        )),
        Cloud::Gcp => (!provider(name)).then_some((
            "no full name of a workload identity provider",
            "write it with the project's number: `\"projects/123456789012/locations/global/workloadIdentityPools/ci/providers/github\"`",
        )),
        Cloud::Azure => (!uuid(name)).then_some((
            "no client id",
            "write the application's id: `\"00000000-0000-0000-0000-000000000000\"`",
        )),
    }
}

/// `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME` (IAM user guide, "IAM identifiers").
fn role(name: &str) -> bool {
    let parts: Vec<&str> = name.splitn(6, ':').collect();
    let [arn, partition, service, region, owner, what] = parts.as_slice() else { return false };
    let named = what.strip_prefix("role/").is_some_and(|r| {
        !r.is_empty() && r.chars().all(|c| c.is_ascii_alphanumeric() || "+=,.@_/-".contains(c))
    });
    *arn == "arn"
        && (*partition == "aws" || partition.starts_with("aws-") && plain(partition))
        && *service == "iam"
        && region.is_empty()
        && owner.len() == 12
        && digits(owner)
        && named
}

/// `projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER`.
fn provider(name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    let ["projects", number, "locations", "global", "workloadIdentityPools", pool, "providers", provider] =
        parts.as_slice()
    else {
        return false;
    };
    digits(number) && plain(pool) && plain(provider)
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}

fn plain(text: &str) -> bool {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.chars().all(good)
}

fn region(text: &str) -> bool {
    plain(text) && text.matches('-').count() >= 2 && text.ends_with(|c: char| c.is_ascii_digit())
}

fn account(text: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && host.contains('.') && name.chars().chain(host.chars()).all(good)
    })
}

fn uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
}

fn tenant(text: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || ".-".contains(c);
    uuid(text) || text.contains('.') && text.chars().all(good)
}

fn audience(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || ":/._@+-".contains(c))
}

/// A provider of Google's trusts one issuer, and each platform is one of its own.
fn one_issuer(spec: &Spec, auth: &Auth, out: &mut Vec<Finding>) {
    if auth.cloud.node != Cloud::Gcp {
        return;
    }
    let usual: Vec<PlatformName> =
        PlatformName::ALL.into_iter().filter(|p| emits(spec, *p) && !auth.on.contains_key(p)).collect();
    let [first, .., last] = usual.as_slice() else { return };
    let message = format!(
        "a workload identity provider trusts the tokens of one platform, and this is the one of both `{}` and `{}`",
        first.word(),
        last.word()
    );
    out.push(Finding::at(Code::BAD_IDENTITY, auth.name.span, message).help(format!(
        "name the other ones in its block: `{{ {} \"projects/…/providers/{}\" }}`",
        last.word(),
        last.word()
    )));
}

/// Jenkins makes the tokens of one cloud with one credential, which has one audience.
fn one_credential(spec: &Spec, out: &mut Vec<Finding>) {
    if !emits(spec, PlatformName::Jenkins) {
        return;
    }
    let mut seen: Vec<(&Auth, String)> = Vec::new();
    for auth in spec.auth.iter().chain(spec.deploys.values().flat_map(|d| &d.auth)) {
        let name = auth.on.get(&PlatformName::Jenkins).unwrap_or(&auth.name);
        let said = auth.audience.as_ref().map(|a| a.node.clone());
        let audience = said.unwrap_or_else(|| auth.cloud.node.usual_audience(&name.node));
        match seen.iter().find(|(a, _)| a.cloud.node == auth.cloud.node) {
            Some((other, said)) if *said != audience => out.push(
                Finding::at(
                    Code::BAD_IDENTITY,
                    auth.span,
                    format!(
                        "in Jenkins one credential makes these tokens, for `{said}` and `{audience}` at once"
                    ),
                )
                .also(other.span, "the other one")
                .help("write the same `audience \"…\"` in both, and let the cloud accept it"),
            ),
            Some(_) => {}
            None => seen.push((auth, audience)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_whole() {
        for good in ["arn:aws:iam::123456789012:role/a", "arn:aws-cn:iam::123456789012:role/path/a.b@c"] {
            assert!(role(good), "{good}");
        }
        for bad in [
            "ml-release",
            "arn:aws:iam::12345678901:role/a",
            "arn:aws:iam::123456789012:user/a",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::123456789012:role/a b",
            "arn:azure:iam::123456789012:role/a",
        ] {
            assert!(!role(bad), "{bad}");
        }
        assert!(provider("projects/1/locations/global/workloadIdentityPools/ci/providers/github"));
        assert!(!provider("projects/acme/locations/global/workloadIdentityPools/ci/providers/github"));
        assert!(!provider(
            "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/a/providers/b"
        ));
        assert!(region("eu-central-1") && region("us-gov-west-1") && !region("Frankfurt") && !region("eu"));
        assert!(
            account("a@b.iam.gserviceaccount.com")
                && !account("a")
                && !account("@b.c")
                && !account("a b@c.d")
        );
        assert!(uuid("0f3e2d1c-0000-4000-8000-0123456789ab") && !uuid("0f3e2d1c"));
        assert!(tenant("acme.onmicrosoft.com") && !tenant("acme") && !tenant("acme .com"));
        assert!(audience("api://AzureADTokenExchange") && !audience("$CI_SERVER_URL") && !audience(""));
    }
}
