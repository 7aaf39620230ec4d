"""Private addresses are refused, however they are written."""

from __future__ import annotations

import httpx
import pytest

from engine.connect.addresses import (
    AddressRefused,
    AddressUnknown,
    PublicTransport,
    allowed_address,
    is_public,
)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_pass(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "fe80::1%eth0",
        "fc00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:0001::",
    ],
)
def test_private_addresses_are_refused(address):
    assert not is_public(address)


def test_one_private_address_among_several_refuses_the_name():
    with pytest.raises(AddressRefused):
        allowed_address("example.test", 443, lookup=lambda _host, _port: ["8.8.8.8", "127.0.0.1"])


def test_a_name_that_does_not_resolve_says_so():
    def fails(_host, _port):
        raise OSError

    with pytest.raises(AddressUnknown):
        allowed_address("example.test", 443, lookup=fails)


def test_a_request_to_a_private_address_never_leaves():
    with httpx.Client(transport=PublicTransport()) as client, pytest.raises(AddressRefused):
        client.get("http://localhost:1/")


def test_a_numeric_host_is_checked_too():
    with httpx.Client(transport=PublicTransport()) as client, pytest.raises(AddressRefused):
        client.get("http://2130706433/")
