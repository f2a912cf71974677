"""The checks of ``doctor`` on this computer: keys, environment and store."""

import argparse
import os
import stat
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

from requests_kiwoom import KiwoomAuth, SQLiteStore, Token

from . import texts_doctor as texts
from .console import IS_WINDOWS, CommandError
from .language import Text, untranslated
from .options import find_missing_key
from .store import describe_failure, store_from

#: Seconds to wait for the store's lock.
_STORE_WAIT = 10.0
_KEY_VARIABLES = ("KIWOOM_APPKEY", "KIWOOM_APPKEY_FILE", "KIWOOM_SECRETKEY", "KIWOOM_SECRETKEY_FILE")
#: Kiwoom's keys have 43 characters; one with fewer than this has lost some.
_SHORTEST_KEY = 20
_KINDS = {"https://api.kiwoom.com": texts.PRODUCTION, "https://mockapi.kiwoom.com": texts.MOCK}


class Finding(NamedTuple):
    """The result of one check. Nothing in it is a secret."""

    name: Text
    #: ``"ok"``, ``"warn"``, ``"FAIL"``, or ``"-"`` where there was nothing to check.
    status: str
    detail: Text
    #: What to do about a warning or a failure.
    advice: Text = untranslated("")


def check_keys() -> Finding:
    """Whether the environment has two keys that may be a pair."""
    missing = find_missing_key()
    if missing is not None:
        return Finding(texts.KEYS, "FAIL", *missing)
    try:
        # mock= wins over what the environment says on that: only the keys count here.
        KiwoomAuth.from_env(mock=False)
    except ValueError as error:
        return Finding(texts.KEYS, "FAIL", untranslated(str(error)), texts.CORRECT_KEYS)
    names = [name for name in _KEY_VARIABLES if os.environ.get(name)]
    if len({os.environ[name] for name in names}) == 1:
        detail = texts.SAME_KEYS.format(names=_join(names))
        return Finding(texts.KEYS, "FAIL", detail, texts.USE_BOTH_KEYS.format(name=names[1]))
    for name in names:
        if _length(name) < _SHORTEST_KEY:
            return Finding(texts.KEYS, "FAIL", texts.SHORT_KEY.format(name=name), texts.COPY_KEY)
    for name in names:
        if _is_open_to_others(name):
            # By its variable: the file's name holds the account number.
            advice = texts.CLOSE_KEY_FILE.format(name=name)
            return Finding(texts.KEYS, "warn", texts.OPEN_KEY_FILE.format(name=name), advice)
    return Finding(texts.KEYS, "ok", texts.KEYS_FOUND.format(names=_join(names)))


def describe_environment(auth: KiwoomAuth) -> Finding:
    """Which server the requests go to: production, mock trading or another one."""
    kind = _KINDS.get(auth.base_url, texts.OTHER_SERVER)
    return Finding(texts.ENVIRONMENT, "ok", untranslated("{kind}, {url}").format(kind=kind, url=auth.base_url))


def check_store(options: argparse.Namespace) -> Finding:
    """Whether the store can be read and written, and is the user's alone."""
    try:
        store = store_from(options)
        if store is None:
            return Finding(texts.STORE, "-", texts.NO_STORE)
        # Expired, and under a key that no appkey has: no program takes it for a token.
        trial = Token("doctor", datetime.now(timezone.utc))
        store.update("doctor", lambda stored: trial, wait=_STORE_WAIT)
        store.discard("doctor", trial)
    except CommandError as error:
        return Finding(texts.STORE, "FAIL", error.text, texts.CORRECT_STORE)
    except Exception as error:
        return Finding(texts.STORE, "FAIL", untranslated(describe_failure(error)), texts.CHECK_STORE)
    # A file that is open to others raises; who else may read a Redis server cannot be seen from here.
    works = texts.STORE_IS_PRIVATE if isinstance(store, SQLiteStore) else texts.STORE_WORKS
    return Finding(texts.STORE, "ok", works.format(store=type(store).__name__))


def _join(names: "list[str]") -> Text:
    return Text(" and ".join(names), ", ".join(names))


def _length(variable: str) -> int:
    content = os.environ[variable]
    return Path(content).expanduser().stat().st_size if variable.endswith("_FILE") else len(content)


def _is_open_to_others(variable: str) -> bool:
    # Windows has no such modes.
    if IS_WINDOWS or not variable.endswith("_FILE"):
        return False
    return bool(Path(os.environ[variable]).expanduser().stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
