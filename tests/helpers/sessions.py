"""Sessions as users write them, and the redirects that they meet."""

import requests

from requests_kiwoom.testing import Reply


class KeepsAuth(requests.Session):
    """A session as a common recipe has it: it keeps the header across hosts."""

    def should_strip_auth(self, old_url: str, new_url: str) -> bool:
        """Keep the header."""
        return False


def redirect(location: str, status: int = 307) -> Reply:
    """A response that sends the client on to `location`."""
    return Reply({}, status, {"Location": location})
