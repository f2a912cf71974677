"""``check_api_id``: the api-id of a request, from its header or from ``KiwoomAuth.for_api``."""

import re
from functools import lru_cache

from .exceptions import InvalidApiId, MissingApiId

#: The specification gives the header 10 characters.
_API_ID = r"[!-~]{1,10}"


def check_api_id(api_id: str) -> None:
    """Check the form of an api-id.

    :raises InvalidApiId: if it is malformed.
    """
    if not isinstance(api_id, str) or not re.fullmatch(_API_ID, api_id):
        raise InvalidApiId("an api-id is 1 to 10 visible ASCII characters, such as ka10001")


# Cached, since programs use a handful of ids over and over.
@lru_cache(maxsize=512)
def check_api_id_header(value: "str | bytes | None") -> None:
    """Check the value of an ``api-id`` header; ``None`` if there is none.

    :raises MissingApiId: if it is missing or empty.
    :raises InvalidApiId: if it is malformed.
    """
    if not value:
        raise MissingApiId(
            'name the API: headers={"api-id": "ka10001"} on the request, or auth.for_api("ka10001"); one path serves'
            " many APIs, so the URL does not say which one is meant"
        )
    check_api_id(value.decode("latin-1") if isinstance(value, bytes) else value)
