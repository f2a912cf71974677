"""A Kiwoom on loopback: build and test a bot without a key, a registered IP or market hours."""

from .clock import Clock
from .server import KiwoomServer, ReceivedRequest

__all__ = ["Clock", "KiwoomServer", "ReceivedRequest"]
