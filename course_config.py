"""The course: assignments, points, deadlines, limits. Plain data first, then nbgrader's own traits.

`coursegrader` reads COURSE; nbgrader reads the traits below it through `nbgrader_config.py`. Dates are local times of
"timezone". Points here must equal the sum of the points of the hidden checks in `grading_tests/`.
"""

from pathlib import Path

from coursegrader.nbgrader_traits import configure

COURSE = {
    "id": "ia-appliquee",
    "title": "Modèles de langage, caractère par caractère",
    "language": "fr",
    "timezone": "Europe/Zurich",
    "seed": 2026,
    "assignments": [
        {
            "id": "01-compter-generer",
            "title": "Compter et générer",
            "release": "2026-11-30 08:00",
            "due": "2026-12-07 23:59",
            "files": ["data/names/prenoms.txt"],
            "exercises": {
                "build_vocabulary": 2,
                "count_bigrams": 3,
                "normalize_rows": 3,
                "sample_ids": 4,
                "decode": 1,
                "log_probability": 3,
                "mean_nll": 3,
                "perplexity": 1,
            },
        },
        {
            "id": "02-contexte-plus-long",
            "title": "Un contexte plus long",
            "release": "2026-12-07 08:00",
            "due": "2026-12-14 23:59",
            "files": ["data/names/prenoms.txt"],
            "exercises": {
                "table_size": 1,
                "windows": 3,
                "ngram_counts": 2,
                "ngram_probability": 3,
                "ngram_nll": 2,
                "split_names": 4,
                "choose_alpha": 3,
                "interpolated_probability": 2,
            },
        },
        {
            "id": "03-un-neurone",
            "title": "Un neurone, puis une couche",
            "release": "2026-12-14 08:00",
            "due": "2027-01-11 23:59",
            "files": ["data/names/prenoms.txt", "data/digits/chiffres.csv"],
            "limits": {"call_seconds": 15},  # training in a loop, on a busy machine
            "exercises": {
                "one_hot": 2,
                "neuron": 2,
                "softmax": 3,
                "cross_entropy": 3,
                "grad_logits": 3,
                "bigram_gradient": 3,
                "train_bigram": 4,
            },
        },
        {
            "id": "04-plongements",
            "title": "Plongements et modèle à trois couches",
            "release": "2027-01-11 08:00",
            "due": "2027-01-18 23:59",
            "files": ["data/names/prenoms.txt"],
            "limits": {"call_seconds": 15},  # training in a loop, on a busy machine
            "exercises": {
                "embed": 3,
                "mlp_parameters": 2,
                "init_mlp": 3,
                "n_params": 1,
                "forward": 3,
                "mlp_loss": 2,
                "mlp_gradients": 3,
                "train_steps": 3,
            },
        },
        {
            "id": "05-entrainer",
            "title": "Entraîner pour de vrai",
            "release": "2027-01-18 08:00",
            "due": "2027-01-25 23:59",
            "files": ["data/names/prenoms.txt"],
            "limits": {"call_seconds": 15},  # training in a loop, on a busy machine
            "exercises": {
                "minibatches": 3,
                "evaluate": 2,
                "try_learning_rates": 2,
                "train_model": 5,
                "best_epoch": 2,
                "select_model": 2,
                "sample_from_mlp": 3,
                "load_weights": 1,
            },
        },
        {
            "id": "06-plus-de-couches",
            "title": "Encore plus de couches",
            "release": "2027-01-25 08:00",
            "due": "2027-02-01 23:59",
            "files": ["data/names/prenoms.txt"],
            "limits": {"call_seconds": 15},  # training in a loop, on a busy machine
            "exercises": {
                "saturation_share": 1,
                "kaiming_std": 1,
                "scaled_params": 2,
                "BatchNorm1d": 5,
                "eval_nll": 2,
                "mlp_backward": 4,
                "batch_norm_backward": 2,
                "flatten_consecutive": 1,
                "WaveNet": 2,
            },
        },
    ],
    # What late work costs, how many submissions count and which, when feedback goes out: docs/policies.md. An assignment
    # may change single values in its own "policy". After a change: coursegrader policy
    "policy": {
        "late": {"percent_per_day": 10, "grace_minutes": 15, "max_days": 7},
        "attempts": None,
        "cooldown_minutes": 5,
        "counts": "last",
        "feedback": "at once",
    },
    # Later deadlines of single students: {"marley": {"01-compter-generer": "2026-12-10 23:59"}}
    "extensions": {},
    # Steps of the final project, in order: {"id": "m1", "title": "But et mesure", "due": "2027-01-29 23:59"}
    "milestones": [],
    # What one submission may use; an assignment may change single values in its own "limits".
    "limits": {
        "call_seconds": 5,
        "call_cpu_seconds": 10,
        "cell_seconds": 20,
        "cell_cpu_seconds": 40,
        "submission_seconds": 300,
        "submission_cpu_seconds": 600,
        "memory_mb": 2048,
        "disk_mb": 100,
        "output_kb": 1024,
        "processes": 64,
        "open_files": 128,
    },
}

c = get_config()  # noqa: F821  traitlets puts get_config into the namespace of this file
configure(c)  # `nbgrader autograde` and formgrader's button grade as `coursegrader grade` does

c.CourseDirectory.course_id = COURSE["id"]
# nbgrader's --db, or a value set before, puts the gradebook elsewhere, for example in PostgreSQL.
c.CourseDirectory.db_url = f"sqlite:///{Path(__file__).resolve().parent / 'gradebook.db'}"
# nbgrader copies every other file of source/<a>/ to students: the text with the exercises' names is not for them.
c.CourseDirectory.ignore = [
    ".*",
    "*~",
    "*.pyc",
    "__pycache__",
    "feedback",
    *[f"{assignment['id']}.md" for assignment in COURSE["assignments"]],
]

c.ClearSolutions.code_stub = {
    "python": (
        '# VOTRE CODE ICI\nraise NotImplementedError("Exercice à compléter : remplacez cette ligne par votre code.")'
    )
}
c.ClearSolutions.text_stub = "VOTRE RÉPONSE ICI"

c.Exchange.timezone = COURSE["timezone"]
c.NbGraderAPI.timezone = COURSE["timezone"]
