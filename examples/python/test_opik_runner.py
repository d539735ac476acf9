"""Tests with nothing but the standard library: against JSON fixtures, and against `opik-runner-kit serve`."""

import base64
import json
import subprocess
import unittest
import urllib.request
from pathlib import Path

from opik_runner import Runner, activation_hmac, describe

MODULES = Path(__file__).parent / "node_modules"
KIT = MODULES / "opik-runner-kit"
COMMAND = MODULES / ".bin" / "opik-runner-kit"


def fixture(name):
    return json.loads((KIT / "fixtures" / f"{name}.json").read_text(encoding="utf-8"))


class FixtureTest(unittest.TestCase):
    """The shapes that the API has on the wire, one file for each state."""

    def test_describes_a_job_in_every_state(self):
        files = [file for file in fixture("index")["files"] if file["schema"] == "LocalRunnerJob" and file["state"]]
        self.assertEqual({file["state"] for file in files}, {"pending", "running", "completed", "failed", "cancelled"})
        for file in files:
            with self.subTest(file["path"]):
                job = json.loads((KIT / "fixtures" / file["path"]).read_text(encoding="utf-8"))
                self.assertIn(job["agent_name"], describe(job))

    def test_tells_why_a_job_failed(self):
        job = fixture("job.failed")
        self.assertTrue(describe(job).endswith(job["error"]))

    def test_signs_as_the_server_expects(self):
        for vector in fixture("pairing-vectors")["vectors"]:
            with self.subTest(vector["runner_name"]):
                key = base64.b64decode(vector["activation_key"])
                self.assertEqual(activation_hmac(key, vector["session_id"], vector["runner_name"]), vector["hmac"])


class ServerTest(unittest.TestCase):
    """The runner against a server that behaves like Opik, with a clock that can be moved."""

    @classmethod
    def setUpClass(cls):
        serve = ["serve", "--port", "0", "--scenario", "empty", "--json"]
        cls.server = subprocess.Popen([COMMAND, *serve], stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.stop)
        ready = json.loads(cls.server.stdout.readline())  # one line, once it listens
        cls.url, cls.admin_url = ready["url"], ready["admin"]

    @classmethod
    def stop(cls):
        cls.server.terminate()
        cls.server.wait()
        cls.server.stdout.close()

    def setUp(self):
        self.admin("/reset")
        agents = {"double": lambda inputs: inputs["n"] * 2}
        self.runner = Runner(self.url, "Default Project", "python-laptop", agents)

    def admin(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.admin_url + path, method="POST", data=data)):
            pass

    def create_job(self, inputs):
        """What the user does in the web page. The new id is the last segment of Location."""
        body = {"project_id": self.runner.project_id, "agent_name": "double", "inputs": inputs}
        request = urllib.request.Request(f"{self.url}/v1/private/local-runners/jobs", data=json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request) as response:
            return response.headers["Location"].rsplit("/", 1)[1]

    def job(self, job_id):
        return self.runner.call("GET", f"/local-runners/jobs/{job_id}")

    def status(self):
        return self.runner.call("GET", f"/local-runners/{self.runner.id}")["status"]

    def test_does_the_jobs_it_is_given(self):
        job_id = self.create_job({"n": 21})
        self.assertTrue(self.runner.work())
        self.assertEqual(describe(self.job(job_id)), "double: 42")

    def test_reports_what_an_agent_raises(self):
        job_id = self.create_job({})
        self.assertTrue(self.runner.work())
        self.assertEqual(describe(self.job(job_id)), "double failed: KeyError: 'n'")

    def test_lapses_without_heartbeats_and_comes_back_with_one(self):
        self.assertEqual(self.status(), "connected")
        self.admin("/clock/advance", {"seconds": 20})
        self.assertEqual(self.status(), "disconnected")
        self.assertTrue(self.runner.heartbeat())
        self.assertEqual(self.status(), "connected")

    def test_learns_that_the_user_has_disconnected_it(self):
        self.runner.call("DELETE", f"/local-runners/{self.runner.id}")
        self.assertFalse(self.runner.heartbeat())


if __name__ == "__main__":
    unittest.main()
