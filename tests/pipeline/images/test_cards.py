"""Cards that stand in for pictures can be read, whatever is written on them."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.images.cards import CARD_SIDE, draw_card


@pytest.mark.parametrize("title", ["bird", "x" * 500, "\x1b[31m\n\u202e", "", "鳥"])
def test_every_title_gives_a_card(title: str) -> None:
    card = draw_card(title, "no picture yet")
    assert card.shape == (CARD_SIDE, CARD_SIDE, 3)
    assert card.dtype == np.uint8


@pytest.mark.parametrize("hue", np.linspace(0, 1, 9).tolist())
def test_the_ink_stands_out_from_the_paper_and_the_edge_from_a_dark_and_a_light_page(hue: float) -> None:
    lightness = draw_card("bird", "no picture yet", hue=hue).mean(axis=2)
    assert np.median(lightness) > 200
    assert lightness[40:-40, 40:-40].min() < 60
    assert 100 < lightness[2, 2] < 200


def test_equal_words_give_equal_cards_and_others_differ() -> None:
    np.testing.assert_array_equal(draw_card("bird", "no"), draw_card("bird", "no"))
    assert (draw_card("bird", "no") != draw_card("tree", "no")).any()
