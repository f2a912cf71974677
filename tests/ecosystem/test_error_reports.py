"""Sentry: its reports of this package's errors hold no secret."""

import json

import pytest
import requests
import sentry_sdk

from requests_kiwoom import KiwoomAuthError
from requests_kiwoom.testing import Reply, faults, refusal
from tests.helpers.constants import PATH


@pytest.fixture
def reports():
    """The reports that Sentry makes; none leaves this machine."""
    made = []
    sentry_sdk.init("https://public@sentry.invalid/1", before_send=lambda report, hint: made.append(report))
    yield made
    sentry_sdk.init(default_integrations=False)


@pytest.mark.parametrize(
    "plan", [refusal(8001), faults.RESET_WITHIN, faults.MAINTENANCE, Reply({"token": 1, "expires_dt": "?"})]
)
def test_failing_token_call(server, auth, reports, plan):
    """The local variables of a failing token call are in the report, and neither key is among them."""
    server.fail(plan)

    with pytest.raises(KiwoomAuthError):
        try:
            requests.post(server.url + PATH, auth=auth.for_api("ka10001"), json={})
        except KiwoomAuthError:
            sentry_sdk.capture_exception()
            raise

    text = json.dumps(reports, default=repr)
    assert '"vars"' in text and "requests_kiwoom" in text
    assert server.appkey not in text and server.secretkey not in text


def test_error_in_the_users_program(server, auth, reports):
    """The report of an error in a program that holds a response has neither a key nor the token."""
    response = requests.post(server.url + PATH, auth=auth.for_api("ka10001"), json={})
    try:
        response.json()["no such field"]
    except KeyError:
        sentry_sdk.capture_exception()

    text = json.dumps(reports, default=repr)
    assert "no such field" in text and '"vars"' in text
    assert all(secret not in text for secret in (server.appkey, server.secretkey, server.token))
