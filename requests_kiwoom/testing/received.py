"""``ReceivedRequest`` and ``ReceivedMessage``: what a server received, and lists of them."""

import json
from typing import Any, NamedTuple

from ..oauth import REVOKE_PATH, TOKEN_PATH

#: The two calls that are known by their paths, whatever ``api-id`` header they carry.
_TOKEN_CALLS = {TOKEN_PATH: "au10001", REVOKE_PATH: "au10002"}


class ReceivedRequest(NamedTuple):
    """A request; header names are in lower case."""

    method: str
    #: With the query string, if there is one.
    path: str
    headers: dict[str, str]
    body: bytes
    #: The IP address of the client.
    client: str = "127.0.0.1"

    @property
    def api_id(self) -> str | None:
        """The ``api-id`` header."""
        return self.headers.get("api-id")

    @property
    def route(self) -> str:
        """The path without the query string."""
        return self.path.partition("?")[0]

    @property
    def token(self) -> str | None:
        """The bearer token."""
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        return token if kind.lower() == "bearer" and token else None

    @property
    def called(self) -> str | None:
        """The API that it calls: au10001 or au10002 by the path, any other by the ``api-id`` header."""
        return _TOKEN_CALLS.get(self.route) or self.api_id

    def json(self) -> Any:
        """Parse the body as JSON."""
        return json.loads(self.body)

    def __repr__(self) -> str:
        # Headers, body and query string may hold keys and tokens.
        return f"<ReceivedRequest {self.method} {self.route} {self.called or 'without api-id'}>"


def read_json(request: ReceivedRequest) -> object:
    """Return the body parsed as JSON; ``None`` if it is not JSON."""
    try:
        return request.json()
    except (ValueError, RecursionError):
        return None


class Requests(list[ReceivedRequest]):
    """The received requests, oldest first."""

    @property
    def last(self) -> ReceivedRequest:
        """The newest one.

        :raises IndexError: if there is none.
        """
        if not self:
            raise IndexError("no request was received")
        return self[-1]

    def to(self, api_id: str) -> list[ReceivedRequest]:
        """Return the requests that call one API, such as ``"ka10001"``."""
        return [request for request in self if request.called == api_id]


class ReceivedMessage(NamedTuple):
    """A message on a WebSocket."""

    text: str
    #: The path of the WebSocket.
    path: str
    #: Counts the connections of this server, from 1.
    connection: int

    @property
    def trnm(self) -> str | None:
        """Its kind, such as ``"LOGIN"``; ``None`` if it has none."""
        try:
            trnm = self.json()["trnm"]
        except (ValueError, TypeError, KeyError, RecursionError):
            return None
        return trnm if isinstance(trnm, str) else None

    def json(self) -> Any:
        """Parse the message as JSON."""
        return json.loads(self.text)

    def __repr__(self) -> str:
        # A LOGIN holds a token.
        return f"<ReceivedMessage {self.trnm or 'without trnm'} on connection {self.connection}>"


class Messages(list[ReceivedMessage]):
    """The received WebSocket messages, oldest first."""

    @property
    def last(self) -> ReceivedMessage:
        """The newest one.

        :raises IndexError: if there is none.
        """
        if not self:
            raise IndexError("no message was received")
        return self[-1]

    def to(self, trnm: str) -> list[ReceivedMessage]:
        """Return the messages of one kind, such as ``"REG"``."""
        return [message for message in self if message.trnm == trnm]
