"""``ByHand``: what this package replaces, twelve lines as many programs have them. ``demo`` runs them."""

from datetime import datetime
from typing import Any

from requests import Response, Session


class ByHand(Session):
    """A client that looks for HTTP 401, compares Korean time with local time, and has no lock."""

    host: str
    keys: "dict[str, str]"
    token: str

    expires = datetime.min

    def call(self, path: str, api_id: str, body: "dict[str, Any]") -> Response:
        if datetime.now() > self.expires:
            issued = self.post(self.host + "/oauth2/token", json=self.keys).json()
            self.token = issued["token"]
            self.expires = datetime.strptime(issued["expires_dt"], "%Y%m%d%H%M%S")
        headers = {"authorization": f"Bearer {self.token}", "api-id": api_id}
        response = self.post(self.host + path, json=body, headers=headers)
        if response.status_code == 401:
            self.expires = datetime.min
            return self.call(path, api_id, body)
        return response
