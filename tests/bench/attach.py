"""Attaching: what an auth costs each request, its token being at hand; and what its hook costs each response."""

from functools import partial

from .floor import API_ID, HOOK_ARGUMENTS, Floor, bare_hook, fresh_answers, fresh_requests
from .plugin import warm_auth
from .rounds import interleave

HEADER = {"api-id": API_ID}
_CALLS, _ROUNDS = 200, 20


def measure_attaching(peers):
    """Seconds a call: the floor, the plugin in both its uses, and its peers."""
    auth = warm_auth()
    return interleave(
        {
            "floor": partial(_attaching, Floor()),
            "header": partial(_attaching, auth, HEADER),
            "for_api": partial(_attaching, auth.for_api(API_ID)),
            **{name: partial(_attaching, peer, HEADER) for name, peer in peers.items()},
        },
        _ROUNDS,
    )


def measure_looking():
    """Seconds a call: the plugin's hook on an accepted response, a hook that does nothing, and what they add to."""
    auth = warm_auth()
    return interleave(
        {
            "floor": partial(_attaching, Floor()),
            "header": partial(_attaching, auth, HEADER),
            "bare hook": partial(_looking, auth, hook=bare_hook),
            "hook": partial(_looking, auth),
            "hook, chunked": partial(_looking, auth, chunked=True),
        },
        _ROUNDS,
    )


def _attaching(auth, headers=None):
    requests = fresh_requests(_CALLS, headers)

    def work():
        for request in requests:
            auth(request)

    return work, _CALLS


def _looking(auth, hook=None, chunked=False):
    requests = [auth(request) for request in fresh_requests(_CALLS, HEADER)]
    answers = fresh_answers(requests, chunked=chunked)
    if hook is None:
        [hook] = requests[0].hooks["response"]

    def work():
        for answer in answers:
            hook(answer, **HOOK_ARGUMENTS)

    return work, _CALLS
