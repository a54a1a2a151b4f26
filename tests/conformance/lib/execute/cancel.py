"""A cancel in the middle of a deploy. No local executor cancels as the platforms do, so for GitHub and GitLab this is a driver: it
runs the script's earlier jobs itself, takes the deploy's steps and handlers out of the EMITTED file, and delivers what the platform
delivers. For Jenkins the harness throws the exception that a person's click throws, inside the whole Jenkinsfile.

Where a scenario is cancelled in many moments the platform waits as long as it does; else its waits are shortened by FASTER, so that the
KILL meets more. The script's own (10 s from TERM to KILL) are never shorter."""

import contextlib
import os
import re
import signal
import subprocess
import time
import uuid

import yaml

from ..base import BrokenTool
from ..tokens import token
from .events import ACTOR, event_file
from .platforms import delayed, jenkins, timers

FASTER = 5
#: actions/runner, ProcessInvoker.cs: SIGINT to the step's entry process, SIGTERM after 7.5 s, 2.5 s later that process is killed.
#: Nothing of it reaches what the entry process has started.
GITHUB_WAITS = ((signal.SIGINT, 7.5), (signal.SIGTERM, 2.5))
#: gitlab-runner since 16.8 (merge request 4446): TERM to every process of the build container, the newest first; 10 s later KILL.
GITLAB_WAIT = 10.0
#: Seconds in which the call of the cancel has to come.
REACHED = 240
#: GitHub ends a cancelled job after 5 minutes, GitLab an after_script.
HANDLERS = 300
#: The variable by which a run's processes are found again, as GitHub's runner finds those that a job leaves behind.
MARK = "RUNNER_TRACKING_ID"


class Driver:
    """One cancelled deploy on one platform."""

    def __init__(self, bench, platform_env):
        self.bench = bench
        self.mark = str(uuid.uuid4())
        self.env = {**bench.env, **platform_env, MARK: self.mark}
        self.output = []

    def waits(self, seconds) -> float:
        """What a wait of the platform is here."""
        one = self.bench.scenario
        return seconds / FASTER if one.name == one.group else seconds

    def run(self, words, env):
        """A command that nobody interrupts."""
        done = subprocess.run(words, cwd=self.bench.repository, env={**self.env, **env}, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace", check=False, timeout=HANDLERS)
        self.output.append(done.stdout)
        return done.returncode

    def start(self, words, env):
        """A command that will be cancelled: its process once the scenario's call has begun."""
        log = open(self.bench.folder / "cancelled.txt", "wb")
        process = subprocess.Popen(words, cwd=self.bench.repository, env={**self.env, **env}, stdin=subprocess.DEVNULL, stdout=log,
                                   stderr=subprocess.STDOUT, start_new_session=True)
        log.close()
        end = time.monotonic() + REACHED
        while not self.bench.reached().exists():
            if process.poll() is not None or time.monotonic() > end:
                self.output.append((self.bench.folder / "cancelled.txt").read_text(errors="replace"))
                raise BrokenTool(f"the call of the cancel was never made:\n{self.told()[-3000:]}")
            time.sleep(0.02)
        return process

    def mine(self) -> list:
        """Processes of this run that live, the newest first."""
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                with open(f"/proc/{name}/environ", "rb") as file:
                    if f"{MARK}={self.mark}".encode() in file.read().split(b"\0"):
                        found.append(int(name))
        return sorted(found, reverse=True)

    def signal_all(self, number):
        for pid in self.mine():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def left_behind(self):
        """Handlers must not work beside what they undo. Raises BrokenTool."""
        names = []
        for pid in self.mine():
            with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
                names.append(file.read().replace(b"\0", b" ").decode(errors="replace").strip()[-120:])
        if any(names):
            raise BrokenTool("the cancelled step has left behind what still works: " + "; ".join(filter(None, names)))

    def earlier_jobs(self, verbs, variable, env, identity) -> dict:
        """What ran before the deploy, by the script's own words. The records lie where the deploy looks for them.

        `verbs`: job and words; `variable` is the platform's for the job's name; `identity` gives a job's way to tokens. The verdicts."""
        for job, words in verbs:
            if self.run(["bash", "-c", words], {**env, **identity(job), variable: job}):
                raise BrokenTool(f"`{words}` failed:\n{self.told()[-3000:]}")
        return {job: "success" for job, _ in verbs}

    def told(self) -> str:
        return "\n".join(self.output)


def wait(process, seconds) -> bool:
    """Has it ended within so many seconds?"""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    return process.poll() is not None


def github(bench):
    """The deploy job's steps. The cancel comes during the step that makes the scenario's call."""
    path = next((bench.repository / ".github" / "workflows").glob("*.yml"))
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    jobs = workflow["jobs"]
    deploy, phase = bench.scenario.cancelled
    env = {"GITHUB_ACTIONS": "true", "GITHUB_SHA": bench.commit, "GITHUB_RUN_ID": "1", "GITHUB_REF_TYPE": "branch",
           "GITHUB_REF_NAME": "main", "GITHUB_EVENT_NAME": "push", "GITHUB_REPOSITORY": f"acme/{bench.scenario.example}",
           "GITHUB_ACTOR": ACTOR, "GITHUB_API_URL": bench.api.url, "GITHUB_EVENT_PATH": str(event_file(bench))}
    driver = Driver(bench, env)
    every = {**bench.secrets(), "GITHUB_TOKEN": "conformance-token"}
    verbs = [(name, step["run"]) for name in before(jobs, deploy) for step in jobs[name]["steps"]
             if "run" in step and step.get("id") not in (None, "restore")]
    asks = {"ACTIONS_ID_TOKEN_REQUEST_URL": f"{bench.api.url}/id-token?v=2", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "conformance-request"}

    def identity(name) -> dict:
        return asks if jobs[name].get("permissions", {}).get("id-token") == "write" else {}

    bench.wait(timers(bench, path))
    earlier = driver.earlier_jobs(verbs, "GITHUB_JOB", every, identity)
    outcomes, cancelled, killed = {}, False, []
    for step in jobs[deploy]["steps"]:
        if "run" not in step or "id" not in step:
            continue  # checkout, artifacts: everything lies in one folder here
        if not holds(step.get("if"), outcomes, cancelled):
            outcomes[step["id"]] = "skipped"
            continue
        file = bench.folder / f"step-{step['id']}"
        file.write_text(step["run"] + "\n", encoding="utf-8")
        words = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(file)]
        more = {"GITHUB_JOB": deploy, **identity(deploy), **{name: expression(value, every) for name, value in step.get("env", {}).items()}}
        if step["id"] == phase:
            process = driver.start(words, more)
            for number, seconds in GITHUB_WAITS:
                process.send_signal(number)
                if wait(process, driver.waits(seconds)):
                    break
            else:
                process.kill()
                killed.append(step["id"])
                process.wait()
            cancelled, outcomes[step["id"]] = True, "cancelled"
            driver.left_behind()
        else:
            outcomes[step["id"]] = "failure" if driver.run(words, more) else "success"
    driver.signal_all(signal.SIGKILL)  # "Terminate orphan process", at the end of the job
    bench.verdicts = {**earlier, deploy: "failure", "handlers": handlers(outcomes, phase)}
    return 1, driver.told() + f"\n{outcomes}, killed: {killed}"


def handlers(outcomes, phase) -> str:
    """What became of the steps behind the one that was cancelled and that ran."""
    names = list(outcomes)
    ran = {outcomes[name] for name in names[names.index(phase) + 1:]} - {"skipped"}
    return "success" if ran == {"success"} else "failure"


def before(jobs, deploy) -> list:
    """The jobs that the deploy needs, directly or not, in an order that their needs allow."""
    order = []

    def visit(name):
        for need in jobs[name].get("needs", []):
            visit(need)
        if name not in order and name != deploy:
            order.append(name)

    visit(deploy)
    return order


def expression(value, secrets) -> str:
    """The values that a step's `env` may hold."""
    hit = re.fullmatch(r"\$\{\{ (?:secrets\.(\w+)|github\.token) \}\}", value)
    if hit is None:
        raise BrokenTool(f"this driver does not know the value {value}")
    return secrets.get(hit[1] or "GITHUB_TOKEN", "")


TERM = re.compile(r"(!?)(always|cancelled|success|failure)\(\)|steps\.([\w-]+)\.outcome (==|!=) '(\w+)'|(&&|\|\|)|\s+")


def holds(condition, outcomes, cancelled) -> bool:
    """A step's `if`. Without one: nothing has failed and nobody has cancelled."""
    good = not cancelled and all(one in ("success", "skipped") for one in outcomes.values())
    if condition is None:
        return good
    text, at, out = condition.removeprefix("${{").removesuffix("}}").strip(), 0, []
    known = {"always": True, "cancelled": cancelled, "success": good, "failure": not good and not cancelled}
    while at < len(text):
        hit = TERM.match(text, at)
        if hit is None:
            raise BrokenTool(f"this driver does not know the condition {text}")
        if hit[2]:
            out.append(str(known[hit[2]] != bool(hit[1])))
        elif hit[3]:
            out.append(str((outcomes.get(hit[3], "") == hit[5]) == (hit[4] == "==")))
        elif hit[6]:
            out.append({"&&": "and", "||": "or"}[hit[6]])
        at = hit.end()
    return eval(" ".join(out), {"__builtins__": {}})  # only True, False, and, or


def gitlab(bench):
    """The deploy job's `script` and, in a new shell, its `after_script`."""
    *_, body = yaml.safe_load_all((bench.repository / ".gitlab-ci.yml").read_text(encoding="utf-8"))
    jobs = {name: job for name, job in body.items() if isinstance(job, dict) and "script" in job}
    deploy, _ = bench.scenario.cancelled
    env = {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_SHA": bench.commit, "CI_COMMIT_BRANCH": "main", "CI_PIPELINE_ID": "1",
           "CI_PROJECT_ID": "1", "CI_API_V4_URL": bench.api.url, "CI_JOB_MANUAL": "true",
           "GITLAB_USER_LOGIN": ACTOR, "MLPIPE_READ_TOKEN": "conformance-token",
           **bench.secrets()}
    driver = Driver(bench, env)
    needs = {name: {"needs": [need["job"] for need in job.get("needs", [])]} for name, job in jobs.items()}
    verbs = [(name, line) for name in before(needs, deploy) for line in jobs[name]["script"]]

    def identity(name) -> dict:
        return {variable: token(one["aud"]) for variable, one in jobs[name].get("id_tokens", {}).items()}

    bench.wait(delayed(bench.repository / ".gitlab-ci.yml"))
    earlier = driver.earlier_jobs(verbs, "CI_JOB_NAME", {}, identity)
    driver.env |= {"CI_JOB_NAME": deploy, **identity(deploy)}
    process = driver.start(["bash", "-c", shell(jobs[deploy]["script"])], {})
    driver.signal_all(signal.SIGTERM)
    ended = wait(process, driver.waits(GITLAB_WAIT))
    driver.signal_all(signal.SIGKILL)
    process.wait()
    code = driver.run(["bash", "-c", shell(jobs[deploy]["after_script"])], {"CI_JOB_STATUS": "canceled"})
    earlier = {name.replace("image-push", "image"): verdict for name, verdict in earlier.items()}
    bench.verdicts = {**earlier, deploy: "failure", "handlers": "failure" if code else "success"}
    return 1, driver.told() + f"\nended by itself: {ended}"


def shell(lines) -> str:
    """The runner's own shell around a script."""
    return "set -o pipefail; set -o errexit; set +o noclobber\n" + "\n".join(lines)


def cancelled_jenkins(bench):
    """The whole Jenkinsfile under the harness, which stops the build inside the phase's own stage."""
    code, output = jenkins(bench)
    if not bench.reached().exists():
        raise BrokenTool(f"the call of the cancel was never made:\n{output[-3000:]}")
    events = [line for line in (bench.folder / "Jenkinsfile.jsonl").read_text(encoding="utf-8").splitlines() if ": restore" in line]
    fine = any('"event":"sh"' in line and '"exit":0' in line for line in events) or any('"result":"SUCCESS"' in line for line in events)
    bench.verdicts["handlers"] = "success" if fine else "failure"
    return code, output


DRIVERS = {"github": github, "gitlab": gitlab, "jenkins": cancelled_jenkins}
