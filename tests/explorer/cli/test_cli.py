"""The command as a person runs it: real processes, real files, one sentence for every mistake."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest
from PIL import Image

from pipeline.sources.source import Source
from tests.helpers.prepared import start
from tests.helpers.source_items import file_of


def explorer(*arguments: object, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """Run the command with its output as text, wide enough that sentences stay on one line."""
    command = list(map(str, arguments))
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out:
        process = start(command, out.fileno())
        assert process.stderr is not None
        end = threading.Timer(timeout, process.kill)
        end.start()
        with process.stderr:
            output = process.stderr.read()
        code = process.wait()
        end.cancel()
        out.seek(0)
        return subprocess.CompletedProcess(command, code, out.read(), output)


def sentence(result: subprocess.CompletedProcess[str], code: int = 1) -> str:
    """Return the one sentence of a failure, and check the exit code and that there is no traceback."""
    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stdout + result.stderr
    assert len([line for line in result.stderr.splitlines() if line.startswith("error:")]) == 1, result.stderr
    return result.stderr


def test_help_lists_the_commands() -> None:
    words = explorer("--help").stdout
    for command in ("demo", "build", "serve", "info", "bench"):
        assert command in words


def test_a_missing_source_is_one_sentence(tmp_path: Path) -> None:
    output = sentence(explorer("build", tmp_path / "nowhere", "--out", tmp_path / "out"))
    assert "does not exist. Give a folder of images" in output


def test_an_empty_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    output = sentence(explorer("build", tmp_path / "empty", "--out", tmp_path / "out"))
    assert "There are no images in" in output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_that_no_library_takes_is_said_before_the_pictures_are_read(tmp_path: Path, seed: int) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    output = sentence(explorer("build", tmp_path, "--out", tmp_path.with_name("out-of-seed"), "--seed", seed), 2)
    assert "allowed are 0 to 4294967295" in output
    assert not tmp_path.with_name("out-of-seed").exists()


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    result = explorer("--debug", "build", tmp_path / "nowhere", "--out", tmp_path / "out")
    assert result.returncode == 1
    assert "Traceback" in result.stderr


def test_wrong_usage_has_a_code_of_its_own() -> None:
    result = explorer("serve")
    assert result.returncode == 2
    assert "Traceback" not in result.stderr


def test_a_folder_that_is_no_collection_is_one_sentence(tmp_path: Path) -> None:
    assert "is not a collection" in sentence(explorer("info", tmp_path))
    assert "does not exist" in sentence(explorer("serve", tmp_path / "nowhere", "--no-browser", "--port", 0))


def test_a_damaged_collection_is_one_sentence(collection_path: Path, tmp_path: Path) -> None:
    shutil.copytree(collection_path, tmp_path / "copy")
    shutil.rmtree(tmp_path / "copy" / "thumbnails.lance")
    assert "is damaged" in sentence(explorer("serve", tmp_path / "copy", "--no-browser", "--port", 0))


def test_a_port_in_use_is_said_before_anything_is_built(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        output = sentence(explorer("demo", "--dir", tmp_path / "demo", "--port", port, "--no-browser"))
    assert f"Port {port}" in output
    assert "--port" in output
    assert not (tmp_path / "demo").exists()


def test_a_target_that_cannot_be_written_is_one_sentence(drawn_table: Path, weights_file: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    arguments = ("--backbone", "resnet18", "--weights", weights_file)
    output = sentence(explorer("build", drawn_table, "--out", tmp_path / "file" / "out", *arguments))
    assert "cannot be written" in output


@pytest.mark.slow
def test_weights_of_the_wrong_shape_are_one_sentence(drawn_table: Path, tmp_path: Path) -> None:
    import numpy as np
    from safetensors.numpy import save_file

    save_file({"conv1.weight": np.zeros((3, 3), np.float32)}, tmp_path / "wrong.safetensors")
    arguments = ("--backbone", "resnet18", "--weights", tmp_path / "wrong.safetensors", "--out", tmp_path / "out")
    output = sentence(explorer("build", drawn_table, *arguments))
    assert "wrong.safetensors" in output
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_folder_is_built_with_given_weights_and_described(
    drawn_source: Source, weights_file: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "my 🦜 pictures"
    folder.mkdir()
    for item in drawn_source.items[:9]:
        shutil.copy(file_of(item), folder)
    (folder / "text.png").write_text("no image")
    out = tmp_path / "out"
    built = explorer("build", folder, "--out", out, "--backbone", "resnet18", "--weights", weights_file)
    assert built.returncode == 0, built.stderr
    assert "resnet18" in built.stderr
    assert "1 image could not be used" in built.stderr
    facts = json.loads(explorer("info", out, "--json").stdout)
    assert (facts["images"], facts["failed"], facts["dimensions"]) == (9, 1, 512)
    assert facts["backbone"] == "resnet18"
    assert len(facts["weights_sha256"]) == 64
    assert [layout["name"] for layout in facts["layouts"]] == ["all-tsne", "all-umap"]
    assert facts["attributes"] == []
    again = sentence(explorer("build", folder, "--out", out))
    assert "--replace" in again
