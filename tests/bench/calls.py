"""Calls: the Python functions that run for one request, a count that does not depend on the machine."""

import gc
import sys
from functools import partial

from .attach import HEADER
from .floor import API_ID, HOOK_ARGUMENTS, fresh_answers, fresh_requests
from .plugin import warm_auth


def count():
    """Python functions called by attaching, by attaching with for_api, and by the hook on an accepted answer.

    Those of requests' header mapping are among them.
    """
    auth = warm_auth()
    requests = fresh_requests(2, HEADER)
    attaching = _calls(auth, requests)
    by_view = _calls(auth.for_api(API_ID), fresh_requests(2))
    [hook] = requests[0].hooks["response"]
    looking = _calls(partial(hook, **HOOK_ARGUMENTS), fresh_answers(requests))
    return {"header": attaching, "for_api": by_view, "hook": looking}


def _calls(work, arguments):
    names = []

    def profile(frame, event, argument):
        if event == "call":
            names.append(frame.f_code.co_name)

    first, second = arguments
    work(first)  # It fills the caches.
    # Hypothesis has the garbage collector call a function of its own, whenever that comes round.
    gc.disable()
    sys.setprofile(profile)
    try:
        work(second)
    finally:
        sys.setprofile(None)
        gc.enable()
    return len(names)
