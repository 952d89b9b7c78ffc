"""What is kept of a cell's outputs: within bounds, and never less than what tells most."""

from __future__ import annotations

from coursegrader.outputs import MAX_OUTPUTS as TAKEN
from coursegrader.outputs import clean_outputs
from coursegrader.sandbox.recorder import MAX_OUTPUTS, Output, Recorder


def display(recorder: Recorder, text: str, display_id: str | None = None) -> None:
    recorder.add(shown(text), len(text), display_id)


def shown(text: str) -> Output:
    return {"output_type": "display_data", "data": {"text/plain": text}, "metadata": {}}


def texts(recorder: Recorder) -> list[str]:
    return [output["data"]["text/plain"] if "data" in output else output["text"] for output in recorder.take()]


def test_lines_by_turns_on_both_streams_lose_nothing_and_hide_no_error() -> None:
    recorder = Recorder(1 << 20)
    for n in range(2000):
        recorder.stream("stderr", f"{n}%|\r")
        recorder.stream("stdout", f"perte {n}\n")
    display(recorder, "figure")
    recorder.error("ValueError", "à la fin", ["Traceback"])
    kept = clean_outputs(recorder.take())
    assert len(kept) < MAX_OUTPUTS
    assert kept[-1]["ename"] == "ValueError"
    assert kept[-2]["data"] == {"text/plain": "figure"}
    for name, line in (("stderr", "1999%|\r"), ("stdout", "perte 1999\n")):
        text = "".join(output["text"] for output in kept[:-2] if output["name"] == name)
        assert text.count(line[-1]) == 2000 and text.endswith(line)


def test_displays_that_are_too_many_are_counted() -> None:
    recorder = Recorder(1 << 20)
    for n in range(3000):
        display(recorder, str(n))
    assert texts(recorder)[-1] == f"\n[… {3000 - MAX_OUTPUTS} affichages de plus, non conservés]\n"
    assert len(recorder.take()) + 2 <= TAKEN


def test_an_error_has_room_behind_megabytes() -> None:
    recorder = Recorder(1 << 20)
    recorder.stream("stdout", "x" * (5 << 20))
    recorder.error("ZeroDivisionError", "division by zero", ["a" * 100, "----> 1 1 / 0"])
    kept = recorder.take()
    assert kept[1]["traceback"][-1] == "----> 1 1 / 0"
    assert len(kept[0]["text"]) + recorder.dropped == 5 << 20


def test_of_a_huge_error_the_end_of_its_traceback_is_kept() -> None:
    recorder = Recorder(20_000)
    recorder.error("ValueError", "m" * 10**6, ["début", "l" * 10**6, "ValueError: la ligne fautive"])
    (error,) = recorder.take()
    assert error["evalue"].startswith("m")
    assert error["traceback"][-1].endswith("la ligne fautive")
    assert recorder.size <= 20_000


def test_what_is_updated_is_shown_once_and_last() -> None:
    recorder = Recorder(5000)
    display(recorder, "0 %", "bar")
    display(recorder, "à part")
    for n in range(10_000):
        assert recorder.update(shown(f"{n} étapes")["data"], 12, "bar")
    assert texts(recorder) == ["9999 étapes", "à part"]
    assert not recorder.update({}, 2, "unknown")


def test_two_displays_of_one_id_change_together() -> None:
    recorder = Recorder(5000)
    display(recorder, "a", "bar")
    display(recorder, "b", "bar")
    recorder.update(shown("c")["data"], 1, "bar")
    assert texts(recorder) == ["c", "c"]
    recorder.update(shown("d" * 4000)["data"], 4000, "bar")
    assert texts(recorder)[0] == "c" and recorder.dropped == 4000


def test_clearing_waits_for_what_comes_next() -> None:
    recorder = Recorder(5000)
    for n in range(3):
        display(recorder, f"figure {n}")
        recorder.clear(wait=True)
    assert texts(recorder) == ["figure 2"]
    recorder.stream("stdout", "fin")
    assert texts(recorder) == ["fin"]
    recorder.clear()
    assert recorder.take() == []


def test_nothing_is_kept_where_nothing_may_be() -> None:
    recorder = Recorder(0)
    recorder.stream("stdout", "x")
    recorder.error("ValueError", "y", ["z"])
    display(recorder, "d")
    assert [output["output_type"] for output in recorder.take()] == ["stream"]
    assert recorder.size == 0
