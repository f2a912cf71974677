"""The options that several commands share, and the auth that they describe."""

import argparse
import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from typing import Any

from requests_kiwoom import KiwoomAuth
from requests_kiwoom.settings import FOREIGN_NAMES

from . import texts
from .console import CommandError, print_error
from .language import LANGUAGES, Text


def register_language(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the option ``--lang``."""
    # Suppressed: it may stand before the command or after it, and without it neither wins over the other.
    parser.add_argument(
        "--lang",
        choices=LANGUAGES,
        default=argparse.SUPPRESS,
        help="the language of the output; without it, that of the system (언어: ko는 한국어)",
    )


def register(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the options that say which token, and where."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--mock", action="store_true", help="mock trading (모의투자) instead of production (실전); it has its own keys"
    )
    where.add_argument(
        "--base-url", metavar="URL", help="another server instead of Kiwoom's: what `serve` prints, or a gateway"
    )
    parser.add_argument(
        "--store", metavar="PATH", help="share the token with other programs through this file; see KIWOOM_STORE"
    )
    parser.add_argument("--verbose", action="store_true", help="log on stderr when a token is issued or rejected")
    register_language(parser)


def auth_from(options: argparse.Namespace, **more: Any) -> KiwoomAuth:
    """Make the auth that the environment and `options` describe.

    :raises CommandError: if the keys are missing, or a setting cannot be understood.
    """
    if options.mock:
        more["mock"] = True
    elif options.base_url is not None:
        more["base_url"] = options.base_url
    try:
        return KiwoomAuth.from_env(**more)
    except ValueError as error:
        reason = texts.WRONG_SETTING.format(reason=error)
    missing = find_missing_key()
    raise CommandError(texts.SENTENCES.format(first=missing[0], second=missing[1]) if missing else reason)


def find_missing_key() -> "tuple[Text, Text] | None":
    """Return which variable of a key is not set, and what to do about it; ``None`` if both keys are there."""
    for variable, others in FOREIGN_NAMES.items():
        if not os.environ.get(variable) and not os.environ.get(f"{variable}_FILE"):
            other = next((name for name in others if os.environ.get(name)), None)
            advice = texts.RENAME_KEY.format(other=other, variable=variable) if other else texts.SET_KEYS
            return texts.KEY_NOT_SET.format(variable=variable), advice
    return None


@contextlib.contextmanager
def log_to_stderr(verbose: bool) -> Iterator[None]:
    """Show what the package logs, which holds no secret: all of it, or the warnings of a store that fails."""
    logger = logging.getLogger("requests_kiwoom")
    handler: logging.Handler = _StoreWarnings()
    level = logger.level
    if verbose:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


class _StoreWarnings(logging.Handler):
    """Prints the warnings of the stores: the token is meant to be shared. Any other failure ends the command."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith("requests_kiwoom.stores."):
            print_error(texts.WARNING.format(message=record.getMessage()), wrapped=True)
