"""An auth plugin for `requests` that keeps a live token on every request to Kiwoom Securities' REST API."""

import logging
from typing import TYPE_CHECKING, Any

from .auth import KiwoomAuth
from .exceptions import (
    InsecureTransport,
    InvalidApiId,
    KiwoomAuthError,
    MissingApiId,
    TokenIssueError,
    TokenRefused,
    TokenRevokeError,
    TokenUnavailable,
    WrongEnvironment,
)

if TYPE_CHECKING:
    from .envelope import Envelope, read_envelope
    from .stores import TokenStore
    from .stores.redis import RedisStore
    from .stores.sqlite import SQLiteStore
    from .tokens import Token

__all__ = [
    "Envelope",
    "InsecureTransport",
    "InvalidApiId",
    "KiwoomAuth",
    "KiwoomAuthError",
    "MissingApiId",
    "RedisStore",
    "SQLiteStore",
    "Token",
    "TokenIssueError",
    "TokenRefused",
    "TokenRevokeError",
    "TokenStore",
    "TokenUnavailable",
    "WrongEnvironment",
    "read_envelope",
]
__version__ = "0.1.0"

# Silent unless the program asks for logs: without a handler, logging would print warnings to stderr.
logging.getLogger(__name__).addHandler(logging.NullHandler())


#: What loads when it is first asked for: importing this package is to cost next to nothing.
_LATE = {
    "Envelope": "envelope",
    "RedisStore": "stores.redis",
    "SQLiteStore": "stores.sqlite",
    "Token": "tokens",
    "TokenStore": "stores",
    "read_envelope": "envelope",
}


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LATE[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__doc__", "__version__"]
