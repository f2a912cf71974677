"""The pytest fixtures, each test in a project of its own."""

import re

import pytest

pytest_plugins = ["pytester"]
# They start pytest.
pytestmark = pytest.mark.once

CONFTEST = 'pytest_plugins = ["requests_kiwoom.testing.fixtures"]'

A_CALL = """
import requests

def call(server, auth, **options):
    url = server.url + "/api/dostk/stkinfo"
    return requests.post(url, auth=auth.for_api("ka10001"), json={"stk_cd": "005930"}, **options)
"""

PLAIN = """
import asyncio
import time
import pytest
from a_call import call
from requests_kiwoom import KiwoomAuth

pytestmark = pytest.mark.kiwoom(mock=True, rejection=401)

@pytest.mark.parametrize("time", [1, 2])
def test_call(kiwoom_server, kiwoom_auth, time):
    assert 0 == call(kiwoom_server, kiwoom_auth).json()["return_code"]
    assert ["au10001", "ka10001"] == [request.called for request in kiwoom_server.requests]
    assert kiwoom_server.url == kiwoom_auth.base_url

@pytest.mark.kiwoom(rejection=8103)
def test_both_markers(kiwoom_server):
    assert (True, 8103) == (kiwoom_server.mock, kiwoom_server.rejection)

def test_marker_of_the_module(kiwoom_server, kiwoom_auth):
    call(kiwoom_server, kiwoom_auth)
    kiwoom_server.revoke_all()
    assert 0 == call(kiwoom_server, kiwoom_auth).json()["return_code"]
    assert (2, 401) == (kiwoom_server.issues, kiwoom_server.rejection)

@pytest.mark.kiwoom(rejektion=401)
def test_wrong_option(kiwoom_server):
    pass

@pytest.mark.kiwoom(8103)
def test_option_without_a_name(kiwoom_server):
    pass

@pytest.mark.kiwoom(tls=True)
def test_tls(kiwoom_server, kiwoom_auth):
    response = call(kiwoom_server, kiwoom_auth, verify=kiwoom_server.ca_bundle)
    assert (0, "https") == (response.json()["return_code"], kiwoom_server.url[:5])

def test_a_day_later(kiwoom_server):
    own = KiwoomAuth(kiwoom_server.appkey, kiwoom_server.secretkey, base_url=kiwoom_server.url)
    call(kiwoom_server, own)
    kiwoom_server.clock.advance(hours=24)
    call(kiwoom_server, own)
    # Issued anew because its expiry passed, not because it was rejected.
    assert ["au10001", "ka10001"] * 2 == [request.called for request in kiwoom_server.requests]

def test_clock_afterwards():
    assert KiwoomAuth.clock() < time.time() + 3600

@pytest.mark.asyncio
async def test_asyncio(kiwoom_server, kiwoom_auth):
    calls = (asyncio.to_thread(call, kiwoom_server, kiwoom_auth) for _ in range(8))
    assert [0] * 8 == [response.json()["return_code"] for response in await asyncio.gather(*calls)]
    assert 1 == kiwoom_server.issues
"""

MANY = """
import pytest
from a_call import call

@pytest.mark.parametrize("count", range(1, 9))
def test_it(kiwoom_server, kiwoom_auth, count):
    for _ in range(count):
        call(kiwoom_server, kiwoom_auth)
    assert count == len(kiwoom_server.requests.to("ka10001"))
"""


def run(pytester, module, *arguments):
    """Run a test module in a project that uses the fixtures."""
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(a_call=A_CALL, test_it=module)
    # Unset, pytest-asyncio warns.
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
    return pytester.runpytest_subprocess("-W", "error", "--strict-markers", "-p", "no:cacheprovider", *arguments)


def test_fixtures_give_each_test_a_server_and_an_auth(pytester):
    """The fixtures give each test a server and an auth, with the options of its marker.

    kiwoom_server runs for one test, and kiwoom_auth uses it. The marker sets options: those of the test win over those
    of its module, and a wrong option is an error of the test. kiwoom_auth trusts the certificate of a server with
    tls=True. During the test, every KiwoomAuth uses the server's clock; after it, none does. Under pytest-asyncio, the
    server responds while the loop runs.
    """
    result = run(pytester, PLAIN, "-v")

    outcomes = re.findall(r"^test_it.py::(\S+) ([A-Z]+) ", result.stdout.str(), re.MULTILINE)
    assert [
        ("test_call[1]", "PASSED"),
        ("test_call[2]", "PASSED"),
        ("test_both_markers", "PASSED"),
        ("test_marker_of_the_module", "PASSED"),
        ("test_wrong_option", "ERROR"),
        ("test_option_without_a_name", "ERROR"),
        ("test_tls", "PASSED"),
        ("test_a_day_later", "PASSED"),
        ("test_clock_afterwards", "PASSED"),
        ("test_asyncio", "PASSED"),
    ] == outcomes
    result.assert_outcomes(passed=8, errors=2)
    result.stdout.fnmatch_lines_random(
        ["*unexpected keyword argument 'rejektion'*", "*takes options by their names, such as rejection=401*"]
    )


def test_fixtures_with_xdist_and_coverage(pytester, monkeypatch):
    """Each worker of pytest-xdist has servers of its own, and pytest-cov measures what the tests run there."""
    # This run may be measured, too: the run below must not write into the same file.
    monkeypatch.delenv("COVERAGE_PROCESS_START", raising=False)
    monkeypatch.delenv("COVERAGE_FILE", raising=False)
    options = ("--cov=requests_kiwoom.testing", "--cov=a_call", "--cov-report=term")

    result = run(pytester, MANY, "-n", "2", *options)

    result.assert_outcomes(passed=8)
    result.stdout.fnmatch_lines(["a_call.py*100%"])


def test_marker_is_documented(pytester):
    """pytest --markers describes the marker."""
    pytester.makeconftest(CONFTEST)

    result = pytester.runpytest_subprocess("--markers", "-p", "no:cacheprovider")

    result.stdout.fnmatch_lines(["@pytest.mark.kiwoom(*options*): *kiwoom_server*"])


def test_a_project_without_the_fixtures_imports_nothing(pytester):
    """A project that does not ask for the fixtures does not import this package, nor requests."""
    pytester.makepyfile(
        """
        import sys

        def test_it():
            assert {"requests", "requests_kiwoom"}.isdisjoint(sys.modules)
        """
    )
    # requests-mock, which other tests need, has a plugin that loads requests.
    options = ("-p", "no:cacheprovider", "-p", "no:requests_mock")
    pytester.runpytest_subprocess(*options).assert_outcomes(passed=1)
