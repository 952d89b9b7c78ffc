"""Right values pass, in every form in which a student may return them."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from coursegrader.checks import CheckFailed, expect
from coursegrader.checks.values import to_array

COUNTS = [[0, 2, 1], [3, 0, 4]]
PROBABILITIES = [[0.0, 0.25, 0.75], [0.5, 0.0, 0.5]]

INT_FORMS = {
    "list": COUNTS,
    "tuple": tuple(map(tuple, COUNTS)),
    "list of tensors": [torch.tensor(row) for row in COUNTS],
    "list of arrays": [np.array(row) for row in COUNTS],
    "list of lists of 0-d tensors": [[torch.tensor(n) for n in row] for row in COUNTS],
    "list of lists of 0-d arrays": [[np.asarray(np.int32(n)) for n in row] for row in COUNTS],
    "big-endian array": np.array(COUNTS, dtype=">i4"),
    "transposed view": torch.tensor(COUNTS).T.contiguous().T,
    "Fortran order": np.asfortranarray(COUNTS),
    "read-only array": np.frombuffer(np.array(COUNTS, dtype=np.int64).tobytes(), dtype=np.int64).reshape(2, 3),
    "sparse tensor": torch.tensor(COUNTS).to_sparse(),
    **{
        f"numpy {name}": np.array(COUNTS, dtype=name)
        for name in ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint64"]
    },
    **{f"torch {t}": torch.tensor(COUNTS, dtype=t) for t in (torch.uint8, torch.int8, torch.int16, torch.int32)},
}
FLOAT_FORMS = {
    "list": PROBABILITIES,
    "list with ints": [[0, 0.25, 0.75], [0.5, 0, 0.5]],
    "lazily negated view": (torch.tensor(PROBABILITIES) * -1j).conj().imag,
    "list of tensors with gradient": [torch.tensor(row, requires_grad=True) for row in PROBABILITIES],
    "with gradient": torch.tensor(PROBABILITIES, requires_grad=True),
    "part of a graph": torch.tensor(PROBABILITIES, requires_grad=True) * 1,
    **{f"numpy {name}": np.array(PROBABILITIES, dtype=name) for name in ("float16", "float32", "float64")},
    **{
        f"torch {t}": torch.tensor(PROBABILITIES, dtype=t)
        for t in (torch.float16, torch.bfloat16, torch.float32, torch.float64)
    },
}


@pytest.mark.parametrize("form", INT_FORMS)
def test_every_form_of_integers(form):
    value = INT_FORMS[form]
    expect.shape(value, (2, 3), what="counts")
    expect.integers(value, what="counts")
    expect.finite(value, what="counts")
    expect.equal(value, torch.tensor(COUNTS), what="counts")
    expect.equal(value, COUNTS, what="counts")
    expect.close(value, np.array(COUNTS, dtype=float), what="counts")


@pytest.mark.parametrize("form", FLOAT_FORMS)
def test_every_form_of_floats(form):
    value = FLOAT_FORMS[form]
    expect.shape(value, (2, 3), what="P")
    expect.floating(value, what="P")
    expect.finite(value, what="P")
    expect.rows_sum_to_one(value, what="P")
    expect.equal(value, torch.tensor(PROBABILITIES), what="P")
    expect.close(value, torch.tensor(PROBABILITIES, dtype=torch.float64), what="P")
    expect.gradient(value, PROBABILITIES, what="W.grad")


def test_float_counts_equal_integers():
    expect.equal(torch.tensor(COUNTS).float(), torch.tensor(COUNTS), what="counts")


@pytest.mark.parametrize("value", [2.5, torch.tensor(2.5), torch.tensor(2.5, requires_grad=True), np.asarray(2.5)])
def test_single_numbers(value):
    expect.shape(value, (), what="nll")
    expect.close(value, 2.5, what="nll")
    expect.equal(value, np.float64(2.5), what="nll")
    expect.between(value, 2.5, 2.5, what="nll")
    expect.at_most(value, 2.6, what="nll")
    expect.at_least(value, 2, what="nll")


def test_infinity_equals_infinity():
    expect.close(float("inf"), float("inf"), what="nll")
    expect.close(torch.tensor([-torch.inf, 1.0]), [float("-inf"), 1.0], what="log")


def test_booleans():
    for value in ([True, False], np.array([True, False]), torch.tensor([True, False])):
        expect.equal(value, [True, False], what="masque")
    expect.equal(True, True, what="ok")


def test_text_lists_and_dicts():
    expect.equal([".", "é"], [".", "é"], what="itos")
    expect.equal(("a", 1), ["a", 1], what="paire")
    expect.equal({"é": torch.tensor(2), "a": 1}, {"a": 1, "é": 2}, what="stoi")
    expect.equal([[1, 2], (), torch.tensor([3])], [[1, 2], [], [3]], what="ids")
    expect.equal({(0, 1): [1, 0.5]}, {(0, 1): np.array([1, 0.5])}, what="modèle")
    expect.close({"a": [0.1 + 0.2]}, {"a": [0.3]}, what="P")
    expect.equal(None, None, what="rien")
    expect.equal([], [], what="ids")


def test_kinds_and_dtypes():
    expect.kind([], list, what="itos")
    expect.kind(0.5, (int, float), what="nll")
    expect.dtype(torch.zeros(1), torch.float32, what="W")
    expect.dtype(np.zeros(1), torch.float64, what="W")
    expect.integers([], what="ids")
    expect.floating([], what="pertes")


def test_unchanged_inputs():
    expect.unchanged(
        SimpleNamespace(last_call=SimpleNamespace(modified_inputs=(), inputs_with_gradient=("0",))), what="f"
    )


numbers = hnp.arrays(np.int64, hnp.array_shapes(max_dims=3, max_side=4), elements=st.integers(-(2**40), 2**40))


@settings(deadline=None)
@given(numbers, st.data())
def test_equal_finds_exactly_the_changed_position(array, data):
    expect.equal(array.tolist(), torch.from_numpy(array), what="x")
    position = tuple(data.draw(st.integers(0, n - 1)) for n in array.shape)
    changed = array.copy()
    changed[position] += data.draw(st.sampled_from([-1, 1]))
    with pytest.raises(CheckFailed, match=f"« x\\[{', '.join(map(str, position))}\\] »") as caught:
        expect.equal(changed, array, what="x")
    assert str(array[position]) in caught.value.expected and str(changed[position]) in caught.value.actual


finite = st.floats(-1e6, 1e6)


@settings(deadline=None)
@given(finite, st.floats(1e-6, 1e-2), st.floats(0, 1e-2))
def test_close_draws_the_line_where_it_says(expected, rtol, atol):
    allowed = atol + rtol * abs(expected)
    expect.close(expected + 0.99 * allowed, expected, what="x", rtol=rtol, atol=atol)
    with pytest.raises(CheckFailed):
        expect.close(expected + 1.01 * allowed + 1e-6, expected, what="x", rtol=rtol, atol=atol)


scalars = st.one_of(st.booleans(), st.integers(), st.floats(), st.text(max_size=3), st.none(), st.complex_numbers())
values = st.recursive(scalars, lambda inner: st.one_of(st.lists(inner, max_size=4), st.tuples(inner, inner)))


@settings(deadline=None)
@given(values)
def test_conversion_gives_numbers_or_a_message_and_never_another_error(value):
    try:
        array = to_array(value, "x")
    except CheckFailed as failed:
        assert "« x »" in failed.message
    else:
        assert array.data.dtype in (np.bool_, np.int64, np.float64)
