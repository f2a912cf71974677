"""A worker that C code forks, as uWSGI does, while another thread issues: Python's fork hooks do not run."""

import pytest

from tests.helpers.pythons import needs_c_fork
from tests.helpers.scripts import output_of, run_script
from tests.helpers.threads import until

C_FORK = """
import ctypes
store = None
if MODE == "store":
    import tempfile
    from requests_kiwoom import SQLiteStore
    store = SQLiteStore(tempfile.mkdtemp() + "/tokens.db")
auth = KiwoomAuth(appkey, secretkey, base_url=base_url, store=store, timeout=(5, 20))
if MODE == "revoke":
    auth.token()
issuing = threading.Thread(target=auth.revoke if MODE == "revoke" else auth.token, daemon=True)
issuing.start()
sys.stdin.readline()  # The call is under way.
pid = ctypes.PyDLL(None).fork()  # PyDLL keeps the GIL, so the child has it.
if pid == 0:
    try:
        answer = requests.post(url, json={}, auth=auth.for_api("ka10001"), timeout=20)
        os.write(1, b"child %d\\n" % answer.json()["return_code"])
    finally:
        os._exit(0)
os.waitpid(pid, 0)
issuing.join(30)
print("parent", requests.post(url, json={}, auth=auth.for_api("ka10001"), timeout=20).json()["return_code"])
lent.close()
"""


@needs_c_fork
@pytest.mark.parametrize("mode", ["issue", "revoke", "store"])
def test_a_child_that_c_code_forks_does_not_wait_for_its_parent_s_lock(server, mode):
    """The child gets a token, and does not wait for a lock that a thread of its parent holds."""
    server.latency = 1.0
    with run_script(f"MODE = {mode!r}\n" + C_FORK, server, warnings="ignore") as process:
        until(lambda: server.revokes if mode == "revoke" else server.issues)
        process.stdin.write("\n")
        process.stdin.flush()

        assert ["child", "0", "parent", "0"] == output_of(process)
