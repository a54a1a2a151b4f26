//! What stands in each kind of target.

use crate::spec::shape::Keyword;
use crate::spec::shape::Kind::{OneOf, Path, Shell, Str, Upper};
use crate::spec::shape::Place::{
    ArgoRollouts, CloudRun, Command, Ecs, Helm, Kserve, Kubernetes, Lambda, Sagemaker, Ssh,
};
use crate::spec::shape::Shape::{A, List, Maybe, The};

pub(super) static WORDS: &[Keyword] = &[
    Keyword::new(
        "kubeconfig",
        &[Kubernetes, Helm, ArgoRollouts, Kserve],
        &[The("secret"), A("secret", Upper)],
        "kubeconfig secret KUBECONFIG",
        "the secret with the kubeconfig",
    )
    .required(),
    Keyword::new(
        "namespace",
        &[Kubernetes, Helm, ArgoRollouts, Kserve],
        &[A("text", Str)],
        "namespace \"ml\"",
        "the namespace",
    ),
    Keyword::new(
        "deployment",
        &[Kubernetes],
        &[A("text", Str)],
        "deployment \"fraud-scorer\"",
        "the Deployment",
    )
    .required(),
    Keyword::new(
        "container",
        &[Kubernetes, ArgoRollouts],
        &[A("text", Str)],
        "container \"app\"",
        "the container; called like the Deployment or the Rollout when absent",
    ),
    Keyword::new(
        "traffic",
        &[Kubernetes, Helm],
        &[A("by", OneOf(&["nginx", "istio", "gateway"])), A("route", Str)],
        "traffic nginx \"fraud-scorer\"",
        "what splits the traffic of a canary",
    )
    .later_choices(&["gateway"]),
    Keyword::new(
        "deploy",
        &[Command],
        &[A("command", Shell)],
        "deploy \"./deploy.sh\"",
        "puts `$MLPIPE_IMAGE` live",
    )
    .required(),
    Keyword::new(
        "live",
        &[Command],
        &[A("command", Shell)],
        "live \"./live.sh\"",
        "prints the digest that serves now",
    )
    .required(),
    Keyword::new(
        "rollback",
        &[Command],
        &[A("command", Shell)],
        "rollback \"./rollback.sh\"",
        "puts `$MLPIPE_ROLLBACK_TO` back",
    ),
    Keyword::new(
        "shift",
        &[Command],
        &[A("command", Shell)],
        "shift \"./shift.sh\"",
        "gives the new release `$MLPIPE_WEIGHT` percent of the traffic",
    ),
    Keyword::new(
        "promote",
        &[Command],
        &[A("command", Shell)],
        "promote \"./promote.sh\"",
        "makes the new release the only one; `shift` with all of the traffic when absent",
    ),
    Keyword::new(
        "host",
        &[Ssh],
        &[List(&[A("host", Str)])],
        "host \"app@vm.example.com\"",
        "user and host, with `:PORT` where it is not 22; several are rolled out on one after another",
    )
    .required(),
    Keyword::new(
        "key",
        &[Ssh],
        &[The("secret"), A("secret", Upper)],
        "key secret SSH_KEY",
        "the secret with the private key, without a passphrase",
    )
    .required(),
    Keyword::new(
        "known_hosts",
        &[Ssh],
        &[The("secret"), A("secret", Upper)],
        "known_hosts secret KNOWN_HOSTS",
        "the secret with the hosts' public keys, so that no other host can answer",
    )
    .required(),
    Keyword::new(
        "compose",
        &[Ssh],
        &[A("file", Str), The("service"), A("service", Str)],
        "compose \"/srv/app/compose.yml\" service \"api\"",
        "the compose file on the host, and the service whose image is replaced",
    ),
    Keyword::new(
        "docker",
        &[Ssh],
        &[A("container", Str), Maybe(&[The("run"), List(&[A("option", Str)])])],
        "docker \"api\" run \"--publish=8080:8080\", \"--env-file=/etc/api.env\"",
        "the container that is replaced where there is no compose file, and options of `docker run`, each of one word",
    ),
    Keyword::new("release", &[Helm], &[A("text", Str)], "release \"ranker\"", "the release").required(),
    Keyword::new("chart", &[Helm], &[A("path", Path)], "chart \"charts/ranker\"", "the chart").required(),
    Keyword::new(
        "values",
        &[Helm],
        &[A("path", Path)],
        "values \"values/production.yaml\"",
        "a file with values",
    )
    .many(),
    Keyword::new("rollout", &[ArgoRollouts], &[A("text", Str)], "rollout \"ranker\"", "the Rollout")
        .required(),
    Keyword::new("service", &[Kserve], &[A("text", Str)], "service \"ranker\"", "the InferenceService")
        .required(),
    Keyword::new("endpoint", &[Sagemaker], &[A("text", Str)], "endpoint \"ranker\"", "the endpoint")
        .required(),
    Keyword::new("cluster", &[Ecs], &[A("text", Str)], "cluster \"ml\"", "the cluster").required(),
    Keyword::new("service", &[Ecs, CloudRun], &[A("text", Str)], "service \"ranker\"", "the service")
        .required(),
    Keyword::new("function", &[Lambda], &[A("text", Str)], "function \"ranker\"", "the function").required(),
    Keyword::new("alias", &[Lambda], &[A("text", Str)], "alias \"live\"", "the alias that is moved")
        .required(),
    Keyword::new("region", &[CloudRun], &[A("text", Str)], "region \"europe-west3\"", "the region")
        .required(),
    Keyword::new(
        "region",
        &[Sagemaker, Ecs, Lambda],
        &[A("text", Str)],
        "region \"eu-central-1\"",
        "the region; that of `auth` when absent",
    ),
    Keyword::new("project", &[CloudRun], &[A("text", Str)], "project \"acme-ml\"", "the project"),
];
