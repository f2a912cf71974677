"""Calls: the Python functions that run for one request, a count that does not depend on the machine."""

import gc
import sys
from functools import partial

from .attach import HEADER
from .floor import API_ID, HOOK_ARGUMENTS, fresh_requests, fresh_responses
from .plugin import warm_auth


def count():
    """Count the Python functions that attaching, attaching with for_api, and the hook on an accepted response call.

    Those of requests' header mapping are included.
    """
    auth = warm_auth()
    requests = fresh_requests(2, HEADER)
    attaching = _count_calls(auth, requests)
    by_view = _count_calls(auth.for_api(API_ID), fresh_requests(2))
    [hook] = requests[0].hooks["response"]
    by_hook = _count_calls(partial(hook, **HOOK_ARGUMENTS), fresh_responses(requests))
    return {"header": attaching, "for_api": by_view, "hook": by_hook}


def _count_calls(work, arguments):
    names = []

    def profile(frame, event, argument):
        if event == "call":
            names.append(frame.f_code.co_name)

    first, second = arguments
    work(first)  # It fills the caches.
    # Hypothesis lets the garbage collector call a function of its own, at any time.
    gc.disable()
    sys.setprofile(profile)
    try:
        work(second)
    finally:
        sys.setprofile(None)
        gc.enable()
    return len(names)
