"""What a person sees: progress while it runs, then a table, then what is wrong."""

import sys
import time


def say(text=""):
    """A line at once, also when the output is a file."""
    print(text, flush=True)


class Clock:
    """Seconds since it was made."""

    def __init__(self):
        self.start = time.monotonic()

    def seconds(self) -> float:
        return time.monotonic() - self.start


def table(head, rows) -> str:
    """Columns as wide as their longest cell; numbers to the right."""
    cells = [[str(c) for c in row] for row in [head, *rows]]
    width = [max(len(row[at]) for row in cells) for at in range(len(head))]
    lines = []
    for number, row in enumerate(cells):
        parts = [c.rjust(w) if number and c.replace(".", "").isdigit() and at > 1 else c.ljust(w) for at, (c, w) in enumerate(zip(row, width))]
        lines.append("  ".join(parts).rstrip())
        if number == 0:
            lines.append("  ".join("-" * w for w in width))
    return "\n".join(lines)


def markdown(head, rows) -> str:
    """The same table for a document."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in lines)


def fail(text):
    """An error before anything ran."""
    print(text, file=sys.stderr, flush=True)
    raise SystemExit(1)
