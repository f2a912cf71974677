"""What a debugger, a log or an error reporter could print of an object."""

import traceback

import requests


def everything_in(thing, seen=None, depth=0):
    """Yield the repr of an object, of its attributes, of theirs, and so on; of an exception also causes and text."""
    seen = set() if seen is None else seen
    if id(thing) in seen or depth > 6:
        return
    seen.add(id(thing))
    yield repr(thing)
    if isinstance(thing, (str, bytes, int, float, type)):
        return
    if isinstance(thing, BaseException):
        yield "".join(traceback.format_exception(thing))
        yield str(thing)
        for part in (thing.__cause__, thing.__context__, *thing.args):
            yield from everything_in(part, seen, depth + 1)
        for frame, _ in traceback.walk_tb(thing.__traceback__):
            if "requests_kiwoom" in frame.f_code.co_filename and "tests" not in frame.f_code.co_filename:
                # A debugger or an error tracker would print these; only `rejected` may hold a token.
                for name, value in frame.f_locals.items():
                    if name != "rejected":
                        yield f"{name}={value!r}"
    if isinstance(thing, requests.Response):
        yield thing.text
    if isinstance(thing, dict):
        parts = [*thing.keys(), *thing.values()]
    elif isinstance(thing, (list, tuple, set)):
        parts = list(thing)
    else:
        parts = list(getattr(thing, "__dict__", {}).values())
    for part in parts:
        yield from everything_in(part, seen, depth + 1)
