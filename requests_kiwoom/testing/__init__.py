"""A local Kiwoom server: build and test a bot without a key, a registered IP address or market hours.

It plays the interface, not the exchange: Kiwoom's APIs at their paths, its tokens, its errors in its own words, its
WebSocket, and the faults between Kiwoom and a program. Statements about Kiwoom name their evidence: [spec], [vendor]
and [captured] are the specification, the vendor's own client and published responses; [assumed] and [disputed] are
neither.

>>> import requests
>>> from requests_kiwoom import KiwoomAuth
>>> from requests_kiwoom.testing import KiwoomServer
>>> with KiwoomServer() as server:
...     server.reply("ka10001", {"stk_nm": "삼성전자", "cur_prc": "-70100"})
...     auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url)
...     url = server.url + "/api/dostk/stkinfo"
...     response = requests.post(url, auth=auth.for_api("ka10001"), json={"stk_cd": "005930"})
...     response.json()["cur_prc"], server.issues, server.requests.last.json()
('-70100', 1, {'stk_cd': '005930'})

With pytest, ``pytest_plugins = ["requests_kiwoom.testing.fixtures"]`` in the top ``conftest.py`` gives the fixtures
`kiwoom_server` and `kiwoom_auth`, and the marker ``@pytest.mark.kiwoom(rejection=401)`` for options. In a notebook,
``server = KiwoomServer().start()`` and ``server.stop()`` do without a ``with`` block. From the command line,
``python -m requests_kiwoom serve`` runs one for clients in any language.

Responses
    Without any setting, an API returns a sample: Kiwoom's field names, with plausible values of their kind. The
    ``stk_cd`` of the request comes back, an order has an ``ord_no`` that grows, and the same `seed` gives the same
    values. The field names of the US APIs are unknown: they return a success without fields. `reply` sets the
    response, `reply_pages` serves a list by continuation, `reply_from` reads a directory of JSON files, and `sample`
    returns a sample to change:

    >>> with KiwoomServer() as server:
    ...     chart = server.sample("ka10081", rows=3)
    ...     rows = chart["stk_dt_pole_chart_qry"]
    ...     rows[0]["dt"], rows[2]["dt"], chart["return_code"]
    ('20250103', '20250101', 0)
    >>> rows[0]["cur_prc"] = "-70100"
    >>> server.reply("ka10081", chart)

    Responses have the headers of a captured one, and come in chunks without a ``Content-Length`` [captured];
    `content_length` sends a length instead.

Faults
    `fail` lets the next requests meet a `Reply`, an error such as ``refusal(8050)``, or one of `faults`:
    ``RESET_BEFORE``, ``RESET_WITHIN``, ``RESET_AFTER``, ``TRUNCATED``, ``latency(seconds)``, ``server_error(503)``,
    ``redirect(url)``, ``MAINTENANCE``, ``FIREWALL``, ``TOO_MANY_REQUESTS``. They are for au10001, unless `path`,
    `api_id` or `trnm` says otherwise. `outage` is the response to everything, `chaos` the share of requests that meet
    a random fault, `latency` the seconds that a token call takes.

Tokens
    `revoke_all` revokes the token from outside, ``clock.advance(hours=24)`` lets it expire, and `rejection` and
    `reissue` choose between what is known of Kiwoom. `token` is the live token; `appkey` and `secretkey` are the only
    keys that are accepted. `mock`, `beside`, `production_only` and `allowed_ips` play environments and IP addresses.

    >>> from requests_kiwoom.testing import faults, refusal
    >>> with KiwoomServer() as server:
    ...     auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url).for_api("kt10000")
    ...     order = {"dmst_stex_tp": "KRX", "stk_cd": "005930", "ord_qty": "1", "trde_tp": "3"}
    ...     first = requests.post(server.url + "/api/dostk/ordr", auth=auth, json=order).json()["ord_no"]
    ...     server.revoke_all()
    ...     second = requests.post(server.url + "/api/dostk/ordr", auth=auth, json=order).json()["ord_no"]
    ...     server.fail(refusal(8104), api_id="kt10000")
    ...     third = requests.post(server.url + "/api/dostk/ordr", auth=auth, json=order).json()["return_msg"]
    >>> first, second, server.issues, third
    ('0000001', '0000002', 2, '입력 값 오류입니다[8104:모의투자에서 지원하지 않는 API 입니다.]')

What was received
    `requests` and `messages` are lists, with ``.last`` and ``.to("ka10001")`` or ``.to("REG")``; `issues` and
    `revokes` count token calls. `complaints` has one sentence for each malformed request: a token in a query string, a
    key in a header, a GET, a body that is not JSON. Where an error is known to be right, the request is refused as
    well, unless `strict` is ``False``. ``assert_no_secrets_outside_oauth()`` fails if a key or token was sent where it
    does not belong. `log` gets one line about each request.

WebSocket
    `websocket_url` is the address (extra ``websocket``); `websocket_port` fixes its port. The server responds to LOGIN
    (805004 and a close for a rejected token [captured]), REG and REMOVE, and sends PING every `ping_interval` seconds
    or when `ping` is called. `push` sends real-time data to those who registered for it, `on_message` sets the
    response to any other message, and `disconnect_all` closes every WebSocket. A revoked token does not close an open
    one [assumed]. The 31 WebSocket APIs are not served by POST: 1504 [assumed].

    >>> import json
    >>> from websockets.sync.client import connect
    >>> with KiwoomServer() as server:
    ...     auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url)
    ...     with connect(server.websocket_url + "/api/dostk/websocket") as socket:
    ...         socket.send(json.dumps({"trnm": "LOGIN", "token": auth.token()}))
    ...         login = json.loads(socket.recv())["return_code"]
    ...         data = [{"item": ["005930"], "type": ["0B"]}]
    ...         socket.send(json.dumps({"trnm": "REG", "grp_no": "1", "refresh": "1", "data": data}))
    ...         reg = json.loads(socket.recv())["return_code"]
    ...         receivers = server.push("0B", "005930", {"10": "-70100"})
    ...         login, reg, receivers, json.loads(socket.recv())["data"][0]["values"]
    (0, 0, 1, {'10': '-70100'})

Clients that know only Kiwoom's addresses
    With ``tls=True`` (extra ``tls``) the certificate covers ``api.kiwoom.com`` and ``mockapi.kiwoom.com``, and
    `ca_bundle` verifies it. In the block of `serving_as`, this process reaches the server under such a name:

    >>> host = "api.kiwoom.com"
    >>> with KiwoomServer(tls=True) as server, server.serving_as(host):
    ...     body = {"grant_type": "client_credentials", "appkey": server.appkey, "secretkey": server.secretkey}
    ...     requests.post(f"https://{host}/oauth2/token", json=body).json()["token_type"]
    'bearer'

Limits
    `rate_limits` refuses what is too fast with HTTP 429 and 1700: ``True`` for 5 calls a second of each API, 1 on mock
    and 2 of au10001 [captured], ``"bursts"`` for 1 a second of each API and 2 after a pause [disputed].
    `numbers_as_strings` makes every ``return_code`` a string [vendor]. `port` and `url` are the address.
"""

from . import faults
from .clock import Clock
from .errors import refusal
from .received import ReceivedMessage, ReceivedRequest
from .replies import Fault, Reply
from .server import KiwoomServer

__all__ = ["Clock", "Fault", "KiwoomServer", "ReceivedMessage", "ReceivedRequest", "Reply", "faults", "refusal"]
