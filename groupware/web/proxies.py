"""What a proxy in front of the desk says of a request: believed only where it is listed."""

from collections.abc import Callable, Iterable
from ipaddress import ip_address, ip_network
from typing import Any

FORWARDED = (
    "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED",
    "HTTP_X_FORWARDED_PREFIX", "HTTP_X_FORWARDED_PORT", "HTTP_X_REAL_IP", "HTTP_X_REMOTE_USER",
    "HTTP_REMOTE_USER", "HTTP_X_HTTP_METHOD_OVERRIDE",
)  # fmt: skip


class TrustedProxies:
    """Address, scheme and host as the listed proxies forward them; anybody else's words are dropped."""

    def __init__(self, app: Callable[..., Any], proxies: Iterable[str]) -> None:
        self.app = app
        self.networks = [ip_network(proxy) for proxy in proxies]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        told = {name: environ.pop(name, "") for name in FORWARDED}
        if self.trusts(environ.get("REMOTE_ADDR", "")):
            # Each proxy adds whom it has heard: the last that is no proxy of ours is who came.
            for hop in reversed(told["HTTP_X_FORWARDED_FOR"].split(",")):
                if not (address := _address(hop)):
                    break
                environ["REMOTE_ADDR"] = address
                if not self.trusts(address):
                    break
            if (scheme := _last(told["HTTP_X_FORWARDED_PROTO"])) in ("http", "https"):
                environ["wsgi.url_scheme"] = scheme
            if host := _last(told["HTTP_X_FORWARDED_HOST"]):
                environ["HTTP_HOST"] = host
        return self.app(environ, start_response)

    def trusts(self, remote: str) -> bool:
        """True for an address of a listed proxy or network."""
        address = _address(remote)
        return bool(address) and any(ip_address(address) in network for network in self.networks)


def _last(values: str) -> str:
    return values.rpartition(",")[2].strip()


def _address(hop: str) -> str:
    """An address without port and brackets; empty where it is none."""
    hop = hop.strip()
    bare = hop[1 : hop.find("]")] if hop.startswith("[") else hop
    bare = bare.partition(":")[0] if bare.count(":") == 1 else bare
    try:
        return str(ip_address(bare))
    except ValueError:
        return ""
