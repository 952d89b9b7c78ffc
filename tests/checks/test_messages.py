"""Every text that the code asks for exists, in French, with the fields that the code supplies."""

import ast
import re
import string
import tomllib
from pathlib import Path

import pytest

from coursegrader import messages
from coursegrader.messages import has_text, set_language, text

SOURCE = Path(messages.__file__).parent
FRENCH = messages.texts("fr")


def fields_of(template):
    return {
        name.split("[")[0].split(".")[0] for _, name, _, _ in string.Formatter().parse(template) if name is not None
    }


def imports_text(tree):
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "coursegrader.messages"
        and any(alias.name == "text" for alias in node.names)
        for node in ast.walk(tree)
    )


def possible_keys(node, function):
    """Keys that an expression may stand for; a name is looked up among the function's assignments."""
    if isinstance(node, ast.Constant):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return possible_keys(node.body, function) | possible_keys(node.orelse, function)
    if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
        end = node.values[-1].value if isinstance(node.values[-1], ast.Constant) else ""
        found = {key for key in FRENCH if key.startswith(node.values[0].value) and key.endswith(end)}
        return found or {f"{node.values[0].value}…"}
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
        table, default = node.func.value, node.args[1]
        assert isinstance(table, ast.Dict)
        return set().union(*(possible_keys(value, function) for value in [*table.values, default]))
    if isinstance(node, ast.Name):
        values = [
            assign.value
            for assign in ast.walk(function)
            if isinstance(assign, ast.Assign) and any(getattr(t, "id", None) == node.id for t in assign.targets)
        ]
        return set().union(*(possible_keys(value, function) for value in values))
    return set()


def forwarders(functions):
    """`text` and the module's own functions of the kind ``def note(key, **fields): ... text(key, **fields)``."""
    found = {"text"}
    for function in functions:
        first = next((argument.arg for argument in function.args.args if argument.arg != "self"), None)
        for node in ast.walk(function):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "id", None) == "text"
                and getattr(node.args[0], "id", None) == first
                and any(keyword.arg is None for keyword in node.keywords)
            ):
                found.add(function.name)
    return found


def modules():
    """(path, tree) of every module that asks for texts."""
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if imports_text(tree) or "StudentError" in path.read_text(encoding="utf-8"):
            yield path.relative_to(SOURCE), tree


def uses():
    """(place, key, supplied fields) of every text that is asked for by a key which can be read from the code."""
    for path, tree in modules():
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        asking = forwarders(functions)
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
                continue
            inside = [f for f in functions if f.lineno <= node.lineno <= (f.end_lineno or 0)]
            owner = min(inside, key=lambda f: (f.end_lineno or 0) - f.lineno, default=tree)
            supplied = {keyword.arg for keyword in node.keywords}
            if node.func.id in asking and None not in supplied:
                for key in possible_keys(node.args[0], owner):
                    yield f"{path}:{node.lineno}", key, supplied
            elif node.func.id == "StudentError" and len(node.args) == 1 and isinstance(node.args[0], ast.Constant):
                yield f"{path}:{node.lineno}", f"session.{node.args[0].value}", supplied


def test_whatever_looks_like_a_key_is_one():
    """Also where the code hands it on, so that `uses` cannot follow."""
    sections = {key.split(".")[0] for key in FRENCH}
    pattern = re.compile(rf"({'|'.join(sections)})\.[a-z_]+")
    unknown = [
        f"{path}:{node.lineno}: {node.value}"
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and pattern.fullmatch(node.value)
        if node.value not in FRENCH
        and not any(key.startswith(node.value) for key in FRENCH if node.value.endswith("_"))
    ]
    assert not unknown


def test_every_text_exists_with_its_fields():
    wrong = []
    for place, key, supplied in uses():
        if key not in FRENCH:
            wrong.append(f"{place}: no text {key!r}")
        elif missing := fields_of(FRENCH[key]) - supplied:
            wrong.append(f"{place}: {key!r} also needs {sorted(missing)}")
    assert not wrong, "\n".join(wrong)


def test_the_search_finds_what_is_used():
    found = {key for _, key, _ in uses()}
    assert {"expect.shape", "expect.bool", "expect.no_numbers_inside", "types.tensor", "law.other"} <= found


@pytest.mark.parametrize("section", ["types", "short", "expect", "law"])
def test_no_text_of_the_checks_is_left_unused(section):
    unused = {key for key in FRENCH if key.startswith(f"{section}.")} - {key for _, key, _ in uses()}
    assert not unused


@pytest.mark.parametrize("key", FRENCH)
def test_texts_are_clean(key):
    template = FRENCH[key]
    assert template == template.strip() and template
    assert "  " not in template and "?" not in template.replace(" ?", "") and "\x1b" not in template
    assert template.count("«") == template.count("»")
    assert all(field and field.isidentifier() for field in fields_of(template))


def test_braces_and_field_syntax_in_values_stay_as_they_are():
    assert "{what.__class__}" in text("expect.too_large", what="{what.__class__}")


def test_a_missing_field_or_key_is_an_error():
    with pytest.raises(KeyError):
        text("expect.shape", what="x")
    with pytest.raises(KeyError):
        text("expect.nonsense")
    assert has_text("expect.shape") and not has_text("expect.nonsense")


@pytest.fixture
def other_language(tmp_path, monkeypatch):
    """A folder of languages with a partial second one."""
    for path in messages.LOCALES.glob("*.toml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "xx.toml").write_text('[types]\nlist = "a list"\n', encoding="utf-8")
    (tmp_path / "broken.toml").write_text('title = "no section"\n', encoding="utf-8")
    monkeypatch.setattr(messages, "LOCALES", tmp_path)
    messages.texts.cache_clear()
    yield
    set_language("fr")
    messages.texts.cache_clear()


@pytest.mark.usefixtures("other_language")
def test_another_language_falls_back_to_french():
    set_language("xx")
    assert text("types.list") == "a list"
    assert text("types.dict") == "un dictionnaire (dict)"
    assert has_text("types.dict")
    with pytest.raises(ValueError, match="no texts in language 'yy'; there are"):
        set_language("yy")
    assert text("types.list") == "a list"
    with pytest.raises(ValueError, match="must hold texts only"):
        messages.texts("broken")


def test_other_languages_use_the_same_keys_and_fields():
    for path in messages.LOCALES.glob("*.toml"):
        for section, entries in tomllib.loads(path.read_text(encoding="utf-8")).items():
            for name, template in entries.items():
                assert f"{section}.{name}" in FRENCH, path.name
                assert fields_of(template) <= fields_of(FRENCH[f"{section}.{name}"]), path.name
