"""Cures: what to do about a code of Kiwoom's, in the words of the command line."""

from requests_kiwoom import TokenIssueError, TokenRevokeError

#: What to do about an answer that is no JSON object.
NOT_KIWOOM = "No answer of Kiwoom's: maintenance (점검), a firewall, or a proxy. Try again later, or from elsewhere."

_KEYS = (
    "Check both keys against the portal: one pair, whole, appkey (앱키) in KIWOOM_APPKEY and secretkey (시크릿키) in"
    " KIWOOM_SECRETKEY (or their ..._FILE)."
)
_ENVIRONMENT = (
    "Key and host are of different environments: a key for mock trading (모의투자) needs --mock or KIWOOM_MOCK=1, one for"
    " production (실전) neither; with --base-url or KIWOOM_BASE_URL, give the other environment's address."
)
_IP = (
    "Register this machine's public IP address (지정단말기) for the key in the portal. The public one is what a"
    " what-is-my-IP page shows on this machine, not 192.168... or 10...; it changes when the network does."
)
_REQUEST = "The call did not arrive as it was sent: see what changes it on the way, a proxy or a gateway."
_RATE = "Too many calls: wait a second, and see which other programs use this key."
_REJECTED = "The token was rejected, and a new one as well: `renew` revokes it and issues another."
_API = "Look api-id and path up in Kiwoom's API guide: they belong together."
_BODY = "Compare the fields of the body with the API guide."

_BY_CODE = {
    **dict.fromkeys((1501, 1504, 1505), _API),
    **dict.fromkeys((1511, 1517), _BODY),
    **dict.fromkeys((1512, 1513, 1514, 1515, 1516, 8020), _REQUEST),
    **dict.fromkeys((1700, 1701, 1702), _RATE),
    **dict.fromkeys((8001, 8002), _KEYS),
    **dict.fromkeys((8003, 8005, 8103), _REJECTED),
    8010: "The token was issued to another IP address: `revoke` it, and the next call gets one for this machine's.",
    **dict.fromkeys((8011, 8012), "See whether there is a newer version of requests_kiwoom."),
    **dict.fromkeys((8015, 8016), "Most likely the token was dead already: if not, it can be revoked again."),
    **dict.fromkeys((8030, 8031), _ENVIRONMENT),
    **dict.fromkeys((8040, 8050), _IP),
    8104: "This is not offered on mock trading (모의투자).",
    8200: "This is not offered to corporate customers.",
}
_UNKNOWN = "Look the message up in Kiwoom's API guide."


def cure(code: int | None, status: int | None = None) -> str:
    """What to do about an answer.

    :param code: the four-digit code in it, or ``None``.
    :param status: its HTTP status, or ``None``.
    """
    if code in _BY_CODE:
        return _BY_CODE[code]
    if status == 429:
        return _RATE
    return _UNKNOWN


def cure_of(error: TokenIssueError | TokenRevokeError) -> str:
    """What to do about the answer that led to `error`."""
    if error.code is not None and 1501 <= error.code <= 1517:
        # Path, api-id and body of a token call are the specification's.
        return _REQUEST
    if error.code == 8010:
        # There is no token here that `revoke` could kill.
        return "Run `revoke` where the token was issued, or wait until it has expired; let all leave by one address."
    return cure(error.code, None if error.response is None else error.response.status_code)
