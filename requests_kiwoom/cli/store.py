"""The store of the command line: a file, or a Redis server."""

import argparse
import logging
import os

from requests_kiwoom import KiwoomAuth, RedisStore, SQLiteStore, TokenStore
from requests_kiwoom.stores import guarded

from .console import Problem, tell
from .options import auth_from

_REDIS = ("redis://", "rediss://", "unix://")


class _Warnings(logging.Handler):
    """Tells of a store that fails: the token is meant to be shared. What else goes wrong ends the command."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.module == guarded.__name__.rpartition(".")[2]:
            tell(f"warning: {record.getMessage()}")


def shared_auth_from(options: argparse.Namespace) -> KiwoomAuth:
    """The auth that the environment and `options` describe, with its store if they name one.

    :raises Problem: if the store cannot be read: the token is meant to be shared, not to be issued without it.
    """
    store = store_from(options)
    if not options.verbose:  # Which tells it anyway.
        logging.getLogger("requests_kiwoom").addHandler(_Warnings())
    try:
        if store is not None:
            store.load("")
    except Exception as error:  # Whatever a Redis client raises.
        said = str(error).rstrip(".")
        raise Problem(f"the store cannot be read: {type(error).__name__}: {said}. `doctor` says what to do") from None
    return auth_from(options, store=store)


def store_from(options: argparse.Namespace) -> TokenStore | None:
    """The store that ``--store`` or ``KIWOOM_STORE`` names, if any.

    :raises Problem: if it cannot be one.
    """
    place = os.environ.get("KIWOOM_STORE", "") if options.store is None else options.store
    if place.startswith(_REDIS):
        return _redis_store(place, options)
    try:
        return SQLiteStore(place) if place or options.store is not None else None
    except (OSError, ValueError) as error:
        raise Problem(str(error)) from None


def _redis_store(address: str, options: argparse.Namespace) -> TokenStore:
    if options.store:
        raise Problem("the address of a Redis server holds its password: say it in KIWOOM_STORE, not in an argument")
    try:
        import redis
    except ModuleNotFoundError:
        raise Problem('KIWOOM_STORE names a Redis server: pip install redis') from None
    try:
        return RedisStore(redis.Redis.from_url(address))
    except ValueError:
        # What went wrong is not repeated: it quotes a piece of the password, if that has a slash in it.
        raise Problem("KIWOOM_STORE is no address of a Redis server, such as redis://:PASSWORD@HOST:6379/0") from None
