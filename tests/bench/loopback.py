"""A whole request on loopback: the cost of an auth is a share of it."""

import statistics
import time

import requests

from requests_kiwoom.testing import KiwoomServer

from .floor import Floor


def measure_request(count=300):
    """Return the median time of a request with the floor's two headers to the local Kiwoom server."""
    taken = []
    with KiwoomServer(strict=False) as server, requests.Session() as session:
        session.auth = Floor()
        for _ in range(count):
            start = time.perf_counter()
            session.post(f"{server.url}/api/dostk/stkinfo", json={"stk_cd": "005930"})
            taken.append(time.perf_counter() - start)
    return statistics.median(taken)
