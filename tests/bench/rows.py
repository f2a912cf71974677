"""The rows of the table: what is measured, beside whom, against which target."""

from functools import partial

from . import attach, calls, imports, loopback, memory, processes, scenes, threads
from .floor import API_ID
from .peers import MODULES, SENDERS, WARM
from .plugin import warm_auth
from .report import Row
from .rounds import excess, median, middle, ratio
from .worlds import peer_world, plugin_world

ME = "requests_kiwoom"
_RUNS = 5

# The target of the hook comes from a machine on which the floor takes 272 ns: it is related to what that takes here.
_HOOK_IN_FLOORS = 500 / 272
#: Seconds.
_LONGEST_IMPORT = 0.002


def attaching():
    """What a request pays."""
    warm = {name: make() for name, make in WARM.items()}
    runs = [attach.measure(warm) for _ in range(_RUNS)]
    floor = middle(runs, median, "floor")
    unit = f"1.0 ({floor * 1e9:.0f} ns)"
    peers = {name: f"{middle(runs, ratio, name, 'floor'):.1f}" for name in WARM}
    for name, what, target in (
        ("header", f"attach, api-id in the request's header, in floors, median of {_RUNS} runs", 2.0),
        ("for_api", f"attach, api-id by for_api, in floors, median of {_RUNS} runs", 3.0),
    ):
        times = middle(runs, ratio, name, "floor")
        cells = {"floor": unit, ME: f"{times:.2f}", **peers}
        yield Row(what, "fresh", cells, f"<= {target}", times <= target)
    more = middle(runs, excess, "hook", "bare hook")
    yield Row(
        "hook on an accepted 2 kB answer, over a bare hook",
        "fresh",
        {ME: f"{more * 1e6:.2f} us, {more / floor:.2f} floors"},
        f"<= {_HOOK_IN_FLOORS:.2f} floors (0.5 us where the floor takes 272 ns)",
        more <= _HOOK_IN_FLOORS * floor,
    )
    both = middle(runs, median, "header") + more
    share = both / loopback.seconds_a_request()
    yield Row(
        "attach and hook, of a loopback request", "fresh", {ME: f"{share:.2%}"}, "<= 0.50%", share <= 0.005
    )


def sharing():
    """What many threads get of one object."""
    peers = {name: WARM[name]() for name in ("authlib", "oauth2client", "google-auth")}
    seconds = threads.measure({ME: warm_auth(), **peers})
    many = threads.MANY
    rate = {name: ratio(seconds, ("floor", many), (name, many)) for name in (ME, *peers)}
    cells = {"floor": "1.0", **{name: f"{value:.2f}" for name, value in rate.items()}}
    yield Row(f"calls a second in {many} threads, of the floor's", "fresh", cells, ">= 0.38", rate[ME] >= 0.38)
    kept = {name: ratio(seconds, (name, 1), (name, many)) for name in ("floor", ME, *peers)}
    cells = {name: f"{value:.2f}" for name, value in kept.items()}
    yield Row(f"calls a second in {many} threads, of its own in 1", "fresh", cells, ">= 0.8", kept[ME] >= 0.8)


def living():
    """What a token's life costs, in token calls and in failed requests."""
    worlds = {ME: plugin_world, **{name: peer_world(*args) for name, args in SENDERS.items()}}
    stall = 1.1 * scenes.TOKEN_CALL * 1000
    for what, scene, target, reached in (
        ("first use, 32 threads: token calls", scenes.first_use, "1", "1".__eq__),
        ("revoked, 32 threads: calls / failed", partial(scenes.revoked, reissue="same"), "1 / 0", "1 / 0".__eq__),
        ("the same, a new token kills the old", partial(scenes.revoked, reissue="new"), "1 / 0", "1 / 0".__eq__),
        ("20 requests in a token's last minutes: token calls", scenes.last_minutes, "0", "0".__eq__),
        (
            "expiry under load, asking early gives the same token: worst stall (middle of 3 plays), token calls",
            partial(scenes.expiry, reissue="same"),
            f"<= {stall:.0f} ms, 1",
            partial(_stall_within, stall),
        ),
        (
            "the same, asking early gives a new token",
            partial(scenes.expiry, reissue="new"),
            "",
            lambda cell: None,
        ),
        ("every token refused, 160 requests: calls / sends", scenes.refused, "<= 1 a back-off period", _few_calls),
        ("token endpoint down for 3 s of load: token calls", scenes.down, "<= 3", _few_calls),
    ):
        cells = {name: scene(world) for name, world in worlds.items()}
        yield Row(what, "fresh", cells, target, reached(cells[ME]))
    issues = processes.issues()
    cells = {ME: f"{issues}", "msal-extensions": f"{processes.issues_of_msal_extensions()}"}
    yield Row("8 processes cold, one store: token calls", "none", cells, "1", issues == 1)


def _stall_within(limit, cell):
    stall, rest = cell.split(" ms, ")
    return float(stall) <= limit and rest == "1"


def _few_calls(cell):
    return int(cell.split()[0]) <= 3


def loading():
    """What an import costs, and what is kept."""
    modules = {ME: ME, **MODULES}
    seconds = imports.measure([*modules.values(), "dateutil.parser"])
    cells = {name: f"{seconds[module] * 1e3:.1f} ms" for name, module in modules.items()}
    target = f"<= {_LONGEST_IMPORT * 1e3:.0f} ms (`import dateutil.parser`: {seconds['dateutil.parser'] * 1e3:.1f} ms)"
    yield Row("import after requests", "none", cells, target, seconds[ME] <= _LONGEST_IMPORT)
    auth = warm_auth()
    kept = memory.bytes_each(warm_auth)
    cells = {name: f"{memory.bytes_each(make):.0f} B" for name, make in WARM.items() if name != "requests_auth"}
    yield Row("memory of an auth with its token", "none", {ME: f"{kept:.0f} B", **cells}, "<= 2048 B", kept <= 2048)
    view = memory.bytes_each(lambda: auth.for_api(API_ID))
    yield Row("memory of a for_api view", "none", {ME: f"{view:.0f} B"}, "<= 300 B", view <= 300)
    counts = calls.count()
    text = ", ".join(f"{name} {count}" for name, count in counts.items())
    yield Row("Python functions called: attach, attach by for_api, hook", "fresh", {ME: text}, "", None)
