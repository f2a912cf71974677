"""An auth plugin for `requests` that keeps a live token on every request to Kiwoom Securities' REST API.

Statements about Kiwoom name their source: [spec], the specification; [vendor], its own client or documents; [captured],
a published response; [assumed], what clients act on without proof; [disputed], reports contradict each other.
"""

import logging

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
