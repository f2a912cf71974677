"""``refusal``: Kiwoom's errors, in its own words. :mod:`requests_kiwoom.codes` says what each code means."""

from ..codes import Kind, find_code
from .replies import Reply

#: The beginning of ``return_msg``, by ``return_code`` [captured].
_CLASSES = {
    1: "잘못된 요청입니다",
    2: "입력 값 오류입니다",
    3: "인증에 실패했습니다",
    5: "허용된 요청 개수를 초과하였습니다",
}

#: code: (return_code, text with blanks).
TEMPLATES = {
    1501: (1, "API ID가 Null이거나 값이 없습니다"),
    1504: (1, "해당 URI에서는 지원하는 API ID가 아닙니다. API ID={api_id}, URI={path}"),
    1505: (1, "해당 API ID는 존재하지 않습니다. API ID={api_id}"),
    1511: (2, "필수 입력 값에 값이 존재하지 않습니다. 필수입력 파라미터={parameter}"),
    1512: (2, "Http header에 값이 설정되지 않았거나 읽을 수 없습니다"),
    1513: (2, "Http Header에 authorization 필드가 설정되어 있어야 합니다"),
    1514: (2, "입력으로 들어온 Http Header의 authorization 필드 형식이 맞지 않습니다"),
    1515: (2, "Http Header의 authorization 필드 내 Grant Type이 미리 정의된 형식이 아닙니다"),
    1516: (2, "Http Header의 authorization 필드 내 Token이 정의되어 있지 않습니다"),
    1517: (2, "입력 값 형식이 올바르지 않습니다. 파라미터={parameter} 실패사유={reason}"),
    1687: (5, "재귀 호출이 발생하여 API 호출을 제한합니다, API ID={api_id}"),
    1700: (5, "허용된 API 요청 개수를 초과하였습니다. 유량={limit}, API ID={api_id}"),
    1701: (5, "허용된 API 요청 개수를 초과하였습니다"),
    1702: (5, "허용된 API 요청 개수를 초과하였습니다"),
    1999: (1, "예기치 못한 에러가 발생했습니다. 실패사유={reason}"),
    8001: (3, "App Key와 Secret Key 검증에 실패했습니다"),
    8002: (3, "App Key와 Secret Key 검증에 실패했습니다. 실패사유={reason}"),
    8003: (3, "Access Token을 조회하는데 실패했습니다. 실패사유={reason}"),
    8005: (3, "Token이 유효하지 않습니다"),
    8006: (3, "Access Token을 생성하는데 실패했습니다. 실패사유={reason}"),
    8009: (3, "Access Token을 발급하는데 실패했습니다. 실패사유={reason}"),
    8010: (3, "Token을 발급받은 IP와 서비스를 요청한 IP가 동일하지 않습니다"),
    8011: (2, "Access Token을 발급하는데 실패했습니다. 입력값에 grant_type이 들어오지 않았습니다"),
    8012: (2, "Access Token을 발급하는데 실패했습니다. grant_type의 값이 맞지 않습니다"),
    8015: (3, "Access Token을 폐기하는데 실패했습니다. 실패사유={reason}"),
    8016: (2, "Access Token을 폐기하는데 실패했습니다. 입력값에 Token이 들어오지 않았습니다"),
    8020: (2, "입력파라미터로 appkey 또는 secretkey가 들어오지 않았습니다."),
    8030: (2, "투자구분(실전/모의)이 달라서 Appkey를 사용할수가 없습니다"),
    8031: (2, "투자구분(실전/모의)이 달라서 Token를 사용할수가 없습니다"),
    8040: (3, "단말기 인증에 실패했습니다"),
    8050: (3, "지정단말기 인증에 실패했습니다"),
    8103: (3, "토큰 인증 또는 단말기인증에 실패했습니다. 실패사유={reason}"),
    8104: (2, "모의투자에서 지원하지 않는 API 입니다."),
    8200: (2, "법인 고객은 해당 API를 지원하지 않습니다. API ID={api_id}, URI={path}"),
}


class _Blanks(dict[str, object]):
    def __missing__(self, name: str) -> str:
        return ""


def refusal(code: int, *, status: int | None = None, **blanks: object) -> Reply:
    """Return Kiwoom's error `code`: HTTP 200, or 429 for a rate limit [captured].

    The texts of 1504, 1511, 1700, 8001, 8005, 8010, 8030, 8050 and 8104, and their ``return_code``, are [captured];
    of 8020, the text is. The other texts are those of the vendor's table of errors [vendor]; their ``return_code`` is
    [assumed]. 1701 and 1702 are known by their numbers alone, and have the text of 1700.

    :param status: another HTTP status.
    :param blanks: what the text has room for: ``api_id``, ``path``, ``parameter``, ``reason``, ``limit``.
    :raises ValueError: if the code is unknown.

    >>> refusal(8050).payload
    {'return_msg': '인증에 실패했습니다[8050:지정단말기 인증에 실패했습니다]', 'return_code': 3}
    """
    known = find_code(code)
    if known is None or code not in TEMPLATES:
        raise ValueError(f"Kiwoom has no code {code}: take one of {', '.join(map(str, TEMPLATES))}")
    return_code, text = TEMPLATES[code]
    message = f"{_CLASSES[return_code]}[{code}:{text.format_map(_Blanks(blanks))}]"
    if status is None:
        status = 429 if known.kind is Kind.RATE_LIMIT else 200
    return Reply({"return_msg": message, "return_code": return_code}, status)
