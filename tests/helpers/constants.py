"""Constants that several test modules share."""

#: An API and its path.
API_ID = "ka10001"
PATH = "/api/dostk/stkinfo"

#: The response that rejects a token, as the real server words it.
REJECTED = {"return_msg": "인증에 실패했습니다[8005:Token이 유효하지 않습니다]", "return_code": 3}
