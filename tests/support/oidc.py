"""A real OpenID provider on a free loopback port, strict about PKCE, secrets and codes, and able to lie."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "fourfold", "a secret of ours"


class OidcProvider:
    """The running provider. `claims` is who logs in; `lie` may alter the claims of the ID token; `key` signs."""

    def __init__(self, port: int, now: Callable[[], datetime]) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self.now = now
        self.claims: dict[str, Any] = {"sub": "u-1", "preferred_username": "li"}
        self.lie: Callable[[dict[str, Any]], dict[str, Any]] = dict
        self.key = self.published = _first_key()
        self.algorithm = "RS256"
        self.down = False
        self._asked: dict[str, dict[str, str]] = {}

    def log_in(self, address: str) -> str:
        """What a browser does that goes to `address` and logs in: where it is sent back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self._asked[code] = asked
        return (
            asked["redirect_uri"]
            + "?"
            + urlencode({"code": code, "state": asked["state"], "iss": self.issuer})
        )

    def answer(self, method: str, path: str, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        """(status, JSON) of one request."""
        if self.down:
            return 500, {}
        if path == "/.well-known/openid-configuration":
            ends = {name: f"{self.issuer}/{end}" for name, end in ENDS.items()}
            return 200, {"issuer": self.issuer, **ends}
        if path == "/jwks":
            return 200, {"keys": [self.published.as_dict(private=False)]}
        if path == "/token" and method == "POST":
            return self._token(form, authorization)
        if path == "/userinfo" and authorization == "Bearer access":
            return 200, self.claims
        return 404, {"error": "not_found"}

    def _token(self, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        asked = self._asked.pop(form.get("code", ""), None)
        expected = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if authorization != expected:
            return 401, {"error": "invalid_client"}
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != form["redirect_uri"]
        ):
            return 400, {"error": "invalid_grant"}
        return 200, {
            "access_token": "access",
            "token_type": "Bearer",
            "id_token": self._id_token(asked["nonce"]),
        }

    def _id_token(self, nonce: str) -> str:
        at = int(self.now().timestamp())
        told = {"iss": self.issuer, "aud": CLIENT, "iat": at, "exp": at + 300, "nonce": nonce}
        claims = self.lie({**told, "sub": self.claims["sub"]})
        return jwt.encode({"alg": self.algorithm, "kid": "k1"}, claims, self.key, algorithms=[self.algorithm])


ENDS = {
    "authorization_endpoint": "authorize",
    "token_endpoint": "token",
    "userinfo_endpoint": "userinfo",
    "jwks_uri": "jwks",
}


@cache
def _first_key() -> RSAKey:
    """To make one takes longer than a login."""
    return RSAKey.generate_key(2048, {"kid": "k1"})


@contextmanager
def running_provider(now: Callable[[], datetime]) -> Iterator[OidcProvider]:
    """A provider for the length of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._serve("GET", {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            self._serve("POST", {name: values[0] for name, values in parse_qs(body).items()})

        def _serve(self, method: str, form: dict[str, str]) -> None:
            status, value = provider.answer(method, self.path, form, self.headers.get("authorization", ""))
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    provider = OidcProvider(server.server_address[1], now)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
