"""Settings of an auth, from arguments or from the environment, checked before anything is sent."""

import codecs
import os
import re
from pathlib import Path
from typing import Any, Union

from requests import Session

from .secret import Secret, SecretBytes, mask
from .stores import TokenStore

#: A connect and a read timeout in seconds, or one number for both.
Timeout = Union[float, tuple[float, float]]

_KEY = r"[!-~]+"
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"", "0", "false", "no", "off"})

#: What other clients call the two variables.
FOREIGN_NAMES = {
    "KIWOOM_APPKEY": ("KIWOOM_APP_KEY", "KIWOOM_API_KEY"),
    "KIWOOM_SECRETKEY": ("KIWOOM_SECRET_KEY", "KIWOOM_APPSECRET", "KIWOOM_APP_SECRET", "KIWOOM_API_SECRET"),
}


def read_key(name: str, key: "str | os.PathLike[str]") -> Secret:
    """Return the key, read from its file if `key` is a path.

    :param name: the key's name in errors. They show neither the key nor the file's name, which holds an account number.
    :raises ValueError: if the file cannot be read, or does not hold a key.
    :raises TypeError: if `key` is neither text nor a path.
    """
    key = mask(key)
    if isinstance(key, str):
        if key.lower().endswith(".txt"):
            raise ValueError(
                f"{name} looks like the name of a key file: pass pathlib.Path(...) to have the file read, or set"
                f" KIWOOM_{name.upper()}_FILE"
            )
    elif isinstance(key, os.PathLike):
        key = _read_file(name, Path(key))
    else:
        raise TypeError(f"{name} must be a str, or the path of a key file, not {type(key).__name__}")
    if not key:
        raise ValueError(f"{name} is empty: copy it from the Kiwoom REST API portal")
    if key[0] in "\"'":
        # A .env file, or `set NAME="..."` in cmd.exe, leaves them there.
        raise ValueError(f"{name} has quotation marks around it: remove them, they are not part of the key")
    if not re.fullmatch(_KEY, key):
        raise ValueError(f"{name} holds white space, or characters that no key has: copy it from the portal again")
    return Secret(key)


def _read_file(name: str, path: Path) -> Secret:
    text = str(path)
    if text[:1] in ("'", '"'):
        # Explorer's "Copy as path", or `set NAME="..."` in cmd.exe.
        raise ValueError(f"the path of the {name} file has quotation marks around it: remove them")
    try:
        content = SecretBytes(path.expanduser().read_bytes())
        # Windows editors write a BOM.
        is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return Secret(content.decode("utf-16" if is_utf16 else "utf-8-sig").strip())
    except UnicodeDecodeError:
        reason = "it is not text"
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: no home directory for "~".
        reason = getattr(error, "strerror", None) or type(error).__name__
    if text != text.strip():
        reason += "; its path ends with white space (a CR, perhaps): remove that"
    # Outside of `except`, so that __context__ does not show the path.
    raise ValueError(f"the {name} file cannot be read: {reason}")


def check_store(store: Any) -> "TokenStore | None":
    """Return `store` if it is one, or ``None``.

    :raises TypeError: if it lacks a method of :class:`TokenStore`, or is a class.
    """
    if store is None or (isinstance(store, TokenStore) and not isinstance(store, type)):
        return store
    raise TypeError("store must have load, update and discard, such as SQLiteStore(path) or RedisStore(client)")


def check_session(session: Any) -> "Session | None":
    """Return `session` if it is one, or ``None``.

    :raises TypeError: if it is not a :class:`requests.Session`.
    """
    if session is None or isinstance(session, Session):
        return session
    raise TypeError("session must be a requests.Session, such as the one that has your proxies")


def check_resend(resend: Any) -> bool:
    """Return whether a rejected request is sent again.

    :raises ValueError: if `resend` is neither true nor false: a guess could send an order twice.
    """
    if resend not in (True, False):
        raise ValueError("resend must be True, or False for requests that must not be sent a second time")
    return bool(resend)


def read_timeout(timeout: Any) -> tuple[float, float]:
    """Return the connect and the read timeout, in seconds, from such a pair or from one number for both.

    :raises ValueError: if `timeout` is anything else.
    """
    pair = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    # One hour is more than a program waits, and less than a thread can wait.
    if len(pair) != 2 or not all(type(seconds) in (int, float) and 0 < seconds <= 3600 for seconds in pair):
        raise ValueError("timeout must be seconds to connect and seconds to read, such as (3.05, 10.0), each above 0")
    return float(pair[0]), float(pair[1])


# os.environ is no argument: an error reporter would print the keys in it.
def options_from_env(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of an auth, with what `options` leaves out taken from the environment.

    :raises ValueError: if a key is missing, or the value of a variable is unknown.
    """
    keys = {"appkey": "KIWOOM_APPKEY", "secretkey": "KIWOOM_SECRETKEY"}
    from_env: dict[str, Any] = {name: key_from_env(variable) for name, variable in keys.items() if name not in options}
    # base_url=None must not disable KIWOOM_MOCK: the program would trade real money.
    if "mock" not in options and options.get("base_url") is None:
        from_env |= {"mock": mock_from_env(), "base_url": os.environ.get("KIWOOM_BASE_URL") or None}
        if from_env["mock"] and from_env["base_url"]:
            raise ValueError("both KIWOOM_MOCK and KIWOOM_BASE_URL are set: unset one of them")
    return {**options, **from_env}


def key_from_env(variable: str) -> "Secret | Path":
    """Return the key in `variable`, or the path in `variable` + ``_FILE``.

    :raises ValueError: if neither is set, or both are.
    """
    if os.environ.get(variable) and os.environ.get(f"{variable}_FILE"):
        raise ValueError(f"both {variable} and {variable}_FILE are set: unset one of them")
    if os.environ.get(f"{variable}_FILE"):
        return Path(os.environ[f"{variable}_FILE"])
    if os.environ.get(variable):
        return Secret(os.environ[variable])
    foreign = next((name for name in FOREIGN_NAMES[variable] if os.environ.get(name)), None)
    hint = f" ({foreign} is set, a name of another client: rename it to {variable})" if foreign else ""
    raise ValueError(f"set {variable}, or {variable}_FILE to the path of the portal's key file{hint}")


def mock_from_env() -> bool:
    """Return whether ``KIWOOM_MOCK`` asks for mock trading.

    :raises ValueError: if its value is unknown: a guess could trade real money.
    """
    text = os.environ.get("KIWOOM_MOCK", "").strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError("KIWOOM_MOCK must be 1, true, yes or on for mock trading, or 0, false, no or off for production")
