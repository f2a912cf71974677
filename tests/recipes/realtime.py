"""Receive real-time data (WebSocket) with websockets.

A login carries the bare token. If Kiwoom refuses the login, ``token(rejected=...)`` gets
another token, and the login is tried once more.

Needs ``pip install websockets``. Prints::

    005930 -70100
    LOGIN with a revoked token, then with another one: 2 tokens issued
"""

import json
from concurrent.futures import ThreadPoolExecutor

from websockets.sync.client import connect

from requests_kiwoom import KiwoomAuth
from requests_kiwoom.testing import KiwoomServer

# Kiwoom's own address; mock trading has wss://mockapi.kiwoom.com:10000.
STREAM = "wss://api.kiwoom.com:10000"
PATH = "/api/dostk/websocket"
ITEMS = [{"item": ["005930"], "type": ["0B"]}]
TRADES = {"trnm": "REG", "grp_no": "1", "refresh": "1", "data": ITEMS}


def messages(auth, stream=STREAM, *requests):
    """Log in, send the requests, and yield each message that Kiwoom sends."""
    rejected = None
    for _ in range(2):
        token = auth.token(rejected=rejected)
        with connect(stream + PATH) as socket:
            socket.send(json.dumps({"trnm": "LOGIN", "token": token}))
            login = json.loads(socket.recv())
            if login["return_code"] == 0:
                for request in requests:
                    socket.send(json.dumps(request))
                for text in socket:
                    message = json.loads(text)
                    if message["trnm"] == "PING":
                        socket.send(text)  # Kiwoom expects the same text back.
                    else:
                        yield message
                return
        rejected = token
    raise ConnectionError(login["return_msg"])


def prices(auth, stream=STREAM):
    """Yield each trade's stock and price; the price's sign is that of the day's change."""
    for message in messages(auth, stream, TRADES):
        for item in message.get("data", []) if message["trnm"] == "REAL" else []:
            yield item["item"], item["values"]["10"]


def main():
    with KiwoomServer() as server:
        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url)
        auth.token()
        server.revoke_all()
        with ThreadPoolExecutor() as pool:
            price = pool.submit(next, prices(auth, server.websocket_url))
            server.push("0B", "005930", {"10": "-70100"})  # Waits for the REG.
            print(*price.result())
        print(f"LOGIN with a revoked token, then with another one: {server.issues} tokens issued")


if __name__ == "__main__":
    main()
