"""The store of the command line: a file, or a Redis server."""

import argparse
import os

from requests_kiwoom import KiwoomAuth, RedisStore, SQLiteStore, TokenStore
from requests_kiwoom.stores import StoreError

from . import texts
from .console import CommandError
from .options import auth_from

_REDIS = ("redis://", "rediss://", "unix://")


def shared_auth_from(options: argparse.Namespace) -> KiwoomAuth:
    """Make the auth that the environment and `options` describe, with its store if they name one.

    :raises CommandError: if the store cannot be read: the token is meant to be shared, not to be issued without it.
    """
    store = store_from(options)
    try:
        if store is not None:
            store.load("")
    except Exception as error:
        reason = describe_failure(error).rstrip(".")
        raise CommandError(texts.STORE_UNREADABLE.format(reason=reason)) from None
    return auth_from(options, store=store)


def store_from(options: argparse.Namespace) -> "TokenStore | None":
    """Make the store that ``--store`` or ``KIWOOM_STORE`` names, if any.

    :raises CommandError: if it cannot be one.
    """
    place = os.environ.get("KIWOOM_STORE", "") if options.store is None else options.store
    if place != place.strip(" \t\r\n\"'"):
        raise CommandError(texts.STORE_IS_QUOTED)
    if place.startswith(_REDIS):
        return _redis_store(place, options)
    try:
        return SQLiteStore(place) if place or options.store is not None else None
    except (OSError, ValueError) as error:
        raise CommandError(texts.WRONG_SETTING.format(reason=error)) from None


def describe_failure(error: Exception) -> str:
    """Return the reason of a store that failed; the text of anything but a StoreError may quote a token."""
    return str(error) if isinstance(error, StoreError) else type(error).__name__


def _redis_store(address: str, options: argparse.Namespace) -> TokenStore:
    if options.store:
        raise CommandError(texts.REDIS_IN_ARGUMENT)
    try:
        import redis
    except ModuleNotFoundError:
        raise CommandError(texts.REDIS_NOT_INSTALLED) from None
    try:
        return RedisStore(redis.Redis.from_url(address))
    except ValueError:
        # The reason is not repeated: it quotes a piece of the password, if that has a slash in it.
        raise CommandError(texts.REDIS_ADDRESS_WRONG) from None
