"""The package as a whole: what importing it costs, what it offers, what it says of itself, and what
installing it brings.
"""

from __future__ import annotations

import ast
import json
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import burnish
from burnish import errors

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "burnish").rglob("*.py"))
HEAVY = {
    "torch",
    "openvino",
    "onnxruntime",
    "PIL",
    "typer",
    "rich",
    "tifffile",
    "imagecodecs",
    "numpy",
    "psutil",
}
#: each is loaded only when it runs, and may be without its library
BACKENDS = "burnish.inference.backends."


def loaded_by(code: str, home: Path | None = None) -> set[str]:
    """The modules that a fresh Python has loaded after running `code`, by their dotted names."""
    script = (
        f"{code}\nimport json, sys\nprint(json.dumps(sorted(name for name, module in "
        "sys.modules.items() if module)))"
    )
    settings = {**os.environ, **({"HOME": str(home), "LOCALAPPDATA": str(home)} if home else {})}
    settings.pop("CI", None)  # what keeps quiet in CI only is not quiet
    output = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        env=settings,
    ).stdout
    return set(json.loads(output.splitlines()[-1]))


def test_opening_an_engine_reports_to_nobody_and_leaves_nothing_in_the_home_folder(
    tmp_path: Path,
) -> None:
    pytest.importorskip("openvino")
    loaded = loaded_by("import burnish.inference.backends.openvino", home=tmp_path)
    assert "openvino" in loaded
    assert "openvino_telemetry" not in loaded
    assert not [p for p in tmp_path.iterdir() if p.name != ".cache"]


def test_a_plain_restore_imports_what_it_needs_and_no_more(tmp_path: Path) -> None:
    picture = ROOT / "examples" / "face_noise15.jpg"
    words = ["burnish", "restore", str(picture), "-o", str(tmp_path / "out.jpg")]
    loaded = loaded_by(f"""
import sys
from burnish.cli import main
sys.argv = {words!r}
sys.stderr.isatty = lambda: True
try:
    main()
except SystemExit as end:
    assert end.code == 0, end.code
""")
    assert (tmp_path / "out.jpg").is_file()
    assert "PIL" in loaded
    not_needed = {
        "absl",  # the log of OpenVINO's converters
        "imagecodecs",
        "importlib.metadata",
        "importlib.resources",
        "openvino.tools",
        "numpy.random",
        "platformdirs",
        "psutil",  # on Linux, /proc says what it would
        "pydantic",  # typer's converters of words
        "rich",  # on a terminal too: one small picture has no bar
        "tifffile",
        "torch",
        "xml",
        "burnish.degrade",
        "burnish.metrics",
        "burnish.report",
        "burnish.study",
        "burnish.training",
    }
    if sys.platform != "linux":
        not_needed.remove("psutil")
    assert not loaded & not_needed


def test_converters_of_openvino_are_there_when_somebody_asks_for_them() -> None:
    pytest.importorskip("openvino")
    loaded = loaded_by(
        "import burnish.inference.backends.openvino, sys\n"
        "assert 'openvino.tools.ovc' not in sys.modules\n"
        "from openvino import convert_model\n"
        "assert callable(convert_model)"
    )
    assert "openvino.tools.ovc" in loaded


def requirements(extra: str | None = None) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [
        Requirement(line)
        for line in (project["optional-dependencies"][extra] if extra else project["dependencies"])
    ]


def test_importing_burnish_loads_nothing_heavy() -> None:
    assert not loaded_by("import burnish") & HEAVY


def test_importing_the_command_line_loads_no_engine_and_no_image_library() -> None:
    assert not loaded_by("import burnish.cli") & {
        "torch",
        "openvino",
        "onnxruntime",
        "PIL",
        "tifffile",
        "imagecodecs",
    }


def test_nothing_outside_the_training_wing_imports_torch() -> None:
    modules = [
        m.name
        for m in pkgutil.walk_packages([str(ROOT / "burnish")], "burnish.", onerror=lambda _: None)
    ]
    looking = ("burnish.study.agreement", "burnish.study.trained", "burnish.study.sweep")
    trained = ("burnish.training", *looking, BACKENDS)
    restoring = [m for m in modules if not m.startswith(trained)]
    assert "burnish.inference.model" in restoring
    assert "torch" not in loaded_by("".join(f"import {module}\n" for module in restoring))


def test_the_public_names_are_these() -> None:
    assert burnish.__all__ == [
        "BurnishError",
        "Contract",
        "Dial",
        "Model",
        "__version__",
        "load",
        "restore",
    ]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in burnish.__all__:
        assert getattr(burnish, name) is not None
        assert f"`{name}`" in readme or f"burnish.{name}(" in readme, (
            f"README does not say what burnish.{name} is"
        )
    with pytest.raises(AttributeError, match="no attribute 'restor'"):
        burnish.restor  # noqa: B018


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_what_it_is(source: Path) -> None:
    assert ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))), (
        f"{source.relative_to(ROOT)} has no docstring"
    )


#: folders that are tables of parts, one a file: a part more is not one thing more to know
TABLES = {
    "burnish/cli/commands",
    "burnish/degrade",
    "burnish/degrade/document",
    "burnish/images/formats",
    "burnish/metrics",
    "burnish/training/losses",
    "burnish/training/networks/archs",
    "burnish/training/networks/dials",
    "burnish/weights",
}


def test_a_folder_holds_no_more_than_one_can_remember() -> None:
    crowded = {}
    for folder in [ROOT / "burnish", *(ROOT / "burnish").rglob("*/")]:
        # As `benchmarks.shape` counts: without what is there because it is a package.
        besides = {"__pycache__", "__init__.py", "py.typed"}
        if folder.name in besides:
            continue
        entries = [entry for entry in folder.iterdir() if entry.name not in besides]
        if len(entries) > 16 and str(folder.relative_to(ROOT)) not in TABLES:
            crowded[str(folder.relative_to(ROOT))] = len(entries)
    assert not crowded


def test_the_drawing_of_errors_is_true() -> None:
    drawn: dict[str, tuple[str, int, str]] = {}
    parents: list[str] = []
    for branch, name, status, code in re.findall(
        r"^([| +-]*)([A-Z]\w+) +(\d+)(?: +(E_\w+))?", errors.__doc__ or "", re.MULTILINE
    ):
        depth = len(branch) // 4
        parents[depth:] = [name]
        drawn[name] = (
            parents[depth - 1] if depth else "Exception",
            int(status),
            code or "E_BURNISH",
        )
    classes = [
        c
        for c in vars(errors).values()
        if isinstance(c, type) and issubclass(c, errors.BurnishError)
    ]
    assert drawn == {c.__name__: (c.__bases__[0].__name__, c.exit_status, c.code) for c in classes}
    assert len({c.code for c in classes}) == len(classes), "two errors have one code"


def test_the_version_stands_in_one_place() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", burnish.__version__)
    assert f"## {burnish.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert burnish.__version__ not in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("machine", ["x86_64", "AMD64", "aarch64", "arm64", "ARM64", "riscv64"])
@pytest.mark.parametrize("platform", ["linux", "win32", "darwin", "freebsd14"])
def test_every_platform_gets_exactly_one_engine(platform: str, machine: str) -> None:
    engines = [
        r.name
        for r in requirements()
        if r.marker and r.marker.evaluate({"sys_platform": platform, "platform_machine": machine})
    ]
    wheels = {("linux", "x86_64"), ("linux", "aarch64"), ("win32", "AMD64"), ("darwin", "arm64")}
    assert engines == ["openvino" if (platform, machine) in wheels else "onnxruntime"]


def test_the_base_install_is_small() -> None:
    assert not {r.name.lower() for r in requirements()} & {
        "torch",
        "opencv-python",
        "opencv-python-headless",
        "scipy",
        "scikit-image",
        "onnx",
        "accelerate",
    }


def test_ci_installs_known_versions_that_the_bounds_allow() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = {
        r.name.lower(): str(r.specifier).removeprefix("==")
        for r in (Requirement(line) for line in lines if line and not line.startswith("#"))
    }
    for requirement in [
        *requirements(),
        *requirements("onnx"),
        *requirements("train"),
        *requirements("dev"),
    ]:
        assert requirement.specifier.contains(pins[requirement.name.lower()]), (
            f"{requirement} is not what constraints.txt pins"
        )
