//! What happens after a deploy: watching, rolling back, halting; and scenarios, which test all of it.

use crate::spec::Expected;
use crate::spec::shape::Keyword;
use crate::spec::shape::Kind::{
    Compare, Count, Duration, Env, Glob, Ident, Metric, Name, OneOf, Quantity, Raw, Shell, Sign, Str, Unit,
    Upper,
};
use crate::spec::shape::Place::{self, LiveMetric, Rollback, Scenario, Top, Watch};
use crate::spec::shape::Shape::{self, A, Either, List, Maybe, Op, The};

const FROM: &[Shape] = &[The("from"), A("from", OneOf(&["fork", "bot"]))];

const EVENT: Shape = Either(&[
    &[A("event", OneOf(&["push"])), Maybe(&[A("ref", Glob)])],
    &[A("event", OneOf(&["tag"])), A("ref", Glob)],
    &[A("event", OneOf(&["pull_request"])), Maybe(&[Either(&[FROM, &[A("ref", Glob), Maybe(FROM)]])])],
    &[A("event", OneOf(&["schedule"]))],
    &[A("event", OneOf(&["manual"])), Maybe(&[A("ref", Glob)])],
    &[A("event", OneOf(&["event"])), A("name", Name)],
]);

const AT: Shape = Maybe(&[The("at"), A("at", Duration)]);

const VALUE: Shape =
    Either(&[&[A("gone", OneOf(&["missing", "nan"]))], &[A("value", Quantity)], &[A("text", Str)]]);

const SUBJECT: Shape = Either(&[
    &[A("state", OneOf(&["passed", "timed_out"])), AT],
    &[A("state", OneOf(&["failed"])), Maybe(&[A("count", Count), The("of"), A("times", Count)]), AT],
    &[The("takes"), A("takes", Duration)],
    &[The("rolled_back"), A("ago", Duration), The("ago")],
    &[
        Op("="),
        VALUE,
        Maybe(&[Either(&[&[The("at"), A("at", Duration)], &[The("in"), A("window", Duration)]])]),
    ],
]);

const GIVEN: &[Shape] = &[List(&[Either(&[
    &[The("on"), EVENT],
    &[
        The("input"),
        A("input", Ident),
        Op("="),
        Either(&[&[A("value", OneOf(&["true", "false"]))], &[A("value", Env)]]),
    ],
    &[The("changed"), List(&[A("part", OneOf(&["model", "provider", "prompt", "data"]))])],
    &[
        The("approval"),
        Maybe(&[The("of"), A("approval_of", Name)]),
        A("answer", OneOf(&["given", "denied"])),
        Maybe(&[The("after"), A("after", Duration)]),
    ],
    &[The("cancelled"), The("during"), A("cancelled", Metric), AT],
    &[A("subject", Metric), SUBJECT],
])])];

/// A place in a JSON document.
const PLACE: Shape = Maybe(&[The("at"), A("place", Metric)]);

/// Whom a number is asked of.
const SOURCE: Shape = Either(&[
    &[The("run"), A("command", Shell), PLACE],
    &[The("http"), Either(&[&[The("secret"), A("secret", Upper)], &[A("url", Str)]]), PLACE],
    &[A("query", Raw)],
]);

const OUTCOMES: [&str; Expected::ALL.len()] = {
    let mut words = [""; Expected::ALL.len()];
    let mut i = 0;
    while i < words.len() {
        words[i] = Expected::ALL[i].word();
        i += 1;
    }
    words
};

pub(super) static WORDS: &[Keyword] = &[
    Keyword::new(
        "prometheus",
        &[Watch],
        &[Either(&[&[The("secret"), A("secret", Upper)], &[A("url", Str)]])],
        "prometheus secret PROMETHEUS_URL",
        "the Prometheus server that is asked",
    )
    .may_open(Place::Prometheus),
    Keyword::new(
        "token",
        &[Place::Prometheus, LiveMetric],
        &[The("secret"), A("secret", Upper)],
        "token secret PROMETHEUS_TOKEN",
        "the secret with the bearer token",
    ),
    Keyword::new(
        "basic",
        &[Place::Prometheus, LiveMetric],
        &[The("secret"), A("user", Upper), Shape::Comma, A("password", Upper)],
        "basic secret PROMETHEUS_USER, PROMETHEUS_PASSWORD",
        "the secrets with user and password",
    ),
    Keyword::new(
        "datadog",
        &[Watch],
        &[The("secret"), List(&[A("secret", Upper)]), Maybe(&[The("site"), A("site", Str)])],
        "datadog secret DD_API_KEY, DD_APP_KEY",
        "Datadog is asked, with these keys",
    )
    .later("ask it in a command of your own: `metric NAME = run \"…\"`"),
    Keyword::new(
        "metric",
        &[Watch],
        &[A("metric", Metric), Op("="), SOURCE, Maybe(&[The("in"), A("unit", Unit)])],
        "metric latency.p99 = \"histogram_quantile(0.99, …)\" in s",
        "a live metric: a query, a JSON document over HTTP, or a command that prints a number",
    )
    .once_per(&["metric"])
    .may_open(LiveMetric),
    Keyword::new(
        "smoke",
        &[Watch],
        &[A("command", Shell), The("every"), A("interval", Duration)],
        "smoke \"python scripts/smoke.py\" every 5m",
        "a command that is run at this interval",
    ),
    Keyword::new(
        "min_samples",
        &[LiveMetric],
        &[A("count", Count), The("of"), SOURCE],
        "min_samples 100 of \"sum(increase(http_requests_total[5m]))\"",
        "so many samples, by this query, document or command; fewer count as no number",
    ),
    Keyword::new(
        "baseline",
        &[LiveMetric],
        &[The("live"), SOURCE],
        "baseline live \"job:errors:ratio5m{version=\\\"stable\\\"}\"",
        "the same of the version that still serves beside the canary: a query, document or command",
    ),
    Keyword::new(
        "warm_up",
        &[Watch],
        &[A("time", Duration)],
        "warm_up 2m",
        "how long no metric is judged after traffic has moved: the new share may need warm pods",
    ),
    Keyword::new(
        "missing",
        &[Watch],
        &[The("tolerate"), A("polls", Count)],
        "missing tolerate 3",
        "so many polls in a row may give no number at the end of a step; none when absent",
    ),
    Keyword::new(
        "requests",
        &[Watch],
        &[A("count", Count), The("per"), A("per", OneOf(&["s", "m", "h"]))],
        "requests 40 per s",
        "the traffic to expect, so that a canary step can be checked",
    ),
    Keyword::new(
        "when",
        &[Rollback],
        &[
            A("metric", Metric),
            A("op", Compare),
            Either(&[
                &[A("baseline", OneOf(&["baseline"])), Maybe(&[A("sign", Sign), A("tolerance", Quantity)])],
                &[A("right", Quantity)],
            ]),
            Maybe(&[Either(&[
                &[The("for"), A("for", Duration)],
                &[A("consecutive", OneOf(&["consecutive"]))],
            ])]),
        ],
        "when error_rate > 1% for 3m",
        "what puts the last good release back",
    )
    .many(),
    Keyword::new(
        "within",
        &[Rollback],
        &[A("time", Duration)],
        "within 3m",
        "the time that the rollback itself may take",
    ),
    Keyword::new(
        "on",
        &[Rollback],
        &[The("gate"), A("gate", Name), The("failed"), The("redeploy"), The("last_good")],
        "on gate quality failed redeploy last_good",
        "makes sure that the last good release is live when a gate keeps a new one back",
    ),
    Keyword::new(
        "halt",
        &[Rollback],
        &[
            The("when"),
            The("rollbacks"),
            A("op", Compare),
            A("count", Count),
            The("in"),
            A("window", Duration),
        ],
        "halt when rollbacks > 2 in 1h",
        "stops every deploy of the pipeline until a person resumes",
    ),
    Keyword::new(
        "scenario",
        &[Top],
        &[A("title", Str)],
        "scenario \"a bad model never ships\" { given quality.accuracy = 0.80; expect quality failed }",
        "a test of the pipeline itself",
    )
    .once_per(&["title"])
    .opens(Scenario),
    Keyword::new("given", &[Scenario], GIVEN, "given quality.accuracy = 0.80", "what happens").many(),
    Keyword::new(
        "expect",
        &[Scenario],
        &[List(&[A("name", Name), A("outcome", OneOf(&OUTCOMES))])],
        "expect quality failed, image skipped, production untouched",
        "how it must end",
    )
    .many()
    .required(),
];
