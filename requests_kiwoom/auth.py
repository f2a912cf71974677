"""``KiwoomAuth``: whom a request goes to, and its two headers."""

import os
import re
import time
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests import PreparedRequest
from requests.auth import AuthBase

from .exceptions import InsecureTransport, InvalidApiId, MissingApiId, WrongEnvironment
from .origins import KIWOOM_HOSTS, MOCK, PRODUCTION, origin_of, parse_base_url

if TYPE_CHECKING:
    from .stores import TokenStore

#: The specification gives the header 10 characters.
_API_ID = r"[!-~]{1,10}"


class KiwoomAuth(AuthBase):
    """Puts a live token and the api-id on every request to Kiwoom's REST API.

    Give it to ``auth=``, or set it on a :class:`requests.Session`, which any number of threads may share. The token is
    issued on first use (au10001), again once its expiry has passed, and again when Kiwoom rejects it: with code 8005 in
    an HTTP 200 [captured], or with HTTP 401 [vendor]. After a rejection the request is sent again, once. Requests to
    other hosts pass untouched.

    What Kiwoom does is marked with what it rests on: [spec], the specification; [vendor], its own client or documents;
    [captured], an answer that somebody published; [assumed], nothing but what clients act on.

    >>> auth = KiwoomAuth("my-appkey", "my-secretkey")
    >>> with requests.Session() as session:
    ...     session.auth = auth
    ...     answer = session.post(
    ...         "https://api.kiwoom.com/api/dostk/stkinfo", headers={"api-id": "ka10001"}, json={"stk_cd": "005930"}
    ...     )
    >>> answer.json()["return_code"]
    0

    :param appkey: the key, or the :class:`~os.PathLike` of the portal's ``<account>_appkey.txt``.
    :param secretkey: its secret, likewise.
    :param mock: ``True`` for mock trading (모의투자, https://mockapi.kiwoom.com), which has keys of its own [spec].
    :param base_url: scheme, host and port that replace Kiwoom's own, for a gateway or a test server; not with `mock`.
    :param store: where the processes that use the key share its token, such as a :class:`~requests_kiwoom.SQLiteStore`;
        ``None``: each has one of its own.
    :param session: sends the token calls: its proxies, CA bundle and adapters count. It is neither changed nor closed.
    :param timeout: connect and read, in seconds, of a token call, or one number for both; a whole call takes at most
        their sum.
    :param resend: ``False``: a rejected request is not sent again, and its answer goes to the caller; the next request
        carries the new token.
    :raises ValueError: if a key is empty or no key, or `mock`, `base_url`, `timeout` or `resend` is not as described.
    :raises InsecureTransport: a ``ValueError`` as well: if `base_url` is plain http to another machine.
    :raises TypeError: if a key is neither text nor a path, `store` is no store, or `session` no session.

    A request raises, before anything is sent, :class:`~requests_kiwoom.MissingApiId`,
    :class:`~requests_kiwoom.InvalidApiId`, :class:`~requests_kiwoom.WrongEnvironment` or
    :class:`~requests_kiwoom.InsecureTransport`; and :class:`~requests_kiwoom.TokenRefused` or
    :class:`~requests_kiwoom.TokenUnavailable` if there is no token to be had.
    """

    #: Seconds since the epoch. Tests replace it; it counts for auths that are made afterwards.
    clock: Callable[[], float] = time.time

    def __init__(
        self,
        appkey: "str | os.PathLike[str]",
        secretkey: "str | os.PathLike[str]",
        *,
        mock: bool = False,
        base_url: str | None = None,
        store: "TokenStore | None" = None,
        session: requests.Session | None = None,
        timeout: "float | tuple[float, float]" = (3.05, 10.0),
        resend: bool = True,
    ) -> None:
        # Here, since importing this package is to cost next to nothing; so in the other methods.
        from .hook import RejectionHook
        from .oauth import OAuthClient
        from .settings import check_resend, check_session, check_store, read_key, read_timeout
        from .source import TokenSource

        if mock not in (True, False):
            raise ValueError("mock must be True for mock trading (모의투자), or False for production (실전)")
        if base_url is not None and mock:
            raise ValueError("give either mock=True or base_url: base_url replaces both of Kiwoom's hosts")
        origin = parse_base_url(base_url) if base_url is not None else MOCK if mock else PRODUCTION
        keys = read_key("appkey", appkey), read_key("secretkey", secretkey)
        oauth = OAuthClient(origin, *keys, check_session(session), read_timeout(timeout))
        self._source = TokenSource(oauth, check_store(store), clock=self.clock)
        self._api_id: str | None = None
        self._hook = RejectionHook(self._source, check_resend(resend))
        self._prefix = f"{origin}/api/"

    @classmethod
    def from_env(cls, **options: Any) -> "KiwoomAuth":
        """An auth with the keys that are in the environment, in ``KIWOOM_APPKEY`` and ``KIWOOM_SECRETKEY``.

        ``KIWOOM_APPKEY_FILE`` and ``KIWOOM_SECRETKEY_FILE`` give the paths of the portal's key files instead.
        ``KIWOOM_MOCK`` (1, true, yes, on) chooses mock trading, ``KIWOOM_BASE_URL`` another server. A store is given as
        ``store=``.

        :param options: as for the constructor; they win over the environment, and ``mock=`` over both of its variables.
        :raises ValueError: if a key is missing, or a variable says nothing that can be understood.

        >>> os.environ.update(KIWOOM_APPKEY="my-appkey", KIWOOM_SECRETKEY="my-secretkey", KIWOOM_MOCK="yes")
        >>> KiwoomAuth.from_env()
        <KiwoomAuth https://mockapi.kiwoom.com>
        >>> KiwoomAuth.from_env(mock=False)
        <KiwoomAuth https://api.kiwoom.com>
        """
        from .settings import key_from_env, mock_from_env

        environ = os.environ
        for name, variable in (("appkey", "KIWOOM_APPKEY"), ("secretkey", "KIWOOM_SECRETKEY")):
            if name not in options:
                options[name] = key_from_env(environ, variable)
        # base_url=None asks for no other server: that is no reason to pass over KIWOOM_MOCK and trade real money.
        if "mock" not in options and options.get("base_url") is None:
            options["mock"] = mock_from_env(environ)
            options.setdefault("base_url", environ.get("KIWOOM_BASE_URL") or None)
            if options["mock"] and options["base_url"]:
                raise ValueError("both KIWOOM_MOCK and KIWOOM_BASE_URL are set: unset one of them")
        return cls(**options)

    def for_api(self, api_id: str, *, resend: bool | None = None) -> "KiwoomAuth":
        """This auth for one API: requests need no ``api-id`` header of their own. The token is shared.

        :param api_id: at most 10 characters, such as ``"ka10001"`` [spec].
        :param resend: as for the constructor; ``None`` keeps what this auth does.
        :raises InvalidApiId: if `api_id` cannot be one.
        :raises ValueError: if `resend` is not as described.

        >>> quote = auth.for_api("ka10001")
        >>> requests.post("https://api.kiwoom.com/api/dostk/stkinfo", auth=quote, json={"stk_cd": "005930"}).ok
        True

        An order that must not go out twice, whatever happens:

        >>> buy = auth.for_api("kt10000", resend=False)
        """
        from .hook import RejectionHook
        from .settings import check_resend

        _check_api_id(api_id)
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
        """When the token that is held expires, in KST (UTC+9); ``None`` before the first one is issued.

        It is au10001's ``expires_dt``, which is Korean time without a zone [vendor, captured].

        >>> auth.token() and auth.expires_at.tzname()
        'KST'
        """
        held = self._source.held
        return held.expires_at if held else None

    def token(self, rejected: str | None = None) -> str:
        """The live token as a bare string, as a WebSocket login wants it [captured]; issued first, if there is none.

        The rest of the program has no need of it: requests with this auth carry it.

        :param rejected: the token that a login has just refused: it is replaced, unless somebody already did.
        :raises TokenRefused: Kiwoom refuses to issue one.
        :raises TokenUnavailable: none is to be had right now.

        >>> token = auth.token()
        >>> token == auth.token(rejected="the one before")
        True
        """
        return (self._source.current() if rejected is None else self._source.replace(rejected)).value

    def renew(self) -> None:
        """Go on with a token that has its full 24 hours, so that none expires in mid-session.

        A token lives 24 hours from its *first* issue [captured], and asking again does not lengthen that. So one that
        has less (by more than a minute) is revoked (au10002), for every process that uses the key, and another is
        issued; requests wait for it.

        :raises TokenRefused: Kiwoom refuses to issue a token.
        :raises TokenUnavailable: none is to be had right now.
        :raises TokenRevokeError: au10002 gave no answer; the old token stays in use.

        >>> auth.renew()
        """
        self._source.renew()

    def revoke(self) -> None:
        """Kill the token (au10002) for every process that uses the key; without a token, do nothing.

        The next request issues another, whose 24 hours begin then [captured]. There is no need to revoke at a program's
        end: the token may be in use elsewhere.

        :raises TokenRevokeError: au10002 did not; the token stays in use.

        >>> auth.revoke()
        """
        self._source.revoke()

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Put the two headers on request `r`, if it goes to this auth's own origin."""
        url = r.url or ""
        # The prefix goes past the slash behind the host: what follows cannot change whom the request goes to.
        if not url.startswith(self._prefix) and not self._is_ours(url):
            return r
        headers = r.headers
        if self._api_id is None:
            try:
                given = headers["api-id"]
            except KeyError:
                given = ""
            _check_header(given)
        elif (given := headers.setdefault("api-id", self._api_id)) != self._api_id and given != self._api_id.encode():
            raise InvalidApiId(f"this auth is for {self._api_id}, but the request has another api-id header: drop one")
        headers["Authorization"] = self._source.current().authorization
        # First, so that the user's hooks see only the final answer. A list of its own: copies of a prepared request
        # share theirs, and may each be for another account.
        hooks: list[Any] = [self._hook]
        if others := r.hooks["response"]:
            # Once, however often an auth is applied.
            hooks += [hook for hook in others if not isinstance(hook, type(self._hook))]
        r.hooks = {"response": hooks}
        return r

    def _is_ours(self, url: str) -> bool:
        """Whether a request to `url` is to carry a token, with the URL taken apart.

        :raises InsecureTransport: it goes to a Kiwoom host, or to ours, over plain http.
        :raises WrongEnvironment: it goes to a Kiwoom host that is not ours.
        """
        from .oauth import REVOKE_PATH, TOKEN_PATH

        own, origin = self._source.origin, origin_of(url)
        if origin is None:
            return False
        ours_in_plain = own.scheme == "https" and origin.host == own.host
        if origin.scheme == "http" and (origin.host in KIWOOM_HOSTS or ours_in_plain):
            raise InsecureTransport(f"write https://{origin.host}: plain http would show the token to the network")
        if origin == own:
            return urlsplit(url).path not in (TOKEN_PATH, REVOKE_PATH)
        if origin.host in KIWOOM_HOSTS and own.host not in KIWOOM_HOSTS:
            raise WrongEnvironment(
                f"this auth is for {own}, and the request goes to {origin}: begin URLs with auth.base_url"
            )
        if origin.host in KIWOOM_HOSTS:
            raise WrongEnvironment(
                f"this auth is for {own}, and the request goes to {origin}: production (실전) is KiwoomAuth(...), mock"
                " trading (모의투자) is KiwoomAuth(..., mock=True), each with a key of its own"
            )
        return False

    def __getstate__(self) -> dict[str, Any]:
        # The hook stays behind: it would arrive as one that does nothing.
        state = self.__dict__.copy()
        state["_hook"] = self._hook.resend
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        from .hook import RejectionHook

        self.__dict__.update(state)
        self._hook = RejectionHook(self._source, state["_hook"])

    def __repr__(self) -> str:
        for_api = f" {self._api_id}" if self._api_id else ""
        return f"<{type(self).__name__} {self.base_url}{for_api}>"


# Cached, since programs use a handful of ids over and over.
@lru_cache(maxsize=512)
def _check_header(api_id: "str | bytes") -> None:
    if not api_id:
        raise MissingApiId(
            'name the API: headers={"api-id": "ka10001"} on the request, or auth.for_api("ka10001");'
            " one path serves many APIs, so it cannot be told from the URL"
        )
    _check_api_id(api_id.decode("latin-1") if isinstance(api_id, bytes) else api_id)


def _check_api_id(api_id: str) -> None:
    if not isinstance(api_id, str) or not re.fullmatch(_API_ID, api_id):
        raise InvalidApiId("an api-id is 1 to 10 visible ASCII characters, such as ka10001")
