"""requests-toolbelt: sessions with a base URL, and bodies that can be read once."""

from requests_toolbelt import MultipartEncoder

from tests.helpers.constants import PATH

TITLE = "Base URLs and multipart bodies: requests-toolbelt"


def test_base_url_session(server, run):
    """A path alone goes to the auth's own server, with a token; after a rejection it is sent again."""
    session = run(TITLE)["session"]
    server.revoke_all()

    answer = session.post(PATH, headers={"api-id": "ka10001"}, json={})

    assert 0 == answer.json()["return_code"]
    assert server.token == server.requests.last.token
    assert 3 == len([request for request in server.requests if request.route == PATH])


def send(session, url, encoder):
    """Send a multipart body."""
    headers = {"api-id": "ka10001", "Content-Type": encoder.content_type}
    return session.post(url, headers=headers, data=encoder)


def test_multipart_encoder(server, session):
    """A multipart body goes out whole; rejected, it is not sent again with nothing in it, and another goes through."""
    fields = {"note": ("note.txt", b"hello", "text/plain")}
    send(session, server.url + PATH, MultipartEncoder(fields))
    server.revoke_all()

    rejected = send(session, server.url + PATH, MultipartEncoder(fields))
    accepted = send(session, server.url + PATH, MultipartEncoder(fields))

    assert (3, 0) == (rejected.json()["return_code"], accepted.json()["return_code"])
    sent = [request.body for request in server.requests if request.route == PATH]
    assert 3 == len(sent)
    assert all(b"hello" in body for body in sent)
