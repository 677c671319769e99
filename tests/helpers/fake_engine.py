"""Stands for an engine that is started: it takes vLLM's arguments, writes them to a file, and answers on its port.

    python fake_engine.py FILE MODE ARGUMENTS...

MODE: "answer" serves /health; "die" ends with an error in its log.
"""

import json
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


file, mode, arguments = sys.argv[1], sys.argv[2], sys.argv[3:]
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open(file, "w", encoding="utf-8") as out:
    json.dump({"arguments": arguments, "environment": dict(os.environ), "pids": [os.getpid(), child.pid]}, out)
if mode == "die":
    child.kill()
    print("(EngineCore pid=7) INFO loading", flush=True)
    print("(EngineCore pid=7) ERROR 11-29 ValueError: Model architectures ['Own'] are not supported", flush=True)
    sys.exit(1)
HTTPServer(("127.0.0.1", int(arguments[arguments.index("--port") + 1])), Handler).serve_forever()
