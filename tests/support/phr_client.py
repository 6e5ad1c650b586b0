"""A client for Nictiz' PHR-Client scripts: our connector, unmodified, told by the variables that the runner sets.

The runner starts a command for every script. Loading the connector is most of a short run, so what is started here only
passes its variables on (this file as a program) to the process of the test, and waits until that is done.
"""

import json
import os
import socket
import sys


def passed_on(port):
    """Ask the process that listens at this port to do it."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        told = {name: value for name, value in os.environ.items() if name.startswith("TESTSCRIPT_")}
        connection.sendall(json.dumps(told).encode() + b"\n")
        return connection.makefile().readline() == "done\n"


if __name__ == "__main__":
    sys.exit(not passed_on(int(sys.argv[1])))
