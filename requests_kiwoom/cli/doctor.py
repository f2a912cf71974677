"""``doctor``: every check, line by line, or as JSON for a bug report."""

import argparse
import json
import platform
from collections.abc import Iterator
from importlib.metadata import version

from requests_kiwoom import __version__

from .checks import Finding, check_issue, check_keys, check_network, check_store, environment_of
from .console import Problem, can_print, coloured
from .options import add_to as add_options_to
from .options import auth_from

_ONE_PLACE = "Give one of --mock, --base-url, KIWOOM_MOCK=1 and KIWOOM_BASE_URL, or none for production (실전)."


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Make `doctor` one of the commands."""
    text = "Check what usually goes wrong, from the keys to au10001's answer, and say what to do about it."
    parser = commands.add_parser(
        "doctor", help=text, description=f"{text} It sends an empty GET and au10001, nothing else."
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON, for a bug report; it holds no secret")
    add_options_to(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print what every check finds; 1 if one of them failed."""
    findings = []
    for finding in _findings(options):
        findings.append(finding)
        if not options.json:
            _print(finding)
    failed = sum(finding.status == "FAIL" for finding in findings)
    if options.json:
        _print_report(findings)
    elif failed:
        print("Mend the first FAIL, and ask again: what comes after it may follow from it.")
    else:
        print("Everything is in place.")
    return 1 if failed else 0


def _findings(options: argparse.Namespace) -> Iterator[Finding]:
    """What the checks find, each as far as those before it let it be made."""
    keys = check_keys()
    yield keys
    try:
        auth = auth_from(options)
    except Problem as error:
        if keys.status == "ok":
            yield Finding("environment", "FAIL", str(error), _ONE_PLACE)
        return
    yield Finding("environment", "ok", environment_of(auth))
    yield check_store(options)
    for finding in check_network(auth):
        yield finding
        if finding.status == "FAIL" and finding.name != "clock":
            return
    yield check_issue(auth)


def _print(finding: Finding) -> None:
    print(f"{coloured(finding.status, 4)}  {finding.name:12}  {finding.detail}", flush=True)
    if finding.cure:
        print(f"{'':6}{'':12}  -> {finding.cure}", flush=True)


def _print_report(findings: list[Finding]) -> None:
    report = {
        "requests_kiwoom": __version__,
        "requests": version("requests"),
        "python": platform.python_version(),
        "system": platform.platform(),
        "checks": [finding._asdict() for finding in findings],
    }
    text = json.dumps(report, ensure_ascii=False, indent=2)
    print(text if can_print(text) else json.dumps(report, indent=2))
