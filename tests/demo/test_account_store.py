from __future__ import annotations

import sqlite3

from perftui.demo.account_store import AccountStore


def test_a_password_is_kept_only_as_a_hash_of_its_own() -> None:
    database = sqlite3.connect(":memory:", isolation_level=None)
    accounts = AccountStore(database)
    accounts.register("one", "the same")
    accounts.register("other", "the same")
    kept = database.execute("SELECT salt, digest FROM accounts").fetchall()
    database.close()
    assert len({digest for _, digest in kept}) == 2
    assert "the same" not in str(kept)
