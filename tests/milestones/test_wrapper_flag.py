"""Small projects, honest and not: the flag that each must raise, and the evidence it must name."""

from __future__ import annotations

from textwrap import dedent

import pytest

from coursegrader.milestones.evidence import read_code
from coursegrader.milestones.flag import Flag, judge_code

HONEST = """
import pandas as pd
import joblib
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score

table = pd.read_csv("data/avis.csv")
model = LogisticRegression().fit(table[["a"]], table["y"])
print(accuracy_score(table["y"], model.predict(table[["a"]])))
joblib.dump(model, "model.joblib")
"""
WRAPPER = """
from openai import OpenAI

client = OpenAI()


def answer(question):
    return client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": question}])


print(answer("Bonjour"))
"""
TORCH = """
import torch
import json

donnees = json.load(open("donnees.json"))
reseau = torch.nn.Linear(4, 2)
optimiseur = torch.optim.Adam(reseau.parameters())
for epoque in range(10):
    perte = torch.nn.functional.cross_entropy(reseau(donnees[0]), donnees[1])
    optimiseur.zero_grad()
    perte.backward()
    optimiseur.step()


def évaluer(réseau, X, y):
    prédiction = réseau(X).argmax(1)
    return (prédiction == y).float().mean()


print(évaluer(reseau, *donnees))
torch.save(reseau.state_dict(), "reseau.pt")
"""
COUNTING = """
from pathlib import Path
import numpy as np

noms = Path("prenoms.txt").read_text().split()
N = np.zeros((30, 30))
for nom in noms:
    for a, b in zip(nom, nom[1:]):
        N[ord(a) - 97, ord(b) - 97] += 1


def mesurer_nll(noms):
    return -np.log(N[0, 0])


print(mesurer_nll(noms))
np.save("comptes.npy", N)
"""
FINE_TUNING = """
from openai import OpenAI

client = OpenAI()
fichier = client.files.create(file=open("exemples.jsonl", "rb"), purpose="fine-tune")
job = client.fine_tuning.jobs.create(training_file=fichier.id, model="gpt-4o-mini")
"""
EVALUATION_ONLY = """
import pandas as pd
from mistralai import Mistral
from sklearn.metrics import f1_score

table = pd.read_csv("avis.csv")
client = Mistral(api_key="x")
predictions = [client.chat.complete(model="m", messages=[{"role": "user", "content": t}]) for t in table["texte"]]
print(f1_score(table["y"], predictions))
"""
DECOY = """
import torch
import sklearn
from sklearn.linear_model import LogisticRegression
from anthropic import Anthropic

LogisticRegression  # un modèle !
reponse = Anthropic().messages.create(model="claude", max_tokens=10, messages=[])
"""
IN_STRINGS = '''
import requests

CODE = """
model.fit(X, y)
loss.backward()
accuracy_score(y, model.predict(X))
torch.save(model, "model.pt")
"""
# model.fit(X, y)
r = requests.post("https://api.openai.com/v1/chat/completions", json={"model": "gpt-4o"})
'''
NEVER_CALLED = """
import openai
import pandas as pd
from sklearn.svm import SVC


def entrainer():
    table = pd.read_csv("x.csv")
    model = SVC().fit(table, table)
    return model.score(table, table)


if False:
    SVC().fit([[0]], [0])

print(openai.chat.completions.create(model="gpt-4o"))
"""
LANGCHAIN = """
from langchain_openai import ChatOpenAI
from langchain.prompts import ChatPromptTemplate

modele = ChatOpenAI(model="gpt-4o")
chaine = ChatPromptTemplate.from_template("{q}") | modele
docs = open("faq.txt").read()
print(chaine.invoke({"q": docs}))
"""
IN_A_CLASS = """
import mistralai


class Bot:
    def __init__(self):
        self.client = mistralai.Mistral()

    def ask(self, text):
        return self.client.chat.complete(model="m", messages=[])


Bot().ask("x")
"""
API_BASELINE = HONEST + WRAPPER
LOCAL_HF = """
from datasets import load_dataset
from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments

donnees = load_dataset("csv", data_files="avis.csv")
modele = AutoModelForSequenceClassification.from_pretrained("camembert-base")
trainer = Trainer(model=modele, args=TrainingArguments("sortie"), train_dataset=donnees["train"])
trainer.train()
print(trainer.evaluate())
trainer.save_model("sortie/final")
"""
TRAIN_MODE_ONLY = """
import torch
from openai import OpenAI

model = torch.nn.Linear(1, 1)
model.train()
model.eval()
OpenAI().responses.create(model="gpt-4o", input="x")
"""
EXECUTED_STRING = """
exec(open("cache.txt").read())
"""
NO_EVALUATION = """
import pandas as pd, joblib
from sklearn.svm import SVC
t = pd.read_csv("x.csv")
joblib.dump(SVC().fit(t, t), "m.joblib")
"""

# label: (code, kind of the flag, what is missing, kinds that must be in the evidence)
PROJECTS: dict[str, tuple[str, str, set[str], set[str]]] = {
    "honest training": (HONEST, "", set(), {"data", "training", "evaluation", "artefact"}),
    "torch, French names": (TORCH, "", set(), {"data", "training", "evaluation", "artefact"}),
    "a model of counts": (COUNTING, "", set(), {"training", "evaluation"}),
    "fine-tuning at home": (LOCAL_HF, "", set(), {"training", "evaluation"}),
    "trained, with an API to compare": (API_BASELINE, "", set(), {"hosted", "training"}),
    "wrapper": (WRAPPER, "wrapper", {"data", "training", "evaluation", "artefact"}, {"hosted"}),
    "wrapper in a class": (IN_A_CLASS, "wrapper", {"data", "training", "evaluation", "artefact"}, {"hosted"}),
    "fine-tuning by a service": (FINE_TUNING, "hosted training", {"training", "evaluation"}, {"hosted_training"}),
    "evaluation only": (EVALUATION_ONLY, "wrapper", {"training", "artefact"}, {"hosted", "evaluation", "data"}),
    "decoy imports": (DECOY, "wrapper", {"data", "training", "evaluation", "artefact"}, {"hosted"}),
    "code in strings": (IN_STRINGS, "wrapper", {"training", "evaluation", "artefact"}, {"hosted"}),
    "never called": (NEVER_CALLED, "wrapper", {"data", "training", "evaluation"}, {"hosted"}),
    "chain over documents": (LANGCHAIN, "wrapper", {"training", "evaluation", "artefact"}, {"hosted", "data"}),
    "only the mode of training": (TRAIN_MODE_ONLY, "wrapper", {"training"}, {"hosted"}),
    "code hidden in a text": (EXECUTED_STRING, "incomplete", {"training"}, {"hidden"}),
    "no evaluation": (NO_EVALUATION, "incomplete", {"evaluation"}, {"training", "artefact"}),
    "only prints": ("print('bonjour')", "incomplete", {"data", "training", "evaluation", "artefact"}, set()),
}


def flag_of(source: str) -> Flag:
    return judge_code(read_code({"projet.py": dedent(source)}))


@pytest.mark.parametrize("label", PROJECTS)
def test_the_flag_of_each_project(label: str) -> None:
    source, kind, missing, evidence = PROJECTS[label]
    flag = flag_of(source)
    assert flag.kind == kind, flag
    assert missing <= set(flag.missing) if missing else not flag.missing, flag
    assert evidence <= {seen.kind for seen in flag.seen}, flag
    assert flag.raised == bool(kind)


def test_the_evidence_names_file_line_and_what_was_seen() -> None:
    hosted = next(seen for seen in flag_of(WRAPPER).seen if "completions" in seen.what)
    assert (hosted.file, hosted.line) == ("projet.py", 8)
    assert hosted.what.startswith("client.chat.completions.create(model='gpt-4o'")


def test_what_is_never_called_is_told_as_such() -> None:
    flag = flag_of(NEVER_CALLED)
    assert {seen.kind for seen in flag.idle} >= {"training", "data"}
    assert {(seen.line, seen.kind) for seen in flag.idle} >= {(9, "training"), (14, "training")}


def test_an_empty_project_and_one_that_is_no_python() -> None:
    assert judge_code(read_code({})).kind == "nothing"
    flag = judge_code(read_code({"a.py": "def f(:", "b.py": "x = " + "(" * 5000}))
    assert (flag.kind, flag.unreadable) == ("nothing", ("a.py", "b.py"))


def test_a_trained_artefact_is_a_file_with_something_in_it() -> None:
    code = read_code({"a.py": "print(1)"}, [("model.pt", 5000), ("vide.pt", 0), ("notes.txt", 900)])
    assert [seen.file for seen in code.of("artefact")] == ["model.pt"]


def test_notebook_commands_are_no_python_and_do_no_harm() -> None:
    code = read_code({"n.ipynb#1": "%matplotlib inline\n!pip install x\nmodel.fit(X, y)"})
    assert [(seen.kind, seen.line) for seen in code.seen] == [("training", 3)]


def test_what_is_too_long_to_be_read_is_for_the_teacher() -> None:
    """A wrapper behind half a million characters of comment is seen by nobody else."""
    hidden = f"{'#' * 400_001}\n{WRAPPER}"
    flag = judge_code(read_code({"train.py": TORCH, "app.py": hidden}))
    assert (flag.kind, flag.missing, flag.unread) == ("incomplete", (), ("app.py",))
    assert judge_code(read_code({"train.py": TORCH, "app.py": "#" * 1000})).kind == ""


def test_reading_code_ends_however_much_there_is() -> None:
    chains = "\n".join("x" + ".a()" * 80 for _ in range(300))
    code = read_code({f"{n}.py": "a," * 100_000 for n in range(50)} | {"chains.py": chains, "train.py": TORCH})
    assert len(code.unread) == 46 and not {"chains.py", "train.py"} & set(code.unread)  # the short ones are read
    assert code.of("training") and all(seen.file == "train.py" for seen in code.of("training"))
