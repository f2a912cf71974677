"""Send errors to Sentry without a key or a token in the report.

Sentry reports the local variables of every frame. This package holds keys and tokens in
objects that are masked there. What your own program reads, for example
``os.environ["KIWOOM_APPKEY"]``, is your own to protect: pass files or ``from_env()``.

Needs ``pip install sentry-sdk``. Prints::

    TokenRefused, code 8001, secrets in the report: 0
"""

import json

import sentry_sdk

from requests_kiwoom import KiwoomAuth, TokenRefused
from requests_kiwoom.testing import KiwoomServer, refusal


def main():
    reports = []
    # Your program: sentry_sdk.init("<your DSN>"). Here no report leaves the machine.
    sentry_sdk.init(
        "https://public@sentry.invalid/1", before_send=lambda report, hint: reports.append(report)
    )
    with KiwoomServer() as server:
        auth = KiwoomAuth(server.appkey, server.secretkey, base_url=server.url)
        server.fail(refusal(8001))
        try:
            auth.token()
        except TokenRefused as error:
            sentry_sdk.capture_exception()
            text = json.dumps(reports, default=repr)
            found = sum(secret in text for secret in (server.appkey, server.secretkey))
            print(f"{type(error).__name__}, code {error.code}, secrets in the report: {found}")


if __name__ == "__main__":
    main()
