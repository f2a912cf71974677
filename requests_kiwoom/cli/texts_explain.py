"""What ``explain`` says, in English and Korean side by side; codes.py has the codes themselves."""

from requests_kiwoom.codes import Kind

from .language import Text

KINDS = {
    Kind.TOKEN_REJECTED: Text("token rejected", "토큰 거부"),
    Kind.REFUSED: Text("refused", "거절"),
    Kind.RATE_LIMIT: Text("rate limit", "호출 한도"),
    Kind.TRY_LATER: Text("try later", "일시 오류"),
    Kind.REQUEST: Text("request", "요청 오류"),
}
BEHAVIOUR = {
    Kind.TOKEN_REJECTED: Text(
        "This package obtains another token and sends the request again, once.",
        "이 패키지가 다른 토큰을 받아 요청을 한 번 다시 보냅니다.",
    ),
    Kind.REFUSED: Text(
        "Sending it again changes nothing. For au10001, this package raises TokenRefused.",
        "다시 보내도 결과는 같습니다. au10001이라면 TokenRefused가 발생합니다.",
    ),
    Kind.RATE_LIMIT: Text(
        "Nothing is sent again by itself. For au10001, this package raises TokenUnavailable.",
        "자동으로 다시 보내지 않습니다. au10001이라면 TokenUnavailable이 발생합니다.",
    ),
    Kind.TRY_LATER: Text(
        "Nothing is sent again by itself. For au10001, this package raises TokenUnavailable.",
        "자동으로 다시 보내지 않습니다. au10001이라면 TokenUnavailable이 발생합니다.",
    ),
    Kind.REQUEST: Text(
        "Sending it again changes nothing. Correct the request.",
        "다시 보내도 결과는 같습니다. 요청을 고쳐 주세요.",
    ),
}
CODE = Text("code", "코드")
KIND = Text("kind", "구분")
MEANING = Text("meaning", "뜻")
MORE = Text(
    "What to do about one of them: requests-kiwoom explain 8050",
    "코드별 해결 방법: requests-kiwoom explain 8050",
)
UNKNOWN = Text(
    "no known code or exception in it. Give a four-digit code, Kiwoom's whole return_msg or the name of an exception;"
    " without an argument, explain lists all codes",
    "알려진 코드나 예외 이름이 없습니다. 네 자리 코드, 키움의 return_msg 전체, 또는 예외 이름을 써 주세요. 인수 없이 실행하면"
    " 모든 코드가 표시됩니다",
)
RETURN_CODE = Text(
    "{number} is a return_code, and one return_code stands for several errors: give the four-digit code in the brackets"
    " of return_msg, such as 8050 of [8050:...]",
    "{number}은 return_code입니다. return_code 하나가 여러 오류를 뜻하므로, return_msg의 대괄호 안에 있는 네 자리"
    " 코드([8050:...]의 8050)를 써 주세요",
)

#: Each exception of the package: what happened, and what to do.
EXCEPTIONS = {
    "KiwoomAuthError": (
        Text("the base of every exception of this package", "이 패키지의 모든 예외의 상위 클래스입니다"),
        Text(
            "Catch it to catch all of them; it is a requests.RequestException as well.",
            "모두 한 번에 처리하려면 이 예외를 잡아 주세요. requests.RequestException이기도 합니다.",
        ),
    ),
    "TokenIssueError": (
        Text("au10001 gave no usable token", "au10001이 쓸 수 있는 토큰을 주지 않았습니다"),
        Text(
            "It is either TokenRefused (correct the keys or the IP address) or TokenUnavailable (try again later). Run"
            " `requests-kiwoom doctor`.",
            "TokenRefused(키나 IP를 고쳐야 함) 또는 TokenUnavailable(나중에 다시 시도) 중 하나입니다."
            " `requests-kiwoom doctor`를 실행해 주세요.",
        ),
    ),
    "TokenRefused": (
        Text("Kiwoom refused to issue a token", "키움이 토큰 발급을 거절했습니다"),
        Text(
            "Calling again changes nothing: the keys, the IP address or the environment (실전, 모의) are wrong. Look at"
            " its code: `requests-kiwoom explain 8050`, say; or run `requests-kiwoom doctor`.",
            "다시 호출해도 결과는 같습니다. 키, IP 주소 또는 실전/모의 구분이 잘못되었습니다. 예외의 code를"
            " `requests-kiwoom explain 8050`처럼 찾아보시거나 `requests-kiwoom doctor`를 실행해 주세요.",
        ),
    ),
    "TokenUnavailable": (
        Text("no token could be obtained right now", "지금은 토큰을 받을 수 없습니다"),
        Text(
            "The network, a rate limit or maintenance: try again after error.retry_after seconds. It is a"
            " requests.ConnectionError as well. `requests-kiwoom doctor` shows where it fails.",
            "네트워크, 호출 한도 또는 점검 때문입니다. error.retry_after초 뒤에 다시 시도해 주세요."
            " requests.ConnectionError이기도 합니다. `requests-kiwoom doctor`로 어디에서 실패하는지 확인하실 수 있습니다.",
        ),
    ),
    "TokenRevokeError": (
        Text("au10002 did not revoke the token", "au10002가 토큰을 폐기하지 않았습니다"),
        Text(
            "If the token was already invalid, ignore it; otherwise revoke it again. Until then the token is used.",
            "이미 무효가 된 토큰이라면 무시하셔도 됩니다. 그렇지 않다면 다시 폐기해 주세요. 그때까지 토큰은 계속 쓰입니다.",
        ),
    ),
    "MissingApiId": (
        Text("the request does not name its API", "요청에 api-id가 없습니다"),
        Text(
            'Set headers={"api-id": "ka10001"} on the request, or pass auth.for_api("ka10001"). Nothing was sent.',
            '요청에 headers={"api-id": "ka10001"}을 넣거나 auth.for_api("ka10001")을 사용해 주세요. 아무것도 전송되지'
            " 않았습니다.",
        ),
    ),
    "InvalidApiId": (
        Text("the api-id is malformed, or the request names two", "api-id가 잘못되었거나 두 개가 지정되었습니다"),
        Text(
            "An api-id has 1 to 10 visible ASCII characters, and a request has one: kt10000 buys, kt10001 sells."
            " Nothing was sent.",
            "api-id는 공백 없는 ASCII 문자 1~10자이며 요청마다 하나입니다. kt10000은 매수, kt10001은 매도입니다. 아무것도"
            " 전송되지 않았습니다.",
        ),
    ),
    "WrongEnvironment": (
        Text(
            "the request goes to the other of Kiwoom's hosts (production, mock trading)",
            "실전투자와 모의투자의 주소가 서로 다릅니다",
        ),
        Text(
            "Begin URLs with auth.base_url. Mock trading (모의투자) is KiwoomAuth(..., mock=True) with its own keys."
            " Nothing was sent.",
            "URL을 auth.base_url로 시작해 주세요. 모의투자는 모의투자용 키로 KiwoomAuth(..., mock=True)를 사용합니다. 아무것도"
            " 전송되지 않았습니다.",
        ),
    ),
    "InsecureTransport": (
        Text("plain http would show the token or the keys to the network", "http는 토큰과 키를 네트워크에 노출합니다"),
        Text("Write https. Nothing was sent.", "https로 바꿔 주세요. 아무것도 전송되지 않았습니다."),
    ),
}
