"""``Secret``: text that stays out of tracebacks, used for keys, tokens and the bodies that hold them."""

from typing import Any


class Secret(str):
    """A string whose ``repr()`` is masked.

    Error reporters (Sentry, loguru) print the ``repr()`` of every local variable in a traceback. ``str()``, formatting
    and encoding give the value itself: that is what a header or a body needs.

    >>> Secret("my-secretkey")
    <Secret>
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "<Secret>"


class SecretBytes(bytes):
    """The same for bytes, such as the body of a token call."""

    def __repr__(self) -> str:
        return "<SecretBytes>"


def mask(value: Any) -> Any:
    """Return `value` as a :class:`Secret` if it is text, and unchanged otherwise.

    A function that gets a key or a token calls this first, before any line that can raise.
    """
    return Secret(value) if isinstance(value, str) else value
