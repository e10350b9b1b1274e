"""Addresses that people type lead to the open internet, or nowhere."""

import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler

import pytest

from groupware import outgoing_http
from groupware.errors import Invalid
from groupware.outgoing_http import Unreachable, judged, post

OPEN = "93.184.215.14"


def leads_to(*addresses: str) -> outgoing_http.Resolve:
    return lambda _host, _port: list(addresses)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
     ".".join("0000"), "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fd00::1",
     "::ffff:127.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "2001:0:7f00:1::", "ff02::1", "fec0::1",
     "::7f00:1", "64:ff9b:1::a00:1", "::ffff:a9fe:a9fe", "x"],
)  # fmt: skip
def test_no_name_leads_inside_even_as_one_of_several(address: str) -> None:
    for found in ((address,), (OPEN, address), (address, OPEN)):
        with pytest.raises(Invalid, match="not allowed"):
            judged("https://hooks.example/x", resolve=leads_to(*found))


@pytest.mark.parametrize(
    "url",
    ["", "x", "ftp://h.example/", "file:///etc/passwd", "https://", "https://h.example:8080/",
     "http://h.example:22/", "https://h.example:99999/", "https://a:b@h.example/",
     "https://h.example/\r\nX: y", "https://h.example/ä", "https://h.example/a b", "//h.example/",
     "https://[::1", "https://h.example/" + "x" * 2000, "gopher://h.example/"],
)  # fmt: skip
def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    with pytest.raises(Invalid, match="not allowed"):
        judged(url, resolve=leads_to(OPEN))


def test_the_address_that_was_judged_is_the_one_that_is_called() -> None:
    target = judged("https://hooks.example/in?a=1", resolve=leads_to(OPEN))
    assert (target.host, target.port, target.path) == ("hooks.example", 443, "/in?a=1")
    assert target.address == OPEN
    inside = ("127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "0", "localhost.",
              "[::1]", "[::ffff:7f00:1]", "2852039166")  # fmt: skip
    for host in inside:
        with pytest.raises(Invalid):
            judged(f"http://{host}/")


class Hook(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "/inside")
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        if self.path == "/drops":
            with suppress(OSError):  # whoever asked has gone
                for _ in range(300):
                    self.wfile.write(b"x")
                    time.sleep(0.1)
            return
        self.wfile.write(
            b"x" * 200_000 if self.path == "/long" else self.headers["Host"].encode() + b" " + body
        )

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[int]:
    with socketserver.TCPServer(("127.0.0.1", 0), Hook) as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield serving.server_address[1]
        serving.shutdown()
        thread.join()


def test_one_answer_comes_back_bounded_and_not_followed(server: int) -> None:
    def send(path: str) -> outgoing_http.Answer:
        url = f"http://hooks.example:{server}{path}"
        return post(judged(url, resolve=leads_to("127.0.0.1"), loopback=True), b"hello", {})

    answer = send("/in")
    assert (answer.status, answer.body) == (200, f"hooks.example:{server} hello".encode())
    assert send("/away").status == 302
    assert len(send("/long").body) == outgoing_http.LARGEST_ANSWER


def test_what_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing_http, "TIMEOUT", 0.3)
    with socketserver.TCPServer(("127.0.0.1", 0), Hook) as silent:
        url = f"http://127.0.0.1:{silent.server_address[1]}/"
        with pytest.raises(Unreachable):
            post(judged(url, loopback=True), b"", {})


def test_a_name_that_nobody_answers_for_is_waited_for_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answered = threading.Event()
    monkeypatch.setattr(outgoing_http, "TIMEOUT", 0.1)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: answered.wait(30) and [])
    with pytest.raises(Invalid, match="not allowed"):
        judged("https://hooks.example/")
    answered.set()


def test_an_answer_that_comes_drop_by_drop_is_cut_off(
    server: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outgoing_http, "TIMEOUT", 0.3)
    began = time.monotonic()
    answer = post(judged(f"http://127.0.0.1:{server}/drops", loopback=True), b"hello", {})
    assert time.monotonic() - began < 20, "all of it takes thirty seconds"
    assert len(answer.body) < 200
