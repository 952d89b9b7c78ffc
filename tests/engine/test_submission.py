"""Submissions are found and read as data, within limits."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursegrader import submission
from coursegrader.errors import SubmissionFault
from coursegrader.submission import Submission, find, parse, printable, read_file

NAME = "01"
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=8,
)
cells = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.one_of(st.sampled_from(["code", "markdown", "raw"]), anything),
        "source": st.one_of(st.text(max_size=9), st.lists(st.text(max_size=5), max_size=3), anything),
        "metadata": st.one_of(
            st.fixed_dictionaries({"nbgrader": st.one_of(st.fixed_dictionaries({"grade_id": anything}), anything)}),
            anything,
        ),
        "outputs": anything,
    },
)
notebooks = st.fixed_dictionaries(
    {
        "nbformat": st.one_of(st.just(4), anything),
        "cells": st.one_of(st.lists(st.one_of(cells, anything), max_size=5), anything),
    },
    optional={
        "metadata": st.one_of(st.fixed_dictionaries({"kernelspec": anything, "language_info": anything}), anything)
    },
)


@given(st.one_of(notebooks, anything))
@settings(max_examples=500, deadline=None)
def test_every_json_value_is_cells_or_a_reason(value: Any) -> None:
    try:
        parsed = parse(json.dumps(value).encode())
    except SubmissionFault as fault:
        assert fault.message
        assert fault.reason.startswith("submission.")
        return
    for cell in parsed.cells:
        assert (type(cell.kind), type(cell.source)) == (str, str)
        assert cell.grade_id is None or type(cell.grade_id) is str
        cell.source.encode()


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_every_file_is_cells_or_a_reason(data: bytes) -> None:
    with pytest.raises(SubmissionFault):
        parse(data)


def notebook(**metadata: Any) -> bytes:
    return json.dumps({"nbformat": 4, "metadata": metadata, "cells": [{"cell_type": "code", "source": "1"}]}).encode()


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"kernelspec": {"name": "python3", "language": "python"}},
        {"kernelspec": {"name": "my-env", "language": "Python"}},
        {"kernelspec": {"name": "conda", "language": "Python 3"}},
        {"kernelspec": 3, "language_info": {"name": "python"}},
        {"language_info": {"name": "ipython"}},
        {"kernelspec": {"language": ["R"]}},
    ],
)
def test_python_notebooks_by_any_kernel_are_read(metadata: dict[str, Any]) -> None:
    assert len(parse(notebook(**metadata)).cells) == 1


@pytest.mark.parametrize("metadata", [{"kernelspec": {"language": "R"}}, {"language_info": {"name": "julia"}}])
def test_another_language_is_told(metadata: dict[str, Any]) -> None:
    with pytest.raises(SubmissionFault) as caught:
        parse(notebook(**metadata))
    assert caught.value.reason == "submission.kernel"


def test_a_large_notebook_is_read_in_time() -> None:
    cell = {"cell_type": "code", "source": "x = 1\n" * 1000, "metadata": {}, "outputs": []}
    started = time.process_time()
    assert len(parse(json.dumps({"nbformat": 4, "cells": [cell] * submission.MAX_CELLS}).encode()).cells) == 2000
    assert time.process_time() - started < 3
    with pytest.raises(SubmissionFault, match="2001 cellules"):
        parse(json.dumps({"nbformat": 4, "cells": [cell] * 2001}).encode())


def hand_in(root: Path, student: str, content: bytes = b"{}") -> Path:
    folder = root / student / NAME
    folder.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").write_bytes(content)
    return folder


def found(root: Path, students: list[str] | None = None) -> dict[str, Submission]:
    return {item.student: item for item in find(root, NAME, students)}


def test_submissions_come_in_the_order_of_names_and_others_assignments_are_left_out(tmp_path: Path) -> None:
    for student in ("b", "a b", "é", "..c"):
        hand_in(tmp_path, student)
    (tmp_path / "other" / "02").mkdir(parents=True)
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / "a-file").touch()
    assert list(found(tmp_path)) == ["..c", "a b", "b", "é"]
    assert list(found(tmp_path, ["b", "nobody"])) == ["b"]
    assert not found(tmp_path / "missing")


def test_the_digest_is_of_what_was_handed_in(tmp_path: Path) -> None:
    hand_in(tmp_path, "a", b"1")
    hand_in(tmp_path, "b", b"1")
    hand_in(tmp_path, "c", b"2")
    (tmp_path / "d" / NAME).mkdir(parents=True)
    items = found(tmp_path)
    assert items["a"].digest == items["b"].digest
    assert len({item.digest for item in items.values()}) == 3


def test_the_limit_is_the_last_size_that_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submission, "MAX_NOTEBOOK_BYTES", 1 << 20)
    path = tmp_path / "a"
    path.touch()
    os.truncate(path, 1 << 20)
    assert len(read_file(path)) == 1 << 20
    os.truncate(path, (1 << 20) + 1)
    with pytest.raises(SubmissionFault, match="pèse 2 Mo ; la limite est de 1 Mo"):
        read_file(path)


def test_nothing_but_a_regular_file_is_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "dangling").symlink_to("nowhere")
    before = len(os.listdir("/proc/self/fd"))
    for name in ("pipe", "folder", "link", "dangling", "missing"):
        with pytest.raises(SubmissionFault, match="pas un fichier ordinaire"):
            read_file(tmp_path / name)
    with pytest.raises(SubmissionFault, match="pas un fichier ordinaire"):
        read_file(Path("/dev/zero"))
    assert len(os.listdir("/proc/self/fd")) == before


def test_names_are_spelled_out_where_a_terminal_would_obey_them() -> None:
    assert printable("Zoé d'Arc 中") == "Zoé d'Arc 中"
    assert printable("a\x1b[2J\u202eb\ud800") == r"a\x1b[2J\u202eb\ud800"


def test_a_warning_shows_the_notebook_s_name_in_full_and_no_more(tmp_path: Path) -> None:
    folder = hand_in(tmp_path, "a")
    (folder / f"{NAME}.ipynb").rename(folder / ("x" * 200 + "\x1b.IPYNB"))
    item = found(tmp_path)["a"]
    assert item.notebook == b"{}"
    assert "x" * 80 + " »" in item.warnings[0]
