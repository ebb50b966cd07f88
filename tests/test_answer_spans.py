"""Spans of a passage that may be the answer, from what begins and ends it."""

from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.answer_spans import likely_spans, merged

NEVER = -1e9


def test_a_span_has_the_chance_of_its_first_token_times_that_of_its_last() -> None:
    # Tokens: no answer, one of the question, three of the passage. First 1/2 at token 3, last 3/4 at token 4.
    begins = [log(0.25), 9.0, log(0.25), log(0.5), NEVER]
    finishes = [NEVER, 9.0, NEVER, log(0.25), log(0.75)]
    ends = np.array([begins, finishes], np.float32).T
    found = likely_spans(ends, {2: (10, 12), 3: (12, 13), 4: (13, 16)})
    assert [span[:2] for span in found] == [(12, 16), (10, 16), (12, 13), (10, 13)]
    assert [span[2] for span in found] == pytest.approx([0.375, 0.1875, 0.125, 0.0625], abs=1e-6)


def test_nothing_stands_in_a_piece_without_tokens() -> None:
    assert likely_spans(np.zeros((3, 2), np.float32), {}) == []


def test_pieces_that_overlap_tell_each_span_once() -> None:
    assert merged([[(1, 4, 0.2), (5, 6, 0.1)], [(1, 4, 0.3)], []]) == ((1, 4, 0.3), (5, 6, 0.1))
    assert merged([]) == ()


@given(st.lists(st.tuples(st.floats(-30, 30), st.floats(-30, 30)), min_size=2, max_size=90))
def test_spans_run_forward_are_likeliest_first_and_share_one_chance(scores: list[tuple[float, float]]) -> None:
    tokens = {token: (2 * token, 2 * token + 2) for token in range(1, len(scores))}
    found = likely_spans(np.array(scores, np.float32), tokens)
    assert all(start < end for start, end, _ in found)
    assert [chance for *_, chance in found] == sorted((chance for *_, chance in found), reverse=True)
    assert sum(chance for *_, chance in found) <= 1 + 1e-6
    assert len(found) <= 8
