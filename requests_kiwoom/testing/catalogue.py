"""The catalogue: Kiwoom's api-ids, and the path of each."""

import pkgutil
from functools import lru_cache

#: The paths of the WebSocket APIs.
WEBSOCKET_PATHS = ("/api/dostk/websocket", "/api/us/websocket")


@lru_cache(maxsize=1)
def api_paths() -> dict[str, str]:
    """Return the path of each api-id: the 337 of the newest specification, and ka10009 of an older one.

    >>> api_paths()["ka10001"]
    '/api/dostk/stkinfo'
    """
    content = pkgutil.get_data(__package__, "api_ids.tsv") or b""
    rows = (line.split("\t") for line in content.decode("ascii").splitlines()[1:])
    return {api_id: path for api_id, path in rows}


def is_served(api_id: str, path: str) -> bool:
    """Return whether a POST to `path` may ask for `api_id`. The WebSocket APIs are not called by POST."""
    return api_paths().get(api_id) == path and path not in WEBSOCKET_PATHS


def check_known(api_id: str) -> str:
    """Return `api_id`.

    :raises ValueError: if Kiwoom has no such API.
    """
    if api_id not in api_paths():
        raise ValueError(f"Kiwoom has no api-id {api_id!r}: see requests_kiwoom/testing/api_ids.tsv")
    return api_id


def check_api_id(api_id: str) -> str:
    """Return `api_id`, if a test may choose its response.

    :raises ValueError: if Kiwoom has no such API, or it is a token call or a WebSocket API.
    """
    if check_known(api_id) in ("au10001", "au10002"):
        raise ValueError(f"the server itself responds to {api_id}: fail() changes its response")
    if api_paths()[api_id] in WEBSOCKET_PATHS:
        raise ValueError(f"{api_id} is a WebSocket API: push() sends its data, on_message() responds to its messages")
    return api_id
