"""Attaching: what an auth costs each request, its token being at hand."""

from functools import partial

from .floor import API_ID, HOOK_ARGUMENTS, Floor, bare_hook, fresh_answers, fresh_requests
from .plugin import warm_auth
from .rounds import interleave

HEADER = {"api-id": API_ID}
_CALLS = 200


def measure(peers, rounds=60):
    """Seconds a call: the floor, the plugin in both its uses, its peers, and both hooks on an accepted answer."""
    auth = warm_auth()
    return interleave(
        {
            "floor": partial(_attaching, Floor()),
            "header": partial(_attaching, auth, HEADER),
            "for_api": partial(_attaching, auth.for_api(API_ID)),
            "bare hook": partial(_looking, Floor(), bare_hook),
            "hook": partial(_looking, auth),
            **{name: partial(_attaching, peer, HEADER) for name, peer in peers.items()},
        },
        rounds,
    )


def _attaching(auth, headers=None):
    requests = fresh_requests(_CALLS, headers)

    def work():
        for request in requests:
            auth(request)

    return work, _CALLS


def _looking(auth, hook=None):
    requests = [auth(request) for request in fresh_requests(_CALLS, HEADER)]
    answers = fresh_answers(requests)
    if hook is None:
        [hook] = requests[0].hooks["response"]

    def work():
        for answer in answers:
            hook(answer, **HOOK_ARGUMENTS)

    return work, _CALLS
