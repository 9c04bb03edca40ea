"""The target's users: their passwords, hashed for real, and the tokens they were given."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
from dataclasses import dataclass
from typing import Literal

from perftui.demo.tables import Table

# Of each only the newest are kept.
MAX_ACCOUNTS = 20_000
MAX_TOKENS = 40_000
# The cost of a hash: a login takes about 3 ms of CPU. A service on the internet would take far more.
_SCRYPT_N = 2048

TokenKind = Literal["access", "refresh"]


@dataclass(frozen=True, slots=True)
class Account:
    id: int
    username: str
    full_name: str
    bio: str


class AccountStore:
    """A login gives tokens, which end together."""

    def __init__(self, database: sqlite3.Connection) -> None:
        text = "TEXT NOT NULL DEFAULT ''"
        columns = {"username": "TEXT NOT NULL UNIQUE", "salt": text, "digest": text, "full_name": text, "bio": text}
        self._accounts = Table(database, "accounts", columns, max_added=MAX_ACCOUNTS)
        columns = {"token": "TEXT NOT NULL UNIQUE", "kind": text, "login": text, "account_id": "INTEGER NOT NULL"}
        self._tokens = Table(database, "tokens", columns, max_added=MAX_TOKENS, index="login")

    def register(self, username: str, password: str) -> Account | None:
        """None where the name is taken."""
        if self.find(username) is not None:
            return None
        row = self._accounts.add(username=username, **_hashed(password))
        return self._account(id=int(row["id"] or 0))

    def find(self, username: str) -> Account | None:
        return self._account(username=username)

    def log_in(self, username: str, password: str) -> Account | None:
        """None where the name or the password is wrong."""
        row = self._accounts.find(username=username)
        if row is None:
            _hashed(password)  # an unknown name costs as much as a wrong password
            return None
        right = _hashed(password, str(row["salt"]))["digest"]
        return self.find(username) if hmac.compare_digest(right, str(row["digest"])) else None

    def change_password(self, account: Account, password: str) -> None:
        self._accounts.update(account.id, **_hashed(password))

    def change_profile(self, account: Account, **texts: str) -> Account:
        """`texts` are `full_name` or `bio`."""
        self._accounts.update(account.id, **texts)
        return self._account(id=account.id) or account

    def new_login(self) -> str:
        return secrets.token_hex(8)

    def issue_token(self, account_id: int, login: str, kind: TokenKind = "access") -> str:
        token = secrets.token_urlsafe(24)
        self._tokens.add(token=token, kind=kind, login=login, account_id=account_id)
        return token

    def account_of(self, token: str, kind: TokenKind = "access") -> Account | None:
        row = self._tokens.find(token=token, kind=kind)
        return None if row is None else self._account(id=int(row["account_id"] or 0))

    def refresh(self, refresh_token: str) -> str | None:
        """A new access token of the same login."""
        row = self._tokens.find(token=refresh_token, kind="refresh")
        return None if row is None else self.issue_token(int(row["account_id"] or 0), str(row["login"]))

    def log_out(self, token: str) -> None:
        row = self._tokens.find(token=token)
        if row is not None:
            self._tokens.delete(login=str(row["login"]))

    def _account(self, **where: str | int) -> Account | None:
        row = self._accounts.find(**where)
        if row is None:
            return None
        return Account(int(row["id"] or 0), str(row["username"]), str(row["full_name"]), str(row["bio"]))


def _hashed(password: str, salt: str = "") -> dict[str, str]:
    salt = salt or secrets.token_hex(16)
    digest = hashlib.scrypt(password.encode(), salt=salt.encode(), n=_SCRYPT_N, r=8, p=1)
    return {"salt": salt, "digest": digest.hex()}
