"""What the page says, and that it is a valid, accessible document."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from bleach._vendor import html5lib
from bs4 import BeautifulSoup, Tag
from feedback_samples import check, display, error, mixed, page, solution, stream, verdict

from coursegrader.feedback import FeedbackCell
from coursegrader.verdict import ExerciseResult, Verdict


def parse(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


def article(soup: BeautifulSoup, exercise: str) -> Tag:
    (found,) = [a for a in soup.find_all("article") if a.h3.code.get_text() == exercise]
    return found


def words(tag: Tag) -> str:
    return re.sub(r"\s+", " ", tag.get_text(" ").replace("\u00a0", " "))


ALL_PASSED = verdict(
    ExerciseResult("count_bigrams", 3, (check(True), check(True))), ExerciseResult("decode", 1, (check(True),))
)
ALL_FAILED = verdict(
    ExerciseResult("count_bigrams", 3, (check(False, "Comptez."), check(False, "Recomptez.", reason="Autre."))),
    ExerciseResult("decode", 1, (check(False, "Décodez."),)),
)
REJECTED = verdict(
    ExerciseResult("decode", 2.5, (), answered=False, readable=False),
    status="rejected",
    reason="Le fichier n'est pas du JSON.",
)
FAULT = verdict(status="fault", reason="La machine a manqué de place.")


@pytest.mark.parametrize("found", [ALL_PASSED, ALL_FAILED, REJECTED, FAULT, mixed()[0], verdict()])
def test_valid_html(found: Verdict) -> None:
    """A strict parser meets no error, ids are unique, and every reference inside the page leads somewhere."""
    html = page(found, mixed()[1])
    html5lib.HTMLParser(strict=True).parse(html)
    soup = parse(html)
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))
    for link in soup.find_all("a"):
        assert link["href"].startswith("#") and link["href"][1:] in ids
    for tag in soup.find_all(attrs={"aria-labelledby": True}):
        assert tag["aria-labelledby"] in ids


@pytest.mark.parametrize("found", [ALL_PASSED, ALL_FAILED, REJECTED, FAULT, mixed()[0]])
def test_accessible_structure(found: Verdict) -> None:
    soup = parse(page(found, mixed()[1]))
    assert soup.html["lang"] == "fr"
    assert len(soup.find_all("h1")) == 1
    levels = [int(tag.name[1]) for tag in soup.find_all(re.compile("^h[1-6]$"))]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for landmark in ("header", "main", "footer"):
        assert len(soup.find_all(landmark)) == 1
    first = soup.body.find("a")
    assert first["class"] == ["skip"] and first["href"] == f"#{soup.main['id']}"
    assert soup.title.get_text().strip()
    for header in soup.find_all("th"):
        assert header["scope"] in ("row", "col")
    for table in soup.select("table.overview"):
        assert table.caption.get_text().strip()
    for image in soup.find_all("img"):
        assert image["alt"].strip()


def test_every_state_has_words_and_a_symbol() -> None:
    found, cells = mixed()
    soup = parse(page(found, cells))
    rows = soup.select("table.overview tbody tr")
    assert [words(row.find_all("td")[1]).strip() for row in rows] == [
        "✓ réussi",
        "◐ réussi en partie",
        "✗ à corriger",
        "… vérification en attente",
        "○ pas commencé",
        "✎ à relire par l'équipe",
    ]
    assert [row.td.get_text() for row in rows] == ["2 / 2", "1,5 / 3", "0 / 2", "1,5 / 3", "0 / 1", "à venir / 2"]
    for symbol in soup.select(".symbol"):
        assert symbol["aria-hidden"] == "true" and words(symbol.parent).strip() != symbol.get_text()


def test_header_and_totals() -> None:
    found, cells = mixed()
    soup = parse(page(found, cells))
    assert "Compter et générer" in soup.h1.get_text()
    assert soup.select_one(".student bdi").get_text() == "lea"
    assert words(soup.select_one(".score")).strip() == "5 sur 13 points"
    assert "provisoire" in words(soup.select_one(".result"))
    assert "reduced" in words(soup.select_one(".result"))
    assert "même identifiant" in words(soup.select_one(".warnings"))


def test_isolation_is_named_only_when_not_full() -> None:
    assert "isolation" not in words(parse(page(ALL_PASSED)).main)
    assert "mode « off »" in words(parse(page(verdict(isolation="off"))).main)


def test_failed_check_with_evidence_and_misconception() -> None:
    found, cells = mixed()
    shown = words(article(parse(page(found, cells)), "normalize_rows"))
    for part in (
        "Chaque ligne doit avoir une somme de 1. (1 point)",
        "est 0.71 au lieu de 1.",
        "Attendu somme 1",
        "Obtenu somme 0.71",
        "Cause probable : keepdim oublié",
        "la division suit les colonnes",
        "À relire : Diffusion : qui divise qui ?",
        "1 vérification réussie sur 2.",
    ):
        assert part in shown


def test_same_cause_is_told_once() -> None:
    found, cells = mixed()
    shown = words(article(parse(page(found, cells)), "sample_ids"))
    assert shown.count("a levé IndexError à la ligne 3") == 1
    assert "Suivez la loi P." in shown and "Finissez." in shown
    different = words(article(parse(page(ALL_FAILED)), "count_bigrams"))
    assert "Une même cause" not in different and "Autre." in different


def test_check_that_did_not_run_is_nobodys_fault_here() -> None:
    found, cells = mixed()
    html = page(found, cells)
    shown = words(article(parse(html), "count_bigrams"))
    assert "Ce n'est pas votre faute" in shown
    assert "SECRET" not in html and "test_hidden_name" not in html


def test_withdrawn_check_does_not_count() -> None:
    found = verdict(ExerciseResult("decode", 2, (check(True), check(False, "Non.", withdrawn=True))))
    shown = words(article(parse(page(found)), "decode"))
    assert "Points : 2 / 2" in shown and "1 vérification réussie sur 1." in shown
    assert "ne compte pas" in shown and "Non." not in shown


def test_untouched_exercise_shows_neither_stub_nor_checks() -> None:
    found, cells = mixed()
    shown = words(article(parse(page(found, cells)), "decode"))
    assert "telle que vous l'avez reçue" in shown
    assert "Rien à lire." not in shown and "NotImplementedError" not in shown


def test_manual_answer_is_text() -> None:
    found, cells = mixed()
    answer = article(parse(page(found, cells)), "explain_nll").select_one(".prose")
    assert answer.get_text() == "La perplexité <b>mesure</b> l'hésitation." and answer.find("b") is None


def test_own_cells_stand_with_their_exercise() -> None:
    found, cells = mixed()
    soup = parse(page(found, cells))
    first = article(soup, "build_vocabulary")
    assert [line.get_text() for line in first.select_one("pre.code").select(".line")] == ["x = 1\n", "y = 2\n"]
    assert "bonjour" in words(first) and "✓ itos" in words(first)
    assert "plt.show()" in words(first), "an extra cell stands with the exercise before it"
    assert first.img["alt"] == "Figure 1 affichée par votre code, exercice build_vocabulary, 3 × 2 pixels"
    assert "Prose du cours" not in soup.get_text() and "source du cours" not in soup.get_text()
    assert "\nIndexError: hors" in article(soup, "sample_ids").select_one("pre.error").get_text()


def test_cells_before_the_first_exercise_and_of_unknown_exercises() -> None:
    cells = [
        FeedbackCell("code", None, "extra", "avant = 1", "ok"),
        FeedbackCell("code", "inconnu", "solution", "perdu = 1", "ok"),
    ]
    shown = words(parse(page(ALL_PASSED, cells)).main)
    assert "Vos autres cellules" in shown and "avant = 1" in shown and "perdu = 1" in shown


@pytest.mark.parametrize(
    ("status", "says"), [("timeout", "temps dépassé"), ("stopped", "tomber le noyau"), ("skipped", "pas été exécutée")]
)
def test_how_a_cell_ended(status: str, says: str) -> None:
    assert says in words(article(parse(page(ALL_PASSED, [solution("x", status=status)])), "decode"))


def test_rejected() -> None:
    shown = words(parse(page(REJECTED)).main)
    assert "n'a pas pu être lue" in shown and "pas du JSON" in shown and "remettez-le" in shown
    assert "0 sur 2,5 points" in shown and "Exercice par exercice" not in shown


def test_fault_shows_no_points() -> None:
    soup = parse(page(FAULT))
    assert "Ce n'est pas votre faute" in words(soup.main) and soup.select_one(".score") is None


def test_all_passed_and_all_failed() -> None:
    assert "Bravo" in words(parse(page(ALL_PASSED)).main)
    failed = words(parse(page(ALL_FAILED)).main)
    assert "Bravo" not in failed and "0 sur 4 points" in failed


@pytest.mark.parametrize("student", ["ليلى بن يوسف", "Zoé d'Arc-O’Neil", "<b>&\"'", "陳小明", "Ωmegá"])
def test_names(student: str) -> None:
    soup = parse(page(verdict(student=student)))
    assert soup.select_one(".student bdi").get_text() == student
    assert student in soup.title.get_text()


def test_evidence_is_bounded() -> None:
    long = "x" * 5_000
    found = verdict(ExerciseResult("decode", 1, (check(False, "M", reason=long, expected=long, actual=long),)))
    shown = article(parse(page(found)), "decode")
    assert len(re.findall("x+", shown.get_text())) == 3
    assert all(len(run) < 300 for run in re.findall("x+", shown.get_text()))


def test_line_numbers_come_from_style_not_text() -> None:
    """Copied code must stay code."""
    shown = article(parse(page(ALL_PASSED, [solution("a = 1\n\n\nb = 2")])), "decode").select_one("pre.code")
    assert shown.get_text() == "a = 1\n\n\nb = 2\n"


def test_first_empty_line_of_an_output_survives() -> None:
    html = page(ALL_PASSED, [solution("x", stream("\n\nfin"))])
    tree = html5lib.HTMLParser(namespaceHTMLElements=False).parse(html)
    assert [pre.text for pre in tree.iter("pre") if "stdout" in pre.get("class")] == ["\n\nfin"]


def test_error_without_traceback() -> None:
    assert "ValueError: non" in words(article(parse(page(ALL_PASSED, [solution("x", error())])), "decode"))


def test_rich_output_falls_back_to_text() -> None:
    outputs = [display(text_latex="$x^2$"), display(application_json={"clé": 1}), display(image_jpeg="////")]
    shown = words(article(parse(page(ALL_PASSED, [solution("x", *outputs)])), "decode"))
    assert "$x^2$" in shown and '{"clé": 1}' in shown and "image n'est pas montrée" in shown


def test_same_arguments_same_page() -> None:
    assert page(*mixed()) == page(*mixed())


def test_language_must_be_a_tag() -> None:
    assert parse(page(ALL_PASSED, language="fr-CH")).html["lang"] == "fr-CH"
    with pytest.raises(ValueError, match="language tag"):
        page(ALL_PASSED, language='fr" onload="x')
