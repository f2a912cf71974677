"""requests-toolbelt: sessions with a base URL, and bodies that can be read only once."""

from requests_toolbelt import MultipartEncoder

from tests.helpers.constants import PATH
from tests.recipes.base_url import make_session


def test_base_url_session(server, auth):
    """A request for a path alone is sent to the auth's own server, and is resent after a rejection."""
    with make_session(auth) as session:
        session.post(PATH, headers={"api-id": "ka10001"}, json={})
        server.revoke_all()

        assert 0 == session.post(PATH, headers={"api-id": "ka10001"}, json={}).json()["return_code"]

    assert server.token == server.requests.last.token
    assert 3 == len(server.requests.to("ka10001"))


def send(session, url):
    """Send a multipart body."""
    encoder = MultipartEncoder({"note": ("note.txt", b"hello", "text/plain")})
    return session.post(url, headers={"api-id": "ka10001", "Content-Type": encoder.content_type}, data=encoder)


def test_multipart_encoder(server, session):
    """A multipart body is sent whole; after a rejection it is not resent empty, and the next one succeeds."""
    send(session, server.url + PATH)
    server.revoke_all()

    rejected, accepted = send(session, server.url + PATH), send(session, server.url + PATH)

    assert (3, 0) == (rejected.json()["return_code"], accepted.json()["return_code"])
    sent = [request.body for request in server.requests.to("ka10001")]
    assert 3 == len(sent)
    assert all(b"hello" in body for body in sent)
