"""Hidden checks of train_pair: steps equal to those made here, what a batch holds, pairs set aside, the source of chance.

The towers are linear ones of torch, the loss is given, so that neither the student's towers nor the student's loss count. With a batch
of all pairs nothing is random but their order, which changes a mean by rounding only: losses and weights are compared.
With images that are unit vectors, pair i moves column i of the image tower's weights, and no other pair does: columns tell
which pairs a batch held. False alarms: a pair among n = 12 is in none of 60 batches of 4 with probability (2/3)**60 = 3e-11,
any of the 12 with 4e-10; two right trainings of 30 batches of 4 among 12 agree with probability 495**-30. Power: a batch of 20 among 40
drawn with replacement holds no pair twice with probability prod(1 - i / 40, i < 20) = 3e-3, three such batches with 3e-8; a batch that
takes its numbers as they are instead of in `train`, or among all 40 + 40 pairs, stays inside by chance with a probability
below 2**-60 in 60 steps. Which vectors the loss gets first is seen by a loss that is not symmetric, of a batch whose order does not matter;
its value and the swapped one are drawn 0.1 apart, and the tolerance is a thousandth, absolute and relative.
docs/calibration/12-au-dela-du-texte.md: margins of the steps.
"""

import torch

from coursegrader.checks import CheckFailed, Generator, check, expect
from reference.contrastive import sigmoid_loss, train_pair

SEEN = 1e-7
TOWERS = "image_tower", "text_tower"
NO_IMAGE = "Aucun poids de la tour des images n'a changé."


class Setting:
    """Pairs, their classes, and weights for both towers, all drawn."""

    def __init__(self, draw, n_pairs, n_train, one_hot, d=5, T=3, n_symbols=9):
        def normal(*shape):
            return torch.randn(shape, generator=draw)

        self.n_symbols, self.d = n_symbols, d
        self.images = torch.eye(n_pairs) if one_hot else normal(n_pairs, 6)
        self.ids = torch.randint(1, n_symbols, (n_pairs, T), generator=draw)
        self.labels = torch.randint(4, (n_pairs,), generator=draw)
        self.train = torch.randperm(n_pairs, generator=draw)[:n_train]
        self.image_weight = normal(d, self.images.shape[1])
        self.text_weight = normal(n_symbols, d)

    @property
    def data(self):
        return self.images, self.ids, self.labels, self.train

    def towers(self, nn):
        """Linear towers with the weights above: torch's here, or those of the student's torch."""
        towers = nn.Linear(self.images.shape[1], self.d, bias=False), nn.EmbeddingBag(self.n_symbols, self.d)
        for tower, weight in zip(towers, (self.image_weight, self.text_weight), strict=True):
            tower.load_state_dict({"weight": weight})
        return towers

    def ask(self, student, steps, loss, unchanged=False, **options):
        """The losses, and the weights afterwards; `unchanged`: none of the inputs may change."""
        towers = self.towers(student.ref("torch").get("nn"))
        losses = student.train_pair(*towers, *self.data, steps, loss, **options)
        modified = [name for name in student.last_call.modified_inputs if name not in (0, 1)]
        if unchanged and modified:
            raise CheckFailed(
                "Les images, les phrases, les classes ou `train` ont changé.", misconception="pair-inputs-changed"
            )
        expect.shape(losses, (steps,), what="la liste des pertes")
        weights = [tower.state_dict()["weight"] for tower in towers]
        for weight, given, name in zip(weights, (self.image_weight, self.text_weight), TOWERS, strict=True):
            expect.shape(weight, tuple(given.shape), what=f"les poids de {name}")
        return losses, weights


def wrong_steps(setting, steps, lr, what):
    """Losses and weights of full batches with one thing wrong."""
    images, ids, labels = (x[setting.train] for x in (setting.images, setting.ids, setting.labels))
    towers = setting.towers(torch.nn)
    weights = [tower.weight for tower in towers]
    losses, velocity = [], [torch.zeros_like(w) for w in weights]
    moved = {"pair-image-tower-only": (0,), "pair-text-tower-only": (1,)}.get(what, (0, 1))
    adam = torch.optim.Adam(weights, lr=lr)
    for _ in range(steps):
        value = sigmoid_loss(towers[0](images), towers[1](ids), labels)
        if what not in ("pair-no-zero-grad", "pair-adam"):
            for w in weights:
                w.grad = None
        if what == "pair-adam":
            adam.zero_grad()
        value.backward()
        with torch.no_grad():
            if what == "pair-adam":
                adam.step()
            for i, w in enumerate(weights):
                velocity[i] = 0.9 * velocity[i] + w.grad
                step = {"pair-uphill": -w.grad, "pair-momentum": velocity[i]}.get(what, w.grad)
                if i in moved and what != "pair-adam":
                    w -= {"pair-lr-ignored": 0.5}.get(what, lr) * step
        if what == "pair-loss-after":
            value = sigmoid_loss(towers[0](images), towers[1](ids), labels)
        losses.append(value.item())
    return losses, [w.detach() for w in weights]


def judge_order(student, draw, seed):
    """The loss gets the images before the phrases: sigmoid_loss, like the student's own, gives the same either way.

    This one does not: a binary cross-entropy of scores (5, 5) against targets, with the classes as weights, all of them 2.
    """
    entropy = torch.nn.functional.binary_cross_entropy_with_logits
    right = swapped = 0.0
    while abs(right - swapped) < 0.1:
        setting = Setting(draw, 5, 5, one_hot=False)
        setting.labels = torch.full((5,), 2)
        with torch.no_grad():
            vectors = [tower(x) for tower, x in zip(setting.towers(torch.nn), setting.data[:2], strict=True)]
        right, swapped = (entropy(a, b, setting.labels).item() for a, b in (vectors, vectors[::-1]))
    loss = student.ref("torch").get("nn").get("functional").get("binary_cross_entropy_with_logits")
    losses, _ = setting.ask(student, 1, loss, batch_size=5, generator=Generator(seed))
    wrong = {"pair-loss-swapped": [swapped]}
    expect.close(losses, [right], what="une perte qui n'est pas symétrique", rtol=1e-3, atol=1e-3, misconceptions=wrong)


STEPS = [
    "pair-no-zero-grad",
    "pair-image-tower-only",
    "pair-text-tower-only",
    "pair-uphill",
    "pair-lr-ignored",
    "pair-momentum",
    "pair-adam",
    "pair-loss-after",
]


@check(
    points=1.5,
    message="Essayez un lot qui contient toutes les paires, et refaites deux ou trois pas à la main : la perte avant le "
    "pas, les gradients remis à zéro, lr fois le gradient retranché des poids des deux tours. La perte reçoit les vecteurs "
    "des images, puis ceux des phrases, puis les classes.",
    misconceptions=[*STEPS, "pair-loss-swapped", "pair-inputs-changed"],
)
def test_steps(student, draw, seed):
    steps, lr = 8, 0.8
    for batch_size in (8, 64):
        setting = Setting(draw, 8, 8, one_hot=False)
        wrong = {what: wrong_steps(setting, steps, lr, what) for what in STEPS}
        expected = setting.towers(torch.nn)
        right = train_pair(*expected, *setting.data, steps, sigmoid_loss, 8, lr, torch.Generator().manual_seed(0))
        loss, options = student.ref("sigmoid_loss"), {"batch_size": batch_size, "lr": lr}
        losses, weights = setting.ask(student, steps, loss, unchanged=True, generator=Generator(seed), **options)
        tolerance = {"rtol": 1e-3, "atol": 1e-3}
        names = {what: values for what, (values, _) in wrong.items()}
        expect.close(losses, right, what="les pertes", misconceptions=names, **tolerance)
        for i, name in enumerate(TOWERS):
            names = {
                what: moved[i] for what, (_, moved) in wrong.items() if not torch.equal(moved[i], expected[i].weight)
            }
            expect.close(
                weights[i], expected[i].weight.detach(), what=f"les poids de {name}", misconceptions=names, **tolerance
            )
    judge_order(student, draw, seed)


def used(setting, weights):
    """Which pairs moved the image tower: their columns are no longer what they were."""
    return ((weights[0] - setting.image_weight).abs() > SEEN).any(dim=0)


@check(
    points=0.5,
    message="Faites un seul pas, et regardez quelles images ont servi : `batch_size` numéros de `train`, tous différents, les phrases "
    "et les classes étant celles de ces images-là. Au pas suivant, d'autres.",
    misconceptions=[
        "pair-with-replacement",
        "pair-whole-batch",
        "pair-same-batch",
        "pair-texts-apart",
        "pair-text-tower-only",
    ],
)
def test_batches(student, draw, seed):
    """Pairs set aside are the next check's business: here every pair is in `train`."""
    loss = student.ref("sigmoid_loss")
    for s in range(3):
        setting = Setting(draw, 40, 40, one_hot=True)
        losses, weights = setting.ask(student, 1, loss, batch_size=20, generator=Generator(seed + s))
        rows = used(setting, weights).nonzero().squeeze(1)
        if not len(rows):
            raise CheckFailed(NO_IMAGE, misconception="pair-text-tower-only")
        if len(rows) < 20:
            raise CheckFailed(f"{len(rows)} images sur 20 sont différentes.", misconception="pair-with-replacement")
        if len(rows) > 20:
            raise CheckFailed(f"{len(rows)} images ont servi, au lieu de 20.", misconception="pair-whole-batch")
        towers = setting.towers(torch.nn)
        batch = setting.images[rows], setting.ids[rows], setting.labels[rows]
        before = sigmoid_loss(towers[0](batch[0]), towers[1](batch[1]), batch[2]).item()
        for tower, weight in zip(towers, weights, strict=True):
            tower.load_state_dict({"weight": torch.as_tensor(weight).detach()})
        after = sigmoid_loss(towers[0](batch[0]), towers[1](batch[1]), batch[2]).item()
        # Whether the loss is that of before the step is the first check's business.
        right = min(before, after, key=lambda value: abs(value - float(losses[0])))
        try:
            expect.close(float(losses[0]), right, what="la perte du premier lot", rtol=1e-3, atol=1e-4)
        except CheckFailed as failure:
            failure.misconception = "pair-texts-apart"
            raise
    setting = Setting(draw, 12, 12, one_hot=True)
    _, weights = setting.ask(student, 60, loss, batch_size=4, generator=Generator(seed))
    if not used(setting, weights).all():
        raise CheckFailed("Des paires de `train` n'ont jamais servi.", misconception="pair-same-batch")


@check(
    points=1.5,
    message="Mettez des images de côté, dont les numéros ne sont pas dans `train` : après l'entraînement, les poids doivent être ceux "
    "que l'on aurait sans elles.",
    misconceptions=["pair-test-used", "pair-positions", "pair-text-tower-only"],
)
def test_set_aside(student, draw, seed):
    setting = Setting(draw, 80, 40, one_hot=True)
    _, weights = setting.ask(student, 60, student.ref("sigmoid_loss"), batch_size=8, generator=Generator(seed))
    moved, inside = used(setting, weights), torch.zeros(80, dtype=torch.bool)
    inside[setting.train] = True
    if not moved.any():
        raise CheckFailed(NO_IMAGE, misconception="pair-text-tower-only")
    if moved[~inside].any():
        positions = bool(moved[:40].all() and not moved[40:].any())
        raise CheckFailed(
            "Des images mises de côté ont servi à l'entraînement.",
            misconception="pair-positions" if positions else "pair-test-used",
        )


@check(
    points=0.5,
    message="Entraînez deux fois avec des générateurs de même graine, puis d'une autre, puis deux fois sans générateur.",
    misconceptions=["pair-generator-unused", "pair-fixed-seed", "pair-whole-batch"],
)
def test_seeds(student, draw, seed):
    setting = Setting(draw, 12, 12, one_hot=False)
    options = {"steps": 30, "loss": student.ref("sigmoid_loss"), "batch_size": 4, "lr": 0.1}

    def losses(*generator):
        given = {"generator": generator[0]} if generator else {}
        found = setting.ask(student, **options, **given)[0]
        return [round(float(value), 5) for value in found]

    first, again, other = (losses(Generator(s)) for s in (seed, seed, seed + 1))
    if first != again:
        raise CheckFailed("La même graine donne un autre entraînement.", misconception="pair-generator-unused")
    if first == other or losses() == losses():
        whole = train_pair(*setting.towers(torch.nn), *setting.data, 30, sigmoid_loss, 12, 0.1)
        known = "pair-whole-batch" if max(abs(a - b) for a, b in zip(first, whole, strict=True)) < 1e-3 else None
        raise CheckFailed(
            "Des entraînements qui devraient différer sont les mêmes.", misconception=known or "pair-fixed-seed"
        )
