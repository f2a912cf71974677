"""``python -m tests.mutation``: does a test fail for every small change to the code that keeps the token alive?

mutmut's operators make mutants of the modules that setup.cfg lists, and a seed draws a sample of them. Each is tried in
a copy of the tree, with the tests that run the changed line, the quickest first, until one fails. The report lists the
mutants that survive, each with the reason why no test can see it, if equivalent.txt has one. It ends with the share of
mutants that were killed, and its Wilson 95 % interval. It needs ``pip install mutmut==3.8.1`` and the extra ``test``.
"""

import argparse
import configparser
import itertools
import math
import os
import queue
import random
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .covering import CoveringTests
from .mutants import Mutant, make_mutants

_ROOT = Path(__file__).parents[2]
_PYTEST = [sys.executable, "-m", "pytest", "-x", "-q", "-o", "addopts=", "-p", "no:cacheprovider"]
#: Seconds: the limit of one run of pytest on a mutant, and the most that its tests take without the mutant.
_LIMIT, _AT_ONCE = 30.0, 8.0


def main() -> int:
    """Try a sample; return 1 if a mutant survives without a known reason."""
    options = _parse()
    settings = configparser.ConfigParser()
    settings.read(_ROOT / "setup.cfg", "utf-8")
    ours = settings["mutation"]
    mutants = [
        mutant
        for name in ours["modules"].split()
        for mutant in make_mutants(_ROOT / "requests_kiwoom", name, ours["left_out"])
    ]
    sample = random.Random(options.seed).sample(mutants, min(options.sample, len(mutants)))
    print(f"{len(sample)} of {len(mutants)} mutants, seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        work = options.work or Path(folder)
        work.mkdir(exist_ok=True)
        trees = [_copy(work / f"tree{number}") for number in range(options.parallel)]
        outcomes = _try_all(sample, trees, CoveringTests(trees[0], work / "coverage", shlex.split(ours["tests"])))
    return _report(sample, outcomes)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__.partition("\n")[0])
    parser.add_argument("--sample", type=int, default=300, help="number of mutants (default: 300)")
    parser.add_argument("--seed", type=int, default=2026, help="seed that draws the mutants (default: 2026)")
    parser.add_argument("--parallel", type=int, default=2, help="mutants that are tried at once (default: 2)")
    parser.add_argument("--work", type=Path, help="folder that is kept: later runs reuse its list of covering tests")
    return parser.parse_args()


def _copy(tree: Path) -> Path:
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir()
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    for name in filter(None, files.split("\0")):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(_ROOT / name, tree / name)
    return tree


def _try_all(sample: list[Mutant], trees: list[Path], covering: CoveringTests) -> list[str]:
    """Return the outcome of each mutant: ``killed``, ``timeout`` or ``survived``."""
    free: queue.SimpleQueue[Path] = queue.SimpleQueue()
    for tree in trees:
        free.put(tree)

    done = itertools.count(1)
    start = time.monotonic()

    def attempt(mutant: Mutant) -> str:
        tree = free.get()
        outcome = _attempt(mutant, tree, covering)
        free.put(tree)
        progress = f"{next(done)}/{len(sample)}, {time.monotonic() - start:.0f} s"
        print(f"{progress:14}  {outcome:8}  {mutant.module}: {mutant.before}  ->  {mutant.after}", flush=True)
        return outcome

    with ThreadPoolExecutor(len(trees)) as pool:
        return list(pool.map(attempt, sample))


def _attempt(mutant: Mutant, tree: Path, covering: CoveringTests) -> str:
    path = tree / "requests_kiwoom" / f"{mutant.module}.py"
    before = path.read_bytes()
    path.write_text(mutant.source, "utf-8")
    try:
        for tests in _portions(covering.find(mutant), covering):
            status = _run(tests, tree)
            if status != 0:
                return "timeout" if status is None else "killed"
        return "survived"
    finally:
        path.write_bytes(before)


def _portions(tests: list[str], covering: CoveringTests) -> Iterator[list[str]]:
    portion: list[str] = []
    seconds = 0.0
    for test in tests:
        if portion and seconds + covering.seconds(test) > _AT_ONCE:
            yield portion
            portion, seconds = [], 0.0
        portion.append(test)
        seconds += covering.seconds(test)
    if portion:
        yield portion


def _run(tests: list[str], tree: Path) -> int | None:
    """Return the exit status of pytest; ``None`` if it took too long."""
    # No bytecode: for two mutants of the same size within one second, Python would run the first one's twice.
    environ = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # pytest starts in half the time.
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([*_PYTEST, *tests], cwd=tree, env=environ, start_new_session=True, **quiet)
    try:
        return process.wait(_LIMIT)
    except subprocess.TimeoutExpired:
        return None
    finally:
        # Also the processes that the tests started.
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()


def _report(sample: list[Mutant], outcomes: list[str]) -> int:
    known = _read_equivalents()
    unknown = 0
    print("\nSurvivors:")
    for mutant, outcome in zip(sample, outcomes, strict=True):
        if outcome == "survived":
            reason = known.get((mutant.module, mutant.before, mutant.after))
            unknown += reason is None
            print(f"  {mutant.module}\n    - {mutant.before}\n    + {mutant.after}\n      {reason or 'NOT EXPLAINED'}")
    counts, total = Counter(outcomes), len(outcomes)
    killed = counts["killed"] + counts["timeout"]
    interval = "Wilson 95 % interval {:.1%} to {:.1%}".format(*_wilson(killed, total))
    print(f"\n{killed} of {total} killed ({counts['timeout']} by the time limit): {killed / total:.1%}, {interval}")
    equivalent = total - killed - unknown
    share = killed / (total - equivalent)
    print(f"{equivalent} survivors are equivalent: {share:.1%} without them; {unknown} are not explained")
    return 1 if unknown else 0


def _wilson(successes: int, total: int) -> tuple[float, float]:
    z, share = 1.96, successes / total
    middle = share + z * z / (2 * total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return (middle - half) / (1 + z * z / total), (middle + half) / (1 + z * z / total)


def _read_equivalents() -> dict[tuple[str, str, str], str]:
    """Read the reasons in equivalent.txt: blocks of module, ``-`` before, ``+`` after, reason."""
    known = {}
    for block in (Path(__file__).parent / "equivalent.txt").read_text("utf-8").split("\n\n"):
        module, before, after, *reason = (line.strip() for line in block.strip().splitlines())
        known[module, before.removeprefix("- "), after.removeprefix("+ ")] = " ".join(reason)
    return known


if __name__ == "__main__":
    sys.exit(main())
