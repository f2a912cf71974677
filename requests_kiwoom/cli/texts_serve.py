"""What ``serve`` says, in English and Korean."""

from .language import Text

PRODUCTION = Text("production (실전)", "실전투자")
MOCK = Text("mock trading (모의투자)", "모의투자")
SERVING = Text(
    "Kiwoom, {kind}, is served at {url} until Ctrl-C. Below: one line for each request.",
    "{url}에서 키움({kind}) 서버를 실행합니다. 끝내시려면 Ctrl-C를 눌러 주세요. 아래에 요청이 한 줄씩 표시됩니다.",
)
WEBSOCKET = Text("WebSockets: {url}/api/dostk/websocket", "웹소켓: {url}/api/dostk/websocket")
FILES = Text("Responses from files: {api_ids}", "파일에서 읽은 응답: {api_ids}")
THIS_PACKAGE = Text("For this package, in another terminal ({shell}):", "이 패키지로 호출하기, 다른 터미널({shell})에서:")
NOT_WITH_MOCK = Text(
    "KiwoomAuth.from_env() uses them. from_env(mock=True) goes to Kiwoom instead.",
    "KiwoomAuth.from_env()가 씁니다. from_env(mock=True)는 키움 서버에 연결합니다.",
)
ANYTHING_ELSE = Text("For any other client, a token ({shell}):", "다른 클라이언트를 위한 접근토큰 발급({shell}):")
NOT_A_DIRECTORY = Text(
    "{path} is not a directory: --data needs one with files such as ka10001.json",
    "{path}는 폴더가 아닙니다. --data에는 ka10001.json과 같은 파일이 있는 폴더를 지정해 주세요",
)
