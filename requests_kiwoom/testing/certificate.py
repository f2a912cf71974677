"""``Certificate``: made on the spot, for ``https`` on loopback."""

import os
import ssl
import tempfile


class Certificate:
    """A certificate for this machine, and the file that a client verifies it with; :meth:`remove` takes that away.

    :raises ModuleNotFoundError: if ``trustme`` is not installed.
    """

    def __init__(self) -> None:
        try:
            import trustme
        except ModuleNotFoundError:
            raise ModuleNotFoundError('tls=True needs trustme: pip install trustme') from None
        authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
        #: For the server's side.
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1", "localhost", key_type=trustme.KeyType.ECDSA).configure_cert(self.context)
        handle, self.ca_bundle = tempfile.mkstemp(prefix="requests-kiwoom-", suffix=".pem")
        os.close(handle)
        authority.cert_pem.write_to_path(self.ca_bundle)

    def remove(self) -> None:
        """Delete the file."""
        os.unlink(self.ca_bundle)
