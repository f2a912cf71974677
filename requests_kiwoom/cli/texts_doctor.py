"""What ``doctor`` says, in English and Korean side by side."""

from .language import Text, untranslated

STATUS = {
    "ok": Text("ok", "정상"),
    "warn": Text("warn", "주의"),
    "FAIL": Text("FAIL", "실패"),
    "-": untranslated("-"),
}

# What is checked.
KEYS = Text("keys", "키")
ENVIRONMENT = Text("environment", "접속 환경")
STORE = Text("store", "저장소")
PROXY = Text("proxy", "프록시")
LOOK_UP = Text("name look-up", "이름 조회")
CONNECTION = Text("connection", "연결")
CLOCK = Text("clock", "시계")
AU10001 = untranslated("au10001")

# The last line.
READY = Text(
    "Ready: requests to {server} get a token.", "준비되었습니다. {server} 주소로 보내는 요청에 토큰이 붙습니다."
)
READY_BUT = Text(
    "Ready: requests to {server} get a token. Look at the warning above.",
    "준비되었습니다. {server} 주소로 보내는 요청에 토큰이 붙습니다. 위의 주의 항목도 확인해 주세요.",
)
NOT_READY = Text(
    'Not ready. Fix "{name}" first, as the arrow says, and run doctor again.',
    '아직 준비되지 않았습니다. 먼저 "{name}" 항목을 화살표의 안내대로 고친 뒤 doctor를 다시 실행해 주세요.',
)

# keys
KEYS_FOUND = Text(
    "appkey (앱키) and secretkey (시크릿키), from {names}", "appkey(앱키)와 secretkey(시크릿키): {names}"
)
CORRECT_KEYS = Text(
    "Correct the variable: each key comes as text, or as the path of the portal's key file. --help shows how.",
    "변수를 고쳐 주세요. 키는 텍스트로, 또는 포털에서 받은 키 파일의 경로로 설정합니다. 방법은 --help에 있습니다.",
)
SAME_KEYS = Text("{names} are the same", "{names}의 값이 같습니다")
USE_BOTH_KEYS = Text(
    "The portal shows two different keys (앱키, 시크릿키). {name} is most likely the wrong one.",
    "포털의 앱키와 시크릿키는 서로 다릅니다. {name} 쪽이 잘못되었을 가능성이 큽니다.",
)
SHORT_KEY = Text("the key in {name} is too short for one of Kiwoom's", "{name}의 키가 너무 짧습니다")
COPY_KEY = Text("Copy the whole key from the portal again.", "포털에서 키 전체를 다시 복사해 주세요.")
OPEN_KEY_FILE = Text(
    "other users of this machine can read the file in {name}", "이 컴퓨터의 다른 사용자가 {name}의 파일을 읽을 수 있습니다"
)
CLOSE_KEY_FILE = Text(
    'Run: chmod 600 "${name}" (where that has no effect, move the file into your home folder).',
    '실행해 주세요: chmod 600 "${name}" (효과가 없으면 파일을 홈 폴더로 옮겨 주세요)',
)

# environment
PRODUCTION = Text("production (실전)", "실전투자")
MOCK = Text("mock trading (모의투자)", "모의투자")
OTHER_SERVER = Text("another server", "다른 서버")
ONE_ENVIRONMENT = Text(
    "Use one of --mock, --base-url, KIWOOM_MOCK=1 and KIWOOM_BASE_URL, or none for production (실전).",
    "--mock, --base-url, KIWOOM_MOCK=1, KIWOOM_BASE_URL 중 하나만 사용해 주세요. 실전투자는 아무것도 필요하지 않습니다.",
)

# store
NO_STORE = Text("none: other programs do not share this token", "없음(다른 프로그램과 토큰을 함께 쓰지 않습니다)")
STORE_WORKS = Text("{store}, readable and writable", "{store}, 읽고 쓸 수 있습니다")
STORE_IS_PRIVATE = Text(
    "{store}, readable and writable and private", "{store}, 읽고 쓸 수 있으며 다른 사용자는 볼 수 없습니다"
)
CORRECT_STORE = Text(
    "Fix this, or run without --store and KIWOOM_STORE.",
    "이 문제를 고치시거나 --store와 KIWOOM_STORE 없이 실행해 주세요.",
)
CHECK_STORE = Text(
    "Fix this, or run without the store. --store or KIWOOM_STORE names a file of your own, or a Redis server that can"
    " be reached. A damaged file can be deleted: the token is issued again.",
    "이 문제를 고치시거나 저장소 없이 실행해 주세요. --store 또는 KIWOOM_STORE에는 본인의 파일이나 접속 가능한 Redis 서버를"
    " 지정합니다. 손상된 파일은 지우셔도 됩니다. 토큰은 다시 발급됩니다.",
)

# proxy, name look-up, connection
NO_PROXY = Text("none", "없음")
PROXY_LOOKS_UP = Text("the proxy does it", "프록시가 처리합니다")
ADDRESSES = Text("{host} is {addresses}", "{host}의 주소는 {addresses}입니다")
CHECK_NAME = Text(
    "Check this machine's network and DNS, and the spelling of --base-url or KIWOOM_BASE_URL, if given.",
    "이 PC의 네트워크와 DNS를, --base-url이나 KIWOOM_BASE_URL을 쓰셨다면 철자를 확인해 주세요.",
)
CONNECTED = Text("HTTP {status}, certificate verified", "HTTP {status}, 인증서 확인됨")
CONNECTED_PLAIN = Text("HTTP {status}, plain http on loopback", "HTTP {status}, 이 PC 안의 http")
UNTRUSTED_CERTIFICATE = Text(
    "The certificate is not trusted: a firewall or virus scanner opens TLS, or this is a test server. Set"
    " REQUESTS_CA_BUNDLE to its CA file. A wrong clock on this machine has the same effect.",
    "신뢰할 수 없는 인증서입니다. 방화벽이나 백신이 TLS를 열어 보고 있거나 테스트 서버입니다. 그 CA 파일을"
    " REQUESTS_CA_BUNDLE에 설정해 주세요. 이 PC의 시계가 틀려도 같은 오류가 납니다.",
)
CHECK_PROXY = Text(
    "Check the proxy in HTTPS_PROXY or HTTP_PROXY, or name the host in NO_PROXY to connect without it.",
    "HTTPS_PROXY 또는 HTTP_PROXY의 프록시를 확인하시거나, 호스트를 NO_PROXY에 넣어 프록시 없이 접속해 주세요.",
)
NOT_TLS = Text(
    "The server there does not speak TLS: check scheme and port of --base-url or KIWOOM_BASE_URL.",
    "상대 서버가 TLS를 쓰지 않습니다. --base-url 또는 KIWOOM_BASE_URL의 http/https와 포트를 확인해 주세요.",
)
TIMED_OUT = Text(
    "No response in time: a firewall drops the connection, or the port is wrong.",
    "시간 안에 응답이 없습니다. 방화벽이 연결을 막고 있거나 포트가 잘못되었습니다.",
)
NO_SERVER = Text(
    "No server listens there, or a firewall refuses: check the network, and --base-url or KIWOOM_BASE_URL, if given.",
    "그 주소에 서버가 없거나 방화벽이 거부했습니다. 네트워크를, --base-url이나 KIWOOM_BASE_URL을 쓰셨다면 주소를 확인해"
    " 주세요.",
)
CHECK_CA_FILE = Text(
    "Check REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE: they must name a file that exists.",
    "REQUESTS_CA_BUNDLE과 CURL_CA_BUNDLE이 실제로 있는 파일을 가리키는지 확인해 주세요.",
)

# clock
NO_DATE = Text("not checked: the server sent no Date", "확인하지 못했습니다: 서버가 Date를 보내지 않았습니다")
CLOCK_AGREES = Text("agrees with the server's", "서버와 같습니다")
CLOCK_AHEAD = Text("{time} ahead of the server's", "서버보다 {time} 빠릅니다")
CLOCK_BEHIND = Text("{time} behind the server's", "서버보다 {time} 느립니다")
SET_CLOCK = Text(
    "Set this machine's clock and time zone; by the server's it is {moment:%Y-%m-%d %H:%M:%S} UTC.",
    "이 PC의 시계와 시간대를 맞춰 주세요. 서버 시각은 {moment:%Y-%m-%d %H:%M:%S} UTC입니다.",
)

# au10001
TOKEN = Text(
    "token {fingerprint}, expires {expires_at:%Y-%m-%d %H:%M:%S} KST",
    "토큰 {fingerprint}, 만료 {expires_at:%Y-%m-%d %H:%M:%S} KST",
)
TOKEN_IS_NEW = Text("{token}; already new: it has its full 24 hours", "{token}; 새 토큰입니다(24시간 유효)")
TOKEN_IS_SHARED = Text(
    "{token}; issued {age} ago, before this run: another program with this key, or an earlier run, may be using it",
    "{token}; 이번 실행보다 {age} 전에 발급되었습니다. 이 키를 쓰는 다른 프로그램이나 이전 실행이 사용 중일 수 있습니다",
)
NO_TOKEN = Text("{reason}", "토큰을 받지 못했습니다: {reason}")
TRY_LATER = Text(
    "Try again later; if this repeats, from another network.",
    "잠시 후 다시 시도해 주세요. 계속되면 다른 네트워크에서 시도해 주세요.",
)
REFUSED = untranslated("return_code {return_code}: {return_msg}")
