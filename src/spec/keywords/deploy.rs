//! Deploys, their approval, and how traffic moves.

use crate::spec::shape::Kind::{Duration, Name, OneOf, Percent, Shell, Str, TargetName, Upper};
use crate::spec::shape::Place::{Approval, Deploy, Target, Top};
use crate::spec::shape::Shape::{A, Either, List, Maybe, The};
use crate::spec::shape::{Keyword, Place, TARGETS_LATER};

pub(super) static WORDS: &[Keyword] = &[
    Keyword::new(
        "deploy",
        &[Top],
        &[A("name", Name)],
        "deploy staging { target kubernetes { … } }",
        "an environment, and how a release gets there",
    )
    .once_per(&["name"])
    .opens(Deploy),
    Keyword::new(
        "after",
        &[Deploy],
        &[A("deploy", Name)],
        "after staging",
        "the deploy that comes first; the one written before when absent",
    ),
    Keyword::new(
        "tier",
        &[Deploy],
        &[A("tier", OneOf(&["production", "staging", "testing", "development", "other"]))],
        "tier production",
        "how strict the rules are; guessed from the name when absent",
    ),
    Keyword::new(
        "approval",
        &[Deploy],
        &[A("kind", OneOf(&["required", "by_dispatch"]))],
        "approval required { by \"ml-leads\"; expires 3d }",
        "a person says yes first",
    )
    .may_open(Approval),
    Keyword::new("by", &[Approval], &[List(&[A("who", Str)])], "by \"ml-leads\"", "who may say yes"),
    Keyword::new(
        "expires",
        &[Approval],
        &[A("time", Duration)],
        "expires 3d",
        "how long the question stands",
    ),
    Keyword::new(
        "unchecked",
        &[Approval],
        &[A("reason", Str)],
        "unchecked \"free plan, no protected environments\"",
        "the platform's setting cannot be asked for, for this reason",
    ),
    Keyword::new(
        "target",
        &[Deploy],
        &[A("target", TargetName)],
        "target kubernetes { kubeconfig secret KUBECONFIG; deployment \"app\" }",
        "where it goes: a kind of target, or the name of one",
    )
    .may_open(Target)
    .later_choices(TARGETS_LATER)
    .required(),
    Keyword::new(
        "smoke",
        &[Deploy],
        &[A("command", Shell)],
        "smoke \"python scripts/smoke.py\"",
        "run once after each step; it must succeed",
    ),
    Keyword::new("rolling", &[Deploy], &[], "rolling", "all at once, as the target rolls out; the default"),
    Keyword::new(
        "canary",
        &[Deploy],
        &[List(&[A("weight", Percent), Maybe(&[The("for"), A("hold", Duration)])])],
        "canary 5% for 10m, 25% for 10m, 100%",
        "moves traffic in steps",
    ),
    Keyword::new(
        "blue_green",
        &[Deploy],
        &[Maybe(&[The("for"), A("hold", Duration)])],
        "blue_green for 10m",
        "starts the new one beside the old, then switches all traffic at once; the old one stays at hand until the end",
    ),
    Keyword::new(
        "shadow",
        &[Deploy],
        &[The("from"), A("deploy", Name)],
        "shadow from production",
        "gets copies of another environment's requests; answers are dropped",
    )
    .may_open(Place::Shadow),
    Keyword::new(
        "kubeconfig",
        &[Place::Shadow],
        &[The("secret"), A("secret", Upper)],
        "kubeconfig secret MIRROR_KUBECONFIG",
        "the secret with which the other environment's Ingress is changed; that environment's own when absent",
    ),
    Keyword::new(
        "run",
        &[Place::Shadow],
        &[A("command", Shell)],
        "run \"./copy.sh start\"",
        "begins the copying, where no Ingress of ingress-nginx does it; `stop` ends it",
    ),
    Keyword::new(
        "stop",
        &[Place::Shadow],
        &[A("command", Shell)],
        "stop \"./copy.sh stop\"",
        "ends the copying; it is called again where nobody knows whether it was",
    ),
    Keyword::new(
        "soak",
        &[Deploy],
        &[A("time", Duration)],
        "soak 24h",
        "so long this image has run here before the next deploy starts",
    ),
    Keyword::new(
        "watch",
        &[Deploy],
        &[A("window", Duration), The("every"), A("interval", Duration)],
        "watch 30m every 1m { prometheus secret PROMETHEUS_URL; metric error_rate = \"…\" }",
        "polls live metrics after each step and for the window after the last",
    )
    .opens(Place::Watch),
    Keyword::new(
        "rollback",
        &[Deploy],
        &[],
        "rollback { when error_rate > 1% for 3m }",
        "when the last good release is put back",
    )
    .opens(Place::Rollback),
    Keyword::new(
        "reconcile",
        &[Top],
        &[],
        "reconcile { on schedule \"13 * * * *\" }",
        "a pipeline of its own that puts back, by the clock, what a killed deploy left",
    )
    .opens(Place::Reconcile),
    Keyword::new(
        "drill",
        &[Top],
        &[List(&[A("deploy", Name)])],
        "drill staging { on schedule \"23 6 * * 1\" }",
        "a pipeline of its own that takes a release back on purpose, by the clock, and times that",
    )
    .opens(Place::Drill),
    Keyword::new(
        "state",
        &[Top],
        &[Either(&[&[
            A("store", OneOf(&["s3", "gs", "azure", "configmap", "git", "path"])),
            A("place", Str),
        ]])],
        "state s3 \"s3://ml-state/fraud-scorer\"",
        "where the ledger lies",
    )
    .may_open(Place::State)
    .later_choices(&["gs", "azure"]),
    Keyword::new(
        "max_age",
        &[Place::State],
        &[A("time", Duration)],
        "max_age 7d",
        "a state not verified for longer is refused",
    ),
];
