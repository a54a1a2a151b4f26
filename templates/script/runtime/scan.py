# ---- scan: what is pushed is what was scanned ---------------------------------------
#
# The scanner gets the image as a file: it needs neither docker's socket nor a login,
# and what it reads is what is pushed afterwards.

SCANNED = 10
LEVELS = ("LOW", "MEDIUM", "HIGH", "CRITICAL")


def scan(
    docker: Docker, record: Record, options: Options, local: str, folder: str
) -> Json:
    """Scans the built image; findings at or above the level stop the job."""
    level = options.words("scan")[1].upper()
    levels = LEVELS[LEVELS.index(level) :]
    archive = os.path.join(folder, "image.tar")
    docker.must("writing the image", "image", "save", "--output", archive, local)
    report = os.path.join(record.folder, "trivy.json")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(report)  # of an earlier attempt
    words = ["image", "--severity", ",".join(levels), "--exit-code", str(SCANNED)]
    words += ["--format", "json", "--no-progress"]
    if options.has("offline"):
        words += ["--offline-scan", "--skip-db-update", "--skip-java-db-update"]
    if shutil.which("trivy"):
        words += ["--output", report, "--input", archive]
        code = run(["trivy", *words], docker.deadline).code
    elif options.has("offline"):
        raise Stop(
            "trivy is missing, and nothing is downloaded on an offline runner",
            "install trivy and its database on this runner",
        )
    else:
        code = scan_in_container(docker, options, words, archive, report)
    os.unlink(archive)
    if code not in (0, SCANNED):
        raise Stop(f"the scan itself failed: trivy ended with {code}")
    counts = count_findings(report)
    worst = sum(counts[name] for name in levels)
    if code == SCANNED or worst:
        raise Stop(
            f"the scan found {worst} weaknesses of level {level.lower()} or worse: "
            f"{report}",
            "update what it names, or list an accepted one in .trivyignore",
        )
    say(f"mlpipe: the scan found nothing of level {level.lower()} or worse")
    return {
        "tool": "trivy",
        "fail_on": level.lower(),
        "report": report,
        "found": counts,
    }


def scan_in_container(
    docker: Docker, options: Options, words: Sequence[str], archive: str, report: str
) -> int:
    """Trivy from its pinned image. Files are copied in and out, because the daemon may
    be on another machine, and the scanner gets no access to the daemon."""
    name = "mlpipe-scan-" + os.urandom(6).hex()
    inner = ["--output", "/report.json", "--input", "/image.tar"]
    kept = os.path.isfile(".trivyignore")
    inner += ["--ignorefile", "/.trivyignore"] if kept else []
    docker.must(
        "making the scanner",
        *["create", "--name", name, options.one("scanner-image"), *words, *inner],
    )
    try:
        if kept:
            docker.must("copying", "cp", ".trivyignore", name + ":/.trivyignore")
        docker.must("copying the image", "cp", archive, name + ":/image.tar")
        code = docker("start", "--attach", name)
        if code in (0, SCANNED):
            docker.must("copying the report", "cp", name + ":/report.json", report)
        return code
    finally:
        Docker(docker.env, Deadline(60)).ask("rm", "--force", name)


def count_findings(report: str) -> dict[str, int]:
    """Findings by level, and the first of them in the log."""
    counts = {name: 0 for name in LEVELS}
    try:
        with open(report, encoding="utf-8") as file:
            results = json.load(file).get("Results") or []
    except (OSError, ValueError, AttributeError):
        raise Stop(f"the scan left no report that can be read at {report}") from None
    for result in results:
        for kind in ("Vulnerabilities", "Secrets", "Misconfigurations"):
            for found in result.get(kind) or []:
                level = str(found.get("Severity"))
                counts[level] = counts.get(level, 0) + 1
                if sum(counts.values()) <= 20:
                    name = found.get("VulnerabilityID") or found.get("RuleID") or "?"
                    where = found.get("PkgName") or result.get("Target") or "?"
                    fixed = found.get("FixedVersion") or "none yet"
                    say(f"  {level:8} {name} in {where}, fixed in {fixed}")
    return counts
