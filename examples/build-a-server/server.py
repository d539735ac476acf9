"""
A server of the local-runner API in plain Python, built in five steps: `python3 server.py --step 3` has the first three.
docs/build-a-server.md tells what `verify` says before and after each. State is kept in memory, and nobody times jobs out.
"""

import argparse
import base64
import hashlib
import hmac
import json
import re
import secrets
import threading
import time
from datetime import datetime, timezone
from uuid import UUID

from door import Door, Refused, Server

HEARTBEAT_SECONDS = 15
POLL_SECONDS = 10
JOB_SECONDS = 1800
MOST_AGENTS, MOST_PENDING, MOST_LOG_ENTRIES, MOST_CHECKLIST_BYTES = 50, 100, 1000, 1_048_576
ENDED = ("completed", "failed", "cancelled")

changed = threading.Condition()
projects, sessions, runners, jobs = set(), {}, {}, {}
steps = {}


def operation(step):
    """Makes a function the operation of its name, from a step on. Operations take turns."""

    def add(function):
        def run(request):
            with changed:
                return function(request)

        steps.setdefault(step, {})[function.__name__] = run
        return function

    return add


def new_id():
    """A UUID of version 7, later than all before it."""
    stamp = max(time.time_ns() // 1000, new_id.last + 1)
    new_id.last = stamp
    # Milliseconds, then microseconds where version 7 has random bits.
    head = (stamp // 1000) << 80 | 0x7 << 76 | (stamp % 1000) << 66 | secrets.randbits(2) << 64
    return str(UUID(int=head | 0b10 << 62 | secrets.randbits(62)))


new_id.last = 0


def now():
    return datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")


def ok(value):
    return 200, {}, json.dumps(value)


def created(request, path, body=None):
    headers = {"Location": f"http://{request.host}/api/v1/private/{path}"}
    return 201, headers, None if body is None else json.dumps(body)


NOTHING = (204, {}, None)


def page_of(request, entries):
    page, size = request.query["page"], request.query["size"]
    content = entries[page * size : (page + 1) * size]
    return ok({"page": page, "size": size, "total": len(entries), "content": content})


# Step 1: a runner comes to be.


@operation(1)
def isAlive(_):
    return ok({"message": "Healthy Server", "healthy": True})


@operation(1)
def createPairingSession(request):
    body = request.body
    key = decode_base64(body["activation_key"])
    if key is None or len(key) != 32:
        raise Refused(400, "activation_key must be 32 bytes in base64.")
    if body["project_id"].lower() not in projects:
        raise Refused(404, "There is no such project.")
    session = {"id": new_id(), "runner_id": new_id(), "key": key, "workspace": request.workspace, "used": False}
    session |= {"until": time.monotonic() + body.get("ttl_seconds", 300)}
    session |= {"project_id": body["project_id"].lower(), "type": body["type"]}
    sessions[session["id"]] = session
    return 201, {}, json.dumps({"session_id": session["id"], "runner_id": session["runner_id"]})


@operation(1)
def activatePairingSession(request):
    session = sessions.get(request.path["sessionId"])
    if session is None or session["workspace"] != request.workspace or session["until"] < time.monotonic():
        raise Refused(404, "There is no such session.")
    name = request.body["runner_name"]
    message = UUID(session["id"]).bytes + hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
    due = hmac.new(session["key"], message, hashlib.sha256).digest()
    if not hmac.compare_digest(due, decode_base64(request.body["hmac"]) or b""):
        raise Refused(403, "The hmac is wrong.")
    if session["used"]:
        raise Refused(409, "The session was activated before.")
    session["used"] = True
    slot = (request.owner, session["project_id"], session["type"])
    for other in [each for each in runners.values() if each["slot"] == slot]:
        remove(other)
    runner = {"id": session["runner_id"], "name": name, "project_id": session["project_id"], "type": session["type"]}
    runner |= {"connected_at": now(), "agents": {}, "capabilities": ["jobs"], "checklist": None}
    runner |= {"slot": slot, "owner": request.owner, "seen": time.monotonic(), "cancelled": []}
    runners[runner["id"]] = runner
    return created(request, f"local-runners/{runner['id']}")


@operation(1)
def listRunners(request):
    own = [each for each in runners.values() if each["owner"] == request.owner]
    own = [show_runner(each) for each in reversed(own) if each["project_id"] == request.query["project_id"]]
    status = request.query["status"]
    return page_of(request, [each for each in own if status in (None, each["status"])])


@operation(1)
def getRunner(request):
    return ok(show_runner(own_runner(request)))


def decode_base64(text):
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        return None


def own_runner(request, status=404):
    runner = runners.get(request.path["runnerId"])
    if runner is None or runner["owner"] != request.owner:
        raise Refused(status, "There is no such runner.")
    return runner


def is_connected(runner):
    return time.monotonic() - runner["seen"] < HEARTBEAT_SECONDS


def show_runner(runner):
    shown = {name: runner[name] for name in ("id", "name", "project_id", "type", "connected_at", "capabilities")}
    if runner["checklist"] is not None:
        shown["checklist"] = runner["checklist"]
    shown["status"] = "connected" if is_connected(runner) else "disconnected"
    shown["agents"] = [agent | {"name": name} for name, agent in runner["agents"].items()] if is_connected(runner) else []
    return shown


def remove(runner):
    del runners[runner["id"]]
    for job in [each for each in jobs.values() if each["runner_id"] == runner["id"]]:
        del jobs[job["id"]]
    changed.notify_all()


# Step 2: the runner lives, and says what it can do.


@operation(2)
def heartbeat(request):
    runner = own_runner(request, 410)
    capabilities = (request.body or {}).get("capabilities") or []
    if not all(re.fullmatch("[a-z_]+", each) for each in capabilities):
        raise Refused(400, "A capability consists of a-z and _.")
    runner["seen"] = time.monotonic()
    runner["capabilities"] = capabilities or runner["capabilities"]
    cancelled, runner["cancelled"] = runner["cancelled"], []
    return ok({"cancelled_job_ids": cancelled})


@operation(2)
def registerAgents(request):
    runner = own_runner(request)
    if len(request.body) > MOST_AGENTS:
        raise Refused(400, "These are too many agents.")
    runner["agents"] = {name: {"timeout": 0} | agent for name, agent in request.body.items()}
    return NOTHING


@operation(2)
def patchChecklist(request):
    runner = own_runner(request)
    merged = merge(runner["checklist"] or {}, request.body)
    if len(json.dumps(merged, ensure_ascii=False, separators=(",", ":")).encode()) > MOST_CHECKLIST_BYTES:
        raise Refused(400, "The checklist is too large.")
    runner["checklist"] = merged
    return NOTHING


@operation(2)
def disconnectRunner(request):
    runner = runners.get(request.path["runnerId"])
    if runner is not None and runner["owner"] == request.owner:
        remove(runner)
    return NOTHING


def merge(old, new, depth=0):
    """Objects merge by key, anything else replaces; so does what lies under eleven keys and more."""
    if depth > 10 or not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    return old | {name: merge(old.get(name), value, depth + 1) for name, value in new.items()}


# Step 3: jobs.


@operation(3)
def createJob(request):
    body = request.body
    slot = (request.owner, body["project_id"].lower(), "endpoint")
    runner = next((each for each in runners.values() if each["slot"] == slot), None)
    if runner is None:
        raise Refused(404, "The project has no endpoint runner of yours.")
    if not is_connected(runner):
        raise Refused(409, "The runner is not connected.")
    agent = runner["agents"].get(body["agent_name"])
    if agent is None:
        raise Refused(400, "The runner has no such agent.")
    if sum(each["runner_id"] == runner["id"] and each["status"] == "pending" for each in jobs.values()) >= MOST_PENDING:
        raise Refused(429, "Too many jobs are pending.")
    job = {"id": new_id(), "runner_id": runner["id"], "status": "pending", "created_at": now(), "log": []} | body
    job |= {"project_id": runner["project_id"], "timeout": agent["timeout"] if agent["timeout"] > 0 else JOB_SECONDS}
    if "blueprint_name" in job:
        job["blueprint_name"] = job["blueprint_name"].strip()
    if not job.get("prompt_masks"):
        job.pop("prompt_masks", None)
    jobs[job["id"]] = job
    changed.notify_all()
    return created(request, f"local-runners/jobs/{job['id']}")


@operation(3)
def getJob(request):
    return ok(show_job(own_job(request)))


@operation(3)
def cancelJob(request):
    job = own_job(request)
    runner = runners[job["runner_id"]]
    if job["status"] == "running" and runner["type"] == "endpoint":
        runner["cancelled"].append(job["id"])
    if job["status"] not in ENDED:
        job |= {"status": "cancelled", "completed_at": now()}
    return NOTHING


@operation(3)
def listJobs(request):
    runner, project = own_runner(request), request.query["project_id"]
    own = [show_job(each) for each in reversed(jobs.values()) if each["runner_id"] == runner["id"]]
    return page_of(request, [each for each in own if project in (None, each["project_id"])])


@operation(3)
def nextJob(request):
    runner = own_runner(request)
    until = time.monotonic() + POLL_SECONDS
    while request.is_open() and runners.get(runner["id"]) is runner:
        pending = (each for each in jobs.values() if each["runner_id"] == runner["id"] and each["status"] == "pending")
        if job := next(pending, None):
            job |= {"status": "running", "started_at": now()}
            return ok(show_job(job))
        if time.monotonic() >= until:
            break
        changed.wait(min(1, until - time.monotonic()))
    return ok(None)


def own_job(request):
    job = jobs.get(request.path["jobId"])
    if job is None or runners[job["runner_id"]]["owner"] != request.owner:
        raise Refused(404, "There is no such job.")
    return job


def show_job(job):
    return {name: value for name, value in job.items() if name != "log"}


# Step 4: results and logs.


@operation(4)
def reportJobResult(request):
    body = request.body
    if body["status"] in ("pending", "cancelled"):
        raise Refused(400, "A runner reports running, completed or failed.")
    job = own_job(request)
    if job["status"] in ENDED:
        return NOTHING
    job |= {name: value for name, value in body.items() if name != "status"}
    if body["status"] != "running":
        job |= {"status": body["status"], "completed_at": now()}
    return NOTHING


@operation(4)
def appendJobLogs(request):
    if len(request.body) > MOST_LOG_ENTRIES:
        raise Refused(400, "These are too many entries.")
    own_job(request)["log"].extend(request.body)
    return NOTHING


@operation(4)
def getJobLogs(request):
    return ok(own_job(request)["log"][request.query["offset"] :])


# Step 5: the forms of requests, all of them by the spec: see door.py.

LAST_STEP = 5


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--step", type=int, choices=range(LAST_STEP + 1), default=LAST_STEP)
    options.add_argument("--port", type=int, default=8080)
    options.add_argument("--project", default="0190b8d6-c000-7002-95f4-0016f094287a", help="the one project there is")
    options.add_argument("--spec", default="node_modules/opik-runner-kit/dist/openapi.json")
    given = options.parse_args()
    projects.add(given.project.lower())
    with open(given.spec, encoding="utf-8") as file:
        spec = json.load(file)
    known = {name: run for step in range(given.step + 1) for name, run in steps.get(step, {}).items()}
    server = Server(given.port, Door(spec, known, strict=given.step == LAST_STEP))
    print(f"listening on http://127.0.0.1:{server.server_port}/api", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
