"""Write data/assistant/: sentences to read, and annotated examples in the form instruction, input, output, to learn and to be tested on.

.venv/bin/python scripts/make_assistant.py

Everything is about first names of three to eight letters out of data/names/prenoms.txt. A name of the test stands in no other file.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "data" / "assistant"
SENTENCES, LEARN, TEST = 8000, 600, 120


def example(name: str, kind: int) -> dict[str, str]:
    """One annotated example of one of four kinds."""
    match kind:
        case 0:
            return {"instruction": "donne la première lettre", "input": name, "output": name[0]}
        case 1:
            return {"instruction": "donne la dernière lettre", "input": name, "output": name[-1]}
        case 2:
            return {"instruction": "donne le nombre de lettres", "input": name, "output": str(len(name))}
        case _:
            return {"instruction": f"donne un prénom en {name[0]}", "input": "", "output": name}


def sentence(name: str, kind: int) -> str:
    """The same knowledge as a sentence that answers nobody."""
    given = example(name, kind)
    what = given["instruction"].removeprefix("donne ")
    return f"voici {what}{' du prénom ' + name if given['input'] else ''} : {given['output']}"


def main() -> None:
    names = (ROOT / "data" / "names" / "prenoms.txt").read_text(encoding="utf-8").split()
    names = [name for name in names if 3 <= len(name) <= 8 and name.isalpha()]
    chance = random.Random(2026)
    chance.shuffle(names)
    test, learn = names[:TEST], names[TEST:]
    OUT.mkdir(exist_ok=True)
    lines = [sentence(chance.choice(learn), chance.randrange(4)) for _ in range(SENTENCES)]
    (OUT / "phrases.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for file, chosen in (("consignes.jsonl", chance.sample(learn, LEARN)), ("consignes_test.jsonl", test)):
        rows = [json.dumps(example(name, i % 4), ensure_ascii=False) for i, name in enumerate(chosen)]
        (OUT / file).write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
