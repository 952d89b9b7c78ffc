"""What a project's code shows: data, training and evaluation of its own, and calls to hosted models. Read with `ast`, never run.

Imports alone, comments and strings count for nothing; neither does a function that nobody calls. What is found is evidence for a
teacher, with file and line, and never a verdict.
"""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

KINDS = ("data", "training", "evaluation", "artefact", "hosted", "hosted_training", "hidden")
HOSTED_MODULES = {
    "openai", "mistralai", "anthropic", "cohere", "litellm", "replicate", "together", "groq", "ollama", "langchain", "langgraph",
    "llama_index", "dspy", "guidance", "instructor", "google.generativeai", "google.genai", "vertexai", "langchain_openai",
    "langchain_mistralai", "langchain_anthropic", "langchain_community", "langchain_core", "huggingface_hub",
}  # fmt: skip
HOSTED_HOSTS = re.compile(
    r"https?://[\w.-]*(openai\.com|openai\.azure\.com|mistral\.ai|anthropic\.com|cohere\.(ai|com)|googleapis\.com|groq\.com|together\.(xyz|ai)"
    r"|replicate\.com|huggingface\.co/(api|models)|api-inference\.huggingface\.co|deepseek\.com|openrouter\.ai|perplexity\.ai|x\.ai)",
    re.IGNORECASE,
)
HOSTED_ENDS = {
    "create",
    "complete",
    "parse",
    "stream",
    "invoke",
    "generate_content",
    "chat",
    "completion",
    "run",
    "predict",
}
TRAINING = {
    "backward",
    "fit",
    "partial_fit",
    "fit_transform",
    "fit_predict",
    "train_on_batch",
    "train_step",
    "fit_generator",
    "boost",
}
EVALUATION = re.compile(
    r"(^|_)(eval(uate|uer|uation)?|validate|score|accuracy|exactitude|precision|rappel|recall|f1|mse|mae|rmse|nll|perplexit[ey]|loss_?val"
    r"|confusion|report|rapport|metric|metrique|mesure[rs]?|bleu|rouge|auc|test(er)?|erreur|taux|r2|cross_val)(_|$)"
)
DATA = {
    "read_csv", "read_json", "read_parquet", "read_excel", "read_table", "read_text", "read_bytes", "readlines", "load_dataset",
    "loadtxt", "genfromtxt", "imread", "ImageFolder", "read_sql", "read_image", "load_data", "fetch_openml", "DataLoader", "reader",
    "DictReader", "urlretrieve",
}  # fmt: skip
SAVING = {"save_pretrained", "save_model", "save_weights", "save_file", "dump", "save_state_dict"}
ARTEFACTS = {
    ".pt",
    ".pth",
    ".safetensors",
    ".joblib",
    ".pkl",
    ".onnx",
    ".h5",
    ".keras",
    ".npz",
    ".npy",
    ".ckpt",
    ".gguf",
    ".model",
    ".ubj",
}
LONGEST = 400_000  # characters of one file that are read
MOST = 1_000_000  # characters of all files: a tree takes a hundred times the memory of its text


@dataclass(frozen=True)
class Seen:
    """Something that was seen: its kind (one of KINDS), where, and the words of the code."""

    kind: str
    file: str
    line: int
    what: str


@dataclass
class Code:
    """What the code of a project shows."""

    seen: list[Seen] = field(default_factory=list)
    idle: list[Seen] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)  # longer than is read: anything may stand there
    files: int = 0

    def of(self, kind: str) -> list[Seen]:
        """Everything of a kind."""
        return [seen for seen in self.seen if seen.kind == kind]


def read_code(sources: Mapping[str, str], others: Iterable[tuple[str, int]] = ()) -> Code:
    """What the code shows.

    Args:
        sources: path -> Python; a notebook's cells come as "name.ipynb#3".
        others: path and size of every other file; a trained artefact is one of them.

    No more than LONGEST characters of a file and MOST of all are read, the short files first; the rest is named in `unread`.

    Example:
        >>> code = read_code({"a.py": "from sklearn.svm import SVC\\nSVC().fit(X, y)"})
        >>> [(seen.kind, seen.line) for seen in code.seen]
        [('training', 2)]
    """
    code = Code()
    trees: dict[str, ast.Module] = {}
    code.unread = _too_long(sources)
    for path, source in sources.items():
        if path in code.unread:
            continue
        try:
            trees[path] = ast.parse(_plain(source))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            code.unreadable.append(path)
    code.files = len(trees)
    called = _called(trees.values())
    modules = _hosted_names(trees.values())
    for path, tree in trees.items():
        try:
            reader = _Reader(path, modules, called)
            reader.visit(tree)
        except RecursionError:
            code.unreadable.append(path)
            continue
        code.seen += reader.seen
        code.idle += reader.idle
    code.seen += [
        Seen("artefact", path, 0, f"{size} octets")
        for path, size in others
        if size > 64 and any(path.lower().endswith(ending) for ending in ARTEFACTS)
    ]
    return code


def _too_long(sources: Mapping[str, str]) -> list[str]:
    room, left = MOST, []
    for path in sorted(sources, key=lambda path: len(sources[path])):
        if len(sources[path]) > min(room, LONGEST):
            left.append(path)
        else:
            room -= len(sources[path])
    return left


def _plain(source: str) -> str:
    """Without the notebook's own commands, which are no Python."""
    return "\n".join(
        "pass" if line.lstrip().startswith(("%", "!", "?")) and not line.startswith(" ") else line
        for line in source.split("\n")
    )


def _called(trees: Iterable[ast.Module]) -> set[str]:
    """Every name that is used anywhere outside of its own definition: what is in none of them never runs."""
    used: set[str] = set()
    for tree in trees:
        for node, inside in _with_owner(tree, ()):
            name = node.id if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) else None
            name = node.attr if isinstance(node, ast.Attribute) else name
            if name is not None and name not in inside:
                used.add(name)
    return used


def _with_owner(node: ast.AST, inside: tuple[str, ...]) -> Iterator[tuple[ast.AST, tuple[str, ...]]]:
    for child in ast.iter_child_nodes(node):
        yield child, inside
        named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        yield from _with_owner(child, (*inside, child.name) if named else inside)  # type: ignore[attr-defined]


def _hosted_names(trees: Iterable[ast.Module]) -> set[str]:
    """Names that stand for a hosted model's client: imported ones, and what is assigned from a call on them."""
    trees = list(trees)
    names: set[str] = set()
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names |= {a.asname or a.name.split(".")[0] for a in node.names if _is_hosted(a.name)}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names |= {
                    a.asname or a.name
                    for a in node.names
                    if _is_hosted(node.module) or _is_hosted(f"{node.module}.{a.name}")
                }
    names -= {"hf_hub_download", "snapshot_download", "login"}  # they fetch files, they answer nothing
    for _ in range(3):  # client = OpenAI(); chat = client.chat; ask = chat.completions
        for tree in trees:
            for node in ast.walk(tree):
                if isinstance(node, ast.Assign) and _root(node.value) in names and _root(node.value):
                    names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
                    names |= {target.attr for target in node.targets if isinstance(target, ast.Attribute)}
    return names


def _is_hosted(module: str) -> bool:
    parts = module.split(".")
    return any(".".join(parts[: n + 1]) in HOSTED_MODULES for n in range(len(parts)))


def _root(node: ast.AST) -> str:
    """The first name of a chain such as `self.client.chat.create(...)`: client."""
    while True:
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Attribute):
            if isinstance(node.value, ast.Name) and node.value.id == "self":
                return node.attr
            node = node.value
        elif isinstance(node, ast.Subscript | ast.Await):
            node = node.value
        else:
            return node.id if isinstance(node, ast.Name) else ""


def _texts(call: ast.Call) -> Iterator[str]:
    """Strings among a call's arguments; those of the calls in it are theirs, so that a chain of a thousand is not read a thousand times."""
    todo: list[ast.AST] = [*call.args, *call.keywords]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif not isinstance(node, ast.Call):
            todo += ast.iter_child_nodes(node)


def _words(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", plain).lower()


class _Reader(ast.NodeVisitor):
    def __init__(self, path: str, hosted: set[str], called: set[str]) -> None:
        self.path, self.hosted, self.called = path, hosted, called
        self.seen: list[Seen] = []
        self.idle: list[Seen] = []
        self._owners: list[str] = []
        self._off = 0
        self._loops = 0

    def _note(self, kind: str, node: ast.AST) -> None:
        what = " ".join(ast.unparse(node).split())[:120]
        found = Seen(kind, self.path, getattr(node, "lineno", 0), what)
        runs = not self._off and all(_runs(name, self.called) for name in self._owners)
        (self.seen if runs else self.idle).append(found)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._inside(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._inside(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._inside(node)

    def _inside(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        self._owners.append(node.name)
        self.generic_visit(node)
        self._owners.pop()

    def visit_If(self, node: ast.If) -> None:
        never = isinstance(node.test, ast.Constant) and not node.test.value
        self._off += never
        for child in node.body:
            self.visit(child)
        self._off -= never
        self.visit(node.test)
        for child in node.orelse:
            self.visit(child)

    def visit_For(self, node: ast.For) -> None:
        self._loops += 1
        self.generic_visit(node)
        self._loops -= 1

    def visit_While(self, node: ast.While) -> None:
        self._loops += 1
        self.generic_visit(node)
        self._loops -= 1

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        # counts[a, b] += 1 and W -= lr * dW in a loop: a model fitted by hand
        counted = isinstance(node.target, ast.Subscript) and isinstance(node.op, ast.Add)
        stepped = (
            isinstance(node.op, ast.Sub) and isinstance(node.value, ast.BinOp) and isinstance(node.value.op, ast.Mult)
        )
        if self._loops and (counted or stepped):
            self._note("training", node)
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        names = {_words(n.id) for n in ast.walk(node) if isinstance(n, ast.Name)}
        guess = any(re.search(r"(^|_)(pred\w*|guess|y_hat|sortie|reponse|devine)", name) for name in names)
        truth = any(
            re.search(r"(^|_)(y|y_\w+|label\w*|cible\w*|target\w*|verite|attendu\w*|classe\w*|gold)$", name)
            for name in names
        )
        if guess and truth and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq):
            self._note("evaluation", node)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        root = _root(node.func)
        if root in self.hosted and root:
            self._hosted(node, name, ast.unparse(node.func))
        elif any(HOSTED_HOSTS.match(text) for text in _texts(node) if len(text) < 500):
            self._note("hosted", node)
        elif name in ("exec", "eval") and isinstance(node.func, ast.Name):
            self._note("hidden", node)
        else:
            self._own(node, name, root)
        self.generic_visit(node)

    def _hosted(self, node: ast.Call, name: str, whole: str) -> None:
        if re.search(r"fine_?tun|\bjobs\b", whole):
            self._note("hosted_training", node)
        elif name in HOSTED_ENDS or isinstance(node.func, ast.Attribute) or name[:1].isupper():
            self._note("hosted", node)

    def _own(self, node: ast.Call, name: str, root: str) -> None:
        words = _words(name)
        if (
            name in TRAINING
            or (name == "step" and re.search(r"opt", _words(root)))
            or (name == "train" and self._trains(node, root))
        ):
            self._note("training", node)
        elif EVALUATION.search(words) and not isinstance(getattr(node.func, "value", None), ast.Constant):
            self._note("evaluation", node)
        elif (
            name in DATA
            or (name == "open" and self._opens(node))
            or (name == "load" and root in {"np", "numpy", "json", "yaml"})
        ):
            self._note("data", node)
        elif name in SAVING or (name == "save" and root in {"torch", "np", "numpy", "model", "modele"}):
            self._note("artefact", node)

    @staticmethod
    def _trains(node: ast.Call, root: str) -> bool:
        """`trainer.train()` and `xgb.train(params, data)` train; `model.train()` only switches dropout on."""
        return bool(node.args) or bool(re.search(r"train|entrain", _words(root)))

    @staticmethod
    def _opens(node: ast.Call) -> bool:
        """Opened to be read."""
        mode = next((k.value for k in node.keywords if k.arg == "mode"), node.args[1] if len(node.args) > 1 else None)
        return not (isinstance(mode, ast.Constant) and isinstance(mode.value, str) and set(mode.value) & set("wax"))


def _runs(name: str, called: set[str]) -> bool:
    """Whether a function or class may run: it is named elsewhere, or something else than our code calls it."""
    return name in called or name in {"forward", "main", "setup", "training_step"} or name.startswith("__")
