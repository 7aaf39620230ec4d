"""Requests in the name of a user."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

API = "/api/v1"


class SignedIn:
    """An httpx client with the token of one user. Paths are below `/api/v1` unless they start with it."""

    def __init__(self, client: httpx.Client, user: str, token: str) -> None:
        self.client = client
        self.user = user
        self.token = token

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        url = path if path.startswith(API) else API + path
        return self.client.request(method, url, headers=headers, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> httpx.Response:
        return self.request("POST", path, json=json, **options)

    def put(self, path: str, json: Any = None, **options: Any) -> httpx.Response:
        return self.request("PUT", path, json=json, **options)

    def patch(self, path: str, json: Any = None, **options: Any) -> httpx.Response:
        return self.request("PATCH", path, json=json, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        return self.request("DELETE", path, **options)


AsUser = Callable[[str], SignedIn]
