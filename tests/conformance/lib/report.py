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
        parts = []
        for at, cell in enumerate(row):
            is_number = number > 0 and at > 1 and cell.replace(".", "").isdigit()
            parts.append(cell.rjust(width[at]) if is_number else cell.ljust(width[at]))
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
