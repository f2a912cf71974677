"""The rows of the table: what is measured, with which peers, against which target."""

from functools import partial

from . import attach, calls, imports, kit, loopback, memory, processes, scenes, stores, threads
from .floor import API_ID
from .plugin import warm_auth
from .report import Row
from .rounds import excess, median, median_of_runs, ratio
from .worlds import peer_world, plugin_world

try:
    from .peers import MODULES, SENDERS, WARM
except ImportError:  # The extra "bench" is not installed: this package is measured alone.
    MODULES, SENDERS, WARM = {}, {}, {}

ME = "requests_kiwoom"
_RUNS = 5
#: Seconds.
_LONGEST_IMPORT = 0.020


def attaching():
    """Yield what an auth costs a request."""
    warm = {name: make() for name, make in WARM.items()}
    runs = [attach.measure_attaching(warm) for _ in range(_RUNS)]
    floor = median_of_runs(runs, median, "floor")
    others = {"floor": f"1.0 ({floor * 1e9:.0f} ns)"}
    others.update({name: f"{median_of_runs(runs, ratio, name, 'floor'):.1f}" for name in WARM})
    for name, what, target in (("header", "in the request's header", 1.8), ("for_api", "by for_api", 2.5)):
        times = median_of_runs(runs, ratio, name, "floor")
        yield Row(
            f"attach, api-id {what}, in floors (median of {_RUNS} runs)",
            f"{times:.2f}",
            f"<= {target}",
            times <= target,
            others if name == "header" else {},
        )


def checking():
    """Yield what an auth's hook costs a response."""
    runs = [attach.measure_hook() for _ in range(_RUNS)]
    floor = median_of_runs(runs, median, "floor")
    for name, what in (("hook, chunked", "without a Content-Length"), ("hook", "with one")):
        more, times = median_of_runs(runs, excess, name, "bare hook"), median_of_runs(runs, ratio, name, "bare hook")
        yield Row(
            f"hook on an accepted response of 2 kB {what}, over a bare hook",
            f"{more * 1e9:.0f} ns: {more / floor:.2f} floors, {times:.1f} bare hooks",
            "<= 1.84 floors",
            more <= 1.84 * floor,
        )
    both = median_of_runs(runs, median, "header") + median_of_runs(runs, excess, "hook, chunked", "bare hook")
    share = both / loopback.measure_request()
    yield Row("attach and hook, share of a request on loopback", f"{share:.2%}", "<= 0.50%", share <= 0.005)
    counts = ", ".join(f"{name} {count}" for name, count in calls.count().items())
    yield Row("Python functions called", counts)


def sharing():
    """Yield how many calls many threads make with one object."""
    peers = {name: WARM[name]() for name in ("authlib", "oauth2client", "google-auth") if name in WARM}
    seconds = threads.measure({ME: warm_auth(), **peers})
    many = threads.MANY
    rate = {name: ratio(seconds, ("floor", many), (name, many)) for name in (ME, *peers)}
    yield Row(
        f"calls per second in {many} threads, relative to the floor",
        f"{rate[ME]:.2f}",
        ">= 0.38",
        rate[ME] >= 0.38,
        {name: f"{rate[name]:.2f}" for name in peers},
    )
    kept = {name: ratio(seconds, (name, 1), (name, many)) for name in ("floor", ME, *peers)}
    yield Row(
        f"calls per second in {many} threads, relative to 1 thread",
        f"{kept[ME]:.2f}",
        ">= 0.8",
        kept[ME] >= 0.8,
        {name: f"{kept[name]:.2f}" for name in ("floor", *peers)},
    )


def storms():
    """Yield the token calls and the failed requests if many requests need a new token at once."""
    for what, scene, target in (
        ("first use, 32 threads: token calls", scenes.first_use, "1"),
        ("revoked, 32 threads: token calls / failed", partial(scenes.revoked, reissue="same"), "1 / 0"),
        ("the same, a new token revokes the old one", partial(scenes.revoked, reissue="new"), "1 / 0"),
        ("20 requests in a token's last minutes: token calls", scenes.last_minutes, "0"),
    ):
        yield _run_scene(what, scene, target, target.__eq__)
    yield _run_scene("every token rejected, 160 requests: calls / sends", scenes.rejected, "<= 3 calls", _has_few_calls)


def expiring():
    """Yield what happens if a token expires under load."""
    stall = 1.1 * scenes.TOKEN_CALL * 1000
    yield _run_scene(
        "expiry under load, an early token call returns the same token: worst stall (median of 3 runs), token calls",
        partial(scenes.expiry, reissue="same"),
        f"<= {stall:.0f} ms, 1",
        partial(_is_stall_within, stall),
    )
    yield _run_scene("the same, an early token call returns a new token", partial(scenes.expiry, reissue="new"))


def failing():
    """Yield the token calls while a token endpoint is down."""
    yield _run_scene("token endpoint down for 3 s of load: token calls", scenes.down, "<= 3", _has_few_calls)


def _run_scene(what, scene, target="", reached=lambda value: None):
    value = scene(plugin_world)
    others = {name: scene(peer_world(*sender)) for name, sender in SENDERS.items()}
    return Row(what, value, target, reached(value), others)


def _is_stall_within(limit, value):
    stall, rest = value.split(" ms, ")
    return float(stall) <= limit and rest == "1"


def _has_few_calls(value):
    return int(value.split()[0]) <= 3


def cold_processes():
    """Yield the token calls of processes that start together and share a store."""
    issues = processes.count_issues()
    others = {"msal-extensions": f"{processes.count_issues_of_msal_extensions()}"} if SENDERS else {}
    yield Row("8 processes cold, one store: token calls", f"{issues}", "1", issues == 1, others)


def importing():
    """Yield what an import costs a program that has imported requests."""
    modules = {ME: ME, "dateutil.parser": "dateutil.parser", **MODULES}
    seconds = dict(zip(modules, imports.measure(list(modules.values())).values()))
    yield Row(
        "import after requests",
        f"{seconds[ME] * 1e3:.1f} ms, of which dateutil.parser takes {seconds['dateutil.parser'] * 1e3:.1f}",
        f"<= {_LONGEST_IMPORT * 1e3:.0f} ms",
        seconds[ME] <= _LONGEST_IMPORT,
        {name: f"{seconds[name] * 1e3:.1f} ms" for name in MODULES},
    )


def keeping():
    """Yield what is kept in memory."""
    auth = warm_auth()
    kept = memory.bytes_each(warm_auth)
    others = {name: f"{memory.bytes_each(make):.0f} B" for name, make in WARM.items() if name != "requests_auth"}
    yield Row("memory of an auth with its token", f"{kept:.0f} B", "<= 2048 B", kept <= 2048, others)
    view = memory.bytes_each(lambda: auth.for_api(API_ID))
    yield Row("memory of a for_api view", f"{view:.0f} B", "<= 300 B", view <= 300)
    yield Row("memory of the pause of one api-id (mean of 200)", f"{memory.bytes_of_a_pause():.0f} B")
    yield Row("memory of a replaced token (mean of 500)", f"{memory.bytes_of_a_replaced_token():.0f} B")


#: By the name that --rows takes.
GROUPS = {
    "attach": attaching,
    "hook": checking,
    "threads": sharing,
    "storms": storms,
    "expiry": expiring,
    "down": failing,
    "processes": cold_processes,
    "stores": stores.measure,
    "import": importing,
    "memory": keeping,
    "kit": kit.measure,
}
