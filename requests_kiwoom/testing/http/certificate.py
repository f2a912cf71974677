"""``Certificate``: made for one run of a server, for ``https`` on loopback."""

import os
import ssl
import tempfile
import weakref

_NAMES = ("127.0.0.1", "localhost", "api.kiwoom.com", "mockapi.kiwoom.com")


class Certificate:
    """A certificate for this machine and for Kiwoom's two hosts, and the file that a client verifies it with.

    The file is removed by :meth:`remove`, or when the process ends.

    :raises ModuleNotFoundError: if ``trustme`` is not installed.
    """

    def __init__(self) -> None:
        try:
            import trustme
        except ModuleNotFoundError:
            raise ModuleNotFoundError("tls=True needs the extra tls: pip install trustme") from None
        authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
        #: For the server's side.
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*_NAMES, key_type=trustme.KeyType.ECDSA).configure_cert(self.context)
        handle, self.ca_bundle = tempfile.mkstemp(prefix="requests-kiwoom-", suffix=".pem")
        os.close(handle)
        self.remove = weakref.finalize(self, os.unlink, self.ca_bundle)
        authority.cert_pem.write_to_path(self.ca_bundle)
