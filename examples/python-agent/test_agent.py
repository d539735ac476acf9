"""Tests of the agent with Opik's own daemon, unmodified, and no Opik: `opik-runner-kit` stands in for the server."""

import json
import os
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

HERE = Path(__file__).parent
COMMAND = HERE / "node_modules" / ".bin" / "opik-runner-kit"
OPIK = Path(sys.executable).parent / "opik"
PROJECT = "My agents"


@pytest.fixture
def settings(tmp_path):
    """The environment of the daemon: settings of its own, and nothing about it is told to anybody."""
    config = tmp_path / "opik.config"
    config.write_text("[opik]\n")
    quiet = {"OPIK_CONFIG_PATH": str(config), "OPIK_SENTRY_ENABLE": "false", "OPIK_ANALYTICS_ENABLE": "false"}
    return {**os.environ, **quiet, "OPIK_WORKSPACE": "default"}


@pytest.fixture
def api():
    """The URL of a server that behaves like Opik's."""
    serve = [COMMAND, "serve", "--port", "0", "--scenario", "empty", "--json"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as server:
        yield json.loads(server.stdout.readline())["url"]  # one line, once it listens
        server.terminate()


@pytest.fixture
def daemon(api, settings):
    """`opik endpoint` with the agent; it pairs by itself."""
    command = [OPIK, "endpoint", "--headless", "--project", PROJECT, "--", sys.executable, HERE / "agent.py"]
    with subprocess.Popen(command, env={**settings, "OPIK_URL_OVERRIDE": api}) as process:
        yield process
        process.terminate()


def call(api, path, body=None):
    request = urllib.request.Request(f"{api}/v1/private{path}", method="GET" if body is None else "POST")
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request) as response:
        text = response.read()
        return response.headers.get("Location"), json.loads(text) if text else None


def eventually(condition):
    """What a condition returns once it is something, asked for up to a minute."""
    for _ in range(600):
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("did not happen within a minute")


def project_id(api):
    found = call(api, f"/projects?name={urllib.parse.quote(PROJECT)}")[1]["content"]
    return found[0]["id"] if found else None


def agents(api, project):
    runners = call(api, f"/local-runners?project_id={project}")[1]["content"]
    return [agent["name"] for runner in runners for agent in runner["agents"]]


def test_does_the_jobs_of_the_web_page(api, daemon):
    project = eventually(lambda: project_id(api))
    assert eventually(lambda: agents(api, project)) == ["greet"]

    job = {"project_id": project, "agent_name": "greet", "inputs": {"name": "Ada"}}
    location, _ = call(api, "/local-runners/jobs", job)
    path = f"/local-runners/jobs/{location.rsplit('/', 1)[1]}"
    done = eventually(lambda: (lambda found: found if "completed_at" in found else None)(call(api, path)[1]))

    assert done["status"] == "completed"
    assert done["result"] == {"greeting": "Hello, Countess Ada"}
    assert eventually(lambda: call(api, f"{path}/logs")[1])[0]["text"].startswith("greeting Ada")


@pytest.mark.parametrize("preset", ["rate-limited"])
def test_keeps_the_contract_in_trouble(settings, preset):
    """`conduct` starts the daemon, gives it jobs and trouble, and fails when it breaks a rule that is a must."""
    daemon = [OPIK, "endpoint", "--headless", "--project", "conduct", "--", sys.executable, HERE / "agent.py"]
    graded = subprocess.run([COMMAND, "conduct", "--preset", preset, "--", *daemon], env=settings, stdout=subprocess.PIPE)
    assert graded.returncode == 0, graded.stdout.decode()
