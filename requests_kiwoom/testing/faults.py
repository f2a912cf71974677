"""Faults: what goes wrong between Kiwoom and a program. Give them to :meth:`KiwoomServer.fail`, or to ``outage=``.

A :class:`Fault` happens to the true answer: the request was processed, only its answer suffers. A :class:`Reply` comes
instead of it: the request was not processed. The pages' words are ours; that there are such answers is [captured].
"""

import random

from .replies import Ending, Fault, Plan, Reply

RESET_BEFORE = Fault(ending=Ending.RESET_BEFORE)
RESET_WITHIN = Fault(ending=Ending.RESET_WITHIN)
RESET_AFTER = Fault(ending=Ending.RESET_AFTER)
TRUNCATED = Fault(ending=Ending.TRUNCATED)


def latency(seconds: float) -> Fault:
    """The answer takes so many seconds longer."""
    return Fault(delay=seconds)


def _page(status: int, title: str, text: str, **headers: str) -> Reply:
    html = f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><p>{text}</p></body></html>\n"
    return Reply(html.encode(), status, {"Content-Type": "text/html;charset=UTF-8", **headers})


#: Kiwoom is down for maintenance, and says so in HTML with HTTP 200.
MAINTENANCE = _page(200, "시스템 점검 안내", "보다 나은 서비스를 위해 시스템을 점검하고 있습니다.")
#: A firewall on the way did not let the request through.
FIREWALL = _page(400, "Request Rejected", "The requested URL was rejected. Please consult with your administrator.")
#: A gateway counts requests, and answers in HTML.
TOO_MANY_REQUESTS = _page(429, "429 Too Many Requests", "nginx")
_GATEWAY = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable"}


def server_error(status: int = 503) -> Reply:
    """HTTP 500, 502 or 503, as a gateway gives it, in HTML."""
    if status not in _GATEWAY:
        raise ValueError(f"status must be 500, 502 or 503, not {status}")
    return _page(status, f"{status} {_GATEWAY[status]}", "nginx")


def redirect(location: str, status: int = 307) -> Reply:
    """Sends the client on to `location`."""
    if not 300 <= status < 400:
        raise ValueError(f"the status of a redirect is 3xx, not {status}")
    return Reply(b"", status, {"Location": location})


def any_fault(path: str) -> Plan:
    """One of all these at random; a redirect leads back to `path`, latency is a few milliseconds."""
    wire: list[Plan] = [RESET_BEFORE, RESET_WITHIN, RESET_AFTER, TRUNCATED, latency(random.uniform(0.001, 0.01))]
    pages: list[Plan] = [MAINTENANCE, FIREWALL, TOO_MANY_REQUESTS, redirect(path), *map(server_error, _GATEWAY)]
    return random.choice(wire + pages)
