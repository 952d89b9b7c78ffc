"""Every value that travels arrives as it left, of exact base types; everything else stays or is refused."""

from __future__ import annotations

import math
import socket
from collections import Counter, OrderedDict, namedtuple
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from coursegrader.sandbox import wire
from coursegrader.sandbox.wire import Clock, Decoder, Encoder, Frame, Generator, Remote, Unsupported, WireError

DTYPES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64")

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.characters(categories=["Cs"]),  # lone surrogates
)
keys = st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), st.text(max_size=5), st.tuples(st.integers(0, 9)))
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.lists(inner, max_size=5).map(tuple),
        st.dictionaries(keys, inner, max_size=4),
        st.sets(st.integers(-9, 9), max_size=4),
    ),
    max_leaves=20,
)


def travel(value: Any, **options: Any) -> Any:
    """The value after a way through a real pair of sockets."""
    encoder = Encoder(**options)
    form = encoder.encode(value)
    here, there = socket.socketpair()
    with here, there:
        wire.send(here, Frame({"value": form}, encoder.buffers), Clock(5))
        frame = wire.receive(there, Clock(5))
    return Decoder(frame).decode(frame.header["value"])


def exact(value: Any) -> Any:
    """A form in which values of different types are different."""
    if isinstance(value, list | tuple):
        return type(value), [exact(item) for item in value]
    if isinstance(value, set):
        return type(value), sorted(map(repr, value))
    if isinstance(value, dict):
        return type(value), [(exact(key), exact(item)) for key, item in value.items()]
    return type(value), value


@given(values)
@settings(max_examples=300, deadline=None)
def test_plain_values_come_back_with_their_exact_types(value: Any) -> None:
    assert exact(travel(value)) == exact(value)


@pytest.mark.parametrize("value", [0.0, -0.0, math.inf, -math.inf, 5e-324, 0.1, 1e308])
def test_a_float_comes_back_to_the_last_bit(value: float) -> None:
    assert travel(value).hex() == value.hex()
    assert travel([value] * 50)[49].hex() == value.hex()


def test_nan_comes_back_as_nan() -> None:
    assert math.isnan(travel(math.nan))
    assert math.isnan(travel([math.nan] * 50)[3])


@pytest.mark.parametrize(
    "values",
    [
        [3] * 1000,
        [2**63 - 1, -(2**63)] * 20,
        ["léa", "", "anne-marie"] * 20,
        [""] * 33,
        ["a\nb"] * 33,
        ["\ud800"] * 33,
        [True] * 40,
        [True, 1] * 20,
        [1, 1.0] * 20,
        [None] * 40,
        [[1] * 40, [2.5] * 40],
    ],
)
def test_long_lists_keep_each_item(values: list[Any]) -> None:
    assert exact(travel(values)) == exact(values)


@pytest.mark.parametrize("name", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (0, 4), (1, 2, 1, 2, 1, 2, 1, 2)])
def test_arrays_and_tensors_of_every_dtype_and_rank(name: str, shape: tuple[int, ...]) -> None:
    array = (np.arange(math.prod(shape)).reshape(shape) % 2).astype(name)
    back = travel(array)
    assert type(back) is np.ndarray
    assert (back.dtype, back.shape) == (array.dtype, shape)
    assert np.array_equal(back, array)
    tensor = torch.from_numpy(np.array(array))
    back = travel(tensor)
    assert type(back) is torch.Tensor
    assert (back.dtype, back.shape) == (tensor.dtype, tensor.shape)
    assert torch.equal(back, tensor)


def test_what_arrives_can_be_written_to() -> None:
    array, tensor = travel(np.zeros(3)), travel(torch.zeros(3))
    array += 1
    tensor += 1
    assert array.sum() == tensor.sum() == 3


def test_requires_grad_travels_and_the_graph_does_not() -> None:
    weight = torch.ones(2, requires_grad=True)
    back = travel(weight * 2)
    assert back.requires_grad
    assert back.is_leaf
    assert not travel(torch.ones(2)).requires_grad


def test_arrays_in_another_order_of_memory_or_bytes_keep_their_values() -> None:
    array = np.arange(6.0).reshape(2, 3)
    assert travel(array.T).tolist() == array.T.tolist()
    assert travel(array[::-1, ::2]).tolist() == array[::-1, ::2].tolist()
    assert travel(array.astype(">f4")).tolist() == array.tolist()
    assert travel(array.astype(">i2")).dtype == np.int16
    assert travel(torch.arange(6).view(2, 3).t()).tolist() == [[0, 3], [1, 4], [2, 5]]


def test_subclasses_arrive_as_what_they_are_made_of() -> None:
    point = namedtuple("point", "x y")
    assert exact(travel(point(1, 2))) == exact((1, 2))
    assert exact(travel(Counter("aab"))) == exact({"a": 2, "b": 1})
    assert exact(travel(OrderedDict(a=1))) == exact({"a": 1})
    assert type(travel(torch.nn.Parameter(torch.ones(2)))) is torch.Tensor
    assert type(travel(np.ma.array([1, 2], mask=[True, False]))) is np.ndarray
    assert travel(torch.eye(2).to_sparse()).tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize("scalar", [np.float32(2.5), np.float64(2.5), np.int64(3), np.bool_(True)])
def test_a_numpy_scalar_arrives_as_an_array_without_dimensions(scalar: Any) -> None:
    back = travel(scalar)
    assert type(back) is np.ndarray
    assert back.shape == ()
    assert back == scalar
    assert back.dtype == scalar.dtype


def test_numpy_scalars_as_keys_arrive_as_the_equal_python_ones() -> None:
    keys = [
        np.int64(1),
        np.bool_(False),
        np.float32(0.5),
        np.str_("a"),
        (np.int16(2), (np.int64(3), "b")),
        np.float64(7),
    ]
    back = travel({key: n for n, key in enumerate(keys)})
    assert back == {key: n for n, key in enumerate(keys)}
    assert [type(key) for key in back] == [int, bool, float, str, tuple, float]
    assert type(next(iter(travel({np.int64(3)})))) is int


@pytest.mark.parametrize(
    "key", [torch.tensor(1), torch.zeros(2), frozenset({1}), np.datetime64(1, "D"), (torch.tensor(1),)]
)
def test_what_cannot_be_a_key_here_is_refused_there(key: Any) -> None:
    for value in ({key: 1}, {key}):
        with pytest.raises(Unsupported, match="as a key"):
            Encoder().encode(value)


def test_a_generator_arrives_seeded() -> None:
    assert travel(Generator(7)).initial_seed() == 7


def test_what_is_no_data_is_kept_and_arrives_as_a_number() -> None:
    kept: list[Any] = []

    def keep(value: Any) -> int:
        kept.append(value)
        return len(kept) - 1

    back = travel([object(), {"f": len}], keep=keep)
    assert back == [Remote(0, "object"), {"f": Remote(1, "builtin_function_or_method")}]
    assert kept[1] is len
    assert travel(Remote(5, "MLP")) == Remote(5, "MLP")


@pytest.mark.parametrize(
    "value",
    [
        object(),
        2**63,
        -(2**63) - 1,
        [2**70] * 50,
        b"bytes",
        1j,
        np.array([None]),
        np.array(["text"]),
        np.array([1j]),
        torch.zeros(2, dtype=torch.complex64),
        torch.zeros(2, dtype=torch.bfloat16),
        np.zeros((1,) * 9),
        np.zeros(wire.MAX_BODY // 8 + 1),
        [[0] * 31] * (wire.MAX_NODES // 32 + 1),
        [0] * (wire.MAX_PACKED + 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_does_not_travel_is_refused_before_it_is_sent(value: Any) -> None:
    with pytest.raises(Unsupported):
        Encoder().encode(value)


def test_a_list_in_itself_is_refused() -> None:
    ring: list[Any] = []
    ring.append(ring)
    with pytest.raises(Unsupported, match="nested too deeply"):
        Encoder().encode(ring)


def test_long_text_is_refused_where_text_is_limited() -> None:
    assert travel("a" * (wire.MAX_TEXT + 1)) == "a" * (wire.MAX_TEXT + 1)
    with pytest.raises(Unsupported, match="text too long"):
        Encoder(limit_text=True).encode("a" * (wire.MAX_TEXT + 1))


@pytest.mark.parametrize(
    "form",
    [
        1.5,
        [1],
        {},
        {"z": 1},
        2**63,
        {"f": 1.5},
        {"f": "pi"},
        {"f": "0x1p99999"},
        {"l": "abc"},
        {"l": {"l": []}},
        {"e": [{"l": []}]},
        {"d": [[1]]},
        {"d": [[{"l": []}, 1]]},
        {"d": 3},
        {"a": 0},
        {"a": 9, "y": "float32", "s": [2]},
        {"a": -1, "y": "float32", "s": [2]},
        {"a": True, "y": "float32", "s": [2]},
        {"a": 0, "y": "float32", "s": [3]},
        {"a": 0, "y": "float32", "s": [-2, -1]},
        {"a": 0, "y": "float32", "s": [2.0]},
        {"a": 0, "y": "float32", "s": [True, 2]},
        {"a": 0, "y": "object", "s": [1]},
        {"a": 0, "y": "complex64", "s": [1]},
        {"a": 0, "y": "O", "s": [1]},
        {"a": 0, "y": "bool", "s": [8]},
        {"a": 0, "y": "float32", "s": [1] * 8 + [2]},
        {"a": 1, "y": "float32", "s": [0, 2**62, 2**62]},
        {"T": 1, "y": "int8", "s": [0, 10**30]},
        {"li": 2},
        {"lf": 2},
        {"ls": 0, "n": 2},
        {"ls": 0},
        {"ls": 3, "n": 1},
        {"g": "7"},
        {"g": 10**40},
        {"h": "0"},
        {"h": 1.0},
        {"l": [{"a": 0, "y": "uint8", "s": [8]}, {"a": 0, "y": "uint8", "s": [8]}]},
        {"l": [{"li": 0}, {"li": 0}]},
        {"l": [{"g": 1}] * 1001},
        {"l": [0] * (wire.MAX_NODES + 1)},
    ],
    ids=lambda form: str(form)[:40],
)
def test_malformed_values_are_refused(form: Any) -> None:
    buffers = [bytearray(b"\1\2\3\4\5\6\7\x08"), bytearray(), bytearray(b"123"), bytearray(b"\xff\xfe")]
    with pytest.raises(WireError):
        Decoder(Frame({}, buffers)).decode(form)


def test_a_bool_buffer_with_other_bytes_is_refused() -> None:
    with pytest.raises(WireError, match="neither 0 nor 1"):
        Decoder(Frame({}, [bytearray(b"\2")])).decode({"a": 0, "y": "bool", "s": [1]})


def test_a_buffer_is_not_multiplied_into_objects() -> None:
    for form in ({"li": 0}, {"lf": 0}):
        with pytest.raises(WireError, match="too many items"):
            Decoder(Frame({}, [bytearray(8 * wire.MAX_PACKED + 8)])).decode(form)
    with pytest.raises(WireError, match="too many items"):
        Decoder(Frame({}, [bytearray(b"\n" * wire.MAX_PACKED)])).decode({"ls": 0, "n": wire.MAX_PACKED + 1})


def colliding_tuples(count: int) -> list[tuple[int, int]]:
    """Different pairs of integers with one hash, by running CPython's tuple hash backwards."""
    size, one, two, five = 2**64, 11400714785074694791, 14029467366897019727, 2870177450012600261
    inverse_one, inverse_two, turn = pow(one, -1, size), pow(two, -1, size), 64 - 31
    target, found = 123456789, []
    first = 1
    while len(found) < count:
        rolled = (((five + first * two) % size) << 31 | ((five + first * two) % size) >> turn) % size
        before = rolled * one % size
        end = (target - (2 ^ (five ^ 3527539))) % size
        unmultiplied = end * inverse_one % size
        unrolled = (unmultiplied >> 31 | unmultiplied << turn) % size
        second = (unrolled - before) * inverse_two % size
        if second < 2**61 - 1:
            found.append((first, second))
        first += 1
    return found


def test_keys_chosen_to_collide_are_refused() -> None:
    pairs = colliding_tuples(200)
    assert len(set(map(hash, pairs))) == 1
    assert len(set(pairs)) == 200
    for form in ({"e": [{"t": list(pair)} for pair in pairs]}, {"d": [[{"t": list(pair)}, 0] for pair in pairs]}):
        with pytest.raises(WireError, match="collide"):
            Decoder(Frame({}, [])).decode(form)
    harmless = {(a, b): a for a in range(70) for b in range(70)}
    assert travel(harmless) == harmless


def test_nesting_beyond_the_limit_is_refused() -> None:
    form: Any = 0
    for _ in range(wire.MAX_DEPTH + 2):
        form = {"l": [form]}
    with pytest.raises(WireError, match="too deep"):
        Decoder(Frame({}, [])).decode(form)
