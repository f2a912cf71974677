"""The options that several commands share, and the auth that they describe."""

import argparse
import logging
from typing import Any

from requests_kiwoom import KiwoomAuth

from .console import Problem


def add_to(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the options that say whose token, and where."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--mock", action="store_true", help="mock trading (모의투자) instead of production (실전); it has keys of its own"
    )
    where.add_argument(
        "--base-url", metavar="URL", help="another server instead of Kiwoom's: what `serve` prints, or a gateway"
    )
    parser.add_argument(
        "--store", metavar="PATH", help="share the token with other programs through this file; see KIWOOM_STORE"
    )
    parser.add_argument("--verbose", action="store_true", help="say on stderr when a token is issued or rejected")


def auth_from(options: argparse.Namespace, **more: Any) -> KiwoomAuth:
    """The auth that the environment and `options` describe.

    :raises Problem: if the keys are missing, or something cannot be understood.
    """
    if options.mock:
        more["mock"] = True
    elif options.base_url is not None:
        more["base_url"] = options.base_url
    try:
        return KiwoomAuth.from_env(**more)
    except ValueError as error:
        raise Problem(str(error)) from None


def log_to_stderr() -> None:
    """Show what the package logs, which holds no secret."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("requests_kiwoom")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
