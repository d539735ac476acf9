"""The parts of `runner_mock`, used as a test of a daemon uses them."""

import json
from datetime import datetime, timedelta, timezone
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from opik_runner_kit import AdminError


def call(mock, method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = Request(f"{mock.url}/v1/private{path}", data, {"Content-Type": "application/json"}, method=method)
    with urlopen(request) as response:
        text = response.read()
    return json.loads(text) if text else None


def take_job(mock):
    """Let a runner take the one job that it is given."""
    runner = mock.given.connected_runner(name="laptop", agents=["echo"])
    job = mock.given.job(runner=runner["id"], inputs={"n": 1})
    assert call(mock, "POST", f"/local-runners/{runner['id']}/jobs/next")["id"] == job["id"]
    return job["id"]


def report(mock, job_id):
    call(mock, "POST", f"/local-runners/jobs/{job_id}/results", {"status": "completed", "result": {}})


def test_moves_time(runner_mock):
    runner = runner_mock.given.connected_runner()
    before = runner_mock.clock.now()
    assert runner_mock.clock.advance(minutes=5) - before >= timedelta(minutes=5)
    assert call(runner_mock, "GET", f"/local-runners/{runner['id']}")["status"] == "disconnected"
    runner_mock.clock.freeze()
    tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
    runner_mock.clock.set(tomorrow)
    assert abs(runner_mock.clock.now() - tomorrow) < timedelta(milliseconds=1)
    runner_mock.clock.resume()
    assert not runner_mock.admin.read_clock()["frozen"]


@pytest.mark.parametrize("_time", range(2))
def test_begins_anew_for_each_test(runner_mock, _time):
    assert runner_mock.journal.entries() == []
    assert runner_mock.admin.list_faults()["faults"] == []
    clock = runner_mock.admin.read_clock()
    assert not clock["frozen"]
    assert runner_mock.admin.read_settings()["heartbeat_ttl_seconds"] == 15
    runner_mock.clock.advance(days=3)
    runner_mock.clock.freeze()
    runner_mock.faults.inject("waf")
    runner_mock.admin.change_settings({"heartbeat_ttl_seconds": 1})
    runner_mock.reset("demo")
    with pytest.raises(HTTPError):
        call(runner_mock, "GET", "/local-runners/0190b8d6-c000-7002-95f4-0016f094287a")


def test_injects_faults_and_clears_them(runner_mock):
    (fault,) = runner_mock.faults.inject(operation="listRunners", status=503)
    with pytest.raises(HTTPError, match="503"):
        call(runner_mock, "GET", "/local-runners?project_id=0190b8d6-c000-7002-95f4-0016f094287a")
    runner_mock.faults.clear(fault["id"])
    call(runner_mock, "GET", "/local-runners?project_id=0190b8d6-c000-7002-95f4-0016f094287a")
    runner_mock.faults.inject("waf")
    runner_mock.faults.clear()
    assert runner_mock.admin.list_faults()["faults"] == []


def test_tells_what_is_wrong_with_a_request(runner_mock):
    with pytest.raises(AdminError) as caught:
        runner_mock.faults.inject(status=200)
    assert caught.value.status == 422
    with pytest.raises(AdminError) as caught:
        runner_mock.admin.lapse_runner("a/b")
    assert caught.value.status == 404


def test_expects_calls_of_clients(runner_mock):
    runner_mock.journal.expect("createJob", times=0)
    runner = runner_mock.given.connected_runner(agents=["echo"])
    asked = {"project_id": runner["project_id"], "agent_name": "echo", "inputs": {"n": 1}}
    call(runner_mock, "POST", "/local-runners/jobs", asked)
    (entry,) = runner_mock.journal.expect("createJob", times=1)
    assert entry["request"]["body"]["inputs"] == {"n": 1}
    for wrong in [
        {"operation": "cancelJob"},
        {"operation": "createJob", "times": 2},
        {"operation": "createJob", "times": 0},
    ]:
        with pytest.raises(AssertionError, match="createJob"):
            runner_mock.journal.expect(**wrong)


@pytest.mark.parametrize("by", ["link", "id", "neither"])
def test_activates_a_pairing_session(runner_mock, by):
    projects = call(runner_mock, "GET", "/projects")["content"]
    opened = {"project_id": projects[0]["id"], "type": "endpoint", "activation_key": "A" * 43 + "="}
    session = call(runner_mock, "POST", "/pairing/sessions", opened)
    link = runner_mock.admin.show_pairing_link(session["session_id"])["link"]
    wanted = {"link": [link], "id": [session["session_id"]], "neither": []}[by]
    activation = runner_mock.pairing.activate(*wanted, name="laptop")
    assert activation == {"runner_id": session["runner_id"], "is_new": True}
    assert call(runner_mock, "GET", f"/local-runners/{session['runner_id']}")["name"] == "laptop"


def test_fails_when_no_session_waits(runner_mock):
    with pytest.raises(AssertionError):
        runner_mock.pairing.activate(within=0)


def test_gives_commands(runner_mock):
    runner = runner_mock.given.connected_runner(type="connect")
    command = runner_mock.given.command(runner=runner["id"], type="Exec", args={"command": "ls"}, status="failed")
    assert command["status"] == "failed"


def test_accepts_a_client_that_keeps_the_rules(runner_mock):
    report(runner_mock, take_job(runner_mock))
    assert runner_mock.conduct()["ok"]


def test_names_the_rule_of_a_client_that_reports_twice(runner_mock):
    job = take_job(runner_mock)
    for _ in range(2):
        report(runner_mock, job)
    with pytest.raises(AssertionError, match=r"work/once .*laptop"):
        runner_mock.conduct()
    runner_mock.conduct(accept=["work/once"])
