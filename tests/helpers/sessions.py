"""A session as users write it, and a redirect."""

import requests

from requests_kiwoom.testing import Reply


class KeepsAuth(requests.Session):
    """A session as a common recipe has it: it keeps the header across hosts."""

    def should_strip_auth(self, old_url: str, new_url: str) -> bool:
        """Keep the header."""
        return False


def redirect(location: str, status: int = 307) -> Reply:
    """Return a response that redirects the client to `location`."""
    return Reply({}, status, {"Location": location})
