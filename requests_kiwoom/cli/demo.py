"""``demo``: the same events for lines by hand and for this package, side by side, on a local server. All is checked."""

import argparse
import contextlib
import json
from collections.abc import Iterable

from requests_kiwoom.codes import CODES
from requests_kiwoom.testing import KiwoomServer

from . import texts_demo as texts
from .clients import Client, HandWrittenClient, PackageClient
from .console import CommandError, colour
from .events import EVENTS, REJECTED, Event, Outcome, Stage
from .language import Text
from .layout import pad, wrap
from .options import register_language

_EVENT, _FAILED, _ISSUES, _GAP = 27, 7, 8, "   "


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Make `demo` one of the commands."""
    text = "Show in seconds what this package does, on a local server; needs no keys and no network (체험)."
    parser = commands.add_parser("demo", help=text, description=text)
    register_language(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Play every event for both clients.

    :raises CommandError: an event did not lead to what it should.
    """
    with contextlib.ExitStack() as stack:
        server, elsewhere = (stack.enter_context(KiwoomServer(strict=False)) for _ in range(2))
        by_hand = stack.enter_context(contextlib.closing(HandWrittenClient(server)))
        package = stack.enter_context(contextlib.closing(PackageClient(server)))
        stage = Stage(server, elsewhere, by_hand, package)
        print(f"{wrap(str(texts.INTRODUCTION))}\n")
        _print_head()
        rows = [_play(event, stage) for event in EVENTS]
        _print_total(rows)
        _print_rejection(stage)
        print(wrap(str(texts.KEYS_SENT.format(error=type(package.error).__name__))))
    print(f"\n{wrap(str(texts.NEXT))}")
    return 0


def _play(event: Event, stage: Stage) -> "tuple[Outcome, Outcome]":
    """Play one event for each client, and print the result."""
    print(pad(str(event.text), _EVENT), end="", flush=True)
    by_hand = _play_for(stage.by_hand, event, stage)
    _check(event, texts.BY_HAND, by_hand, event.failed_by_hand, event.issues_by_hand)
    print(_cells(by_hand), end="", flush=True)
    package = _play_for(stage.package, event, stage)
    _check(event, texts.PACKAGE, package, event.failed, range(event.issues, event.issues + 1))
    if not event.holds(stage):
        raise _does_not_hold(event, texts.OTHERWISE)
    print(f"{_GAP}{_cells(package)}  {'->'.join(package.tokens)}", flush=True)
    return by_hand, package


def _play_for(client: Client, event: Event, stage: Stage) -> Outcome:
    try:
        return event.play_for(client, stage)
    except Exception as error:
        raise _does_not_hold(event, f"{type(error).__name__}: {error}") from error


def _check(event: Event, client: Text, outcome: Outcome, failed: int, issues: range) -> None:
    if outcome.failed != failed or outcome.issues not in issues:
        expected = texts.COUNTS.format(failed=failed, issues="-".join(map(str, sorted({issues[0], issues[-1]}))))
        seen = texts.COUNTS.format(failed=outcome.failed, issues=outcome.issues)
        raise _does_not_hold(event, texts.EXPECTED.format(client=client, seen=seen, expected=expected))


def _does_not_hold(event: Event, reason: "Text | str") -> CommandError:
    print(flush=True)  # The row stays unfinished.
    return CommandError(texts.DOES_NOT_HOLD.format(event=event.text, reason=reason))


def _print_head() -> None:
    width = _FAILED + _ISSUES
    clients = (pad(str(client), width, right=True) for client in (texts.BY_HAND, texts.PACKAGE))
    print(" " * _EVENT + _GAP.join(clients))
    columns = pad(str(texts.FAILED), _FAILED, right=True) + pad("au10001", _ISSUES, right=True)
    print(f"{pad(str(texts.EVENT), _EVENT)}{columns}{_GAP}{columns}  {texts.TOKEN}")


def _cells(outcome: Outcome) -> str:
    failed = f"{outcome.failed}/{outcome.sent}"
    shown = colour(pad(failed, _FAILED, right=True), "FAIL" if outcome.failed else "ok")
    return f"{shown}{outcome.issues:{_ISSUES}}"


def _print_total(rows: "Iterable[tuple[Outcome, Outcome]]") -> None:
    by_hand, package = (sum(outcomes, Outcome()) for outcomes in zip(*rows, strict=True))
    print(f"{pad(str(texts.TOTAL), _EVENT)}{_cells(by_hand)}{_GAP}{_cells(package)}\n")


def _print_rejection(stage: Stage) -> None:
    """Show the response that lines by hand take for a success: HTTP 200 with 8005."""
    code = CODES[REJECTED]
    print(wrap(str(texts.RESPONSE)))
    print(json.dumps(stage.by_hand.rejection.json(), ensure_ascii=False, indent=2))
    meaning = Text(code.meaning, code.meaning_ko)
    print(f"{wrap(str(texts.RESPONSE_MEANS.format(code=code.number, meaning=meaning)))}\n")
