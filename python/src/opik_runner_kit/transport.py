"""Sends requests to the admin API. The operations are in admin_api.py, which is generated."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, Request, build_opener

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT_SECONDS = 60
# The mock is on this machine, where no proxy leads.
OPENER = build_opener(ProxyHandler({}))


class AdminError(Exception):
    """The admin API has refused a request; nothing has changed."""

    def __init__(self, status: int, message: str) -> None:
        """Keep the status to branch on."""
        super().__init__(f"{status}: {message}")
        self.status = status


class Transport:
    """Sends requests to one admin API."""

    def __init__(self, admin_url: str) -> None:
        """Take the URL that ends with `/__admin`."""
        self.admin_url = admin_url

    def send(self, method: str, path: str, body: Any = None, query: Mapping[str, str | None] | None = None) -> Any:  # noqa: ANN401
        """Answer the parsed JSON, or None for an empty body."""
        asked = urlencode({name: value for name, value in (query or {}).items() if value is not None})
        url = f"{self.admin_url}{path}{'?' if asked else ''}{asked}"
        data = None if body is None else json.dumps(body).encode()
        try:
            with OPENER.open(Request(url, data, method=method), timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
                text = response.read()
        except HTTPError as error:
            with error:
                raise AdminError(error.code, _message_of(error.read())) from None
        return json.loads(text) if text else None

    @staticmethod
    def segment(text: str) -> str:
        """Escape an id for a path."""
        return quote(text, safe="")


def _message_of(body: bytes) -> str:
    try:
        error = json.loads(body)
        return str(error.get("message") or "; ".join(error["errors"]))
    except (ValueError, KeyError, AttributeError):
        return body.decode(errors="replace")
