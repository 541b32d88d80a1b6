"""The AWS lab's server: moto with its gaps filled, on plain http of the loopback interface.

    python3 -u server.py --port P --oracle http://127.0.0.1:Q --proxy http://127.0.0.1:R --ca FILE

Prints "ready <port>" once it answers. Ends on SIGTERM or when its standard input closes, and takes every function process with it.
"""

import argparse
import logging
import os
import signal
import sys
import threading

REQUIRED = "5.2.1"


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--oracle", required=True)
    parser.add_argument("--proxy", default="")
    parser.add_argument("--ca", default="")
    return parser.parse_args()


def isolate():
    """Keeps this machine's AWS settings out; no call leaves the process, and none may find real credentials."""
    for name in [n for n in os.environ if n.startswith(("AWS_", "MOTO_")) or n.upper() in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")]:
        del os.environ[name]
    os.environ |= {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "lab",
        "AWS_SECRET_ACCESS_KEY": "lab",
        "MOTO_ALLOW_NONEXISTENT_REGION": "true",
        "MOTO_DISABLE_GLOBAL_CORS": "true",
    }


def serve(given):
    """Serves until told to end."""
    import moto
    from werkzeug.serving import make_server

    if moto.__version__ != REQUIRED:
        sys.exit(f"the lab is written for moto {REQUIRED}, found {moto.__version__}: pip install 'moto[server]=={REQUIRED}'")
    from awslab import environment, functions, inside
    from awslab.app import App
    from awslab.state import settings

    settings.oracle, settings.proxy, settings.ca = given.oracle, given.proxy, given.ca
    settings.async_backoff = float(os.environ.get("XROLE_LAB_ASYNC_BACKOFF", "0.5"))
    environment.remove_leavings()
    app = App()
    inside.use(app)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", given.port, app, threaded=True)
    server.daemon_threads = True
    settings.port = server.server_port
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    signal.signal(signal.SIGINT, lambda *_: over.set())
    threading.Thread(target=lambda: (sys.stdin.buffer.read(), over.set()), daemon=True).start()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"ready {server.server_port}", flush=True)
    over.wait()
    functions.stop_all()
    environment.remove_all()


if __name__ == "__main__":
    isolate()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    serve(arguments())
    os._exit(0)  # threads of a stack operation or an invocation may still wait for something
