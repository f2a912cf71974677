"""kiwoom-mcp: the functions of its tools, with the keys in the environment, as its manual says for a container."""

import asyncio
import os
import threading

from kiwoom_mcp.runner import ServeSettings, mint_token, run_cli

from .keychain import use_keychain

SETTINGS = ServeSettings(allow_orders=True)


def run(*argv):
    ran = run_cli(list(argv), SETTINGS)
    assert ran["exit_code"] == 0, ran
    return ran


def start(server):
    use_keychain()
    os.environ.update(KIWOOM_APPKEY=server.appkey, KIWOOM_SECRETKEY=server.secretkey, KIWOOM_DOMAIN="prod")
    assert mint_token(SETTINGS), "no token"


def quote(_):
    return run("stock", "info", "005930")


def chart(_):
    return run("--all-pages", "stock", "chart", "day", "005930", "--base-date", "20260107")


def order(_):
    return run("order", "buy", "005930", "1", "--type", "market", "--confirm")


def holdings(_):
    return run("account", "balance", "--market", "kr")


async def stream(_, on_message):
    def work():
        on_message(run("stream", "quote", "005930", "--max-events", "1", "--duration", "20s"))

    threading.Thread(target=work, daemon=True).start()
    await asyncio.sleep(60)
