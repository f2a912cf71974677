"""The pytest fixtures, in projects of their own."""

import pytest

pytest_plugins = ["pytester"]
# Each starts a pytest of its own.
pytestmark = pytest.mark.once

CONFTEST = 'pytest_plugins = ["requests_kiwoom.testing.fixtures"]'

A_CALL = """
import requests

def call(server, auth, **options):
    url = server.url + "/api/dostk/stkinfo"
    return requests.post(url, auth=auth.for_api("ka10001"), json={"stk_cd": "005930"}, **options)
"""


@pytest.fixture
def project(pytester):
    """A project that uses the fixtures: give it a test module, and run it."""

    def run(module, *arguments):
        pytester.makeconftest(CONFTEST)
        pytester.makepyfile(a_call=A_CALL, test_it=module)
        # Unset, pytest-asyncio warns.
        pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
        return pytester.runpytest_subprocess("-W", "error", "--strict-markers", "-p", "no:cacheprovider", *arguments)

    return run


def test_server_and_auth(project):
    """kiwoom_server runs for one test, and kiwoom_auth points at it."""
    result = project(
        """
        import pytest
        from a_call import call

        @pytest.mark.parametrize("time", [1, 2])
        def test_call(kiwoom_server, kiwoom_auth, time):
            assert 0 == call(kiwoom_server, kiwoom_auth).json()["return_code"]
            assert ["au10001", "ka10001"] == [request.called for request in kiwoom_server.requests]
            assert kiwoom_server.url == kiwoom_auth.base_url
        """
    )
    result.assert_outcomes(passed=2)


def test_marker(project):
    """Options come by the marker kiwoom: those of the test over those of its module."""
    result = project(
        """
        import pytest
        from a_call import call

        pytestmark = pytest.mark.kiwoom(mock=True, rejection=401)

        @pytest.mark.kiwoom(rejection=8103)
        def test_both(kiwoom_server):
            assert (True, 8103) == (kiwoom_server.mock, kiwoom_server.rejection)

        def test_module(kiwoom_server, kiwoom_auth):
            call(kiwoom_server, kiwoom_auth)
            kiwoom_server.revoke_all()
            assert 0 == call(kiwoom_server, kiwoom_auth).json()["return_code"]
            assert 2 == kiwoom_server.issues
        """
    )
    result.assert_outcomes(passed=2)


def test_wrong_option(project):
    """A slip of the pen in the marker is an error of the test, with the option's name."""
    result = project(
        """
        import pytest

        @pytest.mark.kiwoom(rejektion=401)
        def test_it(kiwoom_server):
            pass
        """
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*unexpected keyword argument 'rejektion'*"])


def test_option_without_a_name(project):
    """An option in the marker that has no name is an error of the test, and not passed over."""
    result = project(
        """
        import pytest

        @pytest.mark.kiwoom(8103)
        def test_it(kiwoom_server):
            pass
        """
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*takes options by their names, such as rejection=401*"])


def test_tls(project):
    """With tls=True, kiwoom_auth trusts the server's certificate."""
    result = project(
        """
        import pytest
        from a_call import call

        @pytest.mark.kiwoom(tls=True)
        def test_it(kiwoom_server, kiwoom_auth):
            answer = call(kiwoom_server, kiwoom_auth, verify=kiwoom_server.ca_bundle)
            assert (0, "https") == (answer.json()["return_code"], kiwoom_server.url[:5])
        """
    )
    result.assert_outcomes(passed=1)


def test_clock(project):
    """The server's clock is that of every KiwoomAuth during the test, and of none after it."""
    result = project(
        """
        import time
        from a_call import call
        from requests_kiwoom import KiwoomAuth

        def test_a_day_later(kiwoom_server):
            own = KiwoomAuth(kiwoom_server.appkey, kiwoom_server.secretkey, base_url=kiwoom_server.url)
            call(kiwoom_server, own)
            kiwoom_server.clock.advance(hours=24)
            call(kiwoom_server, own)
            # Issued anew because its expiry passed, not because it was rejected.
            assert ["au10001", "ka10001"] * 2 == [request.called for request in kiwoom_server.requests]

        def test_after():
            assert KiwoomAuth.clock() < time.time() + 3600
        """
    )
    result.assert_outcomes(passed=2)


def test_marker_is_documented(pytester):
    """pytest --markers tells what the marker is for."""
    pytester.makeconftest(CONFTEST)

    pytester.runpytest_subprocess("--markers").stdout.fnmatch_lines(["@pytest.mark.kiwoom(*options*): *kiwoom_server*"])


def test_no_entry_point(pytester):
    """A project that does not ask for the fixtures does not load this package, nor requests."""
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


@pytest.fixture
def many(project):
    """A project of eight tests, each of which looks at what came in to its own server."""
    module = """
    import pytest
    from a_call import call

    @pytest.mark.parametrize("count", range(1, 9))
    def test_it(kiwoom_server, kiwoom_auth, count):
        for _ in range(count):
            call(kiwoom_server, kiwoom_auth)
        assert count == len(kiwoom_server.requests.to("ka10001"))
    """
    return lambda *arguments: project(module, *arguments)


def test_with_xdist(many):
    """Each worker of pytest-xdist has servers of its own."""
    many("-n", "2").assert_outcomes(passed=8)


def test_with_coverage(many, monkeypatch):
    """pytest-cov measures what the tests run, this package's part of it from its first line."""
    # If this very run is measured, what is measured here is none of its business.
    monkeypatch.delenv("COVERAGE_PROCESS_START", raising=False)
    monkeypatch.delenv("COVERAGE_FILE", raising=False)
    result = many("--cov=requests_kiwoom.testing", "--cov=a_call", "--cov-report=term")

    result.assert_outcomes(passed=8)
    result.stdout.fnmatch_lines(["a_call.py*100%"])


def test_with_asyncio(project):
    """Under pytest-asyncio the server answers while the loop runs: it has threads of its own."""
    result = project(
        """
        import asyncio
        import pytest
        from a_call import call

        @pytest.mark.asyncio
        async def test_it(kiwoom_server, kiwoom_auth):
            answers = await asyncio.gather(
                *(asyncio.to_thread(call, kiwoom_server, kiwoom_auth) for _ in range(8))
            )
            assert [0] * 8 == [answer.json()["return_code"] for answer in answers]
            assert 1 == kiwoom_server.issues
        """
    )
    result.assert_outcomes(passed=1)
