"""A served mock and what steers it: the admin API in the words of a test."""

from __future__ import annotations

import base64
import subprocess
import time
import uuid
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from opik_runner_kit.admin_api import AdminApi
from opik_runner_kit.command import KitNotRunnableError, kit_command

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from typing_extensions import Unpack

    from opik_runner_kit.admin_api import (
        ActivationView,
        BridgeCommand,
        ConductReport,
        Fault,
        GiveCommandRequest,
        GiveJobRequest,
        GivenRunnerView,
        GiveRunnerRequest,
        InjectedFault,
        JournalEntry,
        LocalRunnerJob,
        OperationId,
        PresetName,
        Scenario,
    )

STOP_SECONDS = 10
# The server ends with its parent, however that ends: then its standard input closes.
END_WITH_PARENT = "data:text/javascript,process.stdin.on('end', () => process.exit()).resume().unref()"


@contextmanager
def serve(*options: str) -> Iterator[RunnerMock]:
    """Serve a mock on a free port while the block runs. Options are those of `opik-runner-kit serve`."""
    arguments = ("serve", "--port", "0", "--scenario", "empty", "--conduct", "--quiet", *options)
    command = kit_command(*arguments, node_options=("--import", END_WITH_PARENT))
    # In a session of its own, Ctrl-C leaves it to the fixtures of a test to end their daemons before it ends.
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as server:
        try:
            ready = server.stdout.readline() if server.stdout else ""
            if not ready.startswith("listening on "):
                raise KitNotRunnableError(f"The mock did not start, exit code {server.wait(STOP_SECONDS)}: {ready}")
            yield RunnerMock(ready.removeprefix("listening on ").strip())
        finally:
            server.terminate()
            try:
                server.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()


class RunnerMock:
    """A served mock."""

    def __init__(self, url: str) -> None:
        """Take the base URL of its API, which daemons know as `OPIK_URL_OVERRIDE`."""
        self.url = url
        parts = urlsplit(url)
        self.admin = AdminApi(f"{parts.scheme}://{parts.netloc}/__admin")
        self.clock = Clock(self.admin)
        self.given = Given(self.admin)
        self.faults = Faults(self.admin)
        self.journal = Journal(self.admin)
        self.pairing = Pairing(self.admin, self.journal)

    def reset(self, scenario: str | Scenario | None = None) -> None:
        """Go back to the beginning, or to a scenario by its name or as data."""
        self.admin.reset_mock(None if scenario is None else {"scenario": scenario})

    def conduct(self, *, accept: Collection[str] = ()) -> ConductReport:
        """Fail when a client has broken a rule that is a `must`, but for the rules that are accepted."""
        __tracebackhide__ = True
        report = self.admin.read_conduct()
        broken = [
            f"{verdict['rule']} (x{verdict['breaches']}) by runner {runner.get('name', runner['runner_id'])}:"
            f" {verdict['title']}" + "".join(f"\n    {each['note']}" for each in verdict["evidence"])
            for runner in report["runners"]
            for verdict in runner["verdicts"]
            if (verdict["outcome"], verdict["severity"]) == ("broken", "must") and verdict["rule"] not in accept
        ]
        if broken:
            raise AssertionError("A client has broken rules of conduct.\n  " + "\n  ".join(broken))
        return report


class Clock:
    """The mock's own time, which runs with real time until it is moved."""

    def __init__(self, admin: AdminApi) -> None:
        """Take the admin API."""
        self._admin = admin

    def now(self) -> datetime:
        """Return the virtual time."""
        return _to_datetime(self._admin.read_clock()["now"])

    def advance(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> datetime:
        """Move time forward and fire what falls due, in order; return the new time."""
        step = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        return _to_datetime(self._admin.advance_clock({"seconds": step.total_seconds()})["now"])

    def set(self, now: datetime) -> None:
        """Move time to a moment, which has a time zone."""
        self._admin.set_clock({"now": now.isoformat(timespec="milliseconds")})

    def freeze(self) -> None:
        """Let time stand still."""
        self._admin.freeze_clock()

    def resume(self) -> None:
        """Let time run again."""
        self._admin.resume_clock()


class Given:
    """Puts the mock into the state that a test starts from. The journal does not count these calls."""

    def __init__(self, admin: AdminApi) -> None:
        """Take the admin API."""
        self._admin = admin

    def connected_runner(self, **request: Unpack[GiveRunnerRequest]) -> GivenRunnerView:
        """Add a runner with a fresh heartbeat, which lapses like any other."""
        return self._admin.give_runner(request)

    def job(self, **request: Unpack[GiveJobRequest]) -> LocalRunnerJob:
        """Add a job in any state, to a runner by its id or with a new one."""
        return self._admin.give_job(request)

    def command(self, **request: Unpack[GiveCommandRequest]) -> BridgeCommand:
        """Add a bridge command in any state, to a runner by its id or with a new one."""
        return self._admin.give_command(request)


class Faults:
    """Trouble for clients, until the test ends or `clear` is called."""

    def __init__(self, admin: AdminApi) -> None:
        """Take the admin API."""
        self._admin = admin

    def inject(self, preset: PresetName | None = None, **fault: Unpack[Fault]) -> list[InjectedFault]:
        """Inject a preset by its name, or a fault by its members."""
        return self._admin.inject_faults(fault if preset is None else {"preset": preset})["faults"]

    def clear(self, fault_id: str | None = None) -> None:
        """End a fault, all faults of a preset, or all of them."""
        if fault_id is None:
            self._admin.clear_faults()
        else:
            self._admin.clear_fault(fault_id)


class Journal:
    """What clients have asked."""

    def __init__(self, admin: AdminApi) -> None:
        """Take the admin API."""
        self._admin = admin

    def entries(
        self, operation: OperationId | None = None, *, status: int | None = None, about: str | None = None
    ) -> list[JournalEntry]:
        """Return requests and their answers, oldest first; `about` is the id of a resource that they name."""
        asked = None if status is None else str(status)
        return self._admin.list_requests(operation=operation, status=asked, about=about)["requests"]

    def expect(
        self,
        operation: OperationId,
        *,
        times: int | None = None,
        within: float = 0,
        status: int | None = None,
        about: str | None = None,
    ) -> list[JournalEntry]:
        """Fail unless clients have called an operation, at least once or exactly so many times.

        Other processes need time: it waits up to `within` real seconds for the calls.
        """
        __tracebackhide__ = True
        wanted = 1 if times is None else times
        found = _await(lambda: self.entries(operation, status=status, about=about), wanted, within)
        if len(found) < wanted or (times is not None and len(found) > times):
            calls = [f"{each.get('operation', each['path'])} {each['status']}" for each in self.entries()]
            seen = ", ".join(calls) or "nothing"
            expected = "at least 1 call" if times is None else f"{times} calls"
            raise AssertionError(f"Expected {expected} of {operation}, got {len(found)}. Clients have called: {seen}")
        return found


class Pairing:
    """The person who activates a pairing session on the web page."""

    def __init__(self, admin: AdminApi, journal: Journal) -> None:
        """Take the admin API."""
        self._admin = admin
        self._journal = journal

    def activate(self, session: str | None = None, *, name: str | None = None, within: float = 30) -> ActivationView:
        """Activate a session by the link that a daemon has printed, or by its id.

        Without either it takes the session that was opened last, and waits up to `within` real seconds for one.
        """
        if session is None:
            opened = _await(lambda: self._journal.entries("createPairingSession", status=201), 1, within)
            if not opened:
                raise AssertionError(f"No client has opened a pairing session within {within} seconds.")
            session = str(opened[-1]["response"]["body"]["session_id"])
        if "#" not in session:
            return self._admin.activate_session(session, {} if name is None else {"name": name})
        fragment = session.rsplit("#", 1)[1]
        session_id = str(uuid.UUID(bytes=base64.urlsafe_b64decode(fragment[:24])[:16]))
        return self._admin.activate_session(
            session_id, {"link": session} if name is None else {"link": session, "name": name}
        )


def _await(read: Callable[[], list[JournalEntry]], wanted: int, within: float) -> list[JournalEntry]:
    deadline = time.monotonic() + within
    while len(found := read()) < wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def _to_datetime(text: str) -> datetime:
    # Python 3.10 does not read the `Z`.
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
