# ---- approve: who said yes, and that somebody had to --------------------------------


def api_get(base: str, path: str, headers: Mapping[str, str], help: str) -> Any:
    """A JSON answer of the platform's own API; anything else stops the job."""
    url = base.rstrip("/") + path
    parts = urllib.parse.urlsplit(url)
    if not safe_address(url):
        # Without TLS the token would be anybody's who listens.
        raise Stop(
            f"the API at {parts.netloc or 'no address'} is not asked without https"
        )
    status, body = call_http(url, headers=headers, timeout=10)
    if status != 200:
        raise Stop(f"{parts.netloc} answers {status} to GET {parts.path}", help)
    try:
        return json.loads(body.decode("utf-8"))
    except ValueError:
        raise Stop(f"{parts.netloc} answers GET {parts.path} without JSON") from None


def github_get(path: str, help: str) -> Any:
    """GitHub's API about this repository. Needs GITHUB_TOKEN with `actions: read`."""
    get = os.environ.get
    token = get("GITHUB_TOKEN", "")
    if not token:
        raise Stop(
            "GITHUB_TOKEN is empty, so the approval cannot be checked",
            "the job needs `permissions: actions: read` and the token in its env",
        )
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": "Bearer " + token,
        "X-GitHub-Api-Version": "2022-11-28",
    }
    base = get("GITHUB_API_URL") or "https://api.github.com"
    return api_get(base, "/repos/" + get("GITHUB_REPOSITORY", "") + path, headers, help)


def github_protected(environment: str) -> None:
    """The environment exists and somebody has to review what names it."""
    name = urllib.parse.quote(environment, safe="")
    found = github_get(
        f"/environments/{name}",
        f"make the environment {environment} with required reviewers in the settings "
        "of the repository; the job needs `actions: read`",
    )
    rules = found.get("protection_rules") if isinstance(found, dict) else None
    for rule in rules if isinstance(rules, list) else []:
        if rule.get("type") == "required_reviewers" and rule.get("reviewers"):
            return
    raise Stop(
        f"nobody has to approve: environment {environment} has no required reviewers",
        "add them in the repository's settings; a private repository whose plan has "
        "none can write `approval by_dispatch`, or "
        '`approval required { unchecked "reason" }`',
    )


def github_approvers(environment: str) -> list[str]:
    """Who approved this run for that environment."""
    run_id = os.environ.get("GITHUB_RUN_ID", "")
    found = github_get(
        f"/actions/runs/{run_id}/approvals",
        "the job needs `permissions: actions: read`",
    )
    names = []
    for review in found if isinstance(found, list) else []:
        environments = [
            str(one.get("name")).casefold() for one in review.get("environments") or []
        ]
        if review.get("state") == "approved" and environment.casefold() in environments:
            login = field(review, "user.login")
            if login:
                names.append(str(login))
    if not names:
        raise Stop(
            f"nobody has approved this run for {environment}",
            "an administrator who goes past the review leaves no approval",
        )
    return sorted(set(names))


def gitlab_protected(environment: str) -> None:
    """The environment is protected and names who may deploy or approve."""
    get = os.environ.get
    token = get("MLPIPE_READ_TOKEN", "")
    if not token:
        raise Stop(
            "MLPIPE_READ_TOKEN is empty, so nobody knows whether approval is protected",
            "make a project access token with the role Maintainer and the scope "
            "read_api and store it under that name (masked, protected); GitLab Free "
            "can write `approval by_dispatch`, or "
            '`approval required { unchecked "reason" }`',
        )
    name = urllib.parse.quote(environment, safe="")
    path = "/projects/{}/protected_environments/{}".format(
        get("CI_PROJECT_ID", ""), name
    )
    found = api_get(
        get("CI_API_V4_URL", ""),
        path,
        {"PRIVATE-TOKEN": token},
        f"protect the environment {environment} (Settings, CI/CD; GitLab Premium), let "
        "the token read it (role Maintainer, scope read_api), or write "
        '`approval by_dispatch`, or `approval required { unchecked "reason" }`',
    )
    if isinstance(found, dict):
        for rules in ("deploy_access_levels", "approval_rules"):
            for rule in found.get(rules) or []:
                who = ("user_id", "group_id")
                if (rule.get("access_level") or 0) > 0 or any(rule.get(k) for k in who):
                    return
    raise Stop(f"the protected environment {environment} names nobody who may approve")


def started_by() -> list[str]:
    """Who started the run, where the platform tells a script."""
    get = os.environ.get
    names = {
        "github": get("GITHUB_TRIGGERING_ACTOR") or get("GITHUB_ACTOR"),
        "gitlab": get("GITLAB_USER_LOGIN"),
    }
    name = names.get(get("MLPIPE_PLATFORM", ""))
    return [name] if name else []


def ask_platform(environment: str, unchecked: str) -> list[str]:
    """Who said yes, after the check that somebody had to."""
    get = os.environ.get
    platform = get("MLPIPE_PLATFORM", "desk")
    if platform == "github":
        if unchecked:
            return started_by()
        github_protected(environment)
        return github_approvers(environment)
    if platform == "gitlab":
        if get("CI_JOB_MANUAL") != "true":
            raise Stop(
                "nobody pressed this job: it was started by the pipeline",
                "an approval job is manual; was the file edited?",
            )
        if not unchecked:
            gitlab_protected(environment)
        name = get("GITLAB_USER_LOGIN", "")
    elif platform == "jenkins":
        name = get("MLPIPE_APPROVED_BY", "")
    else:
        raise Stop(
            "an approval is given on the platform, not at a desk",
            "at a desk nothing is deployed past an approval",
        )
    if not name:
        raise Stop("the platform does not say who approved")
    return [name]


def still_asked(limit: float, jobs: Sequence[str]) -> None:
    """The question has stood since the last of these jobs ended. An answer that comes
    later than the spec allows would release what was judged long ago."""
    ended = [str(read_record(job).data.get("ended") or "") for job in jobs]
    stamp = datetime.datetime.strptime(max(ended), "%Y-%m-%dT%H:%M:%SZ")
    stood = time.time() - stamp.replace(tzinfo=datetime.timezone.utc).timestamp()
    if stood > limit:
        raise Stop(
            f"the answer came {span(stood)} after the question, `expires` allows "
            f"{span(limit)}",
            "start a new run, and answer in time",
        )


@job(
    "approve",
    once={
        "environment": 1,
        "approval-environment": 1,
        "unchecked": 1,
        "question": 1,
        "expires": 1,
        "timeout": 1,
    },
    many={"by": 1, "after": 1},
)
def approve_job(record: Record, options: Options) -> int:
    """Writes down who approved, for the deploy's first step and for people."""
    if options.has("expires"):
        still_asked(float(options.one("expires")), options.each("after"))
    environment, unchecked = (
        options.one("approval-environment"),
        options.one("unchecked"),
    )
    names = ask_platform(environment, unchecked)
    wanted = options.each("by")
    record.data["approve"] = {
        "environment": options.one("environment"),
        "approval_environment": environment,
        "by": names,
        "asked": wanted,
        "attempt": os.environ.get("GITHUB_RUN_ATTEMPT", ""),
        "checked": not unchecked,
        "unchecked": unchecked,
    }
    who = ", ".join(names) or "nobody that the platform names"
    if unchecked:
        complain(
            f"it was not checked that somebody had to approve: {unchecked}",
            level="warning",
        )
    say("mlpipe: {} approved by {}".format(options.one("environment"), who))
    return 0


def check_dispatch(name: str, environment: str, digest: str) -> list[str]:
    """A person has started this run in order to deploy this very digest: who, where the
    platform tells a script. Jenkins does not; its page of the build does."""
    get = os.environ.get
    if get("MLPIPE_PLATFORM") not in ("github", "gitlab", "jenkins"):
        raise Stop(
            "an approval is given on the platform, not at a desk",
            "at a desk nothing is deployed past an approval",
        )
    asked = get("MLPIPE_INPUT_" + name.upper(), "").strip()
    if not asked:
        raise Stop(
            f"nobody has asked for a deploy to {environment}: "
            f"the input {name} is empty",
            f"what this run made is deployed by a start by hand with {name}={digest}",
        )
    if asked != digest:
        raise Stop(
            f"{name} asks for {asked}, and this run made {digest}",
            "start the run where that one was made; or look at the new one first",
        )
    names = started_by()
    say(f"mlpipe: {', '.join(names) or 'somebody'} has started this run for {digest}")
    return names


def check_approval(words: Sequence[str]) -> list[str]:
    """The deploy's own look at the approval, which has to be of this very run: who."""
    if not words:
        return []
    environment, approval_environment, unchecked = words
    record = read_record("approve-" + environment)
    found = record.data.get("approve") or {}
    if record.status != "passed" or found.get("environment") != environment:
        raise Stop(f"nobody has approved the deploy to {environment} in this run")
    if found.get("approval_environment") != approval_environment:
        raise Stop(f"the approval is for {found.get('approval_environment')}")
    if bool(found.get("unchecked")) != bool(unchecked):
        raise Stop("the approval was recorded under another rule than this pipeline's")
    if os.environ.get("MLPIPE_PLATFORM") == "github" and not unchecked:
        return github_approvers(approval_environment)
    return [str(name) for name in found.get("by") or []]
