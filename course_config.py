"""The course: assignments, points, deadlines, limits. Plain data first, then nbgrader's own traits.

`coursegrader` reads COURSE; nbgrader reads the traits below it through `nbgrader_config.py`. Dates are local times of
"timezone". Points here must equal the sum of the points of the hidden checks in `grading_tests/`.
"""

from pathlib import Path

from coursegrader.nbgrader_traits import configure

# Late work of the project costs no points by itself: a milestone that is late is for the teacher to decide.
PROJECT = {"late": {"percent_per_day": 0, "max_days": None}}

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
            "limits": {"call_seconds": 15, "cell_seconds": 60},  # training in a loop, on a busy machine
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
            "limits": {"call_seconds": 15, "cell_seconds": 60},  # training in a loop, on a busy machine
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
            "limits": {"call_seconds": 15, "cell_seconds": 60},  # training in a loop, on a busy machine
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
            "limits": {"call_seconds": 15, "cell_seconds": 60},  # training in a loop, on a busy machine
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
        {
            "id": "07-gpt",
            "title": "Un GPT de zéro",
            "release": "2027-02-01 08:00",
            "due": "2027-02-15 23:59",
            "files": ["data/names/prenoms.txt", "data/text/cours.txt"],
            # training in a loop, on a busy machine: seconds where there is nothing else to do
            "limits": {"call_seconds": 30, "call_cpu_seconds": 30, "cell_seconds": 90, "cell_cpu_seconds": 90},
            "exercises": {
                "causal_attention": 3,
                "multi_head_attention": 2,
                "Block": 3,
                "GPT": 3,
                "make_batch": 2,
                "gpt_loss": 2,
                "next_token_probabilities": 3,
                "generate": 3,
            },
        },
        {
            "id": "08-jetons",
            "title": "Les jetons",
            "release": "2027-02-15 08:00",
            "due": "2027-02-22 23:59",
            "files": ["data/names/prenoms.txt", "data/text/cours.txt"],
            # merges learnt in pure Python: a plain loop that counts every pair anew is an honest answer
            "limits": {"cell_seconds": 60, "cell_cpu_seconds": 90},
            "exercises": {
                "to_bytes": 1,
                "count_pairs": 2,
                "merge_pair": 2,
                "train_bpe": 4,
                "encode_word": 3,
                "token_bytes": 1,
                "decode_tokens": 2,
                "split_specials": 2,
                "nll_per_character": 3,
            },
        },
        {
            "id": "09-trois-phases",
            "title": "L'entraînement en trois phases",
            "release": "2027-02-22 08:00",
            "due": "2027-03-08 23:59",
            "files": [
                "data/assistant/phrases.txt",
                "data/assistant/consignes.jsonl",
                "data/assistant/consignes_test.jsonl",
            ],
            # training in a loop, on a busy machine: seconds where there is nothing else to do
            "limits": {"call_seconds": 30, "call_cpu_seconds": 30, "cell_seconds": 90, "cell_cpu_seconds": 90},
            "exercises": {
                "format_example": 2,
                "collate": 3,
                "masked_loss": 2,
                "train_step": 3,
                "respond": 2,
                "sequence_logprob": 2,
                "reward_loss": 2,
                "dpo_loss": 3,
                "policy_loss": 3,
            },
        },
        {
            "id": "10-classement",
            "title": "Le classement des modèles",
            "release": "2027-03-08 08:00",
            "due": "2027-03-15 23:59",
            # a gradient ascent of thousands of small steps is an honest way to the maximum
            "limits": {"call_seconds": 20, "call_cpu_seconds": 30},
            "exercises": {
                "expected_score": 1,
                "elo_update": 2,
                "online_elo": 2,
                "win_counts": 2,
                "fit_bradley_terry": 4,
                "bootstrap_votes": 2,
                "confidence_intervals": 2,
                "rank_by_bound": 2,
            },
        },
        {
            "id": "11-grand-modele",
            "title": "Parler à un grand modèle",
            "release": "2027-03-15 08:00",
            "due": "2027-03-29 23:59",
            "files": [
                "data/llm/local_llm.py",
                "data/llm/llm_server.py",
                "data/llm/gpt-prenoms.pt",
                "data/names/prenoms.txt",
                "data/text/cours.txt",
            ],
            "exercises": {
                "few_shot": 2,
                "chat": 3,
                "with_retries": 3,
                "Conversation": 3,
                "run_tools": 4,
                "chunk": 1,
                "retrieve_passages": 3,
                "answer_with_sources": 2,
                "cost": 1,
                "mask_personal_data": 2,
            },
        },
        {
            "id": "12-au-dela-du-texte",
            "title": "Au-delà du texte",
            "release": "2027-03-29 08:00",
            "due": "2027-04-12 23:59",
            "files": ["data/digits/chiffres.csv"],
            # training in a loop, on a busy machine: seconds where there is nothing else to do
            "limits": {"call_seconds": 15, "cell_seconds": 60, "cell_cpu_seconds": 90},
            "exercises": {
                "encode_phrases": 2,
                "TextTower": 3,
                "ImageTower": 2,
                "similarity": 2,
                "positive_targets": 2,
                "contrastive_loss": 3,
                "train_pair": 4,
                "recall_at_k": 3,
                "zero_shot": 2,
            },
        },
        # The final project: written answers that a teacher reads; the milestones below say what else is looked at.
        {
            "id": "projet-1-analyse",
            "title": "Projet, étape 1 : analyse et choix du sujet",
            "release": "2027-01-04 08:00",
            "due": "2027-01-15 23:59",
            "policy": PROJECT,
            "exercises": {
                "analyse_besoin": {"points": 2, "manual": True},
                "analyse_pistes": {"points": 2, "manual": True},
                "analyse_donnees": {"points": 2, "manual": True},
                "analyse_confidentialite": {"points": 2, "manual": True},
                "analyse_cout": {"points": 1, "manual": True},
                "analyse_risques": {"points": 1, "manual": True},
            },
        },
        {
            "id": "projet-2-but",
            "title": "Projet, étape 2 : le but et sa mesure",
            "release": "2027-01-11 08:00",
            "due": "2027-01-25 23:59",
            "policy": PROJECT,
            "exercises": {
                "but_phrase": {"points": 2, "manual": True},
                "but_mesure": {"points": 2, "manual": True},
                "but_reference": {"points": 2, "manual": True},
                "but_partage": {"points": 2, "manual": True},
                "but_modele": {"points": 2, "manual": True},
                "but_plan": {"points": 1, "manual": True},
                "but_confidentialite_cout": {"points": 1, "manual": True},
            },
        },
        {
            "id": "projet-3-journal",
            "title": "Projet, étape 3 : le journal de travail",
            "release": "2027-01-25 08:00",
            "due": "2027-03-17 23:59",
            "policy": PROJECT,
            "exercises": {
                "journal_heures": {"points": 3, "manual": True},
                "journal_tournants": {"points": 2, "manual": True},
                "journal_suite": {"points": 1, "manual": True},
            },
        },
        {
            "id": "projet-4-presentation",
            "title": "Projet, étape 4 : la présentation",
            "release": "2027-03-01 08:00",
            "due": "2027-03-19 09:00",
            "policy": PROJECT,
            "exercises": {
                "expose_but": {"points": 2, "manual": True},
                "expose_methodes": {"points": 3, "manual": True},
                "expose_surprises": {"points": 3, "manual": True},
                "expose_resultats": {"points": 2, "manual": True},
            },
        },
        {
            "id": "projet-5-remise",
            "title": "Projet, étape 5 : la remise",
            "release": "2027-03-01 08:00",
            "due": "2027-04-19 23:59",
            "policy": PROJECT,
            "limits": {
                "cell_seconds": 240,
                "cell_cpu_seconds": 480,
                "submission_seconds": 600,
                "submission_cpu_seconds": 1200,
            },
            "exercises": {
                "remise_contenu": {"points": 2, "manual": True},
                "remise_refaire": {"points": 3, "manual": True},
                "remise_donnees": {"points": 2, "manual": True},
                "remise_entrainement": {"points": 3, "manual": True},
                "remise_evaluation": {"points": 4, "manual": True},
                "remise_demarche": {"points": 6, "manual": True},
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
    # Steps of the final project, in order; docs/milestones.md says what each key means. A step that is handed in has the
    # date of its assignment; another date for one student: coursegrader milestones extend
    "milestones": [
        {
            "id": "analyse",
            "title": "Analyse et choix du sujet",
            "assignment": "projet-1-analyse",
            "evidence": ["answers"],
            "decides": "teacher",
            "decide_by": "2027-01-20 23:59",
            "follows": "Formulez le but et sa mesure : étape 2.",
            "weight": 10,
        },
        {
            "id": "but",
            "title": "But validé",
            "assignment": "projet-2-but",
            "evidence": ["answers"],
            "decides": "teacher",
            "decide_by": "2027-01-31 23:59",  # before the end of the month
            "follows": "Travaillez de 20 à 40 heures et tenez votre journal : étape 3.",
            "weight": 15,
        },
        {
            "id": "travail",
            "title": "De 20 à 40 heures de travail",
            "assignment": "projet-3-journal",
            "evidence": ["answers", "hours"],
            "hours": [20, 40],
            "decides": "precheck",  # complete and in time: validated by `coursegrader milestones check`; else by the teacher
            "follows": "Préparez vos dix minutes : étape 4.",
            "weight": 15,
        },
        {
            "id": "presentation",
            "title": "Présentation sur place : 10 minutes et 5 de questions",
            "assignment": "projet-4-presentation",
            "evidence": ["answers", "slides"],
            "decides": "teacher",
            "outcome": "presented",
            "follows": "Remettez le projet avec la présentation ou dans le mois qui suit : étape 5.",
            "weight": 30,
        },
        {
            "id": "remise",
            "title": "Remise : diapositives et code complets",
            "assignment": "projet-5-remise",
            "evidence": ["answers", "slides", "code"],
            "decides": "precheck",
            "follows": "La décision est prise avant la fin du mois.",
            "weight": 30,
        },
        {
            "id": "decision",
            "title": "Décision : la démarche compte plus que le résultat",
            "due": "2027-04-30 18:00",
            "decides": "teacher",
            "outcome": "accepted",
            "follows": "Le projet est accepté. Bravo !",
            "weight": 0,
        },
    ],
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
