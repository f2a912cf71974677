"""A token service like most others, on loopback, for the peers, which do not support Kiwoom's format.

It differs from Kiwoom only in its format: ``expires_in`` instead of ``expires_dt``, and HTTP 401 for a rejected token.
"""

import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class TokenService:
    """A context manager: ``POST /token`` issues, every other path requires a live token.

    :param reissue: ``"same"``: the live token is returned again; ``"new"``: each token is new and revokes the old one.
    :param lifetime: seconds until the next token expires.
    :param latency: seconds that a token call takes.
    """

    def __init__(self, reissue="same", lifetime=86400.0, latency=0.0):
        self.reissue = reissue
        self.lifetime = lifetime
        self.latency = latency
        self.is_down = self.is_rejecting = False
        self.issues = self.sends = 0
        self._token, self._expires = None, 0.0
        self._lock = threading.Lock()

    def __enter__(self):
        self._httpd = _Httpd(("127.0.0.1", 0), _Handler)
        self._httpd.service = self
        self.url = f"http://127.0.0.1:{self._httpd.server_address[1]}"
        threading.Thread(target=self._httpd.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *args):
        self._httpd.shutdown()
        self._httpd.server_close()

    def revoke_all(self):
        """Revoke the token, as another client would."""
        self._token = None

    def issue(self):
        """Return the status and payload of ``/token``."""
        with self._lock:
            self.issues += 1
        # The service is as slow as the scene wants it.
        time.sleep(self.latency)
        with self._lock:
            if self.is_down:
                return 503, {}
            if self._token is None or self.reissue == "new" or time.time() >= self._expires:
                self._token, self._expires = secrets.token_urlsafe(64), time.time() + self.lifetime
            left = int(self._expires - time.time())
            return 200, {"access_token": self._token, "token_type": "Bearer", "expires_in": left}

    def serve(self, authorization):
        """Return the status and payload of every other path for a request with that header."""
        with self._lock:
            self.sends += 1
            is_live = self._token is not None and authorization == f"Bearer {self._token}" and not self.is_rejecting
        return (200, {"return_code": 0}) if is_live else (401, {"error": "invalid_token"})


class _Httpd(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        service = self.server.service
        is_token_call = self.path == "/token"
        status, payload = service.issue() if is_token_call else service.serve(self.headers.get("Authorization"))
        content = json.dumps(payload).encode()
        head = f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        # In one write: of two, Nagle's algorithm holds the second back until the first is acknowledged.
        self.wfile.write(head.encode() + content)

    def log_message(self, *args):
        pass
