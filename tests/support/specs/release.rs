//! What releases: where deploys go and how traffic moves, who says yes, who they are in a cloud, and where they are
//! written down. What is drawn first decides what the rest may be.

use super::live::Live;
use super::{COMMANDS, Dice, Head, common, schedule, shell};
use std::fmt::Write;

/// A cloud in which deploys are somebody.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cloud {
    Aws,
    Gcp,
    Azure,
}

impl Cloud {
    const ALL: [Self; 3] = [Self::Aws, Self::Gcp, Self::Azure];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Gcp => "gcp",
            Self::Azure => "azure",
        }
    }

    /// An `auth`, with or without what may be left out. What stands for the audience has to be the same for all of one
    /// cloud, for Jenkins makes their tokens by one credential.
    fn auth(self, d: &mut Dice, own: bool) -> String {
        let whole = d.once_in(2);
        match self {
            Self::Aws => {
                let role = if own { "ml/own@acme" } else { "ml-release" };
                let region = if whole { " region \"eu-central-1\"" } else { "" };
                let arn = |name| format!("\"arn:aws:iam::123456789012:role/{name}\"");
                let other = match d.once_in(2) {
                    true => format!(" {{\n  github {}\n  gitlab {}\n}}", arn("ml-github"), arn("ml-gitlab")),
                    false => String::new(),
                };
                format!("auth aws role {}{region}{other}", arn(role))
            }
            Self::Gcp => {
                let provider = |name| {
                    format!(
                        "\"projects/123456789012/locations/global/workloadIdentityPools/ci/providers/{name}\""
                    )
                };
                let account = if whole { " service_account \"ci@acme.iam.gserviceaccount.com\"" } else { "" };
                let github = provider(if own { "github-own" } else { "github" });
                let (gitlab, jenkins) = (provider("gitlab"), provider("jenkins"));
                format!("auth gcp provider {github}{account} {{\n  gitlab {gitlab}\n  jenkins {jenkins}\n}}")
            }
            Self::Azure => {
                let id = if own { "1f3e2d1c" } else { "0f3e2d1c" };
                let id = format!("\"{id}-0000-4000-8000-0123456789ab\"");
                let subscription = if whole { format!(" subscription {id}") } else { String::new() };
                format!(
                    "auth azure client {id} tenant \"acme.onmicrosoft.com\"{subscription} audience \"api://ci\""
                )
            }
        }
    }
}

/// What gets a release, and how its traffic can be split.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    /// A Deployment behind nothing that splits, behind ingress-nginx, or behind Istio.
    Kubernetes(Option<&'static str>),
    /// A Rollout.
    ArgoRollouts,
    /// Docker on hosts.
    Ssh,
    /// Commands, with or without one that moves traffic.
    Command { shifts: bool },
}

impl Target {
    fn any(d: &mut Dice, head: &Head) -> Self {
        let command = Self::Command { shifts: d.once_in(2) };
        if !head.image {
            return command;
        }
        match d.below(9) {
            8 => Self::Ssh,
            0 => Self::Kubernetes(None),
            1..=2 => Self::Kubernetes(Some("nginx")),
            3 => Self::Kubernetes(Some("istio")),
            4..=6 if head.runner => Self::ArgoRollouts,
            _ => command,
        }
    }

    fn in_a_cluster(self) -> bool {
        !matches!(self, Self::Command { .. } | Self::Ssh)
    }

    /// It has a place for a ledger of its own.
    fn has_ledger(self) -> bool {
        !matches!(self, Self::Command { .. })
    }

    /// The ways in which traffic can move there. Only commands and ingress-nginx know parts of a percent, and only they
    /// keep a release without traffic.
    fn strategies(self) -> &'static [&'static str] {
        match self {
            Self::Kubernetes(None) | Self::Ssh | Self::Command { shifts: false } => &["", "rolling"],
            Self::Kubernetes(Some("nginx")) | Self::Command { shifts: true } => &[
                "",
                "canary 0.5% for 30m, 10% for 30m, 100%",
                "canary 5% for 10m, 25% for 10m, 100%",
                "canary 50%, 100%",
                "blue_green",
                "blue_green for 10m",
            ],
            Self::Kubernetes(_) | Self::ArgoRollouts => &[
                "",
                "canary 5% for 10m, 25% for 10m, 100%",
                "canary 1% for 90s, 10%, 33% for 1h, 100% for 5m",
                "canary 50%, 100%",
            ],
        }
    }
}

/// One deploy, as far as other statements have to know it.
struct Deploy {
    target: Target,
    approval: Option<&'static str>,
    soaks: bool,
    /// Behind the failure of a gate, the last good release is made sure of.
    redeploys: bool,
    halts: bool,
    watched: bool,
    /// Putting back is rehearsed there.
    drilled: bool,
}

/// Names of the deploys, in their order.
const NAMES: [&str; 3] = ["staging", "canary-eu", "production"];

/// All that releases.
pub(crate) struct Release {
    /// In which clouds every deploy is somebody.
    pub(crate) clouds: Vec<Cloud>,
    deploys: Vec<Deploy>,
    state: String,
    reconcile: String,
    /// When putting back is rehearsed.
    drill: String,
    /// Where a name stands for a target, it is one of all deploys of that kind.
    named: bool,
    /// What some deploys narrow themselves to, so that whatever comes behind one of them can run.
    narrow: String,
    /// The deploy that gets copies of the requests of another one.
    shadow: Option<(usize, usize)>,
}

impl Release {
    pub(crate) fn any(d: &mut Dice, head: &Head) -> Self {
        let count = if head.image || head.model { 1 + d.below(3) } else { 0 };
        let mut targets: Vec<Target> = (0..count).map(|_| Target::any(d, head)).collect();
        let shadow = (count > 1 && d.once_in(2)).then(|| {
            let to = d.below(count);
            (to, (to + 1 + d.below(count - 1)) % count)
        });
        // Only ingress-nginx copies by itself, and only where it leads to both.
        if let Some((to, from)) = shadow.filter(|_| head.image && d.once_in(2)) {
            targets[to] = Target::Kubernetes(Some("nginx"));
            targets[from] = targets[to];
        }
        let clouds: Vec<Cloud> = match count {
            0 => Vec::new(),
            _ => Cloud::ALL.into_iter().filter(|_| d.once_in(5)).collect(),
        };
        let state = if count > 0 { state(d, &targets, &clouds) } else { String::new() };
        let kept = |t: &Target| t.has_ledger() || !state.is_empty();
        let reconcile = match targets.iter().any(kept) && d.once_in(4) {
            true => format!("reconcile {{\n  on schedule {}\n}}\n", schedule(d)),
            false => String::new(),
        };
        let mut deploys: Vec<Deploy> = targets.iter().map(|t| Deploy::any(d, *t, kept(t))).collect();
        let drilled = targets.iter().take(2).filter(|t| kept(t) && d.once_in(3)).count();
        let drilled: Vec<&str> = match targets.iter().take(drilled).all(kept) {
            true => NAMES[..drilled].to_vec(),
            false => Vec::new(),
        };
        for deploy in &mut deploys[..drilled.len()] {
            (deploy.drilled, deploy.approval) = (true, None);
        }
        let drill = match drilled.is_empty() {
            true => String::new(),
            false => format!("drill {} {{\n  on schedule {}\n}}\n", drilled.join(", "), schedule(d)),
        };
        let narrow = head.events[d.below(head.events.len())].clone();
        Self { clouds, deploys, state, reconcile, drill, named: d.once_in(4), narrow, shadow }
    }

    /// What stands at the top of the file.
    pub(crate) fn top(&self, d: &mut Dice, s: &mut String) {
        for cloud in &self.clouds {
            let _ = writeln!(s, "{}", cloud.auth(d, false));
        }
        s.push_str(&self.state);
        s.push_str(&self.reconcile);
        s.push_str(&self.drill);
        if self.named {
            s.push_str("target cluster kubernetes { kubeconfig secret KUBECONFIG; namespace \"ml\" }\n");
            s.push_str("target rollouts argo_rollouts { kubeconfig secret KUBECONFIG; timeout 3m }\n");
            s.push_str("target hosts ssh { key secret SSH_KEY; known_hosts secret KNOWN_HOSTS; host \"app@vm1.acme.test\" }\n");
            s.push_str("target script command { live \"./live\"; timeout 3m }\n");
        }
    }

    /// The deploys, in their order.
    pub(crate) fn names(&self) -> &'static [&'static str] {
        &NAMES[..self.deploys.len()]
    }

    /// How many gates at most leave a Jenkinsfile short enough.
    pub(crate) fn gates_beside(&self) -> usize {
        let jobs = |p: &Deploy| {
            let more = [p.approval.is_some(), p.soaks, p.redeploys, true];
            1 + more.into_iter().filter(|more| *more).count()
        };
        6usize.saturating_sub(self.deploys.iter().map(jobs).sum::<usize>().saturating_sub(5)).max(1)
    }

    /// Writes them; can one of them halt?
    pub(crate) fn deploys(&self, d: &mut Dice, s: &mut String, head: &Head) -> bool {
        // What is behind one that a person starts runs in no other run, and the other way round.
        let (mut narrowed, mut by_hand, mut halts) = (false, false, false);
        for (i, deploy) in self.deploys.iter().enumerate() {
            let _ = writeln!(s, "deploy {} {{", NAMES[i]);
            if i > 1 && d.once_in(3) {
                let _ = writeln!(s, "  after {}", NAMES[d.below(i)]);
            }
            if head.has("manual") && !deploy.drilled && (!narrowed || self.narrow == "manual") && d.once_in(4)
            {
                s.push_str("  approval by_dispatch\n");
                by_hand = true;
            } else if let Some(approval) = deploy.approval {
                let _ = writeln!(s, "  approval required{approval}");
            }
            if (!by_hand || self.narrow == "manual") && d.once_in(3) {
                let _ = writeln!(s, "  on {}", self.narrow);
                narrowed = true;
            }
            self.target(d, s, i);
            let strategy = self.traffic(d, s, i);
            self.around(d, s, i, head);
            halts |= deploy.live(strategy).write(d, s, head);
            s.push_str("}\n");
        }
        halts
    }

    fn target(&self, d: &mut Dice, s: &mut String, i: usize) {
        match self.deploys[i].target {
            Target::Kubernetes(traffic) => {
                let traffic =
                    traffic.map_or(String::new(), |by| format!("; traffic {by} \"web-{i}.ranker\""));
                let more =
                    d.of(&["", "; container \"app\"", "; timeout 90s", "; container \"app\"; timeout 2m"]);
                let place = match self.named {
                    true => format!("cluster {{ deployment \"ranker-{i}\""),
                    false => format!(
                        "kubernetes {{ kubeconfig secret KUBECONFIG_{i}; namespace \"ml\"; deployment \"ranker\""
                    ),
                };
                let _ = writeln!(s, "  target {place}{more}{traffic} }}");
            }
            Target::ArgoRollouts => {
                let more =
                    d.of(&["", "; namespace \"ml\"", "; namespace \"ml\"; container \"app\"; timeout 5m"]);
                let place = match self.named {
                    true => format!("rollouts {{ rollout \"ranker-{i}\""),
                    false => format!("argo_rollouts {{ kubeconfig secret KUBECONFIG_{i}; rollout \"ranker\""),
                };
                let _ = writeln!(s, "  target {place}{more} }}");
            }
            Target::Ssh => {
                let docker = "docker \"ranker\" run \"--publish=8080:8080\", \"--env=GREETING=it's $HOME\"";
                let service = d.of(&[
                    "compose \"/srv/it's ranker/compose.yml\" service \"api\"",
                    "docker \"ranker\"",
                    docker,
                ]);
                let host =
                    d.of(&["\"app@vm1.acme.test\"", "\"app@vm1.acme.test\", \"app@vm2.acme.test:2222\""]);
                let more = d.of(&["", "\n    timeout 2m"]);
                let place = match self.named {
                    true => "hosts {".to_owned(),
                    false => format!(
                        "ssh {{\n    key secret SSH_KEY\n    known_hosts secret KNOWN_HOSTS\n    host {host}"
                    ),
                };
                let _ = writeln!(s, "  target {place}\n    {service}{more}\n  }}");
            }
            Target::Command { shifts } => {
                let place = if self.named { "script {" } else { "command {\n    live \"./live\"" };
                let _ = writeln!(s, "  target {place}\n    deploy {}", shell(d.of(COMMANDS)));
                if shifts {
                    let _ = writeln!(s, "    shift {}", shell(d.of(COMMANDS)));
                }
                for word in ["rollback", "promote"] {
                    if d.once_in(3) {
                        let _ = writeln!(s, "    {word} {}", shell(d.of(COMMANDS)));
                    }
                }
                if d.once_in(4) {
                    s.push_str("    timeout 3m\n");
                }
                s.push_str("  }\n");
            }
        }
    }

    /// How traffic moves, and where else requests come from.
    fn traffic(&self, d: &mut Dice, s: &mut String, i: usize) -> &'static str {
        let target = self.deploys[i].target;
        let strategy: &'static str = target.strategies()[d.below(target.strategies().len())];
        if !strategy.is_empty() {
            let _ = writeln!(s, "  {strategy}");
        }
        let Some((_, from)) = self.shadow.filter(|(to, _)| *to == i) else { return strategy };
        let nginx = Target::Kubernetes(Some("nginx"));
        let mirrored = target == nginx && self.deploys[from].target == nginx;
        let way = match mirrored && !d.once_in(3) {
            true => d.of(&["", " { kubeconfig secret MIRROR_KUBECONFIG }"]).to_owned(),
            false => {
                format!(" {{\n    run {}\n    stop {}\n  }}", shell(d.of(COMMANDS)), shell(d.of(COMMANDS)))
            }
        };
        let _ = writeln!(s, "  shadow from {}{way}", NAMES[from]);
        strategy
    }

    /// What its job runs in, and what comes behind it.
    fn around(&self, d: &mut Dice, s: &mut String, i: usize, head: &Head) {
        let deploy = &self.deploys[i];
        if d.once_in(2) {
            let _ = writeln!(s, "  smoke {}", shell(d.of(COMMANDS)));
        }
        if deploy.soaks {
            let _ = writeln!(s, "  soak {}", d.of(&["90s", "45m", "24h", "7d"]));
        }
        // Somebody has to be who the top of the file says.
        if i > 0 {
            for cloud in Cloud::ALL {
                let keys = cloud == Cloud::Aws && self.state.contains("AWS_ACCESS_KEY_ID");
                if d.once_in(8) && !keys {
                    let _ = writeln!(s, "  {}", cloud.auth(d, true));
                }
            }
        }
        if d.once_in(2) {
            let tiers = ["testing", "staging", "development", "other", "production"];
            let _ = writeln!(s, "  tier {}", d.of(if deploy.drilled { &tiers[..4] } else { &tiers }));
        }
        let runs = Head { runner: head.runner && deploy.target != Target::ArgoRollouts, ..head.clone() };
        common(d, s, &runs);
        if deploy.target == Target::ArgoRollouts {
            s.push_str("  runner big\n");
        }
    }
}

impl Deploy {
    /// `kept`: something is written down from run to run.
    fn any(d: &mut Dice, target: Target, kept: bool) -> Self {
        let approval = d.once_in(3).then(|| {
            d.of(&[
                "",
                " { by \"ml-leads\" }",
                " { by \"ml-leads\", \"ml-ops\"; expires 3d }",
                " { expires 90m }",
                " { unchecked \"this plan has no reviewers\" }",
            ])
        });
        Self {
            target,
            approval,
            soaks: kept && d.once_in(4),
            redeploys: kept && d.once_in(5),
            halts: kept && d.once_in(3),
            watched: d.once_in(2),
            drilled: false,
        }
    }

    fn live(&self, strategy: &str) -> Live {
        // The version before serves beside the new one for long enough to be compared, or to warm up.
        let canary = strategy.starts_with("canary");
        let beside = canary && strategy.contains("10m");
        let warms = !strategy.contains("90s");
        let (watched, halts, redeploys) = (self.watched, self.halts, self.redeploys);
        Live { beside, warms, watched, halts, redeploys, timed: self.drilled }
    }
}

/// Where the ledger lies: a ConfigMap only where each deploy has a kubeconfig, and no key beside an identity.
fn state(d: &mut Dice, targets: &[Target], clouds: &[Cloud]) -> String {
    let age = d.of(&["", "max_age 30d", "max_age 12h"]);
    let (store, access) = match d.below(9) {
        0 if targets.iter().all(|t| t.in_a_cluster()) => ("configmap \"ml/ranker\"", ""),
        1 => ("git \"mlpipe-ledger\"", ""),
        2 => ("git \"ledgers/ranker_1.0\"", "secret LEDGER_TOKEN"),
        3 => ("s3 \"s3://ml-state/ranker\"", ""),
        4 if clouds.is_empty() => {
            ("s3 \"s3://ml-state\"", "secret AWS_ACCESS_KEY_ID; secret AWS_SECRET_ACCESS_KEY")
        }
        5 => ("path \"/mnt/the ledger's/ü\"", ""),
        _ => return String::new(),
    };
    let inner: Vec<&str> = [access, age].into_iter().filter(|part| !part.is_empty()).collect();
    match inner.is_empty() {
        true => format!("state {store}\n"),
        false => format!("state {store} {{ {} }}\n", inner.join("; ")),
    }
}
