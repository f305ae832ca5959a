"""The label that answers give, by each rule of agreement."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.annotation.consensus import AgreementRule, Label, Labels, fold_answers
from pipeline.errors import ParameterError

ANSWERS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 5), st.sampled_from([Label.YES, Label.NO, Label.UNSURE])), max_size=40
)
RULES = st.sampled_from([AgreementRule(), AgreementRule(2), AgreementRule(3), AgreementRule(2, 3), AgreementRule(3, 5)])


def fold(answers: list[tuple[int, int, Label]], rule: AgreementRule) -> Labels:
    """Fold answers given as (image, annotator, value)."""
    image_ids = np.array([answer[0] for answer in answers], np.int64)
    annotators = np.array([answer[1] for answer in answers], np.int64)
    return fold_answers(image_ids, annotators, np.array([answer[2] for answer in answers], np.int8), rule)


def label(said: str, rule: AgreementRule) -> Label:
    """Return the label of one image. Each letter is an answer of another person: y, n or u."""
    values = {"y": Label.YES, "n": Label.NO, "u": Label.UNSURE}
    return Label(fold([(0, person, values[letter]) for person, letter in enumerate(said)], rule).labels[0])


@pytest.mark.parametrize(
    ("rule", "said", "expected"),
    [
        (AgreementRule(), "y", Label.YES),
        (AgreementRule(), "n", Label.NO),
        (AgreementRule(), "u", Label.UNSURE),
        (AgreementRule(), "yn", Label.SPLIT),
        (AgreementRule(), "yu", Label.YES),
        (AgreementRule(2), "y", Label.OPEN),
        (AgreementRule(2), "yy", Label.YES),
        (AgreementRule(2), "yn", Label.SPLIT),
        (AgreementRule(2), "yny", Label.YES),
        (AgreementRule(2), "ynyn", Label.SPLIT),
        (AgreementRule(2), "yuu", Label.UNSURE),
        (AgreementRule(2), "uuyy", Label.YES),
        (AgreementRule(2, 3), "yn", Label.SPLIT),
        (AgreementRule(2, 3), "ynn", Label.NO),
        (AgreementRule(2, 3), "ynu", Label.SPLIT),
        (AgreementRule(3, 5), "yyu", Label.OPEN),
        (AgreementRule(3, 5), "yyuu", Label.OPEN),
        (AgreementRule(3, 5), "yyuuy", Label.YES),
        (AgreementRule(3, 5), "yyuu" + "u", Label.UNSURE),
    ],
)
def test_the_rule_decides(rule: AgreementRule, said: str, expected: Label) -> None:
    assert label(said, rule) is expected


def test_a_persons_last_word_counts() -> None:
    labels = fold([(7, 1, Label.YES), (7, 2, Label.YES), (7, 1, Label.NO), (7, 1, Label.NO)], AgreementRule(2))
    assert (labels.yes.tolist(), labels.no.tolist()) == ([1], [1])
    assert labels.ids_of(Label.SPLIT).tolist() == [7]


@given(ANSWERS, RULES, st.randoms())
def test_the_order_of_different_people_does_not_matter(
    answers: list[tuple[int, int, Label]], rule: AgreementRule, random: object
) -> None:
    by_person: dict[int, list[tuple[int, int, Label]]] = {}
    for answer in answers:
        by_person.setdefault(answer[1], []).append(answer)
    queues = list(by_person.values())
    mixed = []
    while queues:
        queue = random.choice(queues)  # type: ignore[attr-defined]
        mixed.append(queue.pop(0))
        queues = [queue for queue in queues if queue]
    first, second = fold(answers, rule), fold(mixed, rule)
    assert first.image_ids.tolist() == second.image_ids.tolist()
    assert first.labels.tolist() == second.labels.tolist()


@given(ANSWERS, RULES)
def test_every_person_and_image_counts_once(answers: list[tuple[int, int, Label]], rule: AgreementRule) -> None:
    labels = fold(answers, rule)
    assert labels.image_ids.tolist() == sorted({answer[0] for answer in answers})
    assert (labels.yes + labels.no + labels.unsure).sum() == len({answer[:2] for answer in answers})


@given(ANSWERS, RULES)
def test_yes_and_no_are_mirrors(answers: list[tuple[int, int, Label]], rule: AgreementRule) -> None:
    mirror = {Label.YES: Label.NO, Label.NO: Label.YES}
    there = fold(answers, rule).labels.tolist()
    back = fold([(image, person, mirror.get(value, value)) for image, person, value in answers], rule).labels.tolist()
    assert [mirror.get(Label(value), Label(value)) for value in back] == there


def test_rules_that_cannot_decide_are_refused() -> None:
    for agree, of in ((0, None), (2, 4), (3, 2)):
        with pytest.raises(ParameterError, match=r"must be at least 1|agree <= of < 2"):
            AgreementRule(agree, of)
    assert [str(rule) for rule in (AgreementRule(2), AgreementRule(2, 3))] == ["2 agree", "2 of 3"]
    with pytest.raises(ParameterError, match="number other than yes"):
        fold_answers(np.zeros(1, np.int64), np.zeros(1, np.int64), np.array([7], np.int8), AgreementRule())
