"""``python -m tests.slow.clients.stage MODULE``: run every step with one client, and print the results."""

import asyncio
import importlib
import inspect
import io
import json
import sys
from contextlib import redirect_stdout

from requests_kiwoom.testing import KiwoomServer, refusal

HOST = "api.kiwoom.com"
PRICE = "-70150"
ORDER = {"dmst_stex_tp": "KRX", "stk_cd": "005930", "ord_qty": "1", "trde_tp": "3"}
#: How long a step may take, in seconds: some clients wait before they retry.
LIMIT = 40
ROWS = [{"dt": f"202601{day:02}", "cur_prc": f"{70000 + day}"} for day in range(1, 8)]


async def call(function, *arguments):
    """Call a function of a client's module, in a thread if it is no coroutine."""
    if inspect.iscoroutinefunction(function):
        return await asyncio.wait_for(function(*arguments), LIMIT)
    return await asyncio.wait_for(asyncio.to_thread(function, *arguments), LIMIT)


class Stage:
    def __init__(self, server, module):
        self.server = server
        self.module = module
        self.client = None

    async def issue(self):
        """The client issues a token."""
        self.client = await call(self.module.start, self.server)
        await call(self.module.quote, self.client)
        assert self.server.issues >= 1, "au10001 was not called"

    async def quote(self):
        """The client shows the name and the price of a stock."""
        self.server.reply("ka10001", {**self.server.sample("ka10001"), "cur_prc": PRICE})
        shown = str(await call(self.module.quote, self.client))
        assert "삼성전자" in shown and PRICE.lstrip("-") in shown.replace(",", ""), shown[:200]

    async def chart(self):
        """The client reads seven days from three pages."""
        sample = self.server.sample("ka10081")["stk_dt_pole_chart_qry"][0]
        rows = [{**sample, **row} for row in ROWS]
        self.server.reply_pages("ka10081", "stk_dt_pole_chart_qry", rows, size=3)
        shown = str(await call(self.module.chart, self.client))
        pages = len(self.server.requests.to("ka10081"))
        assert pages == 3 and all(row["dt"] in shown for row in rows), f"{pages} of 3 pages: {shown[:120]}"

    async def order(self):
        """The client sends one order, and shows its number."""
        before = len(self.server.requests.to("kt10000"))
        shown = str(await call(self.module.order, self.client))
        assert len(self.server.requests.to("kt10000")) == before + 1, f"no order was sent: {shown[:200]}"
        assert "000000" in shown, shown[:200]

    async def holdings(self):
        """The client shows the stocks of an account."""
        shown = str(await call(self.module.holdings, self.client))
        assert "삼성전자" in shown, shown[:200]

    async def rejected(self):
        """After a revocation, the client issues another token and repeats the call."""
        self.server.revoke_all()
        issues = self.server.issues
        shown = str(await call(self.module.quote, self.client))
        assert "삼성전자" in shown and self.server.issues == issues + 1, f"{self.server.issues - issues} au10001 calls"

    async def limited(self):
        """After HTTP 429, the client waits and repeats the call."""
        before = len(self.server.requests.to("ka10001"))
        self.server.fail(refusal(1700, limit=5, api_id="ka10001"), api_id="ka10001")
        shown = str(await call(self.module.quote, self.client))
        assert "삼성전자" in shown and len(self.server.requests.to("ka10001")) == before + 2, shown[:200]

    async def websocket(self):
        """The client receives a price in real time."""
        prices, arrived = [], asyncio.Event()
        loop = asyncio.get_running_loop()

        def on_message(message):
            prices.append(str(message))
            if PRICE.lstrip("-") in prices[-1]:
                loop.call_soon_threadsafe(arrived.set)

        stream = asyncio.create_task(self.module.stream(self.client, on_message))
        push = asyncio.create_task(
            asyncio.to_thread(self.server.push, "0B", "005930", {"10": PRICE, "20": "153000"}, wait=10)
        )
        done, _ = await asyncio.wait([stream, push], return_when=asyncio.FIRST_COMPLETED, timeout=LIMIT)
        try:
            if stream in done:
                stream.result()
            await push
            try:
                await asyncio.wait_for(arrived.wait(), 10)
            except asyncio.TimeoutError:
                raise AssertionError(f"the price did not arrive: {prices}") from None
        finally:
            stream.cancel()
            await asyncio.wait([stream], timeout=5)


async def run_steps(stage):
    results = {}
    for name in ("issue", "quote", "chart", "order", "holdings", "limited", "websocket", "rejected"):
        if name == "websocket" and not hasattr(stage.module, "stream"):
            results[name] = "not offered"
            continue
        try:
            await getattr(stage, name)()
            results[name] = "ok"
        except (Exception, SystemExit) as error:
            results[name] = f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]
            if name == "issue":
                break
        if name == "issue":
            stage.server.complaints.clear()
    return results


def main(name):
    with KiwoomServer(tls=True) as server, server.serving_as(HOST):
        printed = io.StringIO()
        # Imported here: some clients load the trusted certificates when they are imported.
        with redirect_stdout(printed):
            module = importlib.import_module(f"tests.slow.clients.{name}")
            results = asyncio.run(run_steps(Stage(server, module)))
        results["complaints"] = sorted({complaint.partition(": ")[2] or complaint for complaint in server.complaints})
    print(json.dumps(results, ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1])
