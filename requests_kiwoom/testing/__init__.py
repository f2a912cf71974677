"""A Kiwoom on loopback: build and test a bot without a key, a registered IP or market hours."""

from . import faults
from .clock import Clock
from .received import ReceivedRequest
from .refusals import refusal
from .replies import Fault, Reply
from .server import KiwoomServer

__all__ = ["Clock", "Fault", "KiwoomServer", "ReceivedRequest", "Reply", "faults", "refusal"]
