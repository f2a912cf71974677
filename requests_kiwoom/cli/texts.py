"""What the commands say, in English and Korean side by side (see texts_doctor, texts_explain, texts_demo as well).

``--help`` is English, with the portal's Korean terms; so are the errors that KiwoomAuth raises.
"""

from .language import Text

NOTHING = Text("", "")

# Durations.
SECONDS = Text("{seconds:.0f} s", "{seconds:.0f}초")
HOURS = Text("{hours} h {minutes:02} min", "{hours}시간 {minutes:02}분")

# What stands before an error and a warning.
ERROR = Text("error: {message}", "오류: {message}")
WARNING = Text("warning: {message}", "경고: {message}")

# Errors of every command.
STDOUT_IS_CLOSED = Text(
    "stdout is closed, so nothing can be printed; use >/dev/null to discard the output",
    "표준 출력이 닫혀 있어 아무것도 출력할 수 없습니다. 출력을 버리려면 >/dev/null을 사용해 주세요",
)
OUTPUT_FAILED = Text("the output could not be written: {reason}", "결과를 출력하지 못했습니다: {reason}")
REQUEST_FAILED = Text(
    "the request failed: {reason}. `requests-kiwoom doctor` shows where",
    "요청에 실패했습니다: {reason}. `requests-kiwoom doctor`로 어디에서 실패하는지 확인해 주세요",
)
BUG = Text(
    "{reason}. This is a bug in requests_kiwoom; --verbose shows where",
    "{reason}. requests_kiwoom의 버그입니다. --verbose를 붙이면 위치가 표시됩니다",
)
#: An error of KiwoomAuth, whose words are English.
RAISED = Text(
    "{reason}",
    "{meaning}: {reason} (`requests-kiwoom explain {name}`에서 한국어 설명을 보실 수 있습니다)",
)
WRONG_SETTING = Text("{reason}", "설정이 올바르지 않습니다: {reason}")

# Keys that are not there.
KEY_NOT_SET = Text("{variable} is not set", "환경 변수 {variable}가 없습니다")
SET_KEYS = Text(
    "Set KIWOOM_APPKEY (앱키) and KIWOOM_SECRETKEY (시크릿키), or KIWOOM_APPKEY_FILE and KIWOOM_SECRETKEY_FILE to the"
    " paths of the portal's key files. --help shows how.",
    "KIWOOM_APPKEY(앱키)와 KIWOOM_SECRETKEY(시크릿키)를 설정하시거나, 포털에서 받은 키 파일의 경로를 KIWOOM_APPKEY_FILE과"
    " KIWOOM_SECRETKEY_FILE에 설정해 주세요. 방법은 --help에 있습니다.",
)
RENAME_KEY = Text("Rename {other} to {variable}.", "{other} 대신 {variable}라는 이름을 써 주세요.")
SENTENCES = Text("{first}. {second}", "{first}. {second}")
RESPONDED = Text(
    "{call} failed with return_code {return_code}: {return_msg}. {advice}",
    "{call} 호출에 실패했습니다(return_code {return_code}): {return_msg}. {advice}",
)

# What to do about a response that no code explains.
UNKNOWN_RESPONSE = Text(
    "Look up the message in Kiwoom's API guide.",
    "키움 API 가이드에서 메시지를 찾아봐 주세요.",
)
NOT_KIWOOM = Text(
    "This response is not from Kiwoom's API: maintenance (점검), a firewall or a proxy. Try again later, or from"
    " another network.",
    "키움 API의 응답이 아닙니다. 점검 중이거나 방화벽 또는 프록시가 응답했습니다. 잠시 후, 또는 다른 네트워크에서 다시"
    " 시도해 주세요.",
)

# The store.
STORE_UNREADABLE = Text(
    "the store cannot be read: {reason}. `requests-kiwoom doctor` says what to do",
    "토큰 저장소를 읽을 수 없습니다: {reason}. `requests-kiwoom doctor`로 해결 방법을 확인해 주세요",
)
STORE_IS_QUOTED = Text(
    "the store's path has quotation marks or spaces around it, and they are no part of it: remove them (cmd.exe keeps"
    ' those of set KIWOOM_STORE="...")',
    "저장소 경로의 앞뒤에 따옴표나 공백이 있습니다. 경로에 속하지 않으니 지워 주세요(cmd.exe의 set KIWOOM_STORE=\"...\"는"
    " 따옴표까지 값으로 저장합니다)",
)
REDIS_IN_ARGUMENT = Text(
    "the address of a Redis server holds its password: set KIWOOM_STORE instead of passing it as an argument",
    "Redis 주소에는 비밀번호가 들어 있습니다. 명령줄 인수 대신 환경 변수 KIWOOM_STORE로 지정해 주세요",
)
REDIS_NOT_INSTALLED = Text(
    "KIWOOM_STORE names a Redis server: pip install redis",
    "KIWOOM_STORE가 Redis 서버를 가리킵니다. pip install redis를 실행해 주세요",
)
REDIS_ADDRESS_WRONG = Text(
    "KIWOOM_STORE is not an address of a Redis server, such as redis://:PASSWORD@HOST:6379/0",
    "KIWOOM_STORE가 redis://:PASSWORD@HOST:6379/0 같은 Redis 주소가 아닙니다",
)

# token, renew, revoke.
DESCRIPTION = Text(
    "token    {fingerprint} (its fingerprint; `token --reveal` prints the token)\n"
    "server   {server}\n"
    "expires  {expires_at:%Y-%m-%d %H:%M:%S} KST\n"
    "left     {left}",
    "토큰      {fingerprint} (지문입니다. `token --reveal`은 토큰을 출력합니다)\n"
    "서버      {server}\n"
    "만료      {expires_at:%Y-%m-%d %H:%M:%S} KST\n"
    "남은 시간 {left}",
)
NO_TIME_LEFT = Text(
    "nothing, by this machine's clock: compare it with `requests-kiwoom doctor`",
    "이 PC의 시계로는 없습니다. `requests-kiwoom doctor`로 시계를 확인해 주세요",
)
ALREADY_NEW = Text(
    "This token is already new: it has its full 24 hours, so it was not revoked.\n"
    "To replace it all the same: requests-kiwoom renew --force",
    "이미 새 토큰입니다. 24시간이 모두 남아 있어 폐기하지 않았습니다.\n"
    "그래도 바꾸려면 requests-kiwoom renew --force를 실행해 주세요.",
)
RENEWED = Text(
    "Token {old} was replaced by a new one.",
    "새 토큰으로 바꿨습니다(이전 토큰 {old}).",
)
NOT_RENEWED = Text(
    "Kiwoom issued token {fingerprint} again instead of a new one: it was not revoked. Try again, or wait until it"
    " expires; --verbose shows what au10002 said",
    "새 토큰 대신 같은 토큰({fingerprint})이 다시 발급되었습니다. 토큰이 폐기되지 않았습니다. 다시 시도하시거나 만료될 때까지"
    " 기다려 주세요. --verbose를 붙이면 au10002의 응답이 표시됩니다",
)
CONFIRM_REVOKE = Text(
    "Revoke (폐기) the token of this key at {server}, for every program that uses it?",
    "{server}에서 이 키의 토큰을 폐기할까요? 이 키를 쓰는 모든 프로그램의 토큰이 무효가 됩니다.",
)
NOT_A_TERMINAL = Text(
    "revoke asks before it revokes the token of every program with this key, and this is not a terminal: pass --yes",
    "revoke는 이 키를 쓰는 모든 프로그램의 토큰을 폐기하므로 먼저 확인을 받습니다. 터미널이 아니면 --yes를 붙여 주세요",
)
NOTHING_REVOKED = Text("Nothing was revoked.", "토큰을 폐기하지 않았습니다.")
REVOKED = Text(
    "Token {fingerprint} was revoked. The next token will have its full 24 hours.",
    "토큰을 폐기했습니다({fingerprint}). 다음에 발급되는 토큰은 24시간 동안 유효합니다.",
)

# call.
BAD_PATH = Text(
    "PATH begins with a slash, such as /api/dostk/stkinfo (in Git Bash on Windows: with two)",
    "PATH는 /api/dostk/stkinfo처럼 슬래시로 시작해야 합니다(Windows의 Git Bash에서는 슬래시 두 개)",
)
TOKEN_PATH = Text(
    "use the commands token, renew and revoke for the token's own calls",
    "토큰 관련 호출은 token, renew, revoke 명령을 사용해 주세요",
)
BODY_UNREADABLE = Text(
    "the body cannot be read from {file}: {reason}",
    "{file}에서 본문을 읽을 수 없습니다: {reason}",
)
BAD_BODY = Text(
    'the body is not a JSON object, such as {{"stk_cd": "005930"}}: write FIELD=VALUE, such as stk_cd=005930, or put'
    ' the JSON into a file (UTF-8) and pass "@FILE", with the quotation marks',
    '본문이 {{"stk_cd": "005930"}} 같은 JSON 객체가 아닙니다. stk_cd=005930처럼 FIELD=VALUE로 쓰시거나, JSON을 파일(UTF-8)에'
    ' 저장하고 "@FILE"처럼 따옴표와 함께 지정해 주세요',
)
BAD_NEXT_KEY = Text(
    "--next-key must be the ASCII text that the response before gave: copy it from there",
    "--next-key에는 이전 응답의 next-key(ASCII 문자)를 그대로 복사해 주세요",
)
NOT_JSON = Text(
    "the response to {api_id} is HTTP {status} and not a JSON object. {advice}",
    "{api_id}의 응답이 HTTP {status}이며 JSON 객체가 아닙니다. {advice}",
)
NO_RETURN_CODE = Text(
    "the response to {api_id} is HTTP {status} and has no return_code: read the response itself",
    "{api_id}의 응답이 HTTP {status}이며 return_code가 없습니다. 응답 내용을 확인해 주세요",
)
CALL_FAILED = Text(
    "{api_id} failed with {status}return_code {return_code}: {return_msg}. {advice}",
    "{api_id} 호출에 실패했습니다({status}return_code {return_code}): {return_msg}. {advice}",
)
MORE_PAGES = Text(
    "There is more (연속조회): repeat the command with --cont-yn Y --next-key {next_key}",
    "다음 데이터가 있습니다(연속조회). 같은 명령에 --cont-yn Y --next-key {next_key} 를 붙여 주세요",
)
