"""The peers: the auth plugins and clients of `requests` that a user would choose instead."""

import json
from datetime import datetime, timedelta, timezone
from functools import partial
from types import SimpleNamespace

import google.auth.credentials
import google.oauth2.credentials
import msal
import requests
from authlib.integrations.requests_client import OAuth2Session
from google.auth.transport.requests import AuthorizedSession
from msal_extensions import FilePersistence, PersistedTokenCache
from requests.auth import HTTPBasicAuth
from requests_auth import OAuth2, OAuth2ClientCredentials
from requests_oauth2client import BearerToken, OAuth2Client, OAuth2ClientCredentialsAuth
from requests_oauthlib import OAuth2 as OAuthlibAuth

from .service import TokenService

_TOKEN = "t" * 86
_DAY = 86400

#: The modules that a user of each peer imports, by the name of its column.
MODULES = {
    "oauthlib": "requests_oauthlib",
    "requests_auth": "requests_auth",
    "oauth2client": "requests_oauth2client",
    "google-auth": "google.auth.transport.requests, google.oauth2.credentials",
    "authlib": "authlib.integrations.requests_client",
    "msal": "msal",
}


def basic():
    """HTTPBasicAuth: one header, and nothing that could expire."""
    return HTTPBasicAuth("user", "password")


def oauthlib():
    """requests-oauthlib, holding a token."""
    return OAuthlibAuth("key", token={"access_token": _TOKEN, "token_type": "Bearer", "expires_in": _DAY})


def requests_auth():
    """requests_auth, after its first token call: it has no other way to hold a token."""
    OAuth2.token_cache.clear()
    with TokenService() as service:
        auth = OAuth2ClientCredentials(f"{service.url}/token", "key", "secret")
        auth(requests.Request("POST", service.url).prepare())
    return auth


def oauth2client():
    """requests-oauth2client, holding a token."""
    client = OAuth2Client("https://as.example/token", client_id="key", client_secret="secret")
    return OAuth2ClientCredentialsAuth(client, token=BearerToken(_TOKEN, expires_in=_DAY))


def google_auth():
    """google-auth, called as its AuthorizedSession calls it."""
    # google-auth compares with a naive moment in UTC.
    expiry = datetime.now(timezone.utc).replace(tzinfo=None) + timedelta(days=1)
    credentials = google.oauth2.credentials.Credentials(_TOKEN, expiry=expiry)

    def attach(request):
        credentials.before_request(None, request.method, request.url, request.headers)
        return request

    return attach


def authlib():
    """Authlib's session, holding a token."""
    session = OAuth2Session("key", "secret", token={"access_token": _TOKEN, "token_type": "Bearer", "expires_in": _DAY})
    return session.token_auth


def msal_client():
    """msal, called for its token before each request, as its manual says."""
    application = msal.ConfidentialClientApplication(
        "key",
        client_credential="secret",
        authority="https://login.example/tenant",
        instance_discovery=False,
        http_client=_Canned(),
    )
    application.acquire_token_for_client(["scope"])

    def attach(request):
        token = application.acquire_token_for_client(["scope"])["access_token"]
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    return attach


class _Canned:
    """An HTTP client for msal that returns a token itself: msal requires https and looks up the issuer."""

    def get(self, url, **kwargs):
        base = "https://login.example/tenant"
        endpoints = {"authorization_endpoint": f"{base}/a", "token_endpoint": f"{base}/t", "issuer": base}
        return SimpleNamespace(status_code=200, headers={}, text=json.dumps(endpoints))

    def post(self, url, **kwargs):
        token = {"access_token": _TOKEN, "token_type": "Bearer", "expires_in": _DAY}
        return SimpleNamespace(status_code=200, headers={}, text=json.dumps(token))

    def close(self):
        pass


class _Forwarding(_Canned):
    """The same, but the token call goes to a service."""

    def __init__(self, url):
        self._url = url

    def post(self, url, **kwargs):
        return requests.post(f"{self._url}/token", json={})


def ask_by_msal_extensions(url, path):
    """Get a token with msal, which keeps it in a file that processes share through msal-extensions."""
    application = msal.ConfidentialClientApplication(
        "key",
        client_credential="secret",
        authority="https://login.example/tenant",
        instance_discovery=False,
        http_client=_Forwarding(url),
        token_cache=PersistedTokenCache(FilePersistence(path)),
    )
    return application.acquire_token_for_client(["scope"])["access_token"]


#: By column, a function that makes a peer with a live token.
WARM = {
    "HTTPBasicAuth": basic,
    "oauthlib": oauthlib,
    "requests_auth": requests_auth,
    "oauth2client": oauth2client,
    "google-auth": google_auth,
    "authlib": authlib,
    "msal": msal_client,
}


def sender_of_requests_auth(service):
    """Return a function that sends a request with requests_auth, first without a token, and returns if it succeeded."""
    OAuth2.token_cache.clear()
    return _sender(service, OAuth2ClientCredentials(f"{service.url}/token", "key", "secret"))


def sender_of_oauth2client(service):
    """The same with requests-oauth2client."""
    client = OAuth2Client(f"{service.url}/token", client_id="key", client_secret="secret", testing=True)
    return _sender(service, OAuth2ClientCredentialsAuth(client))


def sender_of_google_auth(service, background=False):
    """The same with google-auth, whose session re-issues after HTTP 401; with `background`, in a thread of its own."""
    credentials = _GoogleCredentials(service)
    if background:
        credentials.with_non_blocking_refresh()
    session = AuthorizedSession(credentials)
    return lambda: session.post(f"{service.url}/api", json={}).status_code == 200


class _GoogleCredentials(google.auth.credentials.Credentials):
    def __init__(self, service):
        super().__init__()
        self._service = service

    def refresh(self, request):
        response = requests.post(f"{self._service.url}/token", json={})
        if response.status_code != 200:
            raise google.auth.exceptions.RefreshError("no token")
        payload = response.json()
        life = timedelta(seconds=payload["expires_in"])
        self.expiry = datetime.now(timezone.utc).replace(tzinfo=None) + life
        self.token = payload["access_token"]


def _sender(service, auth):
    session = requests.Session()
    session.auth = auth
    return lambda: session.post(f"{service.url}/api", json={}).status_code == 200


#: By column, the peers that issue tokens on their own; and how many seconds before the expiry each requests another.
SENDERS = {
    "requests_auth": (sender_of_requests_auth, 30),
    "oauth2client": (sender_of_oauth2client, 20),
    "google-auth": (sender_of_google_auth, 225),
    "google-auth, background": (partial(sender_of_google_auth, background=True), 225),
}
