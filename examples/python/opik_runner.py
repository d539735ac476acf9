"""A small endpoint runner: pairs with Opik, takes jobs, and reports what its agents make of them."""

import base64
import hashlib
import hmac
import json
import secrets
import urllib.error
import urllib.request
import uuid


def activation_hmac(key: bytes, session_id: str, runner_name: str) -> str:
    """The proof that an activation comes from whoever opened the session."""
    message = uuid.UUID(session_id).bytes + hashlib.sha256(runner_name.encode()).digest()
    return base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()


def describe(job: dict) -> str:
    """One line about a job, in whatever state it is. Fields without a value are missing, never null."""
    if job["status"] == "completed":
        return f"{job['agent_name']}: {json.dumps(job.get('result'))}"
    if job["status"] == "failed":
        return f"{job['agent_name']} failed: {job.get('error', 'no reason given')}"
    return f"{job['agent_name']} is {job['status']}"


class Runner:
    """One runner of one project. `url` is the base of the API, such as http://127.0.0.1:5173/api."""

    def __init__(self, url: str, project: str, name: str, agents: dict):
        self.url = url
        self.name = name
        self.agents = agents
        self.project_id = self.call("POST", "/projects/retrieve", {"name": project})["id"]
        self.id = self._pair()
        self.call("PUT", f"/local-runners/{self.id}/agents", {agent: {} for agent in agents})

    def _pair(self) -> str:
        # `opik endpoint` prints a link with the key, and the web page activates; this runner does both by itself.
        key = secrets.token_bytes(32)
        opened = self.call(
            "POST",
            "/pairing/sessions",
            {"project_id": self.project_id, "type": "endpoint", "activation_key": base64.b64encode(key).decode()},
        )
        proof = activation_hmac(key, opened["session_id"], self.name)
        activation = {"runner_name": self.name, "hmac": proof}
        self.call("POST", f"/pairing/sessions/{opened['session_id']}/activate", activation)
        return opened["runner_id"]

    def heartbeat(self) -> bool:
        """To be sent every five seconds. False: this runner has been disconnected and must stop."""
        try:
            self.call("POST", f"/local-runners/{self.id}/heartbeats", {"capabilities": ["jobs"]})
            return True
        except urllib.error.HTTPError as error:
            if error.code != 410:
                raise
            return False

    def work(self) -> bool:
        """Waits a few seconds for a job and does it. False: there was none."""
        job = self.call("POST", f"/local-runners/{self.id}/jobs/next")
        if job is None:
            return False
        try:
            report = {"status": "completed", "result": self.agents[job["agent_name"]](job.get("inputs"))}
        except Exception as error:  # whatever an agent raises is the job's outcome
            report = {"status": "failed", "error": f"{type(error).__name__}: {error}"}
        self.call("POST", f"/local-runners/jobs/{job['id']}/results", report)
        return True

    def call(self, method: str, path: str, body=None):
        """The parsed answer, or None when it has no body. Raises HTTPError for 4xx and 5xx."""
        request = urllib.request.Request(f"{self.url}/v1/private{path}", method=method)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request) as response:
            text = response.read()
        return json.loads(text) if text else None
