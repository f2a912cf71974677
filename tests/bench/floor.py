"""The floor: the least that an auth plugin can do, and the requests and responses that everything is measured with."""

from requests import Request, Response, Session
from requests.auth import AuthBase

URL = "https://api.kiwoom.com/api/dostk/stkinfo"
API_ID = "ka10001"

#: What `requests` passes to a response hook.
HOOK_ARGUMENTS = {"timeout": None, "verify": True, "proxies": {}, "stream": False, "cert": None}


class Floor(AuthBase):
    """Two constant headers."""

    def __call__(self, r):
        r.headers["Authorization"] = "Bearer token"
        r.headers["api-id"] = API_ID
        return r


def bare_hook(response, **kwargs):
    """A response hook that does nothing."""


def fresh_requests(count, headers=None, url=URL):
    """Return `count` requests, each prepared by a session without an auth."""
    with Session() as session:
        session.trust_env = False
        request = Request("POST", url, headers=headers, json={"stk_cd": "005930"})
        return [session.prepare_request(request) for _ in range(count)]


def fresh_responses(requests, size=2048, chunked=False):
    """Return an accepted JSON response of `size` bytes for each request, chunked as the real server's or not."""
    head = b'{"return_code": 0, "return_msg": "", "rows": "'
    content = head + b"x" * (size - len(head) - 2) + b'"}'
    framing = {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": str(len(content))}
    return [_make_response(request, content, framing) for request in requests]


def _make_response(request, content, framing):
    response = Response()
    response.status_code = 200
    response.url = request.url
    response.request = request
    response.headers.update(
        {
            "Content-Type": "application/json;charset=UTF-8",
            **framing,
            "api-id": API_ID,
            "cont-yn": "N",
            "Date": "Mon, 03 Mar 2025 00:00:00 GMT",
        }
    )
    response._content = content
    return response
