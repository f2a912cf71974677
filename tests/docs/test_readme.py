"""What the README shows is run as it stands there, against a Kiwoom on loopback."""

import ast
import os
import re
import subprocess
import sys

import pytest
import requests

from requests_kiwoom.oauth import TOKEN_PATH
from tests.helpers.cli import environ, write_key_files
from tests.helpers.documents import README, blocks, program, section

PROLOGUE = 'import requests\nfrom requests_kiwoom import KiwoomAuth\nauth = KiwoomAuth("my-appkey", "my-secretkey")\n'
TEXT = README.read_text("utf-8")
DEMO = r"^    (python3 -m venv \.venv && .* -m requests_kiwoom demo)$"


def python_blocks():
    """Each Python block of the README, with the number of its line; those of the recipes are for tests/ecosystem."""
    recipes = blocks(*section("Recipes"))
    for start, code in blocks(0, TEXT):
        if (start, code) not in recipes:
            yield pytest.param(code, id=f"line {TEXT[:start].count(chr(10)) + 1}")


@pytest.mark.parametrize("block", list(python_blocks()))
def test_python_blocks_run(server, block):
    """A block runs, with the keys and the address of the local server in place of Kiwoom's; what it sends succeeds."""
    seen = []
    code = block if "KiwoomAuth(" in block and "import" in block else PROLOGUE + block
    code = code.replace('KiwoomAuth("my-appkey", "my-secretkey"', f"KiwoomAuth(*keys, base_url={server.url!r}")
    code = code.replace("https://api.kiwoom.com", server.url)

    with requests.Session() as session:
        exec(compile(code, str(README), "exec"), {"keys": (server.appkey, server.secretkey), "session": session})
        seen = [request for request in server.requests if request.path.startswith("/api/")]

    for request in seen:
        assert ("auth=lambda" in block) == ("authorization" not in request.headers)
    assert bool(seen) == ("post(" in block)


def run(code, directory, env):
    """What a program of the README prints: one object."""
    (directory / "price.py").write_text(code, "utf-8")
    command = [sys.executable, "-W", "error", "price.py"]
    done = subprocess.run(command, cwd=directory, env=env, capture_output=True, encoding="utf-8", timeout=60)
    assert "" == done.stderr
    return ast.literal_eval(done.stdout)


@pytest.mark.parametrize("name", ["price.py", "price_ko.py"])
def test_quick_start(server, tmp_path, name):
    """With the keys in the environment, the first program prints what Kiwoom answers."""
    assert "ka10001" == run(program(name), tmp_path, environ(server))["api_id"]
    assert [TOKEN_PATH, "/api/dostk/stkinfo"] == [request.path for request in server.requests]


@pytest.mark.parametrize("name", ["price_without_a_key.py", "price_ko_without_a_key.py"])
def test_quick_start_without_a_key(tmp_path, name):
    """Without keys, it prints what the server in it was told to answer."""
    answer = run(program(name), tmp_path, environ())

    assert ("삼성전자", "-70100", 0) == (answer["stk_nm"], answer["cur_prc"], answer["return_code"])


def test_the_two_commands_are_there():
    """The demo and the test command stand in the README as CI runs them; the Korean part has the demo's as well."""
    (demo,) = re.findall(DEMO, TEXT, re.M)

    assert 1 == len(re.findall(r"^    python3 -m venv \.venv && .* -m pytest$", TEXT, re.M))
    assert demo.replace(" && ", "\n    ") in section("설치")[1]


def test_windows_has_the_same_commands():
    """The three commands for Windows are those for the others, at the paths that a venv has there."""
    (demo,) = re.findall(DEMO, TEXT, re.M)
    windows = demo.replace("python3", "py").replace(".venv/bin/", ".venv\\Scripts\\").split(" && ")

    assert windows == re.findall(r"``(.+?)``", " ".join(section("설치")[1].split("\n\n")[-2].split()))


@pytest.mark.skipif(os.name == "nt", reason="the commands are written for a POSIX shell")
def test_the_command_line_s_block_runs(server, tmp_path):
    """The three lines that begin the section on the command line are typed into a shell beside the two key files."""
    (block,) = re.findall(r"::\n\n((?:    .*\n)+)", section("Command line")[1])
    write_key_files(server, tmp_path)
    env = environ(None, KIWOOM_BASE_URL=server.url)
    env["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), env["PATH"]])

    done = subprocess.run(["sh", "-euc", block], cwd=tmp_path, env=env, capture_output=True, timeout=60)

    assert (0, b"") == (done.returncode, done.stderr)
    assert "ka10001" == server.requests.last.api_id


def test_the_picture(server, session, url):
    """What goes over the wire after a rejection is what the picture shows, and every page can show the picture."""
    drawn = re.findall(r"::\n\n((?:    .*\n)+)", section("When Kiwoom rejects the token")[1])[0]
    arrows = re.findall(r"\|  (\S.*?) *\|\n +\| +\|-+>\|\n", drawn)
    session.post(url, json={})
    server.revoke_all()
    del server.requests[:]

    assert 0 == session.post(url, json={}).json()["return_code"]

    first, issue, second = server.requests
    assert (TOKEN_PATH, first.body, first.api_id) == (issue.path, second.body, second.api_id)
    assert first.token != second.token
    assert ["the request, token A", "au10001", "the same request, token B"] == arrows
    assert drawn.isascii() and 78 >= max(map(len, drawn.splitlines()))
