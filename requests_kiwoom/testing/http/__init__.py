"""HTTP plumbing of the local Kiwoom server: ports, connections, TLS."""
