#![doc = include_str!("../../../docs/findings/MLP375.md")]

use crate::diag::{Code, Finding};
use crate::spec::{Spec, Target};

/// Runs the rule.
pub(in crate::check) fn run(spec: &Spec, out: &mut Vec<Finding>) {
    for deploy in spec.deploys.values() {
        let Some(Target::Ssh(ssh)) = deploy.target.as_ref().map(|t| &t.node) else { continue };
        for (i, host) in ssh.hosts.iter().enumerate() {
            if !is_login(host) {
                let message = format!("`{}` is not who logs in on which host", host.escape_debug());
                out.push(Finding::at(Code::BAD_SSH_HOST, host.span, message).help(
                    "write `USER@HOST` or `USER@HOST:PORT`, an address of IPv6 in brackets: `host \"app@vm.example.com\"`",
                ));
            } else if let Some(first) = ssh.hosts[..i].iter().find(|other| other.node == host.node) {
                let message = format!("the host `{}` is given twice", host.node);
                out.push(
                    Finding::at(Code::BAD_SSH_HOST, host.span, message)
                        .also(first.span, "it stands here already")
                        .help("take one of them out"),
                );
            }
        }
    }
}

/// `USER@HOST` or `USER@HOST:PORT`, each part of signs that neither ssh nor a shell reads as more than a name.
fn is_login(text: &str) -> bool {
    let Some((user, rest)) = text.rsplit_once('@') else { return false };
    let (host, port) = match rest.strip_prefix('[').map(|r| r.split_once(']')) {
        Some(Some((address, port))) => (address, port),
        Some(None) => return false,
        None => rest.split_at(rest.find(':').unwrap_or(rest.len())),
    };
    let digits = |c: char| c.is_ascii_hexdigit() || c == ':' || c == '.';
    let address = rest.starts_with('[') && host.contains(':') && host.chars().all(digits);
    let port = match port.strip_prefix(':') {
        Some(port) => port.parse::<u16>().is_ok_and(|n| n > 0 && !port.starts_with(['+', '0'])),
        None => port.is_empty(),
    };
    is_name(user) && port && (address || (!rest.starts_with('[') && is_name(host)))
}

/// Letters, digits, `.`, `_` and `-`, and not as an option begins.
fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !text.is_empty() && text.chars().all(plain) && !text.starts_with(['-', '.'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_as_ssh_takes_them() {
        for (text, good) in [
            ("app@vm.example.com", true),
            ("app@vm:2222", true),
            ("a.b-c_d@10.0.0.1", true),
            ("app@[::1]", true),
            ("app@[2001:db8::7]:22", true),
            ("vm.example.com", false),
            ("app@", false),
            ("@vm", false),
            ("app@::1", false),
            ("app@[vm]", false),
            ("app@[::1", false),
            ("app@vm:", false),
            ("app@vm:0", false),
            ("app@vm:022", false),
            ("app@vm:65536", false),
            ("app@vm:+22", false),
            ("-oProxyCommand=id@vm", false),
            ("app@-oProxyCommand=id", false),
            ("app@vm;id", false),
            ("app@$(id)", false),
            ("a b@vm", false),
            ("app@vm\n", false),
            ("é@vm", false),
        ] {
            assert_eq!(is_login(text), good, "{text}");
        }
    }
}
