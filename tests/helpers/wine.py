"""Whether the tests run under Wine, and a mark for those that cannot."""

import ctypes
import sys

import pytest

#: Whether this Windows is Wine's: its ntdll tells.
is_wine = sys.platform == "win32" and hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")

#: For a test that ends Wine's server, and so every program under it.
crashes_wine = pytest.mark.skipif(
    is_wine, reason="ends the server of Wine 8.0 (assertion in sock_poll_event); not tested on a real Windows"
)
