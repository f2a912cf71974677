"""What a second send needs: a rewound body, the cookies of the first response, and redirects without the token."""

from contextlib import suppress
from typing import Any

from requests import PreparedRequest, Response
from requests.cookies import get_cookie_header
from requests.utils import rewind_body

from .origins import Origin, origin_of

#: What an adapter's ``send`` takes. requests-cache dispatches hooks with more.
_ADAPTER_ARGUMENTS = ("stream", "timeout", "verify", "cert", "proxies")


def note_body_position(request: PreparedRequest) -> None:
    """Note where the caller had a file, if requests did not: it does so only for bodies that can be iterated over."""
    tell = getattr(request.body, "tell", None)
    if tell is not None and request._body_position is None:
        try:
            request._body_position = tell()
        except OSError:
            request._body_position = object()  # As requests does: not rewindable.


def rewind(request: PreparedRequest) -> bool:
    """Rewind the body; return whether it can be sent again.

    requests would send an *empty* body for a generator that was read, and Kiwoom would respond with HTTP 200.
    """
    body: Any = request.body
    if body is None or isinstance(body, (str, bytes)):
        return True
    if not hasattr(body, "read"):  # An mmap is both a buffer and a file, and is sent as a file.
        with suppress(TypeError):
            memoryview(body)  # bytearray, array, …
            return True
    try:
        rewind_body(request)
    except Exception:  # UnrewindableBodyError, ValueError from a closed file, any error of a user's class.
        return False
    return True


def adapter_arguments(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return those arguments of a hook that the adapter takes for the second send."""
    return {name: kwargs[name] for name in _ADAPTER_ARGUMENTS if name in kwargs}


def add_cookies(request: PreparedRequest, rejected: Response) -> None:
    """Put the cookies that `rejected` set into the header. (``prepare_cookies`` works only once: psf/requests#2590.)"""
    before = request.headers.pop("Cookie", "")
    added = get_cookie_header(rejected.cookies, request)
    if not added:
        if before:
            request.headers["Cookie"] = before
        return
    names = {pair.partition("=")[0] for pair in added.split("; ")}
    # The caller may have written the header as bytes, or without the space that http.cookiejar writes.
    text = before.decode("latin-1") if isinstance(before, bytes) else before
    kept = [pair for pair in map(str.strip, text.split(";")) if pair and pair.partition("=")[0] not in names]
    request.headers["Cookie"] = "; ".join([*kept, added])


def guard_redirect(request: PreparedRequest, origin: Origin) -> None:
    """Let the next hop, which requests builds from ``request.copy()``, drop the token if it leaves `origin`.

    requests strips the token itself, but not for http to https on their default ports, and not in a session that
    overrides ``should_strip_auth``. The request itself keeps it: the caller may send it again, and so may another
    thread meanwhile.
    """
    request.__dict__.setdefault("copy", _GuardedCopy(request, origin))


class _GuardedCopy:
    """Stands in for ``copy`` on one request. Its copies drop the token once their URL is of another origin."""

    def __init__(self, request: PreparedRequest, origin: Origin) -> None:
        self._request = request
        self._origin = origin

    def __call__(self) -> PreparedRequest:
        copy = _GuardedRequest.__new__(_GuardedRequest)
        copy.__dict__.update(type(self._request).copy(self._request).__dict__, _origin=self._origin)
        return copy

    def __reduce__(self) -> tuple[type["_GuardedCopy"], tuple[PreparedRequest, Origin]]:
        return type(self), (self._request, self._origin)


class _GuardedRequest(PreparedRequest):
    _origin: Origin

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name == "url" and origin_of(value or "") != self._origin:
            self.headers.pop("Authorization", None)
