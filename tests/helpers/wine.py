"""Whether the tests run under Wine, and marks for tests that cannot run there."""

import ctypes
import sys

import pytest

#: Whether this Windows is Wine: only Wine's ntdll has that function.
is_wine = sys.platform == "win32" and hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")

#: Marks a test that would end Wine's server, and so every program under Wine.
crashes_wine = pytest.mark.skipif(
    is_wine, reason="ends the server of Wine 8.0 (assertion in sock_poll_event); not tested on a real Windows"
)

#: Marks a test that needs a reset to arrive as one, though no thread waits for data.
hides_resets = pytest.mark.skipif(
    is_wine, reason="Wine 8.0 reports a reset as the end of the stream, unless recv() waits already"
)
