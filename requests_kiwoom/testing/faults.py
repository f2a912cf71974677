"""Faults between Kiwoom and a program, for :meth:`KiwoomServer.fail` and ``outage=``.

A :class:`Fault` spoils the true response: Kiwoom processed the request, and only its response suffers. A
:class:`Reply` replaces the response: Kiwoom did not process the request. That such pages exist is [captured]; their
texts are ours.
"""

import random

from .http.wire import Ending
from .replies import Fault, Plan, Reply

#: The connection is reset before the first byte of the response.
RESET_BEFORE = Fault(ending=Ending.RESET_BEFORE)
#: The connection is reset in the middle of the body.
RESET_WITHIN = Fault(ending=Ending.RESET_WITHIN)
#: The response arrives; the connection is reset when the next request uses it.
RESET_AFTER = Fault(ending=Ending.RESET_AFTER)
#: The connection is closed in the middle of the body.
TRUNCATED = Fault(ending=Ending.TRUNCATED)


def latency(seconds: float) -> Fault:
    """Return a fault: the response takes `seconds` longer."""
    return Fault(delay=seconds)


def _page(status: int, title: str, text: str) -> Reply:
    html = f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><p>{text}</p></body></html>\n".encode()
    return Reply(html, status, {"Content-Type": "text/html;charset=UTF-8", "Content-Length": str(len(html))})


#: Kiwoom is down for maintenance: HTML with HTTP 200.
MAINTENANCE = _page(200, "시스템 점검 안내", "보다 나은 서비스를 위해 시스템을 점검하고 있습니다.")
#: A firewall on the way refuses the request: HTML with HTTP 400.
FIREWALL = _page(400, "Request Rejected", "The requested URL was rejected. Please consult with your administrator.")
#: A gateway on the way limits the rate: HTML with HTTP 429.
TOO_MANY_REQUESTS = _page(429, "429 Too Many Requests", "nginx")
_GATEWAY = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable"}


def server_error(status: int = 503) -> Reply:
    """Return a gateway's error page, HTML with HTTP 500, 502 or 503.

    :raises ValueError: if `status` is another one.
    """
    if status not in _GATEWAY:
        raise ValueError(f"status must be 500, 502 or 503, not {status}")
    return _page(status, f"{status} {_GATEWAY[status]}", "nginx")


def redirect(location: str, status: int = 307) -> Reply:
    """Return a redirect to `location`.

    :raises ValueError: if `status` is not 3xx.
    """
    if not 300 <= status < 400:
        raise ValueError(f"the status of a redirect is 3xx, not {status}")
    return Reply(b"", status, {"Location": location, "Content-Length": "0"})


def any_fault(path: str) -> Plan:
    """Return one of all these at random; a redirect leads back to `path`, latency is a few milliseconds."""
    wire: list[Plan] = [RESET_BEFORE, RESET_WITHIN, RESET_AFTER, TRUNCATED, latency(random.uniform(0.001, 0.01))]
    pages: list[Plan] = [MAINTENANCE, FIREWALL, TOO_MANY_REQUESTS, redirect(path), *map(server_error, _GATEWAY)]
    return random.choice(wire + pages)
