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

; The name that a statement gives.
(statement
  keyword: (keyword) @_keyword
  (arguments . (path . (name) @type .))
  (#any-of? @_keyword "after" "before" "data" "deploy" "gate" "input" "let" "model" "pipeline" "runner" "step" "target" "train"))

; Words with a meaning of their own behind a keyword.
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "approval")
  (#any-of? @constant.builtin "by_dispatch" "required"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "auth")
  (#any-of? @constant.builtin "aws" "azure" "client" "gcp" "provider" "region" "role" "service_account" "subscription" "tenant"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "blue_green")
  (#any-of? @constant.builtin "for"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "canary")
  (#any-of? @constant.builtin "for"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "compose")
  (#any-of? @constant.builtin "service"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "datadog")
  (#any-of? @constant.builtin "secret" "site"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "emit")
  (#any-of? @constant.builtin "github" "gitlab" "jenkins"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "expect")
  (#any-of? @constant.builtin "approved" "asked" "cancelled" "deployed" "failed" "halted" "passed" "rolled_back" "skipped" "timed_out" "untouched"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "given")
  (#any-of? @constant.builtin "after" "ago" "approval" "at" "bot" "cancelled" "changed" "data" "denied" "during" "event" "failed" "false" "fork" "from" "given" "in" "input" "manual" "missing" "model" "nan" "of" "on" "passed" "prompt" "provider" "pull_request" "push" "rolled_back" "schedule" "tag" "takes" "timed_out" "true"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "halt")
  (#any-of? @constant.builtin "in" "rollbacks" "when"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "image")
  (#any-of? @constant.builtin "acr" "dockerhub" "ecr" "gar" "generic" "ghcr" "gitlab"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "input")
  (#any-of? @constant.builtin "bool" "choice" "default" "false" "number" "string" "true"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "install")
  (#any-of? @constant.builtin "groups" "pip" "poetry" "uv"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "key")
  (#any-of? @constant.builtin "secret"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "known_hosts")
  (#any-of? @constant.builtin "secret"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "kubeconfig")
  (#any-of? @constant.builtin "secret"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "login")
  (#any-of? @constant.builtin "secret"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "metric")
  (#any-of? @constant.builtin "in" "run"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "metrics")
  (#any-of? @constant.builtin "json" "junit" "promptfoo"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "needs")
  (#any-of? @constant.builtin "data" "image" "model"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "notify")
  (#any-of? @constant.builtin "email" "failure" "halt" "on" "rollback" "secret" "slack" "success" "teams" "webhook"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "on")
  (#any-of? @constant.builtin "change" "data" "event" "manual" "pull_request" "push" "schedule" "tag" "timezone"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "patch")
  (#any-of? @constant.builtin "github" "gitlab" "jenkins"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "prometheus")
  (#any-of? @constant.builtin "secret"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "register")
  (#any-of? @constant.builtin "alias" "mlflow" "sagemaker"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "repeat")
  (#any-of? @constant.builtin "pass"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "report")
  (#any-of? @constant.builtin "junit"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "requests")
  (#any-of? @constant.builtin "h" "m" "per" "s"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "require")
  (#any-of? @constant.builtin "baseline"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "scan")
  (#any-of? @constant.builtin "critical" "fail_on" "high" "low" "medium" "trivy"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "shadow")
  (#any-of? @constant.builtin "from"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "smoke")
  (#any-of? @constant.builtin "every"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "source")
  (#any-of? @constant.builtin "azure" "dvc" "gs" "http" "huggingface" "lfs" "mlflow" "oci" "path" "revision" "run" "s3" "sagemaker" "sha256"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "state")
  (#any-of? @constant.builtin "azure" "configmap" "git" "gs" "path" "s3"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "tags")
  (#any-of? @constant.builtin "branch" "commit" "latest" "short_commit" "tag"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "target")
  (#any-of? @constant.builtin "argo_rollouts" "cloud_run" "command" "ecs" "helm" "kserve" "kubernetes" "lambda" "sagemaker" "ssh"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "tier")
  (#any-of? @constant.builtin "development" "other" "production" "staging" "testing"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "traffic")
  (#any-of? @constant.builtin "gateway" "istio" "nginx"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "use")
  (#any-of? @constant.builtin "only"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "validate")
  (#any-of? @constant.builtin "run"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "watch")
  (#any-of? @constant.builtin "every"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "when")
  (#any-of? @constant.builtin "changed" "consecutive" "data" "for" "model" "prompt" "provider"))
(statement
  keyword: (keyword) @_keyword
  (arguments (path . (name) @constant.builtin .))
  (#eq? @_keyword "with")
  (#any-of? @constant.builtin "model"))

; Keywords, at the top of a file and in the block of each word that opens one.
(source_file
  (statement
    keyword: (keyword) @keyword
    (#any-of? @keyword "auth" "data" "deploy" "emit" "env" "gate" "image" "let" "mlpipe" "model" "notify" "on" "patch" "pipeline" "python" "runner" "scenario" "secret" "state" "target" "train" "use" "workdir")))
(statement
  keyword: (keyword) @_opener
  (block
    (statement
      keyword: (keyword) @keyword))
  (#eq? @_opener "approval")
  (#any-of? @keyword "by" "expires" "unchecked"))
(statement
  keyword: (keyword) @_opener
  (block
    (statement
      keyword: (keyword) @keyword))
  (#eq? @_opener "data")
  (#any-of? @keyword "env" "runner" "save" "secret" "source" "timeout" "validate" "workdir"))
(statement
  keyword: (keyword) @_opener
  (block
    (statement
      keyword: (keyword) @keyword))
  (#eq? @_opener "deploy")
  (#any-of? @keyword "after" "approval" "blue_green" "canary" "env" "on" "rollback" "rolling" "runner" "secret" "shadow" "smoke" "soak" "target" "tier" "timeout" "watch" "workdir"))
(statement
  keyword: (keyword) @_opener
  (block
    (statement
      keyword: (keyword) @keyword))
  (#eq? @_opener "gate")
  (#any-of? @keyword "advisory" "after" "artifact" "baseline" "before" "env" "metric" "metrics" "needs" "repeat" "report" "require" "run" "runner" "secret" "seed" "timeout" "when" "workdir"))
(statement
  keyword: (keyword) @_opener
  (block
    (statement
      keyword: (keyword) @keyword))
  (#eq? @_opener "image")
  (#any-of? @keyword "context" "dockerfile" "env" "login" "runner" "scan" "secret" "tags" "timeout" "with" "workdir"))
(statement
  keyword: (keyword) @_opener
  (block
    (statement
      keyword: (keyword) @keyword))
  (#eq? @_opener "model")
  (#any-of? @keyword "env" "runner" "save" "secret" "source" "timeout" "version" "workdir"))
(statement
  keyword: (keyword) @_opener
  (block
    (statement
      keyword: (keyword) @keyword))
  (#eq? @_opener "on")
  (#any-of? @keyword "input" "paths"))
(statement
  keyword: (keyword) @_opener
  (block
    (statement
      keyword: (keyword) @keyword))
  (#eq? @_opener "python")
  (#any-of? @keyword "install"))
(statement
  keyword: (keyword) @_opener
  (block
    (statement
      keyword: (keyword) @keyword))
  (#eq? @_opener "register")
  (#any-of? @keyword "secret" "timeout"))
(statement
  keyword: (keyword) @_opener
  (block
    (statement
      keyword: (keyword) @keyword))
  (#eq? @_opener "rollback")
  (#any-of? @keyword "halt" "when" "within"))
(statement
  keyword: (keyword) @_opener
  (block
    (statement
      keyword: (keyword) @keyword))
  (#eq? @_opener "runner")
  (#any-of? @keyword "github" "gitlab" "image" "jenkins" "offline"))
(statement
  keyword: (keyword) @_opener
  (block
    (statement
      keyword: (keyword) @keyword))
  (#eq? @_opener "scenario")
  (#any-of? @keyword "expect" "given"))
(statement
  keyword: (keyword) @_opener
  (block
    (statement
      keyword: (keyword) @keyword))
  (#eq? @_opener "secret")
  (#any-of? @keyword "github" "gitlab" "jenkins"))
(statement
  keyword: (keyword) @_opener
  (block
    (statement
      keyword: (keyword) @keyword))
  (#eq? @_opener "source")
  (#any-of? @keyword "secret" "timeout"))
(statement
  keyword: (keyword) @_opener
  (block
    (statement
      keyword: (keyword) @keyword))
  (#eq? @_opener "state")
  (#any-of? @keyword "max_age" "secret"))
(statement
  keyword: (keyword) @_opener
  (block
    (statement
      keyword: (keyword) @keyword))
  (#eq? @_opener "target")
  (#any-of? @keyword "alias" "chart" "cluster" "compose" "container" "deploy" "deployment" "endpoint" "function" "host" "key" "known_hosts" "kubeconfig" "live" "namespace" "project" "promote" "region" "release" "rollback" "rollout" "service" "shift" "timeout" "traffic" "values"))
(statement
  keyword: (keyword) @_opener
  (block
    (statement
      keyword: (keyword) @keyword))
  (#eq? @_opener "train")
  (#any-of? @keyword "artifact" "env" "needs" "on" "output" "register" "runner" "secret" "seed" "step" "timeout" "workdir"))
(statement
  keyword: (keyword) @_opener
  (block
    (statement
      keyword: (keyword) @keyword))
  (#eq? @_opener "validate")
  (#any-of? @keyword "artifact" "baseline" "metric" "metrics" "report" "require" "secret" "timeout"))
(statement
  keyword: (keyword) @_opener
  (block
    (statement
      keyword: (keyword) @keyword))
  (#eq? @_opener "watch")
  (#any-of? @keyword "datadog" "metric" "prometheus" "requests" "secret" "smoke" "timeout"))
