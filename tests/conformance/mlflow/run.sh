#!/usr/bin/env bash
# The runtime against MLflow's own command line and a real store: an alias is resolved once,
# then moved; the version that the run resolved still comes, with the same checksum.
#
#   tests/conformance/mlflow/run.sh BIN RUNTIME [STORE…]
#
# BIN: folder with `mlflow` and a `python` that imports it. RUNTIME: mlpipe_runtime.py. STORE: `file` (when none is
# named), `sqlite` (needs the whole of MLflow, not only mlflow-skinny).
set -Eeuo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "$0")" && pwd)
bin=$(cd "$1" && pwd)
runtime=$(realpath "$2")
shift 2
stores=("${@:-file}")
for tool in "$bin/mlflow" "$bin/python"; do
  [[ -x $tool ]] || { echo "mlflow: $tool is missing"; exit 1; }
done
version=$("$bin/mlflow" --version | sed 's/.* //')

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export PATH=$bin:$PATH HOME=$folder MLFLOW_ALLOW_FILE_STORE=true MLFLOW_DISABLE_TELEMETRY=true DO_NOT_TRACK=true
export MLPIPE_PIPELINE=ranker MLPIPE_COMMIT=c0ffee MLPIPE_RUN_ID=1 MLPIPE_JOB=model-ranker
failures=0

check() { # WHAT EXPECTED FOUND
  if [[ $2 == "$3" ]]; then return; fi
  echo "mlflow: $store: $1: expected $2, found $3"
  failures=$((failures + 1))
}
field() { python -c 'import json, sys; print(json.load(open("mlpipe-out/model-ranker.json"))["model"][sys.argv[1]])' "$1"; }
model() { # VERB URI SAVE
  python "$runtime" "$1" --name ranker --version ranker/1 --mlflow "$2" --save "$3" --timeout 300 2>&1
}

for store in "${stores[@]}"; do
  mkdir "$folder/$store"
  cd "$folder/$store"
  case $store in
    file) export MLFLOW_TRACKING_URI=file://$PWD/store saves=(models/model.pkl models/whole) ;;
    sqlite) export MLFLOW_TRACKING_URI=sqlite:///$PWD/mlflow.db saves=(models/whole) ;;
    *) echo "mlflow: no such store: $store" && exit 2 ;;
  esac
  for save in "${saves[@]}"; do
    first=$(python "$here/register.py" "first $save" 2>/dev/null | tail -n 1)
    python "$runtime" begin model-ranker model ranker
    model model models:/ranker@candidate "$save"
    check "version of the alias" "$first" "$(field revision)"
    digest=$(field digest)
    second=$(python "$here/register.py" "second $save" 2>/dev/null | tail -n 1)
    check "next version" $((first + 1)) "$second"
    rm -r models
    output=$(model fetch models:/ranker@candidate "$save") || { echo "$output"; failures=$((failures + 1)); }
    check "checksum after the alias moved" "$digest" "$(grep -o 'sha256:[0-9a-f]*' <<<"$output" | tail -n 1)"
    file=$save
    if [[ -d $save ]]; then file=$save/model.pkl; fi
    check "content after the alias moved" "first $save" "$(cat "$file")"
  done
  if model model models:/ranker@nobody models/model.pkl >/dev/null; then
    check "an alias that does not exist" failed passed
  fi
done
if ((failures > 0)); then exit 1; fi
echo "mlflow: $version: an alias is resolved once, in: ${stores[*]}"
