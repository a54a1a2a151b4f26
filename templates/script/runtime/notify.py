# ---- notify, withheld: what people are told -----------------------------------------

ROLLBACKS = ("restored", "restore_failed")
#: How a reconcile ends that has done nothing.
QUIET = ("nothing_to_do", "busy")


def run_story(jobs: Sequence[str]) -> Json:
    """What the records of this run say: which jobs failed, how the deploys ended."""
    failed: list[Json] = []
    deploys: list[Json] = []
    for name in jobs:
        record = find_record(name)
        if record is None:
            continue
        if record.status in ("failed", "unfinished"):
            reason = str(record.data["reason"]) or "it did not end"
            title = str(record.data.get("title") or name)
            failed.append({"job": name, "title": title, "reason": reason})
        found = record.data.get("deploy") or record.data.get("reconcile")
        if isinstance(found, dict) and found.get("outcome") not in QUIET:
            keys = ("environment", "outcome", "what", "digest", "before", "halted")
            deploys.append({key: found.get(key) for key in keys})
    return {"failed": failed, "deploys": deploys}


def why_to_tell(wanted: Sequence[str], story: Json) -> str:
    """`halt`, `rollback`, `failure`, `success`, or nothing to tell.

    The platform starts the job only after a failure, or only after none."""
    rolled_back = any(one["outcome"] in ROLLBACKS for one in story["deploys"])
    if "halt" in wanted and any(one["halted"] for one in story["deploys"]):
        return "halt"
    if "rollback" in wanted and rolled_back:
        return "rollback"
    if "failure" in wanted:
        return "failure"
    return "success" if "success" in wanted else ""


def story_text(why: str, story: Json) -> str:
    """The message in plain text, the important first."""
    mine = this_run()
    head = {"failure": "failed", "success": "succeeded", "rollback": "was rolled back"}
    head["halt"] = "was rolled back, and is halted"
    place = mine["tag"] or mine["branch"] or mine["event"]
    lines = [
        "{} {} ({} at {})".format(
            mine["pipeline"], head[why], place, mine["commit"][:12]
        )
    ]
    for one in story["deploys"]:
        if why != "success" or one["outcome"] in ("deployed", "unchanged"):
            lines.append("{}: {}".format(one["environment"], one["what"]))
        if one["halted"]:
            lines.append("{} is halted: {}".format(one["environment"], one["halted"]))
    if why != "success":
        lines += ["{}: {}".format(one["job"], one["reason"]) for one in story["failed"]]
        if not story["failed"]:
            lines.append("no job left a record of its failure; see the run")
    return "\n".join(lines)[:3000]


def slack_body(why: str, story: Json) -> Json:
    """What an incoming webhook of Slack takes: `text`, three characters escaped."""
    text = story_text(why, story)
    for char, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(char, name)
    url = this_run()["run_url"]
    return {"text": f"{text}\n<{url}|the run>" if url else text}


def webhook_body(why: str, story: Json) -> Json:
    """The documented body for any other receiver."""
    body: Json = {"schema": SCHEMA, "outcome": why, "text": story_text(why, story)}
    return {**body, **this_run(), **story}


def safe_address(url: str) -> bool:
    """https, or plain http to this very machine."""
    try:
        parts = urllib.parse.urlsplit(url)
        local = parts.hostname in ("127.0.0.1", "localhost", "::1")
    except ValueError:
        return False
    return bool(parts.hostname) and (
        parts.scheme == "https" or (local and parts.scheme == "http")
    )


@job(
    "notify",
    once={"channel": 1, "url": 1, "timeout": 1},
    many={"on": 1, "read": 1},
)
def notify_job(record: Record, options: Options) -> int:
    """Sends one message. The address is a secret and is never printed."""
    story = run_story(options.each("read"))
    why = why_to_tell(options.each("on"), story)
    record.data["notify"] = {
        "channel": options.one("channel"),
        "sent": False,
        "why": why,
    }
    if not why:
        say("mlpipe: nothing was put back, so there is nothing to tell")
        return 0
    name = options.one("url")
    url = os.environ.get(name, "").strip()
    if not safe_address(url):
        raise Stop(
            f"{name} is not an https:// address", "store the whole address there"
        )
    slack = options.one("channel") == "slack"
    body = slack_body(why, story) if slack else webhook_body(why, story)
    try:
        status, _ = call_http(
            url,
            "POST",
            {"Content-Type": "application/json; charset=utf-8"},
            json.dumps(body).encode("utf-8"),
            timeout=10,
        )
    except (Stop, ValueError):
        raise Stop(f"no answer from the address in {name}, three times") from None
    if not 200 <= status < 300:
        raise Stop(f"the address in {name} answers {status}")
    record.data["notify"]["sent"] = True
    say(f"mlpipe: told {options.one('channel')} about the {why}")
    return 0


@job("withheld", once={"timeout": 1}, many={"job": 2})
def withheld_job(record: Record, options: Options) -> int:
    """Says which jobs do not run for this pull request, and why."""
    rows = options.all("job")
    say("mlpipe: this pull request comes from outside, so some jobs do not run:")
    for name, reason in rows:
        say(f"  {name}: {reason}")
    record.data["withheld"] = [{"job": name, "reason": why} for name, why in rows]
    summary(
        "### Not run for this pull request\n\n"
        "It comes from outside the repository, so no secret reaches it.\n\n"
        + markdown_table(["job", "reason"], rows)
    )
    return 0
