"""``doctor``: run every check, and print the results line by line, or as JSON for a bug report."""

import argparse
import platform
from collections.abc import Iterator
from importlib.metadata import version

from requests_kiwoom import KiwoomAuth, __version__

from . import texts_doctor as texts
from .checks import Finding, check_keys, check_store, describe_environment
from .console import CommandError, colour, print_json
from .layout import display_width, pad, wrap
from .network import check_issue, check_network
from .options import auth_from
from .options import register as register_options


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Make `doctor` one of the commands."""
    text = "Check everything from the keys to the response of au10001, and say what to fix (설정 점검)."
    parser = commands.add_parser(
        "doctor", help=text, description=f"{text} It sends an empty GET and au10001, nothing else."
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON, for a bug report; it holds no secret")
    register_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the result of every check; 1 if one of them failed."""
    findings = []
    for finding in _findings(options):
        findings.append(finding)
        if not options.json:
            _print(finding)
    failed = [finding for finding in findings if finding.status == "FAIL"]
    if options.json:
        _print_report(findings)
    elif failed:
        print("\n" + wrap(str(texts.NOT_READY.format(name=failed[0].name))))
    else:
        is_warned = any(finding.status == "warn" for finding in findings)
        ready = texts.READY_BUT if is_warned else texts.READY
        print("\n" + wrap(str(ready.format(server=auth_from(options).base_url))))
    return 1 if failed else 0


def _findings(options: argparse.Namespace) -> Iterator[Finding]:
    """Run the checks in order, each only if those before it let it."""
    keys = check_keys()
    yield keys
    try:
        auth = auth_from(options)
    except CommandError as error:
        if keys.status != "FAIL":
            yield Finding(texts.ENVIRONMENT, "FAIL", error.text, texts.ONE_ENVIRONMENT)
        return
    yield describe_environment(auth)
    yield check_store(options)
    yield from _check_server(auth)


def _check_server(auth: KiwoomAuth) -> Iterator[Finding]:
    for finding in check_network(auth):
        yield finding
        if finding.status == "FAIL" and finding.name is not texts.CLOCK:
            return
    yield check_issue(auth, is_clock_right=finding.status != "FAIL")


def _print(finding: Finding) -> None:
    word = str(texts.STATUS[finding.status])
    head = f"{pad(word, 4)}  {pad(str(finding.name), 12)}  "
    indent = " " * display_width(head)
    lines = wrap(str(finding.detail), first=head, indent=indent)
    # A colour has no width, so it comes after the lines are broken.
    print(colour(word, finding.status) + lines[len(word) :], flush=True)
    if str(finding.advice):
        print(wrap(str(finding.advice), first=f"{indent}-> ", indent=f"{indent}   "), flush=True)


def _print_report(findings: "list[Finding]") -> None:
    print_json(
        {
            "requests_kiwoom": __version__,
            "requests": version("requests"),
            "python": platform.python_version(),
            "system": platform.platform(),
            "checks": [
                {
                    "name": finding.name.en,
                    "status": finding.status,
                    "detail": finding.detail.en,
                    "cure": finding.advice.en,
                }
                for finding in findings
            ],
        }
    )
