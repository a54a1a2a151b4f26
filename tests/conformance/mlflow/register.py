"""Registers a version of the model `ranker` whose one file holds WORD, and gives it the alias
`candidate`: `register.py WORD`. Prints the version."""

import pathlib
import sys
import tempfile

import mlflow

word = sys.argv[1]
client = mlflow.MlflowClient()
with mlflow.start_run() as run:
    folder = pathlib.Path(tempfile.mkdtemp())
    (folder / "MLmodel").write_text("flavors: {}\n")
    (folder / "model.pkl").write_text(word)
    mlflow.log_artifacts(str(folder), "model")
if not client.search_registered_models(filter_string="name = 'ranker'"):
    client.create_registered_model("ranker")
source = f"{run.info.artifact_uri}/model"
version = client.create_model_version("ranker", source, run.info.run_id).version
client.set_registered_model_alias("ranker", "candidate", version)
print(version)
