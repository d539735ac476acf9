"""The plugin in test runs of its own: their results, and what is left when they have ended."""

import signal
import subprocess
import sys
import time
import urllib.request

import pytest

from opik_runner_kit import KitNotRunnableError, command, serve

STARTS = "def test_starts(runner_mock): print(f'served at {runner_mock.url}', flush=True)"


def urls_in(output):
    return {line.split("served at ")[1] for line in output.splitlines() if "served at " in line}


def is_listening(url):
    try:
        urllib.request.urlopen(f"{url}/is-alive/ping", timeout=10)
    except OSError:
        return False
    return True


def wait_until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_serves_one_mock_for_each_worker_and_ends_them(pytester):
    pytester.makepyfile("\n".join(STARTS.replace("starts", f"starts_{n}") for n in range(8)))
    result = pytester.runpytest_subprocess("-n", "2", "-rP")
    result.assert_outcomes(passed=8)
    urls = urls_in(result.stdout.str())
    assert len(urls) == 2
    assert not any(map(is_listening, urls))


def test_takes_further_options(pytester):
    pytester.makeconftest(
        "import pytest\n@pytest.fixture(scope='session')\ndef runner_mock_options(): return ['--profile', 'opik@2.0']"
    )
    pytester.makepyfile(
        "def test_profile(runner_mock): assert runner_mock.admin.read_settings()['profile'] == 'opik@2.0'"
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


@pytest.mark.parametrize("sent", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_ends_the_server_when_the_run_is_interrupted(pytester, sent):
    pytester.makepyfile(f"import time\n{STARTS}; time.sleep(300)")
    run = subprocess.Popen([sys.executable, "-m", "pytest", "-s"], stdout=subprocess.PIPE, text=True)
    lines = iter(run.stdout.readline, "")
    (url,) = urls_in(next(line for line in lines if "served at" in line))
    assert is_listening(url)
    run.send_signal(getattr(signal, sent))
    run.stdout.close()
    run.wait(60)
    wait_until(lambda: not is_listening(url))


def test_verifies_a_server_with_one_result_for_each_check(pytester):
    with serve() as mock:
        pytester.makepyfile(
            f"""
            from opik_runner_kit import verify

            test_contract = verify(lambda: {mock.url!r}, suites=["core"], options=["--area", "projects,job"])
            """
        )
        mock.faults.inject(operation="getJob", body="invalid")
        outcomes = pytester.runpytest_subprocess("-rf").parseoutcomes()
        assert outcomes["passed"] > 0
        assert outcomes["failed"] > 0
        mock.faults.clear()
        chosen = pytester.runpytest_subprocess("-k", "job/minimal or job/default-timeout").parseoutcomes()
        assert chosen["passed"] == 2
        assert chosen["deselected"] > 0


def test_fails_when_verify_cannot_run(pytester):
    pytester.makepyfile(
        """
        from opik_runner_kit import verify

        test_contract = verify("http://127.0.0.1:9", options=["--check", "system/is-alive", "--first-answer", "1"])
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(failed=1)


def test_says_when_node_is_missing_or_too_old(monkeypatch, tmp_path):
    monkeypatch.setattr(command, "_node_of_wheel", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KitNotRunnableError):
        command.find_node.__wrapped__()
    old = tmp_path / "node"
    old.write_text("#!/bin/sh\necho v18.20.4\n")
    old.chmod(0o755)
    with pytest.raises(KitNotRunnableError, match=str(old)):
        command.find_node.__wrapped__()


def test_says_when_the_server_cannot_start():
    with pytest.raises(KitNotRunnableError), serve("--port", "99999"):
        pass
