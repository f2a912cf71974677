"""``KiwoomAuth``: which requests get the two headers, and views of an auth for one API."""

import os
import time
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, Session
from requests.auth import AuthBase

from .api_id import check_api_id, check_api_id_header
from .exceptions import InvalidApiId
from .hook import RejectionHook
from .oauth import REVOKE_PATH, TOKEN_PATH, OAuthClient
from .origins import MOCK, PRODUCTION, has_origin, parse_base_url
from .pauses import TOKEN_CALL
from .resend import note_body_position
from .secret import mask
from .settings import Timeout, check_resend, check_session, check_store, options_from_env, read_key, read_timeout
from .source import TokenSource
from .stores import TokenStore
from .tokens import Clock

_BODIES_WITHOUT_POSITION = (bytes, type(None), str)


class KiwoomAuth(AuthBase):
    """Adds a live token and the api-id to every request to Kiwoom's REST API.

    Give it to ``auth=``, or set it on a :class:`requests.Session`, which any number of threads may share. The token is
    issued on first use (au10001), again when its expiry has passed, and again when Kiwoom rejects it: with code 8005 in
    HTTP 200 [captured], or with HTTP 401 [vendor]. After a rejection the request is sent again, once. Requests to other
    hosts are left untouched.

    >>> auth = KiwoomAuth("my-appkey", "my-secretkey")
    >>> with requests.Session() as session:
    ...     session.auth = auth
    ...     response = session.post(
    ...         "https://api.kiwoom.com/api/dostk/stkinfo", headers={"api-id": "ka10001"}, json={"stk_cd": "005930"}
    ...     )
    >>> response.json()["return_code"]
    0

    :param appkey: the key, or the :class:`~os.PathLike` of the portal's ``<account>_appkey.txt``.
    :param secretkey: its secret, likewise.
    :param mock: ``True`` for mock trading (모의투자, https://mockapi.kiwoom.com), which has keys of its own [spec].
    :param base_url: scheme, host and port that replace Kiwoom's own, for a gateway or a test server; not with `mock`.
    :param store: where the processes that use the key share its token, such as a :class:`~requests_kiwoom.SQLiteStore`.
        ``None``: nothing is shared, and this object calls au10001 itself.
    :param session: sends the token calls: its proxies, CA bundle and adapters count. It is never modified or closed.
    :param timeout: connect and read timeout of a token call, in seconds, or one number for both. A whole call, and
        every wait for another thread's call, takes at most their sum.
    :param resend: ``False``: a rejected request is not sent again, and the caller gets the rejected response; the next
        request carries the new token.
    :raises ValueError: if a key is malformed, or `mock`, `base_url`, `timeout` or `resend` is not as described.
    :raises InsecureTransport: a ``ValueError``, too: if `base_url` is plain http to another machine.
    :raises TypeError: if a key is neither text nor a path, `store` is no store, or `session` no session.

    A request raises, before it is sent, :class:`~requests_kiwoom.MissingApiId`, :class:`~requests_kiwoom.InvalidApiId`,
    :class:`~requests_kiwoom.WrongEnvironment` or :class:`~requests_kiwoom.InsecureTransport`; and
    :class:`~requests_kiwoom.TokenRefused` or :class:`~requests_kiwoom.TokenUnavailable` if no token can be obtained.
    """

    #: Seconds since the epoch. Tests replace it; it is read when an auth is made.
    clock: Clock = time.time

    _api_id: str | None = None

    def __init__(
        self,
        appkey: "str | os.PathLike[str]",
        secretkey: "str | os.PathLike[str]",
        *,
        mock: bool = False,
        base_url: str | None = None,
        store: TokenStore | None = None,
        session: Session | None = None,
        timeout: Timeout = (3.05, 10.0),
        resend: bool = True,
    ) -> None:
        appkey, secretkey = mask(appkey), mask(secretkey)
        if mock not in (True, False):
            raise ValueError("mock must be True for mock trading (모의투자), or False for production (실전)")
        if base_url is not None and mock:
            raise ValueError("give either mock=True or base_url: base_url replaces both of Kiwoom's hosts")
        origin = parse_base_url(base_url) if base_url is not None else MOCK if mock else PRODUCTION
        keys = read_key("appkey", appkey), read_key("secretkey", secretkey)
        oauth = OAuthClient(origin, *keys, check_session(session), read_timeout(timeout))
        self._source = TokenSource(oauth, check_store(store), clock=self.clock)
        self._hook = RejectionHook(self._source, check_resend(resend))
        # It ends with a slash after the host, so https://api.kiwoom.com.evil.example does not begin with it.
        self._prefix = f"{origin}/api/"

    @classmethod
    def from_env(cls, **options: Any) -> "KiwoomAuth":
        """Make an auth with the keys in ``KIWOOM_APPKEY`` and ``KIWOOM_SECRETKEY``.

        ``KIWOOM_APPKEY_FILE`` and ``KIWOOM_SECRETKEY_FILE`` give the paths of the portal's key files instead.
        ``KIWOOM_MOCK`` (1, true, yes, on) selects mock trading, ``KIWOOM_BASE_URL`` another server. A store is given as
        ``store=``.

        :param options: as for the constructor; they win over the environment; ``mock=`` wins over both variables.
        :raises ValueError: if a key is missing, or the value of a variable is unknown.

        >>> os.environ.update(KIWOOM_APPKEY="my-appkey", KIWOOM_SECRETKEY="my-secretkey", KIWOOM_MOCK="yes")
        >>> KiwoomAuth.from_env()
        <KiwoomAuth https://mockapi.kiwoom.com>
        >>> KiwoomAuth.from_env(mock=False)
        <KiwoomAuth https://api.kiwoom.com>
        """
        return cls(**options_from_env({name: mask(option) for name, option in options.items()}))

    def for_api(self, api_id: str, *, resend: bool | None = None) -> "KiwoomAuth":
        """Return this auth for one API: its requests need no ``api-id`` header of their own. The token is shared.

        :param api_id: at most 10 characters, such as ``"ka10001"`` [spec].
        :param resend: as for the constructor; ``None`` keeps this auth's setting.
        :raises InvalidApiId: if `api_id` is malformed.
        :raises ValueError: if `resend` is not as described.

        >>> quote = auth.for_api("ka10001")
        >>> requests.post("https://api.kiwoom.com/api/dostk/stkinfo", auth=quote, json={"stk_cd": "005930"}).ok
        True

        An order that must not be sent twice, whatever happens:

        >>> buy = auth.for_api("kt10000", resend=False)
        """
        check_api_id(api_id)
        view = type(self).__new__(type(self))
        view.__dict__.update(self.__dict__)
        view._api_id = api_id
        if resend is not None:
            view._hook = RejectionHook(self._source, check_resend(resend))
        return view

    @property
    def base_url(self) -> str:
        """Scheme, host and port of the API, without a slash at the end.

        >>> auth.base_url
        'https://api.kiwoom.com'
        """
        return str(self._source.origin)

    @property
    def expires_at(self) -> datetime | None:
        """When the current token expires, in KST (UTC+9); ``None`` before the first one, and after a revoke.

        It is au10001's ``expires_dt``, which is Korean time without a zone [vendor, captured].

        >>> auth.token() and auth.expires_at.tzname()
        'KST'
        """
        held = self._source.held
        return held.expires_at if held is not None else None

    def token(self, rejected: str | None = None) -> str:
        """Return the live token as a bare string, as a WebSocket login needs it [captured]; issue one if there is none.

        Requests with this auth carry it by themselves. Its ``repr()`` is masked.

        :param rejected: the token that a login was just refused with: it is replaced, unless that has happened already.
        :raises TokenRefused: Kiwoom refuses to issue one.
        :raises TokenUnavailable: none can be obtained now. After several rejections in a row that is so until a pause
            ends: `retry_after` says when.

        >>> token = auth.token()
        >>> token == auth.token(rejected="the one before")
        True
        """
        rejected = mask(rejected)
        held = self._source.current() if rejected is None else self._source.replace(rejected, TOKEN_CALL)
        return held.token.value

    def renew(self, *, force: bool = False) -> bool:
        """Make sure that the token has its full 24 hours, so that none expires during a session.

        A token lives 24 hours from its *first* issue [captured], and another au10001 call does not lengthen that. So a
        token that has less (by more than a minute) is revoked (au10002), for every process that uses the key, and
        another is issued; requests wait for it. A request that was prepared before carries the old token until Kiwoom
        rejects it: prepare requests after ``renew()``.

        :param force: revoke a token that is new, too: after a rejection that au10001 does not know of.
        :return: whether the token was replaced; ``False`` if it was new already.
        :raises TokenRefused: Kiwoom refuses to issue a token.
        :raises TokenUnavailable: none can be obtained now.
        :raises TokenRevokeError: au10002 gave no response; the old token stays in use.

        >>> token = auth.token()
        >>> auth.renew()
        False
        >>> auth.renew(force=True)
        True
        """
        return self._source.renew(force)

    def revoke(self) -> None:
        """Revoke the token (au10002) for every process that uses the key; without a token, do nothing.

        The next request issues another, whose 24 hours begin then [captured]. There is no need to revoke when a program
        ends: other programs may use the token.

        :raises TokenRevokeError: au10002 did not revoke it; the token stays in use.

        >>> auth.revoke()
        """
        self._source.revoke()

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Add the two headers to request `r`, if its URL is of this auth's own origin."""
        url = r.url or ""
        if not url.startswith(self._prefix) and not self._needs_token(url):
            return r
        headers = r.headers
        try:
            given = headers["api-id"]
        except KeyError:
            given = None
        if (api_id := self._api_id) is None:
            check_api_id_header(given)
        elif given is None:
            headers["api-id"] = api_id
        elif given not in (api_id, api_id.encode()):
            raise InvalidApiId(f"this auth is for {api_id}, but the request has another api-id header: drop one")
        headers["Authorization"] = self._source.current().authorization
        if r.body.__class__ not in _BODIES_WITHOUT_POSITION:
            note_body_position(r)
        # First, so that the user's hooks see only the final response. A new list: PreparedRequest.copy() shares it.
        if others := r.hooks["response"]:
            others = [hook for hook in others if not isinstance(hook, RejectionHook)]
        r.hooks = {"response": [self._hook, *others]}
        return r

    def _needs_token(self, url: str) -> bool:
        return has_origin(url, self._source.origin) and urlsplit(url).path not in (TOKEN_PATH, REVOKE_PATH)

    def __getstate__(self) -> dict[str, Any]:
        # The hook pickles as a no-op; only its `resend` is kept.
        return {**self.__dict__, "_hook": self._hook.resend}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._hook = RejectionHook(self._source, state["_hook"])

    def __repr__(self) -> str:
        source = self.__dict__.get("_source")  # Missing if the constructor failed.
        words = [type(self).__name__, str(source.origin) if source is not None else "", self._api_id or ""]
        return f"<{' '.join(word for word in words if word)}>"
