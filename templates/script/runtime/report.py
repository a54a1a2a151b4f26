# ---- report: what people and platforms read -----------------------------------------

SUMMARY_LIMIT = 900_000
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def markdown(text: str) -> str:
    """Text that Markdown shows as it is, on one line of a table."""
    text = " ".join(text.split())
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]()#!|~])", r"\\\1", text)


def summary(text: str) -> None:
    """Adds Markdown to the run's page, on platforms that have one. GitHub drops a
    summary of more than 1 MiB whole, so a long one is cut here."""
    path = os.environ.get("GITHUB_STEP_SUMMARY", "")
    if not path or os.environ.get("MLPIPE_PLATFORM") != "github":
        return
    try:
        room = SUMMARY_LIMIT - (os.path.getsize(path) if os.path.exists(path) else 0)
        data = text.encode("utf-8", "replace")
        if len(data) > room:
            cut = data[: max(0, room)].rpartition(b"\n")[0]
            data = cut + b"\n\n(cut: the rest is in the log)\n"
        if room > 0:
            with open(path, "ab") as file:
                file.write(data)
    except OSError as error:
        complain(f"the summary could not be written: {error.strerror}", level="warning")


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the cells are plain text."""
    lines = [head, ["---"] * len(head)]
    lines += [[markdown(cell) for cell in row] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def log_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table of the log, its columns aligned."""
    clean = [[NOT_XML.sub("?", " ".join(c.split())) for c in row] for row in rows]
    widths = [max(len(row[i]) for row in [head, *clean]) for i in range(len(head))]
    for row in [head, ["-" * width for width in widths], *clean]:
        cells = (cell.ljust(width) for cell, width in zip(row, widths))
        say("  " + "  ".join(cells).rstrip())


def verdict_rows(rules: Sequence[Json]) -> list[list[str]]:
    """Metric, value, rule, baseline, verdict."""
    rows = []
    for rule in rules:
        unit = f" {rule['unit']}" if rule["unit"] else ""
        numbers = [
            None if rule[key] is None else decimal.Decimal(rule[key])
            for key in ("value", "bound", "baseline")
        ]
        value = show(numbers[0], numbers[1]) + unit if numbers[0] is not None else "-"
        base = show(numbers[2]) + unit if numbers[2] is not None else ""
        verdict = "pass" if rule["verdict"] == "pass" else "FAIL"
        rows.append([rule["metric"], value, rule["rule"], base, verdict])
    return rows


def xml_case(
    suite: ElementTree.Element, gate: str, name: str, problem: str, seconds: float = 0
) -> None:
    """A test case; it failed when there is a problem."""
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=NOT_XML.sub("?", gate),
        name=NOT_XML.sub("?", name),
        time=f"{seconds:.3f}",
    )
    if problem:
        text = NOT_XML.sub("?", problem)
        ElementTree.SubElement(case, "failure", message=text).text = text


def write_junit(path: str, name: str, attempt: Json, reports: Sequence[str]) -> None:
    """The gate's own checks as test cases, then the suites that its command wrote."""
    root = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(root, "testsuite", name=f"gate {name}")
    if attempt["exit"] is not None:
        problem = "" if attempt["exit"] == 0 else f"exit status {attempt['exit']}"
        xml_case(suite, f"gate.{name}", "run", problem, attempt["seconds"])
    for rule in attempt["rules"]:
        xml_case(suite, f"gate.{name}", rule["rule"], rule["reason"])
    for problem in attempt["problems"]:
        xml_case(suite, f"gate.{name}", problem.split(":")[0], problem)
    suite.set("tests", str(len(suite)))
    failures = sum(case.find("failure") is not None for case in suite)
    suite.set("failures", str(failures))
    suite.set("errors", "0")
    suite.set("skipped", "0")
    for report in reports:
        with contextlib.suppress(NoNumber):
            found = read_xml(report)
            root.extend([found] if found.tag == "testsuite" else list(found))
    text = ElementTree.tostring(root, encoding="unicode")
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    write_atomically(path, head + text + "\n")


def write_openmetrics(path: str, gate: str, rules: Sequence[Json]) -> None:
    """The metrics of a gate's rules as OpenMetrics text."""
    families: dict[str, dict[str, str]] = {}
    for rule in rules:
        if rule["value"] is not None:
            name = re.sub("[^a-zA-Z0-9_]", "_", rule["metric"])
            name = name if re.match("[a-zA-Z_]", name) else "_" + name
            labels = {"gate": gate, "metric": rule["metric"], "unit": rule["unit"]}
            quoted = ",".join(
                f"{key}={json.dumps(text, ensure_ascii=False)}"
                for key, text in labels.items()
                if text
            )
            families.setdefault(name, {})[quoted] = rule["value"]
    lines = []
    for name, series in families.items():
        lines.append(f"# TYPE {name} gauge")
        lines += [f"{name}{{{labels}}} {value}" for labels, value in series.items()]
    write_atomically(path, "\n".join([*lines, "# EOF", ""]))


def keep(record: Record, path: str) -> None:
    """Copies a file or folder that a command wrote to `mlpipe-out/JOB/files`.

    No part of the copy's name starts with a dot (GitHub does not upload those) or holds
    a character that an upload refuses.
    """
    parts = [
        re.sub(r'["<>|*?:\\\r\n]', "_", re.sub(r"^\.+", "_", part))
        for part in os.path.normpath(path).split(os.sep)
    ]
    source = os.path.join(workdir(), path)
    target = os.path.join(record.folder, "files", *parts)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.isdir(source):
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copyfile(source, target)
