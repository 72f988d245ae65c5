"""The files in docs/deploy: what they start is a command that there is."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_docs import group, options

DEPLOY = Path(__file__).resolve().parents[1] / "docs" / "deploy"


def dockerfile() -> dict[str, list[str]]:
    """What the Dockerfile starts, by the word before it."""
    text = (DEPLOY / "Dockerfile").read_text()
    found = re.findall(r"^(ENTRYPOINT|CMD) (\[.*\])$", text, re.MULTILINE)
    return {word: json.loads(words) for word, words in found}


def unit() -> configparser.ConfigParser:
    """The unit of systemd."""
    found = configparser.ConfigParser(interpolation=None, strict=False)
    found.optionxform = str  # type: ignore[assignment,method-assign]
    found.read_string((DEPLOY / "burnish.service").read_text().replace("\\\n", ""))
    return found


def is_known(words: list[str]) -> bool:
    """Whether a command has all the options that it is given."""
    program, command, *others = words
    said = {word for word in others if word.startswith("-")}
    return Path(program).name == "burnish" and said <= options(group().commands[command])


def test_the_image_starts_a_command_that_there_is() -> None:
    started = dockerfile()
    words = [*started["ENTRYPOINT"], *started["CMD"]]
    assert is_known(words)
    # Whoever listens to others wants both.
    assert {"--host", "--allow-host", "--token-file"} <= set(words)


def test_compose_gives_what_the_image_wants() -> None:
    told: Any = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    service = told["services"]["burnish"]
    assert is_known([*dockerfile()["ENTRYPOINT"], *service["command"]])
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
    assert service["secrets"] == list(told["secrets"])
    assert {volume.partition(":")[0] for volume in service["volumes"]} == set(told["volumes"])
    assert f"{service['volumes'][0].partition(':')[2]}" in dockerfile()["ENTRYPOINT"]
    # It is reached through a proxy of this machine alone.
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_the_unit_starts_a_command_that_there_is() -> None:
    assert is_known(shlex.split(unit()["Service"]["ExecStart"]))


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    text = (DEPLOY / "burnish.service").read_text()
    # What it starts is elsewhere here.
    (tmp_path / "burnish.service").write_text(text.replace("/opt/burnish/bin/burnish", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / "burnish.service"],
        capture_output=True,
        text=True,
    )
    told = [line for line in done.stderr.splitlines() if "burnish.service" in line]
    assert told == []
