"""Read the keys from a ``.env`` file with python-dotenv.

The file has two lines, ``KIWOOM_APPKEY=...`` and ``KIWOOM_SECRETKEY=...``, and
``KIWOOM_MOCK=1`` for mock trading. Keep it out of version control.

Needs ``pip install python-dotenv``. Prints::

    token issued: True
"""

import pathlib
import tempfile

from dotenv import load_dotenv

from requests_kiwoom import KiwoomAuth
from requests_kiwoom.testing import KiwoomServer


def auth_from_file(path=".env"):
    """Return an auth with the keys in the file; variables that are set already win."""
    load_dotenv(path)
    return KiwoomAuth.from_env()


def main():
    with KiwoomServer() as server, tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, ".env")
        path.write_text(
            f"KIWOOM_APPKEY={server.appkey}\n"
            f"KIWOOM_SECRETKEY={server.secretkey}\n"
            f"KIWOOM_BASE_URL={server.url}\n"
        )
        print("token issued:", auth_from_file(path).token() == server.token)


if __name__ == "__main__":
    main()
