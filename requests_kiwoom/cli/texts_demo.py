"""What ``demo`` says, in English and Korean side by side."""

from .language import Text

INTRODUCTION = Text(
    "A Kiwoom server runs on this machine for a moment. Two clients meet the same events on it: twelve lines by hand,"
    " as many programs have them (check for HTTP 401, compare with local time, no lock), and this package.",
    "이 PC에서 키움 서버를 흉내 내는 로컬 서버를 잠시 실행합니다. 두 클라이언트가 같은 일을 겪습니다. 하나는"
    " 흔히 직접 쓰는 열두 줄의 코드(HTTP 401만 확인, 현지 시각과 비교, 락 없음), 다른 하나는 이 패키지입니다.",
)
BY_HAND = Text("by hand", "직접 작성")
PACKAGE = Text("this package", "이 패키지")
EVENT = Text("what happens", "일어난 일")
FAILED = Text("failed", "실패")
TOKEN = Text("token", "토큰")

FIRST = Text("a first request", "첫 요청")
THREADS = Text("{count} threads start at once", "스레드 {count}개가 동시에 시작")
PROCESSES = Text("{count} programs start at once", "프로그램 {count}개가 동시에 시작")
REVOKED = Text("the token is revoked", "토큰이 폐기됨")
EXPIRED = Text("24 hours pass, clock in UTC", "24시간 경과(UTC 시계)")
REDIRECTED = Text("au10001 redirects elsewhere", "au10001이 다른 서버로 이동")
TOTAL = Text("in all", "합계")

RESPONSE = Text(
    "Kiwoom's response with a revoked token is HTTP 200, so a check for 401 misses it:",
    "토큰이 폐기되면 키움은 HTTP 200으로 응답하므로 401만 확인하면 알 수 없습니다.",
)
RESPONSE_MEANS = Text(
    "{code}: {meaning}. This package replaces the token and sends again.",
    "{code}: {meaning}. 이 패키지는 토큰을 바꾸고 다시 보냅니다.",
)
KEYS_SENT = Text(
    "The redirect: by hand, both keys went to the other server. This package raised {error} and sent nothing there.",
    "다른 서버로의 이동: 직접 작성한 코드는 두 키를 그 서버로 보냈습니다. 이 패키지는 {error} 오류를 내고 아무것도 보내지"
    " 않았습니다.",
)
NEXT = Text(
    "Next: set KIWOOM_APPKEY_FILE and KIWOOM_SECRETKEY_FILE to the portal's two key files (--help shows how), and run"
    " `requests-kiwoom doctor`.",
    "다음 단계: 포털에서 받은 두 키 파일의 경로를 KIWOOM_APPKEY_FILE과 KIWOOM_SECRETKEY_FILE에 설정하고(방법은 --help에)"
    " `requests-kiwoom doctor`를 실행해 주세요.",
)
DOES_NOT_HOLD = Text('"{event}" does not hold: {reason}', '"{event}" 단계가 맞지 않습니다: {reason}')
EXPECTED = Text("{client}: {seen} instead of {expected}", "{client}: {expected} 대신 {seen}")
COUNTS = Text("{failed} failed and {issues} au10001 calls", "실패 {failed}건, au10001 {issues}회")
OTHERWISE = Text(
    "the counts are right, but something else came in at the servers", "횟수는 맞지만 서버가 받은 내용이 다릅니다"
)
