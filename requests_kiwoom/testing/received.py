"""``ReceivedRequest`` and ``Requests``: what came in."""

import json
from typing import Any, NamedTuple

from ..oauth import REVOKE_PATH, TOKEN_PATH

#: The two calls that need no ``api-id`` header: their paths are theirs alone.
_OAUTH_IDS = {TOKEN_PATH: "au10001", REVOKE_PATH: "au10002"}


class ReceivedRequest(NamedTuple):
    """A request as it came in; header names in lower case."""

    method: str
    #: With the query string, if there is one.
    path: str
    headers: dict[str, str]
    body: bytes
    #: The IP address that it came from.
    client: str = "127.0.0.1"

    @property
    def api_id(self) -> str | None:
        """Its ``api-id`` header."""
        return self.headers.get("api-id")

    @property
    def route(self) -> str:
        """Its path without the query string."""
        return self.path.partition("?")[0]

    @property
    def token(self) -> str | None:
        """The bearer token that it carried."""
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        return token if kind.lower() == "bearer" and token else None

    def json(self) -> Any:
        """Its body, read as JSON."""
        return json.loads(self.body)

    def __repr__(self) -> str:
        # Neither headers nor body nor query: keys and tokens are in them.
        return f"<ReceivedRequest {self.method} {self.route} {self.called or 'without api-id'}>"

    @property
    def called(self) -> str | None:
        """The API that it asks for: its ``api-id``, or au10001 and au10002 by their paths."""
        return self.api_id or _OAUTH_IDS.get(self.route)


class Requests(list[ReceivedRequest]):
    """The requests that came in, in that order: a list with two questions to it."""

    @property
    def last(self) -> ReceivedRequest:
        """The latest one.

        :raises IndexError: if nothing came in.
        """
        if not self:
            raise IndexError("no request came in")
        return self[-1]

    def to(self, api_id: str) -> list[ReceivedRequest]:
        """Those that ask for one API, such as ``"ka10001"``."""
        return [request for request in self if request.called == api_id]
