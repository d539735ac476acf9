"""A pytest plugin that serves a stateful mock of Opik's local-runner API and verifies servers and daemons."""

from opik_runner_kit.command import KitNotRunnableError
from opik_runner_kit.runner_mock import RunnerMock, serve
from opik_runner_kit.transport import AdminError
from opik_runner_kit.verify import verify

__all__ = ["AdminError", "KitNotRunnableError", "RunnerMock", "serve", "verify"]
