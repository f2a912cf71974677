"""Attaching: what an auth with a live token costs each request, and what its hook costs each response."""

from functools import partial

from .floor import API_ID, HOOK_ARGUMENTS, Floor, bare_hook, fresh_requests, fresh_responses
from .plugin import warm_auth
from .rounds import interleave

HEADER = {"api-id": API_ID}
_CALLS, _ROUNDS = 200, 20


def measure_attaching(peers):
    """Measure the seconds per call of the floor, of the plugin in both its uses, and of its peers."""
    auth = warm_auth()
    return interleave(
        {
            "floor": partial(_prepare_attaching, Floor()),
            "header": partial(_prepare_attaching, auth, HEADER),
            "for_api": partial(_prepare_attaching, auth.for_api(API_ID)),
            **{name: partial(_prepare_attaching, peer, HEADER) for name, peer in peers.items()},
        },
        _ROUNDS,
    )


def measure_hook():
    """Measure the seconds per call of the hook on an accepted response, of a bare hook, and of attaching."""
    auth = warm_auth()
    return interleave(
        {
            "floor": partial(_prepare_attaching, Floor()),
            "header": partial(_prepare_attaching, auth, HEADER),
            "bare hook": partial(_prepare_hook, auth, hook=bare_hook),
            "hook": partial(_prepare_hook, auth),
            "hook, chunked": partial(_prepare_hook, auth, chunked=True),
        },
        _ROUNDS,
    )


def _prepare_attaching(auth, headers=None):
    requests = fresh_requests(_CALLS, headers)

    def work():
        for request in requests:
            auth(request)

    return work, _CALLS


def _prepare_hook(auth, hook=None, chunked=False):
    requests = [auth(request) for request in fresh_requests(_CALLS, HEADER)]
    responses = fresh_responses(requests, chunked=chunked)
    if hook is None:
        [hook] = requests[0].hooks["response"]

    def work():
        for response in responses:
            hook(response, **HOOK_ARGUMENTS)

    return work, _CALLS
