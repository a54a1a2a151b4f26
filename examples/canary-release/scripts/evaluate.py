"""Measures on recorded answers which share of them stands in a source that was found."""

import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    answers = json.load(file)
grounded = sum(answer["answered_from"] in answer["sources"] for answer in answers)
with open("metrics.json", "w", encoding="utf-8") as file:
    json.dump({"faithfulness": grounded / len(answers)}, file)
