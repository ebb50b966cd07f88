"""Whatever is inserted, deleted or moved in a document, the passages that were left alone keep their ids."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from index.embed import HashEmbedder
from index.library import LocalLibrary

NUMBERS = "〇一二三四五六七八九"


def paragraph(number: int) -> str:
    """A paragraph of its own, long enough to be a passage by itself."""
    name = "".join(NUMBERS[int(digit)] for digit in str(number))
    return f"{name}号堤段由所在县区负责巡查，每十公里配备一名人员，巡查记录逐日上报，缺额经费由{name}号专户补足。"


def write(library: LocalLibrary, file: Path, numbers: list[int]) -> dict[str, str]:
    """Sync the document of these paragraphs; its passages' ids by text."""
    file.write_text("\n\n".join(["关于做好防汛工作的通知", *map(paragraph, numbers)]), encoding="utf-8")
    library.sync([file])
    (document,) = library.documents()
    return {passage.text: passage.id for passage in library.passages(document.id)}


edit = st.one_of(
    st.tuples(st.just("insert"), st.integers(0, 200), st.integers(0, 0)),
    st.tuples(st.just("delete"), st.integers(0, 200), st.integers(0, 0)),
    st.tuples(st.just("swap"), st.integers(0, 200), st.integers(0, 200)),
)


@settings(max_examples=5)
@given(st.lists(st.lists(edit, min_size=1, max_size=8), min_size=1, max_size=3))
def test_untouched_passages_keep_their_ids_and_every_other_id_resolves(
    scripts: list[list[tuple[str, int, int]]],
) -> None:
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "通知.txt"
        with LocalLibrary.open(Path(name) / "library", embedder=HashEmbedder(), create=True) as library:
            numbers, fresh = list(range(40)), 1000
            before = write(library, file, numbers)
            ever = set(before.values())
            for script in scripts:
                touched: set[int] = set()
                for op, first, second in script:
                    place, other = first % (len(numbers) + 1), second % max(1, len(numbers))
                    if op == "insert":
                        numbers.insert(place, fresh)
                        fresh += 1
                    elif op == "delete" and len(numbers) > 1:
                        touched.add(numbers.pop(place % len(numbers)))
                    elif op == "swap":
                        place %= len(numbers)
                        numbers[place], numbers[other] = numbers[other], numbers[place]
                after = write(library, file, numbers)
                # The first passage carries the title, so it is touched when another paragraph comes first.
                kept = [text for text in before if text in after]
                expected = [number for number in numbers if paragraph(number) in before]
                assert len(kept) >= len(expected) - 1
                assert all(before[text] == after[text] for text in kept)
                ever |= set(after.values())
                for passage_id in ever:
                    past = library.history(passage_id)
                    assert past.then.id == passage_id
                    assert (past.fate == "live") == (passage_id in after.values())
                before = after
