"""``Token``: one immutable record, and how ``expires_dt`` is read."""

import hashlib
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple, NoReturn

import dateutil.parser
import dateutil.tz

from .secret import Secret, mask

#: Returns seconds since the epoch.
Clock = Callable[[], float]

#: A token lives this long from its *first* issue, in seconds; asking again does not lengthen it [captured].
LIFETIME = 24 * 3600.0

#: How much less or more than 24 hours a new token may have, in seconds.
_NEW_WITHIN = 60.0

#: Seconds that an overdue token is used before au10001 is called again.
_OVERDUE_USE = 30.0

#: Korea's time zone: UTC+9, without daylight saving since 1988.
KST = dateutil.tz.tzoffset("KST", 9 * 3600)

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

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

    __slots__ = ("value", "expires_at", "expires_epoch")

    #: The bare token, as a WebSocket login wants it.
    value: str
    #: When it expires, in KST.
    expires_at: datetime
    #: The same moment in seconds since the epoch: comparing numbers costs a tenth of comparing datetimes.
    expires_epoch: float

    def __init__(self, value: str, expires_at: datetime) -> None:
        value = mask(value)
        if not isinstance(value, str) or not re.fullmatch(_VALUE, value):
            raise ValueError("a token is 1 to 1000 visible ASCII characters; this value is something else")
        if not isinstance(expires_at, datetime) or expires_at.utcoffset() is None:
            raise ValueError("expires_at must be a datetime with a time zone")
        try:
            in_kst = expires_at.astimezone(KST)
        except OverflowError:
            raise ValueError("expires_at is at the very end of what a datetime can hold") from None
        for name, content in (("value", value), ("expires_at", in_kst), ("expires_epoch", in_kst.timestamp())):
            object.__setattr__(self, name, content)

    @property
    def authorization(self) -> str:
        """The value of the ``Authorization`` header."""
        return Secret(f"Bearer {self.value}")

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
        return self.value == other.value and self.expires_epoch == other.expires_epoch

    def __hash__(self) -> int:
        return hash((self.value, self.expires_epoch))

    def __reduce__(self) -> tuple[type["Token"], tuple[str, datetime]]:
        return type(self), (self.value, self.expires_at)

    def __repr__(self) -> str:
        if not hasattr(self, "expires_at"):  # The constructor failed.
            return "<Token>"
        return f"<Token {self.fingerprint} expires_at={self.expires_at.isoformat()}>"


class Authorization(Secret):
    """The value of an ``Authorization`` header that says which key it is for, also after its token expired.

    :ivar source_key: the hash that :func:`requests_kiwoom.stores.guarded.store_key` makes of appkey and origin.
    """

    __slots__ = ("source_key",)
    source_key: str

    def __new__(cls, value: str, source_key: str = "") -> "Authorization":
        new = super().__new__(cls, value)
        new.source_key = source_key
        return new


class HeldToken(NamedTuple):
    """The current token, as requests get it."""

    token: Token
    #: The value of the ``Authorization`` header, marked with the source's key.
    authorization: Authorization
    #: Seconds since the epoch until which it is used: its expiry, or 30 s after a moment if it is overdue.
    use_until: float
    #: Whether it was past its expiry, by this clock, when it was issued.
    is_overdue: bool


def hold(token: Token, source_key: str, now: float) -> HeldToken:
    """Return `token` as the current one at `now` (seconds since the epoch)."""
    is_overdue = token.expires_epoch <= now
    use_until = now + _OVERDUE_USE if is_overdue else token.expires_epoch
    return HeldToken(token, Authorization(token.authorization, source_key), use_until, is_overdue)


def fingerprint(value: str) -> str:
    """The first 8 hex digits of the SHA-256 of a token: what logs show in its place."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:8]


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
    return moment.replace(tzinfo=KST)


def is_plausible(token: Token, now: float) -> bool:
    """Return whether `token` can have been issued at `now` (seconds since the epoch) by a clock up to a day off.

    A token that expired over 24 hours ago was not; nor was one that lives for over a year.
    """
    return now - LIFETIME <= token.expires_epoch <= now + 366 * LIFETIME


def is_new(token: Token, now: float) -> bool:
    """Return whether `token` has its full 24 hours at `now` (seconds since the epoch), give or take a minute."""
    return abs(token.expires_epoch - now - LIFETIME) <= _NEW_WITHIN


def epoch_to_kst(seconds: float) -> datetime:
    """Convert seconds since the epoch to KST.

    :raises OverflowError: if no datetime reaches that far.
    """
    # Not datetime.fromtimestamp: on Windows that fails before 1970 and after 3000.
    return (_EPOCH + timedelta(seconds=seconds)).astimezone(KST)
