"""``read_record``: makes a token of a stored record; the stores that come with the package use it."""

from ..tokens import Token, epoch_to_kst


def read_record(value: object, expires: object) -> Token | None:
    """Return the token of a stored record, or ``None`` if au10001 cannot have issued it.

    :param value: the bare token.
    :param expires: its expiry, in whole seconds since the epoch.
    """
    if not isinstance(value, str) or type(expires) is not int:
        return None
    try:
        return Token(value, epoch_to_kst(expires))
    except (ValueError, OverflowError):  # OverflowError: no datetime reaches that far.
        return None
