"""`users`: people of the installation, any number of them."""

from __future__ import annotations

from forms.field_types.refs import Refs, SeveralOptions


class Users(Refs):
    type = "users"
    Options = SeveralOptions
    target = "user"
    example = '"li"'
