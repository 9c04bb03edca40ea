from __future__ import annotations

import pytest

from perftui.profiles.profile_set import ProfileSet
from perftui.profiles.targets import choose_target, host_of

# address -> name, environment, max_users
ADDRESSES = {
    "http://localhost:8000/": ("localhost-8000", "local", None),
    "http://[::1]:8000/api": ("1-8000", "local", None),
    "http://127.1.2.3": ("127.1.2.3", "local", None),
    "https://other.example.com": ("other.example.com", "staging", None),
    "https://me:hunter2@other.example.com:8443": ("other.example.com-8443", "staging", None),
    # To write the address of a guarded target out is no way round its guard.
    "https://shop.example.com": ("staging", "staging", 50),
    "http://SHOP.example.com.:8080/v2": ("shop.example.com.-8080", "staging", 50),
    "http://www.example.com": ("www.example.com", "production", None),
    "http://localhost:8443": ("localhost-8443", "production", None),
}


@pytest.mark.parametrize(("address", "expected"), ADDRESSES.items())
def test_an_address_gets_a_name_and_what_the_file_says_of_its_host(
    project_set: ProfileSet, address: str, expected: tuple[str, str, int | None]
) -> None:
    target, origins = choose_target(project_set, address, "--target", None)
    assert (target.name, target.environment, target.max_users) == expected
    assert target.url == address.rstrip("/")
    assert origins["target"] == "--target"
    assert "hunter2" not in repr(origins)


@pytest.mark.parametrize("address", ["https://shop.example.com", "https://shop.example.com:8443/v2"])
def test_an_address_keeps_the_monitors_of_its_host(project_set: ProfileSet, address: str) -> None:
    target, origins = choose_target(project_set, address, "--target", None)
    assert (target.metrics_url, target.monitor_command) == ("/metrics", "free -m")
    assert origins["metrics_url"].startswith("profiles.toml [targets.staging]")
    assert origins["monitor_command"] == origins["metrics_url"]
    other, origins = choose_target(project_set, "https://other.example.com", "--target", None)
    assert (other.metrics_url, other.monitor_command) == ("", "")
    assert "metrics_url" not in origins


def test_it_says_where_an_environment_was_taken_from(project_set: ProfileSet) -> None:
    _, unknown = choose_target(project_set, "http://other.example.com", "--target", None)
    _, known = choose_target(project_set, "http://www.example.com", "--target", None)
    assert unknown["environment"] == "assumed: profiles.toml does not know the host"
    assert known["environment"] == "profiles.toml [targets.live], the same host"


def test_host_of() -> None:
    assert host_of("https://me:x@API.example.com.:8443/v2") == "api.example.com"
    assert host_of("http://[::1]:80") == "::1"
    assert host_of("http://[") == ""
