from hypothesis import given
from hypothesis import strategies as st

from index.load.columns import ACROSS, LEFT, RIGHT, Box, columns

EM = 10.0


def lines(x0: float, x1: float, y: float, count: int) -> list[Box]:
    """Lines of running text below one another."""
    return [(x0, y + 15 * row, x1, y + 15 * row + EM) for row in range(count)]


def test_a_page_of_one_column_has_column_0() -> None:
    assert set(columns(lines(50, 500, 100, 20), EM)) == {0}
    assert columns([], EM) == []


def test_title_left_right_and_what_spans_below_are_read_in_this_order() -> None:
    title, left, right = lines(100, 450, 50, 1), lines(50, 260, 100, 8), lines(290, 500, 100, 8)
    note = lines(50, 500, 300, 1)
    assert columns([*title, *right, *left, *note], EM) == ([ACROSS] + [3 + RIGHT] * 8 + [3 + LEFT] * 8 + [6 + ACROSS])


def test_a_heading_across_the_columns_divides_them() -> None:
    upper = [*lines(50, 260, 100, 5), *lines(290, 500, 100, 5)]
    lower = [*lines(50, 260, 250, 5), *lines(290, 500, 250, 5)]
    heading = lines(100, 450, 200, 1)
    numbers = columns([*upper, *heading, *lower], EM)
    assert numbers == [3 + LEFT] * 5 + [3 + RIGHT] * 5 + [6 + ACROSS] + [9 + LEFT] * 5 + [9 + RIGHT] * 5


def test_a_table_is_no_columns() -> None:
    rows = [box for row in range(12) for box in lines(50, 90, 100 + 15 * row, 1) + lines(300, 340, 100 + 15 * row, 1)]
    assert set(columns(rows, EM)) == {0}


def test_a_comma_that_hangs_into_the_gutter_does_not_span_it() -> None:
    boxes = [*lines(50, 262, 100, 8), *lines(288, 500, 100, 8)]
    boxes[3] = (50, 145, 277, 155)
    assert columns(boxes, EM) == [3 + LEFT] * 8 + [3 + RIGHT] * 8


def test_words_on_one_spot_or_set_in_next_to_nothing_are_no_columns() -> None:
    assert columns([(1e-320, 0, 2e-320, 1)] * 40, EM) == [0] * 40
    assert columns([*lines(50, 262, 100, 8), *lines(288, 500, 100, 8)], 1e-320) == [0] * 16


coordinate = st.floats(0, 600, allow_nan=False)


@given(st.lists(st.tuples(coordinate, coordinate, st.floats(0, 300), st.floats(0, 30)), max_size=40), st.floats(0, 30))
def test_every_box_has_a_place_whatever_the_page(raw: list[tuple[float, float, float, float]], em: float) -> None:
    boxes = [(x, y, x + wide, y + high) for x, y, wide, high in raw]
    numbers = columns(boxes, em)
    assert len(numbers) == len(boxes)
    assert all(number >= 0 for number in numbers)
