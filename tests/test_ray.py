"""A two-worker Ray run on this machine; outside `make test`, which does not install Ray: `make ray-test`."""

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from backends import opened
from test_milvus import NOTICE, written

from index.library import LocalLibrary
from index.ray_embed import RayReader

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="pip install 'yinde[ray]'"),
    pytest.mark.skipif("YINDE_RAY_TESTS" not in os.environ, reason="a cluster takes half a minute: make ray-test"),
    # Ray leaves sockets, files and processes to the interpreter's end.
    pytest.mark.filterwarnings("ignore"),
]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[LocalLibrary]:
    with opened(str(tmp_path / "library"), create=True) as library:
        yield library


def use_ray(library: LocalLibrary, folder: Path) -> RayReader:
    reader = RayReader("local", folder, model_name="hash", workers=2)
    library.reader = reader
    return reader


def test_two_workers_make_the_library_that_one_program_makes(library: LocalLibrary, tmp_path: Path) -> None:
    documents = written(tmp_path)
    for number in range(12):
        text = NOTICE.replace("百分之十", f"百分之{number + 1}0")
        (documents / f"通知{number}.txt").write_text(text, encoding="utf-8")
    (documents / "坏.docx").write_bytes(b"PK\x03\x04 no package")
    with opened(str(tmp_path / "alone"), create=True) as alone:
        expected = alone.sync([documents])
        hit = alone.search("减少百分之七十", k=1)[0]
        ids = {passage.id for one in alone.documents() for passage in alone.passages(one.id)}
        windows = alone.stats().windows
    reader = use_ray(library, tmp_path / "library")
    report = library.sync([documents])
    assert sorted(report.added) == sorted(expected.added)
    assert [failure.path for failure in report.failed] == [failure.path for failure in expected.failed]
    assert report.embedded == 0  # the workers did it
    assert 0 < reader.embedded <= windows
    assert {passage.id for one in library.documents() for passage in library.passages(one.id)} == ids
    assert library.search("减少百分之七十", k=1)[0].passage == hit.passage  # equals come in the order of arrival
    assert library.sync([documents]).unchanged
    assert not (tmp_path / "library" / "arrived.sqlite").exists()


def test_an_interrupted_run_goes_on_with_what_had_not_arrived(library: LocalLibrary, tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    for number in range(8):
        text = NOTICE.replace("百分之十", f"百分之{number + 1}0")
        (documents / f"通知{number}.txt").write_text(text, encoding="utf-8")
    reader = use_ray(library, tmp_path / "library")

    def cut_off(stage: str, done: int, _total: int) -> None:
        if stage == "读取" and done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        library.sync([documents], progress=cut_off)
    assert 4 <= reader.files < 8
    assert len(library.sync([documents]).added) == 8
    assert reader.files == 8  # what had arrived was not read again
