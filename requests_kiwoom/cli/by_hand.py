"""``LINES``: what this package replaces, as many programs have it. The README shows these lines, ``demo`` runs them."""

#: They look for HTTP 401, compare Korean time with local time, and have no lock.
LINES = """\
import requests, time
HOST, token, expires = "https://api.kiwoom.com", None, ""
KEYS = dict(grant_type="client_credentials", appkey="my-appkey", secretkey="my-secret")
def post(path, api_id, **body):
    global token, expires
    if time.strftime("%Y%m%d%H%M%S") > expires:
        issued = requests.post(HOST + "/oauth2/token", json=KEYS).json()
        token, expires = issued["token"], issued["expires_dt"]
    headers = {"api-id": api_id, "authorization": f"Bearer {token}"}
    response = requests.post(HOST + path, headers=headers, **body)
    expires = "" if response.status_code == 401 else expires
    return post(path, api_id, **body) if expires == "" else response
"""
