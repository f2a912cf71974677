"""``Token``: one immutable record, and how ``expires_dt`` is read."""

import hashlib
import re
from datetime import datetime
from typing import Any, NoReturn

# All that an issue needs is loaded before there can be one: a process that is forked off while another thread imports
# something waits for that thread, which it does not have, if it imports the same.
import dateutil.parser
import dateutil.tz

#: A token lives this long from its *first* issue, in seconds; asking again does not lengthen it [captured].
LIFETIME = 24 * 3600.0

#: The specification lets the whole ``authorization`` header have 1000 characters.
_VALUE = r"[!-~]{1,1000}"
_EXPIRES_DT = r"[0-9]{14}"


class Token:
    """An access token and the moment it expires: immutable, and masked wherever it is printed.

    :param value: the bare token, 1 to 1000 visible ASCII characters. Anything else, a line break above all, would put
        the token into the text of an exception of `requests`.
    :param expires_at: an aware :class:`~datetime.datetime`; it is kept in KST (UTC+9).
    :raises ValueError: if either is not as described.

    >>> from datetime import timezone
    >>> Token("fake-token", datetime(2025, 1, 2, 23, 30, tzinfo=timezone.utc))
    <Token e1466187 expires_at=2025-01-03T08:30:00+09:00>
    """

    __slots__ = ("value", "expires_at", "expires", "authorization")

    #: The bare token, as a WebSocket login wants it.
    value: str
    #: When it expires, in KST.
    expires_at: datetime
    #: The same moment in seconds since the epoch: comparing numbers costs a tenth of comparing datetimes.
    expires: float
    #: The value of the ``Authorization`` header.
    authorization: str

    def __init__(self, value: str, expires_at: datetime) -> None:
        if not isinstance(value, str) or not re.fullmatch(_VALUE, value):
            raise ValueError("a token is 1 to 1000 visible ASCII characters; this value is something else")
        if not isinstance(expires_at, datetime) or expires_at.utcoffset() is None:
            raise ValueError("expires_at must be a datetime with a time zone")
        try:
            in_kst = expires_at.astimezone(kst())
        except OverflowError:
            raise ValueError("expires_at is at the very end of what a datetime can hold") from None
        for name, content in (
            ("value", value),
            ("expires_at", in_kst),
            ("expires", in_kst.timestamp()),
            ("authorization", f"Bearer {value}"),
        ):
            object.__setattr__(self, name, content)

    @property
    def fingerprint(self) -> str:
        """The first 8 hex digits of the token's SHA-256: tells tokens apart where they may not be shown."""
        return fingerprint(self.value)

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"a Token is immutable: {name} cannot be set")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a Token is immutable: {name} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Token):
            return NotImplemented
        return self.value == other.value and self.expires == other.expires

    def __hash__(self) -> int:
        return hash((self.value, self.expires))

    def __reduce__(self) -> tuple[type["Token"], tuple[str, datetime]]:
        return type(self), (self.value, self.expires_at)

    def __repr__(self) -> str:
        return f"<Token {self.fingerprint} expires_at={self.expires_at.isoformat()}>"


def fingerprint(value: str) -> str:
    """The first 8 hex digits of the SHA-256 of a token: what logs show in its place."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def kst() -> Any:
    """Korea's time zone: UTC+9, without daylight saving since 1988."""
    return dateutil.tz.tzoffset("KST", 9 * 3600)


def parse_expires_dt(text: object) -> datetime:
    """Read au10001's ``expires_dt``: KST wall-clock time without a zone, ``YYYYMMDDHHMMSS`` [vendor, captured].

    :raises ValueError: unless `text` is 14 ASCII digits that name a moment.
    """
    # The digits are counted first: left to itself, dateutil makes the tenth of this month of "10".
    if not isinstance(text, str) or not re.fullmatch(_EXPIRES_DT, text):
        raise ValueError("expires_dt is not 14 digits")
    # isoparse takes any one character between date and time as the separator, a digit as well.
    try:
        moment: datetime = dateutil.parser.isoparse(f"{text[:8]}T{text[8:]}")
    except OverflowError:
        # 24:00 is the next day's 0:00, and there is none after the last day of the year 9999.
        raise ValueError("expires_dt is later than what a datetime can hold") from None
    return moment.replace(tzinfo=kst())


def plausible(token: Token, now: float) -> bool:
    """Whether a token can have been handed out at `now` (seconds since the epoch), by a clock that is up to a day off.

    A token that expired over 24 hours ago was not; nor was one that is to live for a year and more.
    """
    return now - LIFETIME <= token.expires <= now + 366 * LIFETIME


def epoch_to_kst(seconds: float) -> datetime:
    """The moment so many seconds after the epoch, in KST."""
    return datetime.fromtimestamp(seconds, kst())
