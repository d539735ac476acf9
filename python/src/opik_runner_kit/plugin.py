"""The pytest plugin: a served mock for each process of the test run, reset for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from opik_runner_kit.runner_mock import RunnerMock, serve

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def runner_mock_options() -> list[str]:
    """Return further options of `opik-runner-kit serve`; override it in a conftest.py."""
    return []


@pytest.fixture(scope="session")
def runner_mock_server(runner_mock_options: list[str]) -> Iterator[RunnerMock]:
    """Serve the mock of this process."""
    with serve(*runner_mock_options) as mock:
        yield mock


@pytest.fixture
def runner_mock(runner_mock_server: RunnerMock) -> RunnerMock:
    """Return the mock as it was at the beginning."""
    runner_mock_server.reset("empty")
    # The reset ends calls that waited, of clients that no test waits for any more.
    runner_mock_server.admin.clear_requests()
    return runner_mock_server
