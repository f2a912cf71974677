"""The catalogue: Kiwoom's 337 api-ids, and the path of each."""

import pkgutil
from functools import lru_cache


@lru_cache(maxsize=1)
def api_paths() -> dict[str, str]:
    """The path of each api-id."""
    content = pkgutil.get_data(__package__, "api_ids.tsv") or b""
    rows = (line.split("\t") for line in content.decode("ascii").splitlines()[1:])
    return {api_id: path for api_id, path in rows}


def check_api_id(api_id: str) -> str:
    """`api_id` itself, if Kiwoom has it and it is no call for tokens.

    :raises ValueError: otherwise.
    """
    if api_id not in api_paths():
        raise ValueError(f"{api_id!r} is none of Kiwoom's api-ids: see requests_kiwoom/testing/api_ids.tsv")
    if api_id in ("au10001", "au10002"):
        raise ValueError(f"{api_id} is answered by the server itself: fail() changes what it says")
    return api_id
