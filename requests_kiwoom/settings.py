"""Settings: what an auth is made with, checked; from arguments, or from the environment."""

import codecs
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from requests import Session

    from .stores import TokenStore

_KEY = r"[!-~]+"
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"", "0", "false", "no", "off"})


def read_key(name: str, key: "str | os.PathLike[str]") -> str:
    """The key itself, read from its file if `key` is a path.

    :param name: what an error calls it. Neither the key is shown nor the file's name, which holds an account number.
    :raises ValueError: if the file cannot be read, or what it holds is no key.
    """
    if isinstance(key, str):
        if key.lower().endswith(".txt"):
            raise ValueError(
                f"{name} looks like the name of a key file: to have it read, pass pathlib.Path(...), or name it in"
                f" KIWOOM_{name.upper()}_FILE"
            )
    elif isinstance(key, os.PathLike):
        key = _read_file(name, key)
    else:
        raise TypeError(f"{name} must be a str, or the path of a key file, not {type(key).__name__}")
    if not key:
        raise ValueError(f"{name} is empty: copy it from the Kiwoom REST API portal")
    if key[0] in "\"'":
        # Left there by a .env file or by `set NAME="..."` of cmd.exe.
        raise ValueError(f"{name} has quotation marks around it: take them off, they are no part of the key")
    if not re.fullmatch(_KEY, key):
        raise ValueError(f"{name} holds white space, or characters that no key has: copy it from the portal again")
    return key


def _read_file(name: str, path: "os.PathLike[str]") -> str:
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
    else:
        try:
            utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
            return content.decode("utf-16" if utf16 else "utf-8-sig").strip()
        except UnicodeDecodeError:
            reason = "it is not text"
    # Out here, so that no exception with the path in it hangs on this one.
    raise ValueError(f"the {name} file cannot be read: {reason}")


def check_store(store: Any) -> "TokenStore | None":
    """The store as it came, or ``None``.

    :raises TypeError: if it lacks a method of :class:`TokenStore`, or is a class.
    """
    if store is None:
        return None
    from .stores import TokenStore  # Most programs have no store, and do not wait for its module.

    if isinstance(store, TokenStore) and not isinstance(store, type):
        return store
    raise TypeError("store must have load, update and discard, such as SQLiteStore(path) or RedisStore(client)")


def check_session(session: Any) -> "Session | None":
    """The session as it came, or ``None``.

    :raises TypeError: if it cannot send.
    """
    if session is None or (hasattr(session, "post") and not isinstance(session, type)):
        return session
    raise TypeError("session must be a requests.Session, such as the one that has your proxies")


def check_resend(resend: Any) -> bool:
    """Whether a rejected request is sent again.

    :raises ValueError: if that is neither yes nor no: guessing wrong sends an order twice.
    """
    if resend not in (True, False):
        raise ValueError("resend must be True, or False for requests that must not be sent a second time")
    return bool(resend)


def read_timeout(timeout: Any) -> tuple[float, float]:
    """Seconds to connect and seconds to read, from such a pair or from one number for both.

    :raises ValueError: if it is anything else.
    """
    pair = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    # An hour is longer than anybody waits, and short of what a thread can wait for.
    if len(pair) != 2 or not all(type(seconds) in (int, float) and 0 < seconds <= 3600 for seconds in pair):
        raise ValueError("timeout must be seconds to connect and seconds to read, such as (3.05, 10.0), each above 0")
    return float(pair[0]), float(pair[1])


def key_from_env(environ: Mapping[str, str], variable: str) -> "str | Path":
    """The key in `variable`, or the path in `variable` + ``_FILE``.

    :raises ValueError: if there is neither, or both.
    """
    key, path = environ.get(variable), environ.get(f"{variable}_FILE")
    if key and path:
        raise ValueError(f"both {variable} and {variable}_FILE are set: unset one of them")
    if path:
        return Path(path)
    if key:
        return key
    raise ValueError(f"set {variable}, or {variable}_FILE to the path of the portal's key file")


def mock_from_env(environ: Mapping[str, str]) -> bool:
    """Whether ``KIWOOM_MOCK`` asks for mock trading.

    :raises ValueError: if it says neither yes nor no: guessing wrong trades real money.
    """
    text = environ.get("KIWOOM_MOCK", "").strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError("KIWOOM_MOCK must be 1, true, yes or on for mock trading, or 0, false, no or off for production")
