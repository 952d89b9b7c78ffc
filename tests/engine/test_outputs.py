"""What a student's process says its cells showed becomes nbformat's own form, or nothing."""

from __future__ import annotations

import json
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursegrader.outputs import MAX_OUTPUTS, clean_outputs, size_of

STREAM = {"output_type": "stream", "name": "stdout", "text": "a"}
SHOWN = {"output_type": "display_data", "data": {"text/plain": "a"}, "metadata": {}}
RESULT = {**SHOWN, "output_type": "execute_result", "execution_count": 3}
ERROR = {"output_type": "error", "ename": "ValueError", "evalue": "non", "traceback": ["a", "b"]}

anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just("\ud800")),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)
fields = st.fixed_dictionaries(
    {"output_type": st.one_of(st.sampled_from(["stream", "display_data", "execute_result", "error"]), anything)},
    optional={
        "name": st.one_of(st.sampled_from(["stdout", "stderr"]), anything),
        "text": anything,
        "data": st.one_of(
            st.dictionaries(st.sampled_from(["text/plain", "image/png", "application/json", "x"]), anything), anything
        ),
        "metadata": anything,
        "execution_count": anything,
        "ename": anything,
        "evalue": anything,
        "traceback": anything,
    },
)


@given(st.lists(st.one_of(fields, anything), max_size=4))
@settings(max_examples=500, deadline=None)
def test_whatever_comes_a_valid_notebook_can_hold_what_is_left(outputs: list[Any]) -> None:
    clean = clean_outputs(outputs)
    cell = nbformat.v4.new_code_cell("x", outputs=[nbformat.from_dict(output) for output in clean])
    nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))
    json.dumps(clean, ensure_ascii=False, allow_nan=False).encode()  # as it is written


@pytest.mark.parametrize("output", [STREAM, SHOWN, RESULT, ERROR], ids=lambda output: output["output_type"])
def test_well_formed_outputs_stay_as_they_are(output: dict[str, Any]) -> None:
    assert clean_outputs([output]) == [output]


@pytest.mark.parametrize(
    "output",
    [
        3,
        {},
        {**STREAM, "name": "stdlog"},
        {**STREAM, "text": ["a"]},
        {**SHOWN, "data": {"text/html": 3}},
        {**SHOWN, "data": {"application/javascript": "alert(1)"}},
        {**SHOWN, "data": {"application/json": {"a": float("nan")}}},
        {**ERROR, "traceback": "a"},
        {**ERROR, "output_type": "update_display_data"},
    ],
)
def test_malformed_outputs_are_dropped(output: Any) -> None:
    assert clean_outputs([output, STREAM]) == [STREAM]


def test_json_is_shown_as_text() -> None:
    for value, shown in (({"a": [1, "é"]}, '{"a": [1, "é"]}'), ("\ud800", '"?"')):
        cleaned = clean_outputs([{**SHOWN, "data": {"application/json": value}}])
        assert cleaned == [{**SHOWN, "data": {"text/plain": shown}}]
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    assert clean_outputs([{**SHOWN, "data": {"application/json": deep}}]) == []
    assert clean_outputs([{**SHOWN, "data": {"application/json": 1, "text/plain": "<1>"}}])[0]["data"] == {
        "text/plain": "<1>"
    }


def test_lone_surrogates_become_question_marks() -> None:
    assert clean_outputs([{**STREAM, "text": "a\ud800"}])[0]["text"] == "a?"
    assert clean_outputs([{**SHOWN, "data": {"text/plain": "\udfff"}}])[0]["data"] == {"text/plain": "?"}
    assert clean_outputs([{**ERROR, "ename": "\ud800", "traceback": ["\ud800"]}])[0]["traceback"] == ["?"]


@pytest.mark.parametrize("count", [-1, 10**4000, 1.5, "3", True])
def test_odd_execution_counts_are_none(count: Any) -> None:
    assert clean_outputs([{**RESULT, "execution_count": count}])[0]["execution_count"] is None


def test_number_and_size_are_bounded() -> None:
    assert len(clean_outputs([STREAM] * 10_000)) == MAX_OUTPUTS
    large = {**STREAM, "text": "x" * 600}
    assert clean_outputs([large, large, STREAM], limit=1000) == [large, STREAM]
    assert size_of([large, SHOWN, ERROR]) == 600 + 1 + 5
