from reference.secrets_of_the_arena import label

from coursegrader.checks import check, expect


@check(points=1, message="Ce n'est pas le nom secret.")
def test_label(student, rng):
    number = rng.randrange(1000, 2000)
    got = student.label(number)
    expect.unchanged(student, what="label")
    expect.equal(got, label(number), what="label")
