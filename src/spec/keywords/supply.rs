//! Where models and data come from, training, and the image.

use crate::spec::shape::Kind::{Count, Duration, Name, OneOf, Path, Shell, Str, Template, Upper};
use crate::spec::shape::Place::{Access, Data, Gate, Image, Model, Top, Train, Validate};
use crate::spec::shape::Shape::{self, A, Either, List, Maybe, The};
use crate::spec::shape::{Keyword, Place};

const MODEL_SOURCE: &[Shape] = &[Either(&[
    &[A("from", OneOf(&["path"])), A("path", Path)],
    &[A("from", OneOf(&["http"])), A("url", Str), The("sha256"), A("sha256", Str)],
    &[A("from", OneOf(&["mlflow"])), A("uri", Str)],
    &[A("from", OneOf(&["run"])), A("command", Shell)],
    &[A("from", OneOf(&["huggingface"])), A("uri", Str), The("revision"), A("revision", Str)],
    &[A("from", OneOf(&["sagemaker", "s3", "gs", "azure", "dvc", "oci"])), A("uri", Str)],
])];

const DATA_SOURCE: &[Shape] = &[Either(&[
    &[A("from", OneOf(&["http"])), A("uri", Str), The("sha256"), A("sha256", Str)],
    &[A("from", OneOf(&["dvc", "s3", "gs", "lfs", "path"])), A("uri", Str)],
])];

pub(super) static WORDS: &[Keyword] = &[
    Keyword::new(
        "model",
        &[Top],
        &[A("name", Name)],
        "model fraud-scorer { source path \"models/model.pkl\"; version \"fraud-scorer/v3\" }",
        "a model: where the candidate comes from, and its version",
    )
    .once_per(&["name"])
    .opens(Model),
    Keyword::new(
        "source",
        &[Model],
        MODEL_SOURCE,
        "source mlflow \"models:/fraud-scorer@candidate\" { secret MLFLOW_TRACKING_URI }",
        "where the model comes from; a hosted model has none",
    )
    .may_open(Access)
    .later_choices(&["huggingface", "sagemaker", "s3", "gs", "azure", "dvc", "oci"]),
    Keyword::new(
        "version",
        &[Model],
        &[A("version", Template)],
        "version \"fraud-scorer/2024-11-20/v3\"",
        "name, provider version and prompt version: one to three parts",
    ),
    Keyword::new("save", &[Model, Data], &[A("path", Path)], "save \"models/model.pkl\"", "where the file is put"),
    Keyword::new(
        "data",
        &[Top],
        &[A("name", Name)],
        "data frames { source dvc \"data/frames.dvc\" }",
        "a dataset that gates and training use, with its validation",
    )
    .once_per(&["name"])
    .opens(Data)
    .later("fetch and validate the data in the `run` of a gate"),
    Keyword::new("source", &[Data], DATA_SOURCE, "source dvc \"data/frames.dvc\"", "where the data comes from")
        .may_open(Access)
        .required(),
    Keyword::new(
        "validate",
        &[Data],
        &[The("run"), A("command", Shell)],
        "validate run \"python ge.py\" { metrics \"ge.json\"; require success_percent >= 99.5% }",
        "what must hold of the data",
    )
    .may_open(Validate),
    Keyword::new(
        "train",
        &[Top],
        &[A("name", Name)],
        "train ranker { on schedule \"23 1 * * 0\"; step fit \"python fit.py\"; output \"models/ranker.onnx\" }",
        "continuous training, in a workflow of its own",
    )
    .once_per(&["name"])
    .opens(Train)
    .later("keep the training in a workflow of your own until then"),
    Keyword::new("step", &[Train], &[A("name", Name), A("command", Shell)], "step fit \"python fit.py\"", "one step of the training, in order")
        .once_per(&["name"])
        .required(),
    Keyword::new("output", &[Train], &[A("path", Path)], "output \"models/ranker.onnx\"", "the file that the training makes"),
    Keyword::new(
        "register",
        &[Train],
        &[A("registry", OneOf(&["mlflow", "sagemaker"])), A("name", Str), Maybe(&[The("alias"), A("alias", Name)])],
        "register mlflow \"ranker\" alias candidate { secret MLFLOW_TRACKING_URI }",
        "registers the output as a candidate",
    )
    .may_open(Access),
    Keyword::new(
        "needs",
        &[Train],
        &[List(&[The("data"), A("data", Name)])],
        "needs data frames",
        "the data that the training reads",
    )
    .many(),
    Keyword::new(
        "image",
        &[Top],
        &[
            A("registry", OneOf(&["ghcr", "dockerhub", "ecr", "gar", "acr", "gitlab", "generic"])),
            A("repository", Str),
        ],
        "image ghcr \"ghcr.io/acme/fraud-scorer\" { tags commit }",
        "the container image: build, scan, push; deployed by digest",
    )
    .may_open(Image)
    .later_choices(&["ecr", "gar", "acr"]),
    Keyword::new(
        "with",
        &[Image],
        &[List(&[The("model"), A("model", Name)])],
        "with model fraud-scorer",
        "the fetched file of this model is in the build context",
    )
    .many(),
    Keyword::new(
        "tags",
        &[Image],
        &[List(&[Either(&[
            &[A("tag", OneOf(&["commit", "short_commit", "branch", "tag", "latest"]))],
            &[A("text", Template)],
        ])])],
        "tags commit, branch",
        "the tags; one that moves only beside one that does not",
    ),
    Keyword::new(
        "scan",
        &[Image],
        &[
            A("tool", OneOf(&["trivy"])),
            The("fail_on"),
            A("level", OneOf(&["low", "medium", "high", "critical"])),
        ],
        "scan trivy fail_on high",
        "fails the image when it has a vulnerability of this severity or worse",
    ),
    Keyword::new("dockerfile", &[Image], &[A("path", Path)], "dockerfile \"docker/Dockerfile\"", "the Dockerfile"),
    Keyword::new("context", &[Image], &[A("path", Path)], "context \"services/ranker\"", "the build context"),
    Keyword::new(
        "login",
        &[Image],
        &[The("secret"), A("user", Upper), Shape::Comma, A("password", Upper)],
        "login secret REGISTRY_USER, REGISTRY_PASSWORD",
        "the secrets with user and password of the registry",
    ),
    Keyword::new(
        "timeout",
        &[
            Gate,
            Model,
            Image,
            Place::Deploy,
            Train,
            Data,
            Validate,
            Access,
            Place::Watch,
            Place::Kubernetes,
            Place::Command,
            Place::Ssh,
            Place::Helm,
            Place::ArgoRollouts,
            Place::Kserve,
            Place::Sagemaker,
            Place::Ecs,
            Place::Lambda,
            Place::CloudRun,
        ],
        &[A("time", Duration)],
        "timeout 30m",
        "the longest that it may take",
    ),
    Keyword::new("seed", &[Train], &[A("seed", Count)], "seed 42", "the seed of random numbers"),
];
