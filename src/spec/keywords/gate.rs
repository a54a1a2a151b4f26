//! Gates: what must be true before a model is released.

use crate::spec::shape::Keyword;
use crate::spec::shape::Kind::{Compare, Count, Metric, Name, OneOf, Path, Quantity, Shell, Sign, Str, Unit};
use crate::spec::shape::Place::{Gate, Top, Train, Validate};
use crate::spec::shape::Shape::{self, A, Either, List, Maybe, The};

const REQUIRE: &[Shape] = &[
    A("metric", Metric),
    A("op", Compare),
    Either(&[
        &[A("baseline", OneOf(&["baseline"])), Maybe(&[A("sign", Sign), A("tolerance", Quantity)])],
        &[A("right", Quantity)],
    ]),
];

pub(super) static WORDS: &[Keyword] = &[
    Keyword::new(
        "gate",
        &[Top],
        &[A("name", Name)],
        "gate unit { run \"pytest tests/unit\" }",
        "a job that must succeed: its command and every `require`",
    )
    .once_per(&["name"])
    .opens(Gate),
    Keyword::new(
        "run",
        &[Gate],
        &[A("command", Shell)],
        "run \"pytest tests/unit\"",
        "the command, run by bash as it stands",
    ),
    Keyword::new(
        "needs",
        &[Gate],
        &[List(&[Either(&[
            &[The("model"), A("model", Name)],
            &[The("data"), A("data", Name)],
            &[A("image", OneOf(&["image"]))],
        ])])],
        "needs model fraud-scorer",
        "the things that it works on: models, data, the pushed image",
    )
    .many()
    .later_choices(&["data"]),
    Keyword::new("after", &[Gate], &[List(&[A("gate", Name)])], "after unit", "gates that come first").many(),
    Keyword::new(
        "before",
        &[Gate],
        &[A("deploy", Name)],
        "before staging",
        "blocks this deploy and what follows it, not the image",
    ),
    Keyword::new(
        "when",
        &[Gate],
        &[The("changed"), List(&[A("part", OneOf(&["model", "provider", "prompt", "data"]))])],
        "when changed provider, prompt",
        "runs only when one of these differs from the last good release",
    )
    .later("let the gate run every time: it costs time, never safety"),
    Keyword::new(
        "report",
        &[Gate, Validate],
        &[A("kind", OneOf(&["junit"])), A("path", Path)],
        "report junit \"unit.xml\"",
        "a report that the command writes, shown by the platform",
    )
    .many(),
    Keyword::new(
        "artifact",
        &[Gate, Validate, Train],
        &[List(&[A("path", Path)])],
        "artifact \"bandit.json\"",
        "a file kept for people",
    )
    .many(),
    Keyword::new(
        "metrics",
        &[Gate, Validate],
        &[Maybe(&[A("format", OneOf(&["json", "junit", "promptfoo"]))]), A("path", Path)],
        "metrics \"metrics.json\"",
        "a file with metrics, from this very run",
    )
    .many()
    .later_choices(&["promptfoo"]),
    Keyword::new(
        "metric",
        &[Gate, Validate],
        &[A("metric", Metric), The("in"), A("unit", Unit)],
        "metric latency.p95 in ms",
        "the unit that the file has",
    )
    .once_per(&["metric"]),
    Keyword::new(
        "baseline",
        &[Gate, Validate],
        &[A("path", Path)],
        "baseline \"model_baseline.json\"",
        "a file of the repository with the same metrics, of the model to beat",
    ),
    Keyword::new("require", &[Gate, Validate], REQUIRE, "require f1 >= baseline - 0.01", "what must hold")
        .many(),
    Keyword::new("seed", &[Gate], &[A("seed", Count)], "seed 42", "the seed of random numbers"),
    Keyword::new(
        "repeat",
        &[Gate],
        &[A("times", Count), The("pass"), A("pass", Count)],
        "repeat 5 pass 4",
        "runs the command so often, and so often it must pass",
    ),
    Keyword::new(
        "advisory",
        &[Gate],
        &[A("reason", Str)],
        "advisory \"triaged weekly\"",
        "reports and never blocks, for this reason",
    ),
];
