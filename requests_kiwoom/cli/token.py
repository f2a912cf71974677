"""``token``, ``renew``, ``revoke``: the life of a token by hand."""

import argparse
import sys
from datetime import datetime, timezone

from requests_kiwoom import KiwoomAuth, Token

from .console import Problem, duration, tell
from .options import add_to as add_options_to
from .store import shared_auth_from

_NO_TIME_LEFT = "nothing, by this machine's clock: `doctor` compares it with the server's"


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Make `token`, `renew` and `revoke` commands."""
    text = "Issue the token (접근토큰 발급, au10001), or show the one that lives: when it expires, and its fingerprint."
    parser = commands.add_parser("token", help=text, description=text)
    parser.add_argument(
        "--reveal", action="store_true", help="print the bare token and nothing else, to pipe it into another program"
    )
    add_options_to(parser)
    parser.set_defaults(run=show)

    text = "Go on with a token that has its full 24 hours: revoke the one that has less, and issue another."
    parser = commands.add_parser("renew", help=text, description=f"{text} Requests of other programs survive it.")
    add_options_to(parser)
    parser.set_defaults(run=renew)

    text = "Kill the token (접근토큰 폐기, au10002), for every program that uses the key."
    parser = commands.add_parser("revoke", help=text, description=text)
    parser.add_argument("--yes", action="store_true", help="do not ask first")
    add_options_to(parser)
    parser.set_defaults(run=revoke)


def show(options: argparse.Namespace) -> int:
    """Print the token's expiry and fingerprint; the token itself only if it is asked for."""
    auth = shared_auth_from(options)
    token = _token_of(auth)
    print(token.value if options.reveal else _description(auth, token))
    return 0


def renew(options: argparse.Namespace) -> int:
    """Renew the token, and print it like :func:`show`."""
    auth = shared_auth_from(options)
    auth.renew()
    print(_description(auth, _token_of(auth)))
    return 0


def revoke(options: argparse.Namespace) -> int:
    """Revoke the token, once the user has said so."""
    auth = shared_auth_from(options)
    if not options.yes:
        _confirm(f"Revoke (폐기) the token of this key at {auth.base_url}, for every program that uses it?")
    # au10002 wants the token itself; au10001 hands out the one that lives.
    token = _token_of(auth)
    auth.revoke()
    print(f"Token {token.fingerprint} was revoked. The next one that is issued lives for 24 hours.")
    return 0


def _token_of(auth: KiwoomAuth) -> Token:
    value, expires_at = auth.token(), auth.expires_at
    assert expires_at is not None, "a token was just issued"
    return Token(value, expires_at)


def _description(auth: KiwoomAuth, token: Token) -> str:
    left = (token.expires_at - datetime.now(timezone.utc)).total_seconds()
    return "\n".join(
        (
            f"token    {token.fingerprint} (its fingerprint; --reveal prints the token)",
            f"server   {auth.base_url}",
            f"expires  {token.expires_at:%Y-%m-%d %H:%M:%S} KST",
            f"left     {duration(left) if left > 0 else _NO_TIME_LEFT}",
        )
    )


def _confirm(question: str) -> None:
    if sys.stdin is None or not sys.stdin.isatty():
        raise Problem("nobody is there to be asked: say --yes to revoke the token for every program that uses the key")
    # On stderr, since stdout may lead into a file.
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        tell("Nothing was revoked.")
        raise SystemExit(1)
