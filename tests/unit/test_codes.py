"""The table of Kiwoom's codes."""

from requests_kiwoom.envelope import REJECTED


def test_rejected_codes():
    """A new token may help with these four codes alone."""
    assert {8003, 8005, 8031, 8103} == REJECTED
