"""The description of the service: it names what is there, and whatever it allows is answered as it
says.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="burnish[serve] is not installed")
pytest.importorskip("schemathesis", reason="schemathesis is not installed")

from serving import Serving, png

from burnish.serve.service.application import ADDRESSES
from burnish.serve.service.described import description
from burnish.serve.service.tally import METRICS

#: how many requests it makes up for each address
EXAMPLES = 1


def test_every_address_is_described_and_no_other() -> None:
    there = {(method, path) for method, path, _ in ADDRESSES} | {("GET", METRICS)}
    told = {
        (method.upper(), path)
        for path, methods in description()["paths"].items()
        for method in methods
    }
    assert told == there


def test_it_is_what_the_server_says(server: Serving) -> None:
    with server.client() as client:
        told = client.get("/v1/openapi.json").json()
    assert told == description()
    assert told["openapi"] == "3.1.0"


def test_whatever_it_allows_is_answered_as_it_says(server: Serving, tmp_path: Path) -> None:
    words = ["run", f"{server.base}v1/openapi.json", "-H", f"Authorization: Bearer {server.token}"]
    words += ["--seed", "1", "--max-examples", str(EXAMPLES), "--no-color", "--warnings", "off"]
    # A busy machine is no fault of the service.
    words += ["--request-timeout", "120", "--suppress-health-check", "too_slow"]
    # Words that are right, each by itself, need not fit together: a dial, and a model without.
    words += ["--exclude-checks", "positive_data_acceptance"]
    done = subprocess.run(
        [Path(sys.executable).with_name("schemathesis"), *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "Tested: 18" in done.stdout
    # And what it was asked has not taken it down.
    with server.client() as client:
        assert client.post("/v1/restore?name=a.png&model=photo", content=png(40, 60)).is_success
        text = client.get("/v1/metrics").text
        assert 'burnish_worker_deaths_total{for="restoring"} 0.0' in text
        assert 'burnish_worker_deaths_total{for="views"} 0.0' in text
