"""``main``: reads the arguments, runs one command, gives its exit status."""

import argparse
import io
import sys
from collections.abc import Sequence

from . import demo


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` name (``None``: those of this process); return the exit status."""
    _print_whatever_the_encoding()
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.run is None:
        parser.print_help()
        return 0
    status: int = options.run(options)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m requests_kiwoom",
        description="Issues and keeps the access token (접근토큰) of Kiwoom Securities' REST API.",
        allow_abbrev=False,
    )
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    demo.add_to(commands)
    return parser


def _print_whatever_the_encoding() -> None:
    """Let a console that has no Korean, or a pipe in ASCII, show escapes instead of ending in an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
