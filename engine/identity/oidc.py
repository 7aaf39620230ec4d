"""Speaking to an OpenID provider: authorization code with PKCE, and what its ID token proves.

Source: OpenID Connect Core 1.0 §3.1, Discovery 1.0, RFC 7636 (PKCE), RFC 9207 (issuer in the answer).
"""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlencode

import httpx
import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from engine.errors import EngineError, NotFound
from engine.findings import Text, text
from engine.settings import Settings

TIMEOUT = httpx.Timeout(10.0, connect=5.0)
LARGEST_ANSWER = 1_000_000
FRESH_SECONDS = 3600.0
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures that only the provider can make; never `none`, never one made with our own secret."""
LEEWAY_SECONDS = 60
CALLBACK = "/api/v1/auth/oidc/callback"


class NoProvider(NotFound):
    """This installation knows no OpenID provider."""

    code = "no_provider"
    zh = "本系统未配置统一登录。"
    fix_zh = "请设置 FOURFOLD_OIDC_ISSUER、FOURFOLD_OIDC_CLIENT 和 FOURFOLD_PUBLIC_URL。"
    fix_en = "Set FOURFOLD_OIDC_ISSUER, FOURFOLD_OIDC_CLIENT and FOURFOLD_PUBLIC_URL."


class ProviderUnreachable(EngineError):
    """The OpenID provider does not answer as it should."""

    code = "provider_unreachable"
    zh = "统一登录服务无响应或响应异常。"
    fix_zh = "请稍后再试；持续出现时请联系管理员。"
    fix_en = "Try again in a moment; tell an administrator if it stays so."


class OutsideLoginFailed(EngineError):
    """The OpenID provider's word could not be taken for a login."""

    code = "outside_login_failed"
    zh = "统一登录未成功。"
    fix_zh = "请重新登录；持续出现时请联系管理员。"
    fix_en = "Log in again; tell an administrator if it stays so."


def failed(zh: str, en: str) -> OutsideLoginFailed:
    """The failure with its reason."""
    return OutsideLoginFailed(text(f"统一登录未成功：{zh}", f"The login did not succeed: {en}"))


@dataclass(frozen=True, slots=True)
class Asking:
    """What belongs to one login: `state` comes back with the browser, `nonce` in the ID token, `verifier` is
    known to us alone.
    """

    state: str
    nonce: str
    verifier: str


@dataclass
class Provider:
    """The provider of one installation, with what it says of itself. Threads share it."""

    settings: Settings
    transport: httpx.BaseTransport | None = None
    _about: dict[str, Any] = field(default_factory=dict)
    _keys: KeySet | None = None
    _read_at: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def issuer(self) -> str:
        """Who answers for the users. Raises NoProvider."""
        if not (self.settings.oidc_issuer and self.settings.oidc_client and self.settings.public_url):
            raise NoProvider()
        return self.settings.oidc_issuer

    @property
    def callback(self) -> str:
        """Where the provider sends the browser back to."""
        return self.settings.public_url.rstrip("/") + CALLBACK

    def address(self, asking: Asking) -> str:
        """Where the browser goes to log in. Raises NoProvider, ProviderUnreachable."""
        challenge = hashlib.sha256(asking.verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self.settings.oidc_client,
            "redirect_uri": self.callback,
            "scope": self.settings.oidc_scopes,
            "state": asking.state,
            "nonce": asking.nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        where = str(self._said("authorization_endpoint"))
        return f"{where}{'&' if '?' in where else '?'}{urlencode(asked)}"

    def claims(self, code: str, asking: Asking, *, now: datetime) -> dict[str, Any]:
        """What the provider says of who logged in. Raises OutsideLoginFailed, ProviderUnreachable."""
        answer = self._exchange(code, asking)
        proven = self._proven(str(answer.get("id_token", "")), asking.nonce, now)
        wanted = {self.settings.oidc_username, self.settings.oidc_department, self.settings.oidc_roles} - {""}
        if wanted <= proven.keys() or not self._about.get("userinfo_endpoint"):
            return proven
        headers = {"authorization": f"Bearer {answer.get('access_token', '')}"}
        more = self._get(str(self._about["userinfo_endpoint"]), headers)
        if more.get("sub") != proven["sub"]:
            raise failed("用户信息不属于该用户。", "the user info is somebody else's.")
        return {**more, **proven}

    def _exchange(self, code: str, asking: Asking) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.callback,
            "client_id": self.settings.oidc_client,
            "code_verifier": asking.verifier,
        }
        secret = self.settings.oidc_secret.get_secret_value()
        named = self._said("token_endpoint"), self._about.get("token_endpoint_auth_methods_supported")
        basic = named[1] is None or "client_secret_basic" in named[1]
        if secret and not basic:
            form["client_secret"] = secret
        auth = httpx.BasicAuth(self.settings.oidc_client, secret) if secret and basic else None
        return self._json("POST", str(named[0]), data=form, auth=auth, refused=OutsideLoginFailed)

    def _proven(self, token: str, nonce: str, now: datetime) -> dict[str, Any]:
        """The claims of an ID token that is the provider's, for us, of this login and of now."""
        try:
            decoded = self._decoded(token)
            exact = {"essential": True}
            registry = jwt.JWTClaimsRegistry(
                now=int(now.timestamp()),
                leeway=LEEWAY_SECONDS,
                iss=cast("Any", {**exact, "value": self.issuer}),
                aud=cast("Any", {**exact, "value": self.settings.oidc_client}),
                nonce=cast("Any", {**exact, "value": nonce}),
                exp=cast("Any", exact),
                iat=cast("Any", exact),
                sub=cast("Any", exact),
            )
            registry.validate(decoded)
        except (JoseError, ValueError) as wrong:
            raise failed(f"身份令牌无效（{wrong}）。", f"the ID token is not valid ({wrong}).") from wrong
        parties = decoded["aud"]
        meant = decoded.get("azp", self.settings.oidc_client)
        if meant != self.settings.oidc_client or (
            isinstance(parties, list) and len(parties) > 1 and "azp" not in decoded
        ):
            raise failed("身份令牌是发给其他系统的。", "the ID token is for somebody else.")
        return decoded

    def _decoded(self, token: str) -> dict[str, Any]:
        """The claims of a token signed by the provider; its keys are read again once, as it may have new ones."""
        try:
            return dict(jwt.decode(token, self._key_set(), algorithms=ALGORITHMS).claims)
        except (JoseError, ValueError):
            return dict(jwt.decode(token, self._key_set(again=True), algorithms=ALGORITHMS).claims)

    def _key_set(self, *, again: bool = False) -> KeySet:
        if self._keys is None or again:
            self._keys = KeySet.import_key_set(cast("Any", self._get(str(self._said("jwks_uri")))))
        return self._keys

    def _said(self, name: str) -> Any:
        """What the provider says of itself, read again after an hour."""
        with self._lock:
            if time.monotonic() - self._read_at > FRESH_SECONDS:
                about = self._get(self.issuer.rstrip("/") + "/.well-known/openid-configuration")
                if about.get("issuer") != self.issuer:
                    raise _unreachable(f"issuer {about.get('issuer')!r}")
                self._about, self._read_at = about, time.monotonic()
        if name not in self._about:
            raise _unreachable(f"no {name}")
        return self._about[name]

    def _get(self, url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        return self._json("GET", url, headers=headers, refused=ProviderUnreachable)

    def _json(self, method: str, url: str, *, refused: type[EngineError], **options: Any) -> dict[str, Any]:
        """A JSON object of the provider. Redirects are not followed, proxies of the environment not used."""
        try:
            with (
                httpx.Client(timeout=TIMEOUT, trust_env=False, transport=self.transport) as client,
                client.stream(method, url, **options) as answer,
            ):
                body = b""
                for piece in answer.iter_bytes():
                    body += piece
                    if len(body) > LARGEST_ANSWER:
                        raise _unreachable(f"{url}: too long")
                status = answer.status_code
            found = orjson.loads(body)
        except (httpx.HTTPError, httpx.InvalidURL, orjson.JSONDecodeError) as broken:
            raise _unreachable(f"{url}: {broken!r}") from broken
        if not isinstance(found, dict):
            raise _unreachable(f"{url}: no object")
        if status != 200:
            raise _refusal(refused, status, found)
        return found


def _unreachable(reason: str) -> ProviderUnreachable:
    return ProviderUnreachable(details={"reason": reason[:300]})


def _refusal(kind: type[EngineError], status: int, found: Mapping[str, Any]) -> EngineError:
    said = str(found.get("error", ""))[:100]
    message: Text = text(f"统一登录服务拒绝：{said}", f"The provider refused: {said}")
    return kind(message, details={"status": status, "error": said})
