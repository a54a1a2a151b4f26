# ---- auth: who the job is in a cloud, without a key that lasts -----------------------
#
# The platform makes a token that says which repository, branch and environment the job
# is of. Here it gets into a private file, and the variables are set by which the cloud's
# own programs find it and exchange it. They keep the exchange to themselves.

#: What decides who a program is, by cloud. An identity takes all of it away before it
#: sets its own: a key of the settings would be tried first. `Cloud::variables` of mlpipe
#: has the same list and says where it is from.
DECIDES = {
    "aws": (
        "AWS_ACCESS_KEY_ID",
        "AWS_CONFIG_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_DEFAULT_PROFILE",
        "AWS_PROFILE",
        "AWS_ROLE_ARN",
        "AWS_ROLE_SESSION_NAME",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SECURITY_TOKEN",
        "AWS_SESSION_TOKEN",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
    ),
    "gcp": (
        "CLOUDSDK_AUTH_ACCESS_TOKEN",
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE",
        "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE",
        "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "GOOGLE_CREDENTIALS",
        "GOOGLE_OAUTH_ACCESS_TOKEN",
    ),
    "azure": (
        "AZURE_CLIENT_CERTIFICATE_PASSWORD",
        "AZURE_CLIENT_CERTIFICATE_PATH",
        "AZURE_CLIENT_ID",
        "AZURE_CLIENT_SECRET",
        "AZURE_FEDERATED_TOKEN",
        "AZURE_FEDERATED_TOKEN_FILE",
        "AZURE_PASSWORD",
        "AZURE_TENANT_ID",
        "AZURE_USERNAME",
    ),
}
IDENTITY_ONCE = {
    "name": 1,
    "audience": 1,
    "region": 1,
    "account": 1,
    "tenant": 1,
    "subscription": 1,
}
REQUEST_URL = "ACTIONS_ID_TOKEN_REQUEST_URL"
REQUEST_TOKEN = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"  # noqa: S105 - the variable's name
#: A token of GitHub's lasts for minutes. One with less than this left is replaced before
#: the next command, so that whatever starts has time to exchange it.
TOKEN_SPARE = 150.0


class Identity:
    """Who the job is in one cloud, for this process and what it starts."""

    def __init__(self, words: Sequence[str], folder: str) -> None:
        self.cloud, self.variable = words[:2]
        self.options = Options(words[2:], IDENTITY_ONCE, {"on": 3})
        self.name, self.audience = (
            self.options.one("name"),
            self.options.one("audience"),
        )
        for platform, name, audience in self.options.all("on"):
            if platform == os.environ.get("MLPIPE_PLATFORM"):
                self.name, self.audience = name, audience
        self.folder = folder
        self.file = os.path.join(folder, self.cloud + ".token")
        self.request = (os.environ.get(REQUEST_URL), os.environ.get(REQUEST_TOKEN))
        self.given = os.environ.get(self.variable, "")
        self.expires = 0.0
        self.pause = 0.0  # until then nobody is asked again

    def obtain(self, attempts: int = 3) -> None:
        """The token, checked and put into its file. `Stop` says why there is none."""
        renewable = os.environ.get("MLPIPE_PLATFORM") == "github"
        token = self.asked_for(attempts) if renewable else self.told()
        claims = self.checked(token)
        first = not self.expires
        self.expires = float(claims["exp"])
        write_privately(self.file, token)
        if first:
            subject, issuer = (
                " ".join(str(claims.get(name, "nobody")).split())
                for name in ("sub", "iss")
            )
            say(f"mlpipe: in {self.cloud} this is {subject} of {issuer}")

    def told(self) -> str:
        """GitLab and Jenkins put it into a variable."""
        if self.given:
            return self.given.strip()
        if os.environ.get("MLPIPE_PLATFORM") == "gitlab":
            help = "the job's `id_tokens` makes it, on GitLab 15.7 or newer"
        else:
            help = f"it is the credential {self.variable} of the plugin oidc-provider"
        raise Stop(f"there is no id token for {self.cloud} in {self.variable}", help)

    def asked_for(self, attempts: int) -> str:
        """GitHub makes one for whoever holds the job's request token."""
        url, bearer = self.request
        if not url or not bearer:
            raise Stop(
                f"GitHub gives this job no id token for {self.cloud}",
                "its job needs `id-token: write`, and a fork's run never gets one",
            )
        mark = "&" if urllib.parse.urlsplit(url).query else "?"
        url += mark + "audience=" + urllib.parse.quote(self.audience, safe="")
        try:
            headers = {"Authorization": "Bearer " + bearer}
            status, body = call_http(
                url, headers=headers, timeout=10, attempts=attempts
            )
        except Stop as stop:
            raise Stop(
                f"GitHub did not make an id token for {self.cloud}: {stop.sentence}",
                "run the job again; https://www.githubstatus.com may say more",
            ) from None
        if status != 200:
            raise Stop(
                f"GitHub made no id token for {self.cloud}: it answered {status}",
                "run the job again; https://www.githubstatus.com may say more",
            )
        try:
            token = json.loads(body.decode("utf-8"))["value"]
        except (ValueError, KeyError, TypeError):
            token = None
        if not isinstance(token, str) or not token:
            raise Stop(f"GitHub's answer holds no id token for {self.cloud}")
        return token

    def checked(self, token: str) -> Json:
        """What the token says. Whether it is genuine is for the cloud to find out."""
        parts = token.split(".")
        try:
            payload = parts[1] + "=" * (-len(parts[1]) % 4)
            claims = json.loads(base64.urlsafe_b64decode(payload))
            expires = float(claims["exp"])
        except (ValueError, KeyError, TypeError, IndexError):
            claims, expires = None, 0.0
        if len(parts) != 3 or claims is None:
            raise Stop(
                f"what {self.where()} holds is no id token",
                "it is a signed JSON web token: three parts with dots between them",
            )
        said = claims.get("aud")
        audiences = said if isinstance(said, list) else [said]
        if self.audience not in audiences:
            found = ", ".join(str(a) for a in audiences if a) or "nobody"
            raise Stop(
                f"the id token in {self.where()} is made out to {found}, {self.cloud} "
                f"wants {self.audience}",
                "set the audience of the credential, or write `audience` in the spec",
            )
        if expires <= time.time():
            ago = span(time.time() - expires)
            raise Stop(
                f"the id token in {self.where()} expired {ago} ago",
                "start the job again; a runner's clock that is wrong looks the same",
            )
        return dict(claims)

    def where(self) -> str:
        github = os.environ.get("MLPIPE_PLATFORM") == "github"
        return "GitHub's answer" if github else self.variable

    def settings(self) -> dict[str, str]:
        """The variables by which the cloud's own programs find it."""
        option = self.options.one
        if self.cloud == "aws":
            found = {
                "AWS_ROLE_ARN": self.name,
                "AWS_ROLE_SESSION_NAME": session_name(),
                "AWS_WEB_IDENTITY_TOKEN_FILE": self.file,
            }
            if option("region"):
                found["AWS_REGION"] = found["AWS_DEFAULT_REGION"] = option("region")
            return found
        if self.cloud == "gcp":
            path = os.path.join(self.folder, "gcp.json")
            write_privately(path, json.dumps(self.external_account()))
            return {
                "GOOGLE_APPLICATION_CREDENTIALS": path,
                "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE": path,
            }
        found = {
            "AZURE_CLIENT_ID": self.name,
            "AZURE_TENANT_ID": option("tenant"),
            "AZURE_FEDERATED_TOKEN_FILE": self.file,
        }
        if option("subscription"):
            found["AZURE_SUBSCRIPTION_ID"] = option("subscription")
        return found

    def external_account(self) -> Json:
        """Google's credential configuration with a file as the source (AIP-4117)."""
        found: Json = {
            "type": "external_account",
            "audience": "//iam.googleapis.com/" + self.name,
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": "https://sts.googleapis.com/v1/token",
            "credential_source": {"file": self.file, "format": {"type": "text"}},
        }
        account = self.options.one("account")
        if account:
            found["service_account_impersonation_url"] = (
                "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/"
                f"{account}:generateAccessToken"
            )
        return found

    def keep_fresh(self) -> None:
        """Before a command: a new token where the old one may not last until it is
        exchanged. Without one the command still starts, and the cloud has its say."""
        left = self.expires - time.time()
        if not self.request[0] or left > TOKEN_SPARE or time.time() < self.pause:
            return
        try:
            self.obtain(attempts=1)
        except Stop as stop:
            self.pause = time.time() + 30
            complain(stop.sentence, stop.help, level="warning")


def session_name() -> str:
    """What CloudTrail shows: the pipeline and the run. STS takes 2 to 64 characters of
    `[\\w+=,.@-]`."""
    get = os.environ.get
    text = "mlpipe-{}-{}".format(get("MLPIPE_PIPELINE", ""), get("MLPIPE_RUN_ID", ""))
    return re.sub(r"[^A-Za-z0-9_+=,.@-]", "-", text)[:64]


def write_privately(path: str, text: str) -> None:
    """For this user alone, and whole at any time: another process may be reading it."""
    new = path + ".new"
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(new, path)


identities: list[Identity] = []


@contextlib.contextmanager
def identified(phase: str = "") -> Iterator[None]:
    """For as long as this lasts, commands are who the script's `use_identity` says, and
    see nothing that could make them somebody else. What is to be put back is put back
    as well as it goes even when no token comes."""
    lines = os.environ.pop("MLPIPE_IDENTITIES", "").splitlines()
    if not lines:
        yield
        return
    places = (os.environ.get("RUNNER_TEMP"), os.environ.get("WORKSPACE_TMP"))
    place = next((p for p in places if p and os.path.isdir(p)), None)
    folder = tempfile.mkdtemp(prefix="mlpipe-identity-", dir=place)
    try:
        identities.extend(Identity(line.split("\t")[:-1], folder) for line in lines)
        for name in (REQUEST_URL, REQUEST_TOKEN, *(i.variable for i in identities)):
            os.environ.pop(name, None)
        for identity in identities:
            for name in DECIDES[identity.cloud]:
                os.environ.pop(name, None)
            try:
                identity.obtain()
            except Stop as stop:
                if phase != "restore":
                    raise
                complain(stop.sentence, stop.help, level="warning")
            os.environ.update(identity.settings())
        yield
    finally:
        identities.clear()
        shutil.rmtree(folder, ignore_errors=True)


def keep_identities_fresh() -> None:
    """Whatever starts next has time to exchange its token."""
    for identity in identities:
        identity.keep_fresh()
