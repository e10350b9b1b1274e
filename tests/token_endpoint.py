"""A provider's token endpoint on loopback: a code or a refresh token gives access, or is refused."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs


@dataclass
class Tokens:
    """What it takes and gives; `gives` is the refresh token of its next answers."""

    url: str = ""
    gives: str = "keep me"
    good: set[str] = field(default_factory=lambda: {"consent", "keep me"})
    asked: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def running() -> Iterator[Tokens]:
    """Answers until the end."""
    tokens = Tokens()

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            tokens.asked.append(form)
            good = form.get("refresh_token", form.get("code")) in tokens.good
            answer: dict[str, object] = {"error": "invalid_grant", "error_description": "gone"}
            if good:
                tokens.good.add(tokens.gives)
                answer = {
                    "access_token": f"access-{len(tokens.asked)}",
                    "refresh_token": tokens.gives,
                    "expires_in": 3600,
                }
            self.send_response(200 if good else 400)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
        tokens.url = f"http://127.0.0.1:{server.server_port}/token"
        yield tokens
        server.shutdown()
