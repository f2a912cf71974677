"""Kiwoom's four-digit codes: what each means, whether a new token helps, and what to do, in English and Korean.

The envelope, the token calls, the command line and the local Kiwoom server all read this table.
"""

from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """What a code means for a program that holds a token."""

    #: The token was not accepted; another one may help.
    TOKEN_REJECTED = "token rejected"
    #: Keys, IP address, environment or customer are wrong; another call changes nothing.
    REFUSED = "refused"
    #: Too many calls in a second.
    RATE_LIMIT = "rate limit"
    #: Kiwoom could not do it now; the same call may succeed later.
    TRY_LATER = "try later"
    #: The request itself is wrong: its headers, its body, or its api-id for this path.
    REQUEST = "request"


class Code(NamedTuple):
    """One code. Texts are one line each, without a line break."""

    number: int
    kind: Kind
    meaning: str
    advice: str
    meaning_ko: str
    advice_ko: str


# The same advice stands under several codes.
_KEYS = (
    "Check that appkey and secretkey are one pair from the portal, complete, and in this order.",
    "포털에서 발급받은 appkey(앱키)와 secretkey(시크릿키)가 한 쌍인지, 빠진 글자나 뒤바뀐 순서가 없는지 확인해 주세요.",
)
_IP = (
    "Register this machine's public IP address for the key in the Kiwoom REST API portal. It changes with the network.",
    "이 PC의 공인 IP 주소를 키움 REST API 포털에 지정단말기로 등록해 주세요. 네트워크가 바뀌면 공인 IP도 바뀝니다.",
)
_ENVIRONMENT = (
    "Mock trading (모의투자) needs mock=True (KIWOOM_MOCK=1) and its own key; production (실전) needs neither.",
    "모의투자는 mock=True(KIWOOM_MOCK=1)와 모의투자용 키가 필요하고, 실전투자는 둘 다 필요하지 않습니다.",
)
_REJECTED = (
    "The auth replaces the token by itself. If this repeats, run `requests-kiwoom renew --force`.",
    "토큰은 자동으로 다시 발급됩니다. 계속 반복되면 `requests-kiwoom renew --force`를 실행해 주세요.",
)
_RATE = (
    "Wait a second and send fewer calls. All programs that use the key share the limit (au10001: about 2 a second).",
    "1초쯤 기다린 뒤 호출 횟수를 줄여 주세요. 한도는 같은 키를 쓰는 모든 프로그램이 함께 씁니다(au10001은 초당 약 2회).",
)
_LATER = (
    "Try again later.",
    "잠시 후 다시 시도해 주세요.",
)
_API = (
    "Look up the api-id and its path in Kiwoom's API guide: they belong together.",
    "키움 API 가이드에서 api-id(TR명)와 URL을 함께 확인해 주세요. 둘은 짝이 맞아야 합니다.",
)
_BODY = (
    "Compare the fields of the request's body with Kiwoom's API guide.",
    "요청 본문의 항목을 키움 API 가이드와 비교해 주세요.",
)
_HEADERS = (
    "The headers did not arrive as they were sent: check any proxy or gateway between this program and Kiwoom.",
    "헤더가 보낸 그대로 도착하지 않았습니다. 중간에 있는 프록시나 게이트웨이를 확인해 주세요.",
)
_GRANT = (
    "The grant_type is the specification's: look for a newer requests_kiwoom.",
    "grant_type은 명세의 값입니다. requests_kiwoom의 새 버전이 있는지 확인해 주세요.",
)
_REVOKE = (
    "If the token was already invalid, ignore this; otherwise revoke it again.",
    "이미 무효가 된 토큰이라면 무시하셔도 됩니다. 그렇지 않다면 다시 폐기해 주세요.",
)


def _code(number: int, kind: Kind, meaning: str, meaning_ko: str, advice: tuple[str, str]) -> Code:
    return Code(number, kind, meaning, advice[0], meaning_ko, advice[1])


#: Every known code, by its number [vendor; those of ``FACTS`` marked captured were also seen in responses].
CODES: dict[int, Code] = {
    code.number: code
    for code in (
        _code(1501, Kind.REQUEST, "the api-id header is missing", "api-id 헤더가 없습니다", _API),
        _code(1504, Kind.REQUEST, "the api-id is not one of this path", "이 URL에서 지원하지 않는 api-id입니다", _API),
        _code(1505, Kind.REQUEST, "there is no such api-id", "존재하지 않는 api-id입니다", _API),
        _code(1511, Kind.REQUEST, "a required field is missing", "필수 입력 항목이 없습니다", _BODY),
        _code(1512, Kind.REQUEST, "a header is missing or unreadable", "헤더가 없거나 읽을 수 없습니다", _HEADERS),
        _code(1513, Kind.REQUEST, "no authorization header", "authorization 헤더가 없습니다", _HEADERS),
        _code(1514, Kind.REQUEST, "malformed authorization header", "authorization 헤더의 형식이 틀립니다", _HEADERS),
        _code(1515, Kind.REQUEST, "unknown type of authorization", "authorization 헤더의 종류가 틀립니다", _HEADERS),
        _code(1516, Kind.REQUEST, "no token in the header", "authorization 헤더에 토큰이 없습니다", _HEADERS),
        _code(1517, Kind.REQUEST, "a field has a wrong value", "입력 항목의 값이 올바르지 않습니다", _BODY),
        _code(1687, Kind.TRY_LATER, "recursive calls are blocked", "재귀 호출이 제한되었습니다", _LATER),
        _code(1700, Kind.RATE_LIMIT, "too many calls", "호출 한도를 넘었습니다", _RATE),
        _code(1701, Kind.RATE_LIMIT, "too many calls", "호출 한도를 넘었습니다", _RATE),
        _code(1702, Kind.RATE_LIMIT, "too many calls", "호출 한도를 넘었습니다", _RATE),
        _code(1999, Kind.TRY_LATER, "an unexpected error at Kiwoom", "키움 서버에서 예기치 못한 오류가 났습니다", _LATER),
        _code(8001, Kind.REFUSED, "the key pair is refused", "앱키와 시크릿키 검증에 실패했습니다", _KEYS),
        _code(8002, Kind.REFUSED, "the key pair is refused", "앱키와 시크릿키 검증에 실패했습니다", _KEYS),
        _code(8003, Kind.TOKEN_REJECTED, "the token could not be looked up", "토큰을 조회하지 못했습니다", _REJECTED),
        _code(8005, Kind.TOKEN_REJECTED, "the token is not valid", "토큰이 유효하지 않습니다", _REJECTED),
        _code(8006, Kind.TRY_LATER, "the token could not be made", "토큰을 생성하지 못했습니다", _LATER),
        _code(8009, Kind.TRY_LATER, "the token could not be issued", "토큰을 발급하지 못했습니다", _LATER),
        _code(
            8010,
            Kind.REFUSED,
            "the token was issued to another IP address",
            "토큰을 발급받은 IP와 요청한 IP가 다릅니다",
            (
                "Revoke the token where it was issued, or wait until it expires. Programs that share a token need one"
                " public IP address.",
                "토큰을 발급받은 곳에서 폐기하시거나 만료될 때까지 기다려 주세요. 토큰을 함께 쓰는 프로그램은 공인 IP가 같아야"
                " 합니다.",
            ),
        ),
        _code(8011, Kind.REFUSED, "the grant_type is missing", "grant_type이 없습니다", _GRANT),
        _code(8012, Kind.REFUSED, "the grant_type is wrong", "grant_type이 올바르지 않습니다", _GRANT),
        _code(8015, Kind.TRY_LATER, "the token could not be revoked", "토큰을 폐기하지 못했습니다", _REVOKE),
        _code(8016, Kind.TRY_LATER, "no token to revoke was sent", "폐기할 토큰이 입력되지 않았습니다", _REVOKE),
        _code(
            8020,
            Kind.REFUSED,
            "the keys are missing",
            "appkey 또는 secretkey가 없습니다",
            (
                "The keys did not arrive: check any proxy or gateway between this program and Kiwoom.",
                "키가 도착하지 않았습니다. 중간에 있는 프록시나 게이트웨이를 확인해 주세요.",
            ),
        ),
        _code(8030, Kind.REFUSED, "the key is of the other environment", "실전/모의 구분이 다른 키입니다", _ENVIRONMENT),
        _code(
            8031,
            Kind.TOKEN_REJECTED,
            "the token is of the other environment",
            "실전/모의 구분이 다른 토큰입니다",
            _ENVIRONMENT,
        ),
        _code(8040, Kind.REFUSED, "this device is not registered", "등록되지 않은 단말기(IP)입니다", _IP),
        _code(8050, Kind.REFUSED, "this IP address is not registered", "지정단말기로 등록되지 않은 IP입니다", _IP),
        _code(8103, Kind.TOKEN_REJECTED, "token or device check failed", "토큰 또는 단말기 인증에 실패했습니다", _REJECTED),
        _code(
            8104,
            Kind.REFUSED,
            "mock trading does not offer this API",
            "모의투자에서 지원하지 않는 API입니다",
            (
                "Use another API, or production (실전) with its own key.",
                "다른 API를 쓰시거나, 실전투자용 키로 실전투자에서 이용해 주세요.",
            ),
        ),
        _code(
            8200,
            Kind.REFUSED,
            "corporate customers are not offered this API",
            "법인 고객에게 지원하지 않는 API입니다",
            (
                "Ask Kiwoom which APIs a corporate account may use.",
                "법인 계좌에서 쓸 수 있는 API를 키움증권에 문의해 주세요.",
            ),
        ),
    )
}

#: Codes after which another token may help. 8031 and 8103 are in the vendor's own retry set [vendor].
REJECTED = frozenset(number for number, code in CODES.items() if code.kind is Kind.TOKEN_REJECTED)


def find_code(number: int | None) -> Code | None:
    """Return what is known about a code; ``None`` if it is unknown.

    >>> find_code(8050).meaning
    'this IP address is not registered'
    """
    if number is not None and number not in CODES and 1500 <= number <= 1599:
        return _code(number, Kind.REQUEST, "the request is wrong", "요청이 올바르지 않습니다", _BODY)
    return CODES.get(number) if number is not None else None
