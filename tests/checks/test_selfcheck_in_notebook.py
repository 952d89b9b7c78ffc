"""The student's helper in a real kernel, and as nbgrader's Validate sees it."""

import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.utils import compute_checksum, determine_grade, has_failed
from nbgrader.validator import Validator

from coursegrader.student import selfcheck

STUB = """def count_bigrams(names, stoi):
    raise NotImplementedError("Comptez les paires de symboles voisins.")"""
CELLS = {
    "import": "import torch\nimport selfcheck",
    "stub": STUB,
    "call": "count_bigrams([], {})",
    "checked call": "selfcheck.shape(count_bigrams([], {}), (3, 3), 'counts')",
    "method": "class Neuron:\n    def forward(self, x):\n        raise NotImplementedError\nNeuron().forward(1)",
    "bare": "raise NotImplementedError()",
    "wrong": "selfcheck.shape(torch.zeros(3), (3, 3), 'counts')",
    "right": "selfcheck.shape(torch.zeros(3, 3), (3, 3), 'counts')",
    "torch's own": "torch.softmax(torch.tensor([1, 2]), 0)",
    "no forward": "torch.nn.Module()(1)",
    "other error": "1 / 0",
    "no super": "class Tower(torch.nn.Module):\n    def __init__(self):\n        self.out = torch.nn.Linear(2, 2)\nTower()",
    "no attribute": "torch.nn.Linear(2, 2).outt",
    "after": "print('encore là')",
}


def graded(name, source):
    """A locked grade cell of one point, as nbgrader makes it."""
    cell = new_code_cell(source)
    cell.metadata["nbgrader"] = {
        "grade": True, "grade_id": name.replace(" ", "_"), "locked": True, "points": 1, "schema_version": 3,
        "solution": False, "task": False,
    }  # fmt: skip
    cell.metadata["nbgrader"]["checksum"] = compute_checksum(cell)
    return cell


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("notebook")
    shutil.copy(selfcheck.__file__, folder)
    return folder


@pytest.fixture(scope="module")
def cells(folder):
    notebook = new_notebook(cells=[graded(name, source) for name, source in CELLS.items()])
    NotebookClient(
        notebook, allow_errors=True, kernel_name="python3", resources={"metadata": {"path": folder}}
    ).execute()
    return dict(zip(CELLS, notebook.cells, strict=True))


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ("call", "⏳ count_bigrams : à compléter. Comptez les paires de symboles voisins."),
        ("checked call", "⏳ count_bigrams : à compléter. Comptez les paires de symboles voisins."),
        ("method", "⏳ Neuron.forward : à compléter."),
        ("bare", "⏳ cette cellule : à compléter."),
    ],
)
def test_an_answer_still_to_be_written_is_one_line(cells, cell, line):
    (output,) = cells[cell].outputs
    assert output.output_type == "error" and output.ename == "NotImplementedError"
    assert output.traceback == [line]
    assert has_failed(cells[cell]) and determine_grade(cells[cell]) == (0, 1)


def test_a_wrong_value_is_two_lines(cells):
    (output,) = cells["wrong"].outputs
    assert output.output_type == "error" and output.ename == "Mismatch"
    assert output.traceback == ["✗ counts – attendu : forme (3, 3)", "  obtenu : forme (3,)"]
    assert has_failed(cells["wrong"]) and determine_grade(cells["wrong"]) == (0, 1)


def test_a_right_value_is_one_line_of_plain_output(cells):
    (output,) = cells["right"].outputs
    assert (output.output_type, output.name, output.text) == ("stream", "stdout", "✓ counts : forme (3, 3)\n")
    assert not has_failed(cells["right"]) and determine_grade(cells["right"]) == (1, 1)


@pytest.mark.parametrize("cell", ["torch's own", "no forward", "other error", "no attribute"])
def test_other_errors_keep_their_traceback(cells, cell):
    (output,) = cells[cell].outputs
    assert output.output_type == "error" and len(output.traceback) > 2
    assert "⏳" not in "".join(output.traceback)


def test_a_module_that_forgot_super_is_told_the_line_to_add(cells):
    error, hint = cells["no super"].outputs
    assert error.output_type == "error" and len(error.traceback) > 2
    assert hint.text == "✗ Il manque « super().__init__() » au début de « __init__ ».\n"


def test_the_kernel_goes_on(cells):
    assert cells["import"].outputs == [] and cells["stub"].outputs == []
    assert cells["after"].outputs[0].text == "encore là\n"


def test_nbgrader_validate_reports_the_failed_cells(folder):
    wanted = ["import", "stub", "call", "wrong", "right"]
    path = folder / "validate.ipynb"
    nbformat.write(new_notebook(cells=[graded(name, CELLS[name]) for name in wanted]), path)
    failed = Validator().validate(str(path))["failed"]
    assert [cell["source"] for cell in failed] == [CELLS["call"], CELLS["wrong"]]
    assert "⏳ count_bigrams : à compléter." in failed[0]["error"]
    assert "✗ counts – attendu : forme (3, 3)" in failed[1]["error"]
