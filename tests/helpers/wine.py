"""Whether the tests run under Wine, and a mark for tests that cannot run there."""

import ctypes
import sys

import pytest

#: Whether this Windows is Wine: only Wine's ntdll has that function.
is_wine = sys.platform == "win32" and hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")

#: Marks a test that would end Wine's server, and so every program under Wine.
crashes_wine = pytest.mark.skipif(
    is_wine, reason="ends the server of Wine 8.0 (assertion in sock_poll_event); not tested on a real Windows"
)
