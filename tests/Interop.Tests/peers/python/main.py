"""The interop cases with grpcio: "server SOCKET" or "client TARGET [LIMIT...]"."""

import sys

if __name__ == "__main__":
    role, target, *limits = sys.argv[1:]
    if role == "server":
        import server

        server.serve(target)
    else:
        import client

        client.run(target, set(limits))
