"""`verify` as a test: each check of a contract suite is a test with a result of its own."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from opik_runner_kit.command import KitNotRunnableError, kit_command

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def verify(
    url: str | Callable[[], str], *, suites: Sequence[str] = (), options: Sequence[str] = ()
) -> Callable[..., None]:
    """Return a test that verifies the server behind a URL.

    Assign it to a name that pytest collects: `test_contract = verify("http://127.0.0.1:8080/api", suites=["core"])`.
    `url` may be a function, which is called when the first check runs; `options` are those of `opik-runner-kit verify`.
    Checks that the server cannot take are skipped, and failures that a waiver accepts are expected.
    """
    chosen = [*(("--suite", ",".join(suites)) if suites else ()), *options]
    listed = [each["id"] for each in _run([*chosen, "--list"])]
    results: dict[str, Any] = {}

    def test(check: str, request: pytest.FixtureRequest) -> None:
        if not results:
            selected = [each for each in request.session.items if getattr(each, "function", None) is test]
            checks = [str(each.callspec.params["check"]) for each in selected if isinstance(each, pytest.Function)]
            target = url if isinstance(url, str) else url()
            narrowed = [] if len(checks) == len(listed) else ["--check", ",".join(checks)]
            results.update(_results_of([target, *chosen, *narrowed], checks))
        _judge(results[check], is_strict="--strict" in options)

    return pytest.mark.parametrize("check", listed)(test)


def _results_of(arguments: Sequence[str], checks: Sequence[str]) -> dict[str, Any]:
    """Return what came of each check, which for those that did not run is an error."""
    try:
        report = _run(arguments)
    except KitNotRunnableError as error:
        failed = {"verdict": {"kind": "error", "message": str(error)}}
        return dict.fromkeys(checks, failed)
    early = {"verdict": {"kind": "not-run", "reason": "The run has ended before this check."}}
    return dict.fromkeys(checks, early) | {each["id"]: each for each in report["results"]}


def _run(arguments: Sequence[str]) -> Any:  # noqa: ANN401
    command = kit_command("verify", *arguments, "--reporter", "json")
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if not ended.stdout:
        raise KitNotRunnableError(f"opik-runner-kit verify has ended with {ended.returncode}: {ended.stderr}")
    return json.loads(ended.stdout)


def _judge(result: dict[str, Any], *, is_strict: bool) -> None:
    verdict = result["verdict"]
    kind = verdict["kind"]
    if kind == "not-run":
        pytest.skip(verdict["reason"])
    if kind == "error":
        pytest.fail(verdict["message"], pytrace=False)
    if kind == "waived" or result["isKnown"]:
        pytest.xfail(verdict.get("reason", "It fails in the baseline, too."))
    if kind == "failed" or (kind == "unsteady" and is_strict):
        pytest.fail(f"{result['requirement']}: {result['title']}\n{_explain(verdict['findings'])}", pytrace=False)


def _explain(findings: list[dict[str, Any]]) -> str:
    lines = []
    for finding in findings:
        lines += [f"expected {finding['expected']}", f"got      {finding['actual']}"]
        for each in finding["exchanges"][-1:]:
            lines.append(f"  {each['method']} {each['url']} -> {each['status']} {each['responseBody'][:500]}")
    return "\n".join(lines)
