"""An auth plugin for `requests` that keeps a live token on every request to Kiwoom Securities' REST API."""

import logging
from typing import TYPE_CHECKING, Any

from .auth import KiwoomAuth
from .envelope import Envelope, read_envelope
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
from .tokens import Token

if TYPE_CHECKING:
    from .redis_store import RedisStore
    from .sqlite_store import SQLiteStore
    from .stores import TokenStore

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


def __getattr__(name: str) -> Any:
    # Programs without a store do not wait for its module.
    if name == "RedisStore":
        from . import redis_store

        return redis_store.RedisStore
    if name == "SQLiteStore":
        from . import sqlite_store

        return sqlite_store.SQLiteStore
    if name == "TokenStore":
        from . import stores

        return stores.TokenStore
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
