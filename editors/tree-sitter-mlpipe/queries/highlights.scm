; Generated from the table of keywords: UPDATE_GRAMMAR=1 cargo test --test editor_grammar writes it anew.
; Where two patterns name one node the later one counts.

(comment) @comment
(string) @string
(raw_block) @string
(escape) @string.escape
(reference) @string.special
(number) @number
(unit) @type
(operator) @operator
["," ";"] @punctuation.delimiter
["{" "}"] @punctuation.bracket
(path (name) @variable)
((name) @constant
  (#match? @constant "^[A-Z][A-Z0-9_]+$"))

; Words with a meaning of their own behind a keyword.
(arguments
  (path . (name) @constant.builtin .)
  (#any-of? @constant.builtin "acr" "after" "ago" "alias" "approval" "approved" "argo_rollouts" "asked" "at" "audience" "aws" "azure" "baseline" "bool" "bot" "branch" "by_dispatch" "cancelled" "change" "changed" "choice" "client" "cloud_run" "command" "commit" "configmap" "consecutive" "critical" "data" "default" "denied" "deployed" "development" "dockerhub" "during" "dvc" "ecr" "ecs" "email" "event" "every" "fail_on" "failed" "failure" "false" "for" "fork" "from" "gar" "gate" "gateway" "gcp" "generic" "ghcr" "git" "github" "gitlab" "given" "groups" "gs" "h" "halt" "halted" "helm" "high" "http" "huggingface" "image" "in" "input" "istio" "jenkins" "json" "junit" "kserve" "kubernetes" "lambda" "last_good" "latest" "lfs" "live" "low" "m" "manual" "medium" "missing" "mlflow" "model" "nan" "nginx" "number" "oci" "of" "on" "only" "other" "pass" "passed" "path" "per" "pip" "poetry" "production" "prompt" "promptfoo" "provider" "pull_request" "push" "redeploy" "region" "required" "revision" "role" "rollback" "rollbacks" "rolled_back" "run" "s" "s3" "sagemaker" "schedule" "secret" "service" "service_account" "sha256" "short_commit" "site" "skipped" "slack" "ssh" "staging" "string" "subscription" "success" "tag" "takes" "teams" "tenant" "testing" "timed_out" "timezone" "tolerate" "trivy" "true" "untouched" "uv" "webhook" "when"))

; Keywords: words of the table that begin a statement, at the top of a file and in blocks.
(source_file
  (statement
    keyword: (keyword) @keyword
    (#any-of? @keyword "auth" "data" "deploy" "drill" "emit" "env" "gate" "image" "let" "mlpipe" "model" "notify" "on" "patch" "pipeline" "python" "reconcile" "runner" "scenario" "secret" "state" "target" "train" "use" "workdir")))
(block
  (statement
    keyword: (keyword) @keyword
    (#any-of? @keyword "advisory" "after" "alias" "approval" "artifact" "auth" "baseline" "basic" "before" "blue_green" "by" "canary" "chart" "cluster" "compose" "container" "context" "datadog" "deploy" "deployment" "docker" "dockerfile" "endpoint" "env" "expect" "expires" "function" "github" "gitlab" "given" "halt" "host" "image" "input" "install" "jenkins" "key" "known_hosts" "kubeconfig" "live" "login" "max_age" "metric" "metrics" "min_samples" "missing" "namespace" "needs" "offline" "on" "output" "paths" "project" "prometheus" "promote" "region" "register" "release" "repeat" "report" "requests" "require" "rollback" "rolling" "rollout" "run" "runner" "save" "scan" "secret" "seed" "service" "shadow" "shift" "smoke" "soak" "source" "step" "stop" "tags" "target" "tier" "timeout" "token" "traffic" "unchecked" "validate" "values" "version" "warm_up" "watch" "when" "with" "within" "workdir")))

; The name that a statement gives.
(statement
  keyword: (keyword) @keyword
  (arguments . (path . (name) @type .))
  (#any-of? @keyword "after" "before" "data" "deploy" "gate" "input" "let" "model" "pipeline" "runner" "step" "target" "train"))
