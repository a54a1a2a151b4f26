"""`target ssh`: docker and docker compose on one host or more, over a stand-in for ssh that runs the programs in a real
sh, and the ledger in a folder of the first host."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from bench import REPOSITORY, Bench, sha
from desk import load
from test_deploy import DeployBench

runtime = load()
HOSTS = Path(__file__).resolve().parent / "hosts"
NEW, OLD, OTHER = sha("new"), sha("old"), sha("other")
WANTED, BEFORE, STRANGE = (f"{REPOSITORY}@{digest}" for digest in (NEW, OLD, OTHER))
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAE\n-----END OPENSSH PRIVATE KEY-----\n"
KNOWN = "h1 ssh-ed25519 AAAA\nh2 ssh-ed25519 BBBB\n"
#: What the programs call on a host beside docker; a bare machine of another kind brings stand-ins of one line.
SYSTEM = ("sh", "cat", "wc", "ln", "rm", "mv", "mkdir", "expr", "find", "date", "sleep", "env", "python3", "sort")
STANDINS = {
    "flock": "import fcntl, sys\nfcntl.flock(int(sys.argv[-1]), fcntl.LOCK_EX)\n",
    "timeout": "import subprocess, sys\nsys.exit(subprocess.run(sys.argv[4:], timeout=float(sys.argv[3])).returncode)\n",
}


def a_host(folder: Path) -> None:
    """What the stand-in for ssh needs: a PATH of hosts, and itself."""
    system = folder / "system"
    for path in (folder / "state" / "bin", system):
        path.mkdir(parents=True, exist_ok=True)
    os.symlink(HOSTS / "docker", folder / "state" / "bin" / "docker")
    for tool in SYSTEM:
        os.symlink(sys.executable if tool == "python3" else shutil.which(tool), system / tool)
    os.symlink(shutil.which("true"), system / "sync")  # no power is lost here
    for tool, text in STANDINS.items():
        if shutil.which(tool):
            os.symlink(shutil.which(tool), system / tool)
        else:
            (system / tool).write_text(f"#!{sys.executable}\n{text}")
            (system / tool).chmod(0o755)
    path = folder / "bin" / "ssh"
    if not path.exists():
        os.symlink(HOSTS / "ssh", path)


class OnHosts(DeployBench):
    """Two hosts that serve OLD, which the ledger knows to be good."""

    hosts = ("app@h1", "app@h2:2222")
    service: tuple = ("--ssh-docker", "api", "--ssh-run", "--publish=8080:8080")

    def setUp(self) -> None:
        super().setUp()
        a_host(self.folder)
        self.env.update(KEY=KEY, KNOWN=KNOWN, HOST_PATH=str(self.folder / "system"))
        self.env.update(GITHUB_SERVER_URL="https://github.com", GITHUB_REPOSITORY="acme/ranker")
        self.aim()

    def aim(self) -> None:
        target = ["--ssh", "KEY", "KNOWN", "20", *self.service]
        for host in self.hosts:
            target += ["--ssh-host", host]
        book = ["--ledger", "host", ".mlpipe/ranker", "ranker", "production", "0", "--ledger-ssh", "KEY", "KNOWN"]
        self.target = [*target, *book, self.hosts[0]]

    def home(self, host: str) -> Path:
        path = self.state / host
        path.mkdir(exist_ok=True)
        return path

    def docker(self, host: str, **state: object) -> dict:
        path = self.home(host) / "docker.json"
        data = json.loads(path.read_text()) if path.exists() else {}
        data.update(state)
        if state:
            path.write_text(json.dumps(data))
        return data

    def docker_calls(self, host: str, *first: str) -> list[list[str]]:
        path = self.home(host) / "docker.calls"
        lines = path.read_text().splitlines() if path.exists() else []
        calls = [json.loads(line)["words"] for line in lines]
        return [call for call in calls if call[: len(first)] == list(first)]

    def serve(self, host: str, reference: str, **config: object) -> None:
        """A container that runs there already."""
        name = "api" if self.service[0] == "--ssh-docker" else "app-api-1"
        label = {} if name == "api" else {"com.docker.compose.service": "api"}
        number = "sha256:1d" + reference[-62:]
        image = {"Id": number, "RepoDigests": [reference] if "@" in reference else config.get("digests", [])}
        status = {"Running": True, "Restarting": False, "Status": "running", "Health": {"Status": "healthy"}}
        container = {"Id": "9" * 64, "Name": "/" + name, "Image": number, "State": status}
        container["Config"] = {"Image": reference, "Labels": label}
        self.docker(host, images={reference: image}, containers={name: container})

    def serving(self, host: str) -> str:
        found = self.docker(host).get("containers", {}).values()
        return " ".join(c["Config"]["Image"] for c in found if c["State"]["Running"])

    def both(self) -> tuple[str, str]:
        return self.serving("h1"), self.serving("h2")

    def ssh(self, **faults: list) -> None:
        (self.state / "ssh.json").write_text(json.dumps(faults))

    def all(self, *more: str, **env: str):
        """A whole run as GitHub and Jenkins start it."""
        phases = ["begin", "roll-out", *(["smoke"] if "--smoke" in more else []), "finish"]
        text = ""
        for phase in phases:
            done = self.phase(phase, *more, **env)
            text += done.stdout
            if done.returncode:
                back = self.phase("restore", *more, **env)
                return done.returncode, text + back.stdout
        return 0, text

    def kinds(self) -> list[str]:
        files = sorted((self.home("h1") / ".mlpipe/ranker/production").glob("ledger.0*.json"))
        return [e["kind"] for e in json.loads(files[-1].read_text())["entries"]] if files else []

    def new_run(self, number: str, digest: str = NEW) -> None:
        shutil.rmtree(self.repo / "mlpipe-out")
        self.env["MLPIPE_RUN_ID"] = number
        self.record("gate-unit")
        self.image(digest)


class Docker(OnHosts):
    def test_one_host_after_the_other(self) -> None:
        for host in ("h1", "h2"):
            self.serve(host, BEFORE)
        code, out = self.all("--smoke", "exit 0")
        self.assertEqual(code, 0, out)
        self.assertEqual(self.both(), (WANTED, WANTED))
        self.assertEqual(self.kinds(), ["adopted", "intent", "good"])
        self.assertLess(out.index("app@h1 gets"), out.index("app@h2:2222 gets"))
        line = ["run", "--detach", "--name", "api", "--restart", "unless-stopped", "--publish=8080:8080", WANTED]
        self.assertEqual(self.docker_calls("h2", "run"), [line])
        self.assertEqual(self.docker_calls("h2", "stop"), [["stop", "api"]])
        state = json.loads((self.home("h1") / ".mlpipe/ranker/production/deploy_state.json").read_text())
        self.assertEqual(state["digest"], NEW)
        self.assertFalse((self.home("h2") / ".mlpipe/ranker").exists(), "the ledger lies on the first host")

    def test_the_first_deploy(self) -> None:
        code, out = self.all()
        self.assertEqual(code, 0, out)
        self.assertIn("nothing is live in production yet", out)
        self.assertEqual(self.both(), (WANTED, WANTED))
        self.new_run("78")
        code, out = self.all()
        self.assertEqual(code, 0, out)
        self.assertIn("is live already", out)
        self.assertEqual(len(self.docker_calls("h1", "run")), 1)

    def test_the_second_fails_and_both_are_put_back(self) -> None:
        for host in ("h1", "h2"):
            self.serve(host, BEFORE)
        for how, said in (("unhealthy", "is running unhealthy"), ("exits", "is exited")):
            with self.subTest(how):
                self.docker("h2", behaves={WANTED: how})
                digest = sha(how)
                self.docker("h2", behaves={f"{REPOSITORY}@{digest}": how})
                self.new_run(how, digest)
                code, out = self.all()
                self.assertEqual(code, 1, out)
                self.assertIn(said, out)
                self.assertEqual(self.both(), (BEFORE, BEFORE), out)
                self.assertEqual(self.outcome(), ("failed", "restored"))
                self.assertEqual(self.kinds()[-1], "rolled_back")

    def test_the_first_fails_and_the_second_is_not_touched(self) -> None:
        for host in ("h1", "h2"):
            self.serve(host, BEFORE)
        self.docker("h1", absent=[WANTED])
        code, out = self.all()
        self.assertNotEqual(code, 0)
        self.assertIn("not found", out)
        self.assertEqual(self.both(), (BEFORE, BEFORE))
        self.assertEqual(self.docker_calls("h2", "run") + self.docker_calls("h2", "stop"), [])

    def test_a_lost_connection(self) -> None:
        """The program may go on there. What it does is waited for, and undone."""
        for host in ("h1", "h2"):
            self.serve(host, BEFORE)
        # Asked at begin, asked at roll-out, rolled out.
        self.ssh(h2=["pass", "pass", "drop"])
        code, out = self.all()
        self.assertEqual(code, 255, out)
        self.assertIn("failed: the connection was lost", out)
        self.assertEqual(self.both(), (BEFORE, BEFORE), out)
        self.assertEqual(self.outcome(), ("failed", "restored"))

    def test_a_host_that_is_down_is_noticed_before_anything_is_touched(self) -> None:
        for act, sentence in (
            ("down", "app@h2:2222 cannot be reached: ssh: connect to host h2 port 22: Connection refused"),
            ("changed", "app@h2:2222 answers with another key than KNOWN has for it"),
            ("unknown", "KNOWN has no key of app@h2:2222"),
            ("denied", "app@h2:2222 does not let KEY in"),
        ):
            with self.subTest(act):
                self.new_run(act)
                self.serve("h1", BEFORE)
                self.ssh(h2=[act])
                (self.state / "calls.jsonl").write_text("")
                self.bad(self.phase("begin"), sentence)
                self.assertEqual(self.outcome(), ("failed", "failed_untouched"))
                self.assertEqual(self.serving("h1"), BEFORE)
                asked = [c for c in self.calls("ssh") if c["host"] == "h2"]
                self.assertEqual(len(asked), 3 if act == "down" else 1)

    def test_a_host_that_goes_down_between(self) -> None:
        """What cannot be put back is red and stays open; the next run puts it right."""
        for host in ("h1", "h2"):
            self.serve(host, BEFORE)
        self.ssh(h2=["pass", "pass", "down"])
        code, out = self.all()
        self.assertEqual(code, 255, out)
        self.assertIn("could not", out.replace("failed; it has", "could not"))
        self.assertEqual(self.both(), (BEFORE, BEFORE), "the host that answers is put back")
        self.assertEqual(self.outcome(), ("failed", "restore_failed"))
        self.assertEqual(self.kinds()[-1], "intent")
        self.ssh()
        self.new_run("78", sha("next"))
        code, out = self.all()
        self.assertEqual(code, 0, out)
        self.assertIn("ended without a word", out)
        self.assertEqual(self.both(), (f"{REPOSITORY}@{sha('next')}",) * 2)

    def test_killed_between_the_hosts(self) -> None:
        """The next run finds two releases and an intent, and puts back before it begins."""
        for host in ("h1", "h2"):
            self.serve(host, BEFORE)
        self.good(self.phase("begin"))
        self.serve("h1", WANTED)
        self.new_run("78", sha("next"))
        self.docker("h2", absent=[f"{REPOSITORY}@{sha('next')}"])
        code, out = self.all()
        self.assertNotEqual(code, 0)
        self.assertIn(f"{BEFORE} was put back in", out)
        self.assertEqual(self.both(), (BEFORE, BEFORE), out)
        self.assertEqual(self.kinds(), ["adopted", "intent", "rolled_back", "intent", "rolled_back"])

    def killed_on_the_first(self) -> None:
        """The run ends when its first host is rolled out, and nothing of it is left but the ledger."""
        for host in ("h1", "h2"):
            self.serve(host, BEFORE)
        self.good(self.phase("begin"))
        # A good roll-out tells which call of the first host that is.
        trace = len([c for c in self.calls("ssh") if c["host"] == "h1"])
        self.good(self.phase("roll-out"))
        mine = [c for c in self.calls("ssh") if c["host"] == "h1"][trace:]
        at = next(i for i, c in enumerate(mine) if "docker run" in c["program"])
        for host in ("h1", "h2"):
            shutil.rmtree(self.home(host))
            self.serve(host, BEFORE)
        self.new_run("77")
        self.good(self.phase("begin"))
        self.ssh(h1=["pass"] * at + ["kill"])
        self.assertEqual(self.phase("roll-out").returncode, -9)
        self.ssh()
        self.assertEqual(self.both(), (WANTED, BEFORE))

    def reconcile(self, *more: str, code: int = 0) -> dict:
        words = ["--environment", "production", "--image", REPOSITORY, *self.target, "--timeout", "60", *more]
        done = self.job("reconcile-production", "reconcile", *words)
        self.assertEqual(done.returncode, code, done.stdout)
        return self.read("reconcile-production")["reconcile"]

    def test_the_job_behind_the_deploy_puts_back_what_a_killed_roll_out_left(self) -> None:
        self.killed_on_the_first()
        found = self.reconcile()
        self.assertEqual((found["outcome"], found["digest"], found["before"]), ("restored", NEW, BEFORE))
        self.assertEqual(self.both(), (BEFORE, BEFORE))
        self.assertEqual(self.kinds(), ["adopted", "intent", "rolled_back"])
        self.forget_calls()
        self.assertEqual(self.reconcile()["outcome"], "nothing_to_do")
        self.assertEqual({c["host"] for c in self.calls("ssh")}, {"h1"}, "the ledger says that nothing is due")

    def test_a_host_that_is_down_is_reconciled_later(self) -> None:
        self.killed_on_the_first()
        self.ssh(h2=["down"])
        self.assertEqual(self.reconcile(code=1)["outcome"], "restore_failed")
        self.assertEqual(self.kinds()[-1], "intent", "it is still due")
        self.ssh()
        self.assertEqual(self.reconcile()["outcome"], "restored")
        self.assertEqual(self.both(), (BEFORE, BEFORE))

    def test_what_somebody_put_on_one_host_is_reconciled_only_by_redeploy(self) -> None:
        self.killed_on_the_first()
        self.serve("h2", STRANGE)
        found = self.reconcile()
        self.assertEqual((found["outcome"], self.both()), ("left_alone", (WANTED, STRANGE)))
        self.assertIn(f"{STRANGE} is live, which is not its work", found["what"])
        found = self.reconcile("--redeploy")
        self.assertEqual((found["outcome"], self.both()), ("restored", (BEFORE, BEFORE)))
        self.assertEqual(self.kinds()[-1], "good")

    def test_killed_after_each_call_of_the_roll_out(self) -> None:
        """Whatever the calls are: the trace of a good roll-out lists them."""
        for host in ("h1", "h2"):
            self.serve(host, BEFORE)
        self.good(self.phase("begin"))
        self.forget_calls()
        self.good(self.phase("roll-out"))
        trace = [call["host"] for call in self.calls("ssh")]
        self.assertEqual(trace.count("h2"), 2, "asked, and rolled out")
        for at, host in enumerate(trace):
            with self.subTest(f"call {at} of {trace}"):
                for name in ("h1", "h2"):
                    shutil.rmtree(self.home(name))
                    self.serve(name, BEFORE)
                self.ssh()
                self.new_run(f"{at}-killed")
                self.good(self.phase("begin"))
                self.ssh(**{host: ["pass"] * trace[:at].count(host) + ["kill"]})
                self.assertEqual(self.phase("roll-out").returncode, -9)
                self.ssh()
                self.new_run(f"{at}-next", sha("next"))
                code, out = self.all()
                self.assertEqual(code, 0, out)
                self.assertEqual(self.both(), (f"{REPOSITORY}@{sha('next')}",) * 2)
                self.assertEqual(self.kinds(), ["adopted", "intent", "rolled_back", "intent", "good"])

    def test_every_call_may_lose_its_answer(self) -> None:
        """Of a look it is asked again, and of a write it is found out whether it was done: nothing is there twice."""
        self.hosts = ("app@h1",)
        self.aim()
        self.serve("h1", BEFORE)
        self.good(self.phase("begin"))
        calls = len(self.calls("ssh"))
        self.assertGreater(calls, 5)
        for at in range(calls):
            with self.subTest(at):
                shutil.rmtree(self.home("h1"))
                self.serve("h1", BEFORE)
                self.new_run(str(at))
                self.ssh(h1=["pass"] * at + ["drop"])
                self.good(self.phase("begin"))
                self.assertEqual(self.kinds(), ["adopted", "intent"])

    def test_a_container_that_is_replaced_while_it_is_asked_for(self) -> None:
        for host in ("h1", "h2"):
            self.serve(host, BEFORE)
        self.docker("h1", vanish=1)
        self.assertIn(f"live in production: {BEFORE}\n", self.good(self.phase("begin")))
        self.new_run("78")
        self.docker("h1", vanish=9)
        self.bad(self.phase("begin"), "app@h1: what serves is just being replaced")

    def test_hosts_that_differ(self) -> None:
        """Nobody knows which of two was good: nothing is taken over, and both are said."""
        self.serve("h1", BEFORE)
        self.serve("h2", STRANGE)
        out = self.good(self.phase("begin"))
        self.assertIn(f"live in production: {BEFORE} on app@h1, {STRANGE} on app@h2:2222", out)
        self.assertEqual(self.kinds(), ["intent"])
        self.good(self.phase("roll-out"))
        self.good(self.phase("finish"))
        self.assertEqual(self.both(), (WANTED, WANTED))

    def test_a_host_more_gets_what_the_others_have(self) -> None:
        self.serve("h1", BEFORE)
        self.docker("h2", behaves={WANTED: "unhealthy"})
        code, out = self.all()
        self.assertEqual(code, 1, out)
        self.assertEqual(self.both(), (BEFORE, BEFORE), out)

    def test_somebody_else_was_there(self) -> None:
        for host in ("h1", "h2"):
            self.serve(host, BEFORE)
        self.good(self.phase("begin"))
        self.serve("h2", STRANGE)
        self.bad(self.phase("roll-out"), "was changed by somebody else since the deploy began")
        self.phase("restore")
        self.assertEqual(self.both(), (BEFORE, STRANGE), "what is not this run's is left alone")
        self.new_run("78")
        self.good(self.phase("begin"))
        self.good(self.phase("roll-out"))
        self.serve("h1", STRANGE)
        self.bad(self.phase("finish"), f"{STRANGE} on app@h1, {WANTED} on app@h2:2222")
        out = self.phase("restore").stdout
        self.assertEqual(self.both(), (BEFORE, BEFORE), out)

    def test_what_was_started_by_a_tag_is_kept_by_digest(self) -> None:
        for host in ("h1", "h2"):
            self.serve(host, f"{REPOSITORY}:v1", digests=["docker.io/other@" + OTHER, BEFORE])
        self.docker("h2", behaves={WANTED: "unhealthy"})
        code, out = self.all()
        self.assertEqual(code, 1, out)
        self.assertIn(f"{BEFORE} is taken over as good", out)
        self.assertEqual(self.both(), (BEFORE, BEFORE), out)

    def test_the_budget_of_putting_back(self) -> None:
        for host in ("h1", "h2"):
            self.serve(host, BEFORE)
        self.good(self.phase("begin", "--within", "2"))
        self.docker("h2", behaves={WANTED: "unhealthy"})
        self.bad(self.phase("roll-out", "--within", "2"))
        self.docker("h1", slow=0.5)
        self.bad(self.phase("restore", "--within", "2"), "failed")
        self.assertEqual(self.outcome(), ("failed", "restore_failed"))
        self.docker("h1", slow=0)
        self.assertIn("the budget is 1 m", self.good(self.phase("restore", "--within", "60")))
        self.assertEqual(self.both(), (BEFORE, BEFORE))

    def test_nothing_is_left_on_the_runner(self) -> None:
        self.serve("h1", BEFORE)
        self.good(self.phase("begin"))
        call = self.calls("ssh")[0]
        self.assertEqual((call["key"], call["mode"], call["known"]), (KEY, "0o600", KNOWN))
        self.assertEqual([p.name for p in self.folder.iterdir() if p.name.startswith("mlpipe-")], [])
        self.assertEqual(call["words"][-2:], ["h1", "sh -s"])
        for setting in ("StrictHostKeyChecking=yes", "BatchMode=yes", "IdentitiesOnly=yes", "GlobalKnownHostsFile=/dev/null"):
            self.assertIn(setting, call["words"])
        port = [c["words"][c["words"].index("-p") + 1] for c in self.calls("ssh")]
        self.assertEqual(set(port), {"22", "2222"})

    def test_keys_as_people_store_them(self) -> None:
        path = self.folder / "key file"
        path.write_text(KEY)
        for stored in (KEY.replace("\n", "\r\n"), KEY.strip(), "\n" + KEY, str(path)):
            self.new_run("1")
            self.forget_calls()
            out = self.good(self.phase("begin", KEY=stored, KNOWN=KNOWN.replace("\n", "\r\n").strip()))
            self.assertEqual({(c["key"], c["known"]) for c in self.calls("ssh")}, {(KEY, KNOWN)})
            self.assertEqual(out.count("KEY has line ends of Windows"), int("\r" in stored))
        secret = "AAAAhunter2"
        old = f"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n{secret}\n-----END RSA PRIVATE KEY-----\n"
        new = KEY.replace("b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAE", "b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0")
        for stored, said in (
            ("", "KEY is empty"),
            ("ssh-ed25519 AAAA me@here", "KEY is neither a private key nor the path of one"),
            ("PuTTY-User-Key-File-3: ssh-ed25519\n" + secret, "KEY is neither a private key nor the path of one"),
            (KEY.replace("\n", " "), "KEY is a private key without its line ends"),
            (old, "KEY is protected with a passphrase"),
            (new, "KEY is protected with a passphrase"),
        ):
            self.new_run("1")
            out = self.bad(self.phase("begin", KEY=stored), said)
            self.assertNotIn(secret, out)
        self.bad(self.phase("begin", KNOWN=" \n"), "KNOWN is empty")


class Compose(OnHosts):
    service = ("--ssh-compose", "apps/it's $HOME/compose.yml", "api")

    def setUp(self) -> None:
        super().setUp()
        for host in ("h1", "h2"):
            folder = self.home(host) / "apps/it's $HOME"
            folder.mkdir(parents=True)
            (folder / "compose.yml").write_text("services: {}\n")

    def test_only_the_image_is_another(self) -> None:
        for host in ("h1", "h2"):
            self.serve(host, BEFORE)
        code, out = self.all()
        self.assertEqual(code, 0, out)
        self.assertEqual(self.both(), (WANTED, WANTED))
        lines = (self.home("h1") / "docker.calls").read_text().splitlines()
        up = next(call for call in map(json.loads, lines) if "up" in call["words"])
        self.assertEqual(json.loads(up["stdin"]), {"services": {"api": {"image": WANTED}}})
        self.assertEqual(up["cwd"], str((self.home("h1") / "apps/it's $HOME").resolve()))
        words = re.sub(r"--wait-timeout \d+", "--wait-timeout N", " ".join(up["words"]))
        expected = "compose -f ./compose.yml -f - up --detach --no-deps --no-build --wait --wait-timeout N api"
        self.assertEqual(words, expected)

    def test_the_second_fails_and_both_are_put_back(self) -> None:
        for host in ("h1", "h2"):
            self.serve(host, BEFORE)
        self.docker("h2", behaves={WANTED: "unhealthy"})
        code, out = self.all()
        self.assertEqual(code, 1, out)
        self.assertEqual(self.both(), (BEFORE, BEFORE), out)
        self.assertEqual(self.outcome(), ("failed", "restored"))

    def test_what_is_not_there(self) -> None:
        self.docker("h1", services={})
        self.bad(self.phase("begin"), "app@h1: docker does not say what serves: no such service: api")
        (self.home("h1") / "apps/it's $HOME/compose.yml").unlink()
        self.bad(self.phase("begin"), "open ./compose.yml: no such file or directory")

    def test_a_banner_of_the_login_shell(self) -> None:
        self.serve("h1", BEFORE)
        out = self.good(self.phase("begin", BANNER="Welcome!\n[] {}"))
        self.assertIn(f"live in production: {BEFORE}", out)

    def test_one_off_containers_do_not_serve(self) -> None:
        self.serve("h1", BEFORE)
        found = self.docker("h1")
        other = json.loads(json.dumps(found["containers"]["app-api-1"]))
        other.update(Id="8" * 64, Name="/app-api-run-1")
        other["Config"]["Labels"]["com.docker.compose.oneoff"] = "True"
        other["Config"]["Image"] = STRANGE
        self.docker("h1", containers={**found["containers"], "app-api-run-1": other})
        self.serve("h2", BEFORE)
        self.assertIn(f"live in production: {BEFORE}\n", self.good(self.phase("begin")))


class Answers(unittest.TestCase):
    """What docker's JSON says."""

    def container(self, **state: object) -> dict:
        now = {"Running": True, "Restarting": False, **state}
        return {"Name": "/api", "Image": "sha256:1", "State": now, "Config": {"Image": WANTED, "Labels": None}}

    def test_ready(self) -> None:
        for state, ready in (
            ({}, True),
            ({"Health": {"Status": "healthy"}}, True),
            ({"Health": {"Status": "starting"}}, False),
            ({"Health": {"Status": "unhealthy"}}, False),
            ({"Running": False}, False),
            ({"Restarting": True}, False),
        ):
            live = runtime.served([self.container(**state)], [], "api")
            self.assertEqual((live.what, live.ready), (WANTED, ready), state)
        self.assertEqual(runtime.served([], [], "api").what, "")
        self.assertEqual(runtime.served([self.container()], [], "a.i").what, "", "docker's filter is a pattern")
        other = self.container()
        other["Config"]["Image"] = BEFORE
        both = runtime.served([self.container(), other], [], "")
        self.assertEqual((both.what, both.ready), (" and ".join(sorted([WANTED, BEFORE])), False))

    def test_the_image_by_digest(self) -> None:
        for name, digests, expected in (
            (WANTED, ["other@" + OLD], WANTED),
            ("acme/x:v1", ["acme/x@" + OLD], "acme/x@" + OLD),
            ("acme/x:v1", ["acme/a@" + NEW, "acme/x@" + OLD], "acme/x@" + OLD),
            ("localhost:5000/x", ["localhost:5000/x@" + OLD], "localhost:5000/x@" + OLD),
            ("acme/x:v1", ["acme/a@" + NEW], "acme/a@" + NEW),
            ("built-here:v1", [], "built-here:v1"),
        ):
            container = {"Image": "1", "Config": {"Image": name}}
            self.assertEqual(runtime.image_name(container, {"1": {"RepoDigests": digests}}), expected)


class Quoting(unittest.TestCase):
    """Whatever a word is, the program on the host gets it as it is, and the rest of the program is no input."""

    def test_every_word_arrives(self) -> None:
        words = ["", " ", "-n", "a b", "it's", '"', "$HOME", "`id`", "$(id)", "\\", "\\'", "!", "*", "~", "a\nb", "é;&|<>", "#"]
        words += ["'; touch broken; '", "\n}\n", "EOF", "%s", "-e", "\t", "\r", "x" * 200_000, *map(chr, range(1, 128))]
        body = "for word; do printf '%s\\0' \"$word\"; done; cat"
        for shell in ("sh", "bash", "dash", "busybox"):
            found = shutil.which(shell)
            if found:
                line = [found, "sh", "-s"] if shell == "busybox" else [found, "-s"]
                done = subprocess.run(line, input=runtime.ssh_program(body, words), stdout=subprocess.PIPE, check=True)
                self.assertEqual(done.stdout.decode().split("\0"), [*words, ""], shell)
        self.assertTrue(shutil.which("sh"))

    def test_hosts(self) -> None:
        for place, expected in (
            ("app@h1", ("app", "h1", "22")),
            ("app@h1:2222", ("app", "h1", "2222")),
            ("app@[::1]:2222", ("app", "::1", "2222")),
            ("app@[fe80::1]", ("app", "fe80::1", "22")),
        ):
            machine = runtime.Machine(place, "K", "N")
            self.assertEqual((machine.user, machine.host, machine.port), expected)

    def test_a_folder_with_signs_of_its_own(self) -> None:
        """ssh reads `%` and spaces in the names of files."""
        folder = tempfile.mkdtemp(prefix="mlpipe-test %h ")
        self.addCleanup(shutil.rmtree, folder)
        before = tempfile.tempdir
        self.addCleanup(setattr, tempfile, "tempdir", before)
        tempfile.tempdir = folder
        os.environ.update(K=KEY, N=KNOWN)
        self.addCleanup(os.environ.pop, "K")
        self.addCleanup(os.environ.pop, "N")
        with runtime.Machine("app@h1", "K", "N").opened() as line:
            known = next(word for word in line if word.startswith("UserKnownHostsFile="))
            self.assertRegex(known, r'^UserKnownHostsFile=".* %%h .*/known"$')
        self.assertEqual(os.listdir(folder), [])


class OneRunAtATime(Bench):
    """The lock of a host: a program that goes on after its connection was lost is waited for."""

    def test_the_next_roll_out_waits(self) -> None:
        a_host(self.folder)
        home = self.folder / "state" / "h"
        home.mkdir()
        path = f"{self.folder / 'state' / 'bin'}:{self.folder / 'system'}"
        env = {"HOME": str(home), "PATH": path, "STANDIN_HOST": str(home)}

        def program(reference: str) -> bytes:
            return runtime.ssh_program(runtime.HOST_DOCKER, ["lock", "20", reference, "api"])

        (home / "docker.json").write_text(json.dumps({"slow": 0.3}))
        first = subprocess.Popen(["sh", "-s"], stdin=subprocess.PIPE, env=env)
        first.stdin.write(program(WANTED))
        first.stdin.close()
        while not (home / "docker.calls").exists():
            pass
        second = subprocess.run(["sh", "-s"], input=program(BEFORE), env=env)
        self.assertEqual((first.wait(), second.returncode), (0, 0))
        calls = [json.loads(line)["words"] for line in (home / "docker.calls").read_text().splitlines()]
        self.assertEqual([c[-1] for c in calls if c[0] == "run"], [WANTED, BEFORE])
        found = json.loads((home / "docker.json").read_text())["containers"]
        self.assertEqual([c["Config"]["Image"] for c in found.values()], [BEFORE])


if __name__ == "__main__":
    unittest.main()
