"""``token``, ``renew``, ``revoke``: show, replace and revoke the token by hand."""

import argparse
import sys
from datetime import timedelta

from requests_kiwoom import KiwoomAuth, Token

from . import texts
from .console import CommandError, format_duration, is_terminal, print_error
from .options import register as register_options
from .store import shared_auth_from

#: A token with at least this much left counts as new.
FULL_LIFE = timedelta(hours=24, minutes=-1)

# The y key of a Korean keyboard types ㅛ, and a terminal may be UTF-8 or code page 949 whatever Python takes it for.
_YES = {word.encode(encoding) for word in ("y", "yes", "ㅛ", "ㅛㄷㄴ", "예", "네") for encoding in ("utf-8", "cp949")}


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Make `token`, `renew` and `revoke` commands."""
    text = "Issue the token (접근토큰 발급, au10001), or show the live one: when it expires, and its fingerprint."
    parser = commands.add_parser("token", help=text, description=text)
    parser.add_argument(
        "--reveal", action="store_true", help="print the bare token and nothing else, to pipe it into another program"
    )
    register_options(parser)
    parser.set_defaults(run=show)

    text = "Make sure the token has its full 24 hours: revoke one that has less, and issue another."
    parser = commands.add_parser(
        "renew", help=text, description=f"{text} Other programs that use this package get the new token by themselves."
    )
    parser.add_argument("--force", action="store_true", help="replace a token that is already new, too")
    register_options(parser)
    parser.set_defaults(run=renew)

    text = "Revoke the token (접근토큰 폐기, au10002), for every program that uses the key."
    parser = commands.add_parser("revoke", help=text, description=text)
    parser.add_argument("--yes", action="store_true", help="do not ask first")
    register_options(parser)
    parser.set_defaults(run=revoke)


def show(options: argparse.Namespace) -> int:
    """Print the token's expiry and fingerprint; the token itself only with ``--reveal``."""
    auth = shared_auth_from(options)
    token = _token_of(auth)
    print(token.value if options.reveal else _describe(auth, token))
    return 0


def renew(options: argparse.Namespace) -> int:
    """Renew the token, say whether it was replaced, and print it like :func:`show`."""
    auth = shared_auth_from(options)
    old = _token_of(auth)
    is_replaced = auth.renew(force=options.force)
    token = _token_of(auth)
    if not is_replaced and (options.force or _time_left(token) < FULL_LIFE):
        raise CommandError(texts.NOT_RENEWED.format(fingerprint=token.fingerprint))
    print(texts.RENEWED.format(old=old.fingerprint) if is_replaced else texts.ALREADY_NEW)
    print(_describe(auth, token))
    return 0


def revoke(options: argparse.Namespace) -> int:
    """Revoke the token, once the user has confirmed it."""
    auth = shared_auth_from(options)
    if not options.yes and not _confirm(f"{texts.CONFIRM_REVOKE.format(server=auth.base_url)} [y/N] "):
        print_error(texts.NOTHING_REVOKED)
        return 1
    # au10002 needs the token itself; au10001 hands out the live one.
    token = _token_of(auth)
    auth.revoke()
    print(texts.REVOKED.format(fingerprint=token.fingerprint))
    return 0


def _token_of(auth: KiwoomAuth) -> Token:
    value, expires_at = auth.token(), auth.expires_at
    assert expires_at is not None, "a token was just issued"
    return Token(value, expires_at)


def _time_left(token: Token) -> timedelta:
    return timedelta(seconds=token.expires_epoch - KiwoomAuth.clock())


def _describe(auth: KiwoomAuth, token: Token) -> str:
    left = _time_left(token).total_seconds()
    description = texts.DESCRIPTION.format(
        fingerprint=token.fingerprint,
        server=auth.base_url,
        expires_at=token.expires_at,
        left=format_duration(left) if left > 0 else texts.NO_TIME_LEFT,
    )
    return str(description)


def _confirm(question: str) -> bool:
    if not is_terminal(sys.stdin):
        raise CommandError(texts.NOT_A_TERMINAL)
    # On stderr, since stdout may lead into a file.
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.buffer.readline().strip().lower() in _YES
