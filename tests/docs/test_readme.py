"""README.rst: its programs and commands run against a local Kiwoom server, and its layout keeps its limits."""

import os
import re
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

import requests_kiwoom
from requests_kiwoom.oauth import TOKEN_PATH
from tests.helpers import documents
from tests.helpers.cli import environ, run, write_key_files
from tests.helpers.documents import ROOT, literal_blocks, program, section

HEADINGS = [
    "Install and quick start",
    "한국어",
    "A bot, from start to order",
    "When Kiwoom rejects the token",
    "Several processes and machines",
    "Common errors",
    "Command line",
    "Testing your bot",
    "Recipes",
    "Security",
    "Limits and evidence",
    "Speed",
    "Contributing",
]


def run_program(name, directory, server):
    """Run a program of the README with the keys of that server in the environment; return what it prints."""
    code = program(name).replace("from_env(mock=True)", "from_env()")
    (directory / name).write_text(code, "utf-8")
    command = [sys.executable, "-W", "error", name]
    done = subprocess.run(
        command, cwd=directory, env=environ(server), capture_output=True, encoding="utf-8", timeout=60
    )
    assert "" == done.stderr
    return done.stdout


def test_sections():
    """The sections stand in the order in which a new user needs them."""
    assert HEADINGS == documents.headings("-")


def test_length():
    """The manual has at most 450 lines, and the Korean part about 130 of them."""
    assert len(documents.text().splitlines()) <= 450
    assert 110 <= len(section("한국어").splitlines()) <= 140


def test_width():
    """No code block is wider than 88 characters, so that none overflows a page."""
    blocks = literal_blocks(documents.text())

    assert 15 <= len(blocks)
    assert [] == [line for block in blocks for line in block.splitlines() if len(line) > 88]


def test_tables_have_no_empty_cell():
    """Every row of every table has a text in each column."""
    for rows in documents.tables():
        assert {len(rows[0])} == {len(row) for row in rows}
        assert all(cell.strip() for row in rows for cell in row)


def test_numbers_of_rows():
    """The tables have 12 errors in English and 8 in Korean; the one about speed has 5 rows and 4 columns."""
    assert 12 == len(documents.table("Common errors")[1:])
    assert 8 == len(documents.table("자주 나오는 오류")[1:])
    assert (5, 4) == (len(documents.table("Speed")[1:]), len(documents.table("Speed")[0]))


def test_links():
    """Every relative link leads to a file of the project, and every other link to a known host."""
    relative = [link for link in documents.links() if not link.startswith("http")]
    hosts = {urlsplit(link).hostname for link in documents.links() if link.startswith("http")}

    assert [] == [link for link in relative if not link.endswith("_") and not (ROOT / link).is_file()]
    assert {"requests.readthedocs.io", "openapi.kiwoom.com"} == hosts


def test_every_program_has_a_test():
    """Every program in the README has a test."""
    tested = {"price.py", "price_ko.py", "order_ko.py", "pages_ko.py", "by_hand.py", "bot.py", "test_bot.py"}

    assert tested == set(documents.programs())
    assert len(tested) == documents.text().count(".. code-block:: python")


@pytest.mark.parametrize("name", ["price.py", "price_ko.py"])
def test_quick_start(server, tmp_path, name):
    """With the keys in the environment, the first program prints Kiwoom's response."""
    server.reply("ka10001", {"stk_nm": "삼성전자"})

    assert "삼성전자" in run_program(name, tmp_path, server)
    assert [TOKEN_PATH, "/api/dostk/stkinfo"] == [request.path for request in server.requests]


def test_korean_order(server, tmp_path):
    """The Korean order is sent once, with the quantity that the page shows, and its number is printed."""
    server.reply("kt10000", {"ord_no": "0000139"})

    assert "0000139" in run_program("order_ko.py", tmp_path, server)
    assert ["1"] == [request.json()["ord_qty"] for request in server.requests.to("kt10000")]


def test_korean_pages(server, tmp_path):
    """The loop over pages reads them all and stops after the last one."""
    server.reply_pages("ka10081", "stk_dt_pole_chart_qry", [{"dt": str(n)} for n in range(5)], size=2)

    assert ["2", "2", "1"] == run_program("pages_ko.py", tmp_path, server).split()


def test_bot(tmp_path):
    """The bot's own test passes, and fails for a bot that buys at any price."""
    pytest.importorskip("websockets", reason="the bot needs: pip install websockets")
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["requests_kiwoom.testing.fixtures"]\n')
    assert (tmp_path / "conftest.py").read_text().strip() in section("Testing your bot")
    greedy = program("bot.py").replace("< limit", "< 10 * limit")
    tests_of_greedy = program("test_bot.py").replace("from bot", "from greedy")
    files = {"bot.py": program("bot.py"), "test_bot.py": program("test_bot.py")}
    for name, code in {**files, "greedy.py": greedy, "test_greedy.py": tests_of_greedy}.items():
        (tmp_path / name).write_text(code, "utf-8")
    options = ("-q", "--tb=no", "-p", "no:cacheprovider", "-p", "no:asyncio", "-p", "no:xdist")
    command = [sys.executable, "-m", "pytest", *options]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=60)
    assert "1 failed, 3 passed in " in done.stdout, done.stdout + done.stderr
    assert "FAILED test_greedy.py::test_buys_only_below_the_limit[-70100-0]" in done.stdout
    assert 25 == sum(bool(line.strip()) for line in program("bot.py").splitlines())


def test_the_two_commands():
    """One line of the README installs and runs the demo, another one installs and runs the tests."""
    lines = [block for block in literal_blocks(documents.text()) if block.startswith("python3 -m venv .venv && ")]

    assert [["demo"], ["pytest", "-n4"]] == [re.split(r"[ /]", line)[-n:] for line, n in zip(lines, (1, 2))]
    assert all("\n" not in line and " && .venv/bin/pip install " in line for line in lines)


@pytest.mark.parametrize("name", sorted(documents.commands()))
def test_command_exists(name):
    """A command that the README names exists, and is in the README's table of commands."""
    assert 0 == run(None, name, "--help").status
    assert any(f"``{name}" in row[0] for row in documents.table("Command line"))


@pytest.mark.skipif(os.name == "nt", reason="the commands are written for a POSIX shell")
def test_keys_in_files(server, tmp_path):
    """In a shell, the README's lines set the environment so that ``doctor`` finds the keys in their files."""
    (block,) = (block for block in literal_blocks(section("Install and quick start")) if "export" in block)
    write_key_files(server, tmp_path)
    script = block.replace("KIWOOM_MOCK=1", f"KIWOOM_BASE_URL={server.url}")
    env = environ(None, HOME=str(tmp_path))
    env["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), env["PATH"]])

    done = subprocess.run(["sh", "-euc", script], cwd=tmp_path, env=env, capture_output=True, timeout=60)

    assert 0 == done.returncode, done.stdout + done.stderr
    assert server.issues


def test_the_picture_shows_the_real_requests(server, session, url):
    """After a rejection, the requests on the wire are those of the picture."""
    (picture,) = (block for block in literal_blocks(section("When Kiwoom rejects the token")) if "token A" in block)
    arrows = re.findall(r"\|  (\S.*?) *\|\n +\| +\|-+>\|\n", picture)
    session.post(url, json={})
    server.revoke_all()
    del server.requests[:]

    assert 0 == session.post(url, json={}).json()["return_code"]

    first, issue, second = server.requests
    assert (TOKEN_PATH, first.body, first.api_id) == (issue.path, second.body, second.api_id)
    assert first.token != second.token
    assert ["the request, token A", "au10001, in one thread", "the same request, token B"] == arrows


def test_serve_prints_the_variables(tmp_path):
    """``serve`` prints the variables that the quick start mentions; with them, the first program works."""
    command = [sys.executable, "-m", "requests_kiwoom", "serve"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", env=environ())
    try:
        lines = iter(process.stdout.readline, "")
        found = {}
        while len(found) < 3:
            found.update(re.findall(r"(KIWOOM_(?:BASE_URL|APPKEY|SECRETKEY))=['\"]?([^'\"\s]+)", next(lines)))
        (tmp_path / "price.py").write_text(program("price.py"), "utf-8")
        command = [sys.executable, "price.py"]
        done = subprocess.run(
            command, cwd=tmp_path, env=environ(None, **found), capture_output=True, encoding="utf-8", timeout=60
        )
        assert (0, "") == (done.returncode, done.stderr)
    finally:
        process.kill()
        process.communicate(timeout=60)


def test_each_store_of_the_table_is_public():
    """The classes that the table of stores names can be imported from the package."""
    cells = " ".join(row[1] for row in documents.table("Several processes and machines"))
    named = set(re.findall(r"\w+Store\b", cells))

    assert {"SQLiteStore", "RedisStore", "TokenStore"} == named
    assert named <= set(requests_kiwoom.__all__)
