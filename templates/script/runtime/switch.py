# ---- switch: beside what is live, and then instead of it -----------------------------
#
# What was live goes on running until `finish`: to put it back is to move the traffic.

#: A request with this header and the value of the run goes to what runs beside.
BESIDE_HEADER = "mlpipe-beside"


def splits(options: Options) -> bool:
    """Does it start beside what is live?"""
    return bool(options.all("canary")) or options.has("blue-green")


def weights(options: Options) -> list[str]:
    """The shares of the traffic that it gets, one after another."""
    if options.has("blue-green"):
        return ["100"]
    return [weight for weight, _ in options.all("canary")]


def beside_env(section: Section, options: Options) -> dict[str, str]:
    """How a command reaches what runs beside, and how much of the traffic that has."""
    if not options.has("blue-green"):
        return {}
    token = str(section.data.get("beside") or "")
    header = f"{BESIDE_HEADER}: {token}" if token else ""
    weight = "100" if section.data.get("switched") else "0"
    return {"MLPIPE_BESIDE_HEADER": header, "MLPIPE_WEIGHT": weight}


def deploy_switch(
    record: Record, options: Options, section: Section, deadline: Deadline
) -> int:
    """All of the traffic moves at once, the smoke test runs, and it is watched."""
    tested = options.has("smoke")
    section.need("smoked" if tested else "rolled-out")
    if section.data.get("unchanged"):
        say("mlpipe: it was live already; no traffic moves")
    else:
        environment, wanted = section.environment, str(section.data["reference"])
        section.save("shifting")
        open_beat(options, section, deadline)()
        say(f"mlpipe: all of the traffic of {environment} goes to {wanted}")
        env = verb_env(section, options)
        code = open_target(options).shift("100", env, deadline)
        if code:
            raise Stop(f"switching the traffic failed with {code}", code=code)
        section.data["switched"] = True
        section.save("shifting")
        traffic_moved(options, section, False)
        smoke_once(options, section, deadline)
        keep_watch(options, section, float(options.one("blue-green")), deadline)
    section.save("shifted")
    return 0


def take_over(options: Options, section: Section, deadline: Deadline) -> None:
    """It becomes the only one: what was live before is no longer needed."""
    if not options.has("blue-green") or not section.data.get("split"):
        return
    open_beat(options, section, deadline)()
    wanted, env = str(section.data["reference"]), verb_env(section, options)
    code = open_target(options).keep(wanted, env, deadline)
    if code:
        raise Stop(f"taking the old one away failed with {code}", code=code)
    section.data["split"] = False
    section.save(section.data["phase"])
