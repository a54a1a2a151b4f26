//! Statements at the top of a file, and what every job can carry.

use crate::spec::shape::Kind::{Count, Env, Glob, Ident, Name, Number, OneOf, Path, Raw, Str, Upper, Value};
use crate::spec::shape::Place::{self, Access, Data, Deploy, Gate, Image, Model, On, Top, Train, Validate};
use crate::spec::shape::Shape::{self, A, Either, List, Maybe, Op, The};
use crate::spec::shape::{Keyword, TARGETS, TARGETS_LATER};

const PLATFORMS: &[&str] = &["github", "gitlab", "jenkins"];

/// Jobs: whatever has commands of its own.
const JOBS: &[Place] = &[Gate, Model, Image, Deploy, Train, Data];

const TARGET_KINDS: [&str; TARGETS.len()] = {
    let mut words = [""; TARGETS.len()];
    let mut i = 0;
    while i < TARGETS.len() {
        words[i] = TARGETS[i].0;
        i += 1;
    }
    words
};

const INPUT: &[Shape] = &[
    A("name", Ident),
    Either(&[
        &[A("kind", OneOf(&["string"])), Maybe(&[The("default"), A("default", Str)])],
        &[A("kind", OneOf(&["bool"])), Maybe(&[The("default"), A("default", OneOf(&["true", "false"]))])],
        &[A("kind", OneOf(&["number"])), Maybe(&[The("default"), A("default", Number)])],
        &[
            A("kind", OneOf(&["choice"])),
            List(&[A("choice", Str)]),
            Maybe(&[The("default"), A("default", Str)]),
        ],
    ]),
];

const PUSH: &[Shape] = &[A("event", OneOf(&["push"])), Maybe(&[List(&[A("ref", Glob)])])];
const TAG: &[Shape] = &[A("event", OneOf(&["tag"])), Maybe(&[List(&[A("ref", Glob)])])];
const PULL_REQUEST: &[Shape] = &[A("event", OneOf(&["pull_request"])), Maybe(&[List(&[A("ref", Glob)])])];
const SCHEDULE: &[Shape] =
    &[A("event", OneOf(&["schedule"])), A("cron", Str), Maybe(&[The("timezone"), A("timezone", Str)])];
const MANUAL: &[Shape] = &[A("event", OneOf(&["manual"]))];
const NAMED: &[Shape] = &[A("event", OneOf(&["event"])), A("name", Name)];
const CHANGE: &[Shape] = &[A("event", OneOf(&["change"])), The("data"), A("data", Name)];

const AUDIENCE: Shape = Maybe(&[The("audience"), A("audience", Str)]);
const AWS: &[Shape] = &[
    A("cloud", OneOf(&["aws"])),
    The("role"),
    A("name", Str),
    Maybe(&[The("region"), A("region", Str)]),
    AUDIENCE,
];
const GCP: &[Shape] = &[
    A("cloud", OneOf(&["gcp"])),
    The("provider"),
    A("name", Str),
    Maybe(&[The("service_account"), A("account", Str)]),
    AUDIENCE,
];
const AZURE: &[Shape] = &[
    A("cloud", OneOf(&["azure"])),
    The("client"),
    A("name", Str),
    The("tenant"),
    A("tenant", Str),
    Maybe(&[The("subscription"), A("subscription", Str)]),
    AUDIENCE,
];

pub(super) static WORDS: &[Keyword] = &[
    Keyword::new("mlpipe", &[Top], &[A("edition", Count)], "mlpipe 1", "the edition of the language"),
    Keyword::new(
        "pipeline",
        &[Top],
        &[A("name", Name)],
        "pipeline fraud-scorer",
        "names the pipeline; a file without it is a library",
    ),
    Keyword::new(
        "emit",
        &[Top],
        &[List(&[A("platform", OneOf(PLATFORMS)), Maybe(&[A("path", Path)])])],
        "emit github, gitlab, jenkins",
        "the platforms to compile for, each with the path of its file where it is not the usual one",
    )
    .many(),
    Keyword::new(
        "on",
        &[Top, Deploy],
        &[Either(&[PUSH, TAG, PULL_REQUEST, SCHEDULE, MANUAL, NAMED])],
        "on push main",
        "what starts the pipeline",
    )
    .once_per(&["event", "name", "cron", "timezone"])
    .may_open(On),
    Keyword::new(
        "on",
        &[Train],
        &[Either(&[PUSH, SCHEDULE, MANUAL, NAMED, CHANGE])],
        "on schedule \"23 1 * * 0\"",
        "what starts the training",
    )
    .once_per(&["event", "name", "cron", "timezone", "data"])
    .may_open(On),
    Keyword::new(
        "on",
        &[Place::Reconcile],
        SCHEDULE,
        "on schedule \"13 * * * *\"",
        "when it looks what is due",
    )
    .required(),
    Keyword::new(
        "on",
        &[Place::Drill],
        SCHEDULE,
        "on schedule \"23 6 * * 1\"",
        "when the rollback is rehearsed",
    )
    .required(),
    Keyword::new(
        "paths",
        &[On],
        &[List(&[A("path", Str)])],
        "paths \"services/ranker/**\"",
        "only when one of these files changed",
    )
    .later("take the path filter out: the pipeline then runs for every change"),
    Keyword::new(
        "input",
        &[On],
        INPUT,
        "input dry_run bool default false",
        "a value that the person or the call brings",
    )
    .once_per(&["name"]),
    Keyword::new(
        "python",
        &[Top],
        &[A("version", Str)],
        "python \"3.11\" { install pip \"requirements.txt\" }",
        "the Python that commands run under",
    )
    .may_open(Place::Python),
    Keyword::new(
        "install",
        &[Place::Python],
        &[Either(&[
            &[A("tool", OneOf(&["pip"])), List(&[A("file", Path)])],
            &[A("tool", OneOf(&["poetry"])), Maybe(&[The("groups"), List(&[A("group", Name)])])],
            &[A("tool", OneOf(&["uv"])), Maybe(&[The("groups"), List(&[A("group", Name)])])],
        ])],
        "install pip \"requirements.txt\"",
        "how dependencies come in",
    ),
    Keyword::new(
        "let",
        &[Top],
        &[A("name", Ident), Maybe(&[Op("="), A("value", Value)])],
        "let min_recall = 0.90",
        "a value with a name; without a value it is filled by the file that uses this one",
    )
    .many(),
    Keyword::new(
        "use",
        &[Top],
        &[A("path", Str), Maybe(&[The("only"), List(&[A("name", Ident)])])],
        "use \"shared/gates.mlpipe\" only lint, unit",
        "takes gates, targets, runners, data and lets from another file",
    )
    .many(),
    Keyword::new(
        "env",
        &[Top, Gate, Model, Image, Deploy, Train, Data],
        &[A("name", Upper), Op("="), A("value", Env)],
        "env TZ = \"UTC\"",
        "an environment variable of the pipeline or of one job",
    )
    .once_per(&["name"]),
    Keyword::new(
        "workdir",
        &[Top, Gate, Model, Image, Deploy, Train, Data],
        &[A("path", Path)],
        "workdir \"services/ranker\"",
        "the folder in which commands run",
    ),
    Keyword::new(
        "secret",
        &[Top],
        &[A("name", Upper)],
        "secret KUBECONFIG { jenkins \"ml-prod-kubeconfig\" }",
        "the names that a secret has where they differ",
    )
    .once_per(&["name"])
    .opens(Place::Secret),
    Keyword::new(
        "secret",
        &[Gate, Model, Image, Deploy, Train, Data, Access, Place::State, Validate, Place::Watch],
        &[A("name", Upper)],
        "secret OPENAI_API_KEY",
        "gives this secret to this job and to no other",
    )
    .once_per(&["name"]),
    Keyword::new(
        "github",
        &[Place::Secret],
        &[A("id", Str)],
        "github \"KUBECONFIG\"",
        "the secret's name on GitHub",
    ),
    Keyword::new(
        "gitlab",
        &[Place::Secret],
        &[A("id", Str)],
        "gitlab \"KUBECONFIG\"",
        "the variable's name on GitLab",
    ),
    Keyword::new(
        "jenkins",
        &[Place::Secret],
        &[A("id", Str)],
        "jenkins \"kubeconfig\"",
        "the credential's id in Jenkins",
    ),
    Keyword::new(
        "runner",
        &[Top],
        &[A("name", Name)],
        "runner gpu { github \"self-hosted\", \"gpu\"; gitlab \"gpu\"; jenkins \"gpu\" }",
        "with a block: a named place to run; without: the runner of every job that names none",
    )
    .many()
    .may_open(Place::Runner),
    Keyword::new("runner", JOBS, &[A("name", Name)], "runner gpu", "where this job runs"),
    Keyword::new(
        "github",
        &[Place::Runner],
        &[List(&[A("label", Str)])],
        "github \"self-hosted\", \"gpu\"",
        "labels on GitHub, all of which must match",
    ),
    Keyword::new(
        "gitlab",
        &[Place::Runner],
        &[List(&[A("label", Str)])],
        "gitlab \"gpu\"",
        "tags on GitLab, all of which must match",
    ),
    Keyword::new(
        "jenkins",
        &[Place::Runner],
        &[A("label", Str)],
        "jenkins \"gpu && linux\"",
        "the label expression in Jenkins",
    ),
    Keyword::new(
        "image",
        &[Place::Runner],
        &[A("image", Str)],
        "image \"python:3.11-slim\"",
        "the container image of GitLab's jobs there",
    ),
    Keyword::new("offline", &[Place::Runner], &[], "offline", "nothing is downloaded there"),
    Keyword::new(
        "auth",
        &[Top, Deploy],
        &[Either(&[AWS, GCP, AZURE])],
        "auth aws role \"arn:aws:iam::123456789012:role/ml-release\" region \"eu-central-1\"",
        "who a deploy is in a cloud, without a long-lived key; at the top, of every deploy",
    )
    .once_per(&["cloud"])
    .may_open(Place::Auth),
    Keyword::new(
        "auth",
        &[Model],
        &[A("cloud", OneOf(&["aws", "gcp", "azure"]))],
        "auth aws",
        "it is fetched with the pipeline's identity there, and so never for a pull request",
    )
    .once_per(&["cloud"]),
    Keyword::new(
        "github",
        &[Place::Auth],
        &[A("name", Str)],
        "github \"arn:aws:iam::123456789012:role/ml-release-github\"",
        "the role, provider or client on GitHub, where it is another one",
    ),
    Keyword::new(
        "gitlab",
        &[Place::Auth],
        &[A("name", Str)],
        "gitlab \"arn:aws:iam::123456789012:role/ml-release-gitlab\"",
        "the role, provider or client on GitLab, where it is another one",
    ),
    Keyword::new(
        "jenkins",
        &[Place::Auth],
        &[A("name", Str)],
        "jenkins \"arn:aws:iam::123456789012:role/ml-release-jenkins\"",
        "the role, provider or client in Jenkins, where it is another one",
    ),
    Keyword::new(
        "notify",
        &[Top],
        &[
            A("channel", OneOf(&["slack", "webhook", "teams", "email"])),
            The("secret"),
            A("secret", Upper),
            The("on"),
            List(&[A("on", OneOf(&["failure", "success", "rollback", "halt"]))]),
        ],
        "notify slack secret SLACK_WEBHOOK on failure",
        "who is told, and when",
    )
    .many()
    .later_choices(&["teams", "email"]),
    Keyword::new(
        "target",
        &[Top],
        &[A("name", Name), A("kind", OneOf(&TARGET_KINDS))],
        "target cluster kubernetes { kubeconfig secret KUBECONFIG; namespace \"ml\" }",
        "a target with a name, for several deploys",
    )
    .once_per(&["name"])
    .opens(Place::Target)
    .later_choices(TARGETS_LATER),
    Keyword::new(
        "patch",
        &[Top],
        &[A("platform", OneOf(PLATFORMS)), A("place", Str), A("text", Raw)],
        "patch github \"jobs.image\" \"\"\"…\"\"\"",
        "an addition to an emitted file",
    )
    .many()
    .later("make the change by hand in the emitted file and compile with `--force`, or leave it out"),
];
