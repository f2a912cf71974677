"""``explain``: what a code of Kiwoom's, a whole message or an exception means, and what to do about it."""

import argparse
import re
from collections.abc import Iterator

from requests_kiwoom import Envelope, read_envelope
from requests_kiwoom.codes import CODES, Code, find_code

from . import texts_explain as texts
from .console import CommandError
from .language import Text
from .layout import display_width, pad, wrap
from .options import register_language


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Make `explain` one of the commands."""
    text = "Explain a code of Kiwoom's, a whole return_msg, or an exception; without one, list all codes (오류 코드 설명)."
    parser = commands.add_parser("explain", help=text, description=text, epilog="example: explain 8050")
    parser.add_argument(
        "about", metavar="CODE|MESSAGE|EXCEPTION", nargs="*", help='such as 8050, "[8050:...]" or TokenRefused'
    )
    register_language(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the explanation, or the table of all codes."""
    about = " ".join(options.about).strip()
    print(_explain(about) if about else "\n".join(_table()))
    return 0


def _explain(about: str) -> str:
    code = find_code(_code_in(about))
    if code is not None:
        return _explain_code(code)
    name = next((name for name in texts.EXCEPTIONS if re.search(rf"\b{name}\b", about, re.IGNORECASE)), None)
    if name is not None:
        return _explain_exception(name)
    if re.fullmatch(r"-?[0-9]{1,3}", about):
        raise CommandError(texts.RETURN_CODE.format(number=about))
    raise CommandError(texts.UNKNOWN)


def _code_in(about: str) -> "int | None":
    """Return the code in a message, in a whole JSON response, or in a line of text."""
    envelope = read_envelope(about.encode("utf-8", "surrogateescape")) or Envelope({"return_msg": about})
    if envelope.code is not None:
        return envelope.code
    numbers = (int(number) for number in re.findall(r"(?<![0-9])[0-9]{4}(?![0-9])", about))
    return next((number for number in numbers if find_code(number)), None)


def _explain_code(code: Code) -> str:
    kind, behaviour = texts.KINDS[code.kind], texts.BEHAVIOUR[code.kind]
    return "\n".join(
        (
            wrap(f"{Text(code.meaning, code.meaning_ko)} ({kind})", first=f"{code.number}  ", indent=" " * 6),
            wrap(str(behaviour), first=" " * 6, indent=" " * 6),
            wrap(str(Text(code.advice, code.advice_ko)), first="   -> ", indent=" " * 6),
        )
    )


def _explain_exception(name: str) -> str:
    meaning, advice = texts.EXCEPTIONS[name]
    return "\n".join(
        (wrap(f"{name}: {meaning}", indent=" " * 6), wrap(str(advice), first="   -> ", indent=" " * 6))
    )


def _table() -> Iterator[str]:
    width = max(display_width(str(kind)) for kind in texts.KINDS.values())
    yield f"{pad(str(texts.CODE), 6)}{pad(str(texts.KIND), width)}  {texts.MEANING}"
    for code in CODES.values():
        kind = str(texts.KINDS[code.kind])
        yield f"{code.number:<6}{pad(kind, width)}  {Text(code.meaning, code.meaning_ko)}"
    yield ""
    yield str(texts.MORE)
