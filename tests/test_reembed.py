import json
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from index.backup import back_up, backups, restore
from index.bundled import NAME
from index.catalog import Catalog
from index.compact import compact
from index.doctor import examine
from index.embed import HashEmbedder
from index.errors import LibraryError
from index.exchange import export, take_over
from index.generation import current, open_generation
from index.library import LocalLibrary
from index.moving import move
from index.reembed import embed_all, former, prepare, rekey, switch, trial
from index.shadow import compare, questions
from index.sync import silent
from index.writer import writing
from ui.cli import run

FILES = {
    "甲.txt": "关于做好防汛工作的通知\n\n一、值班值守\n\n各县区要加强值班值守，遇有险情一小时内报告。\n",
    "乙.txt": "关于老旧小区改造的通知\n\n一、工作目标\n\n到2026年底，改造老旧小区一百二十个，惠及居民三万户。\n",
    "丙.txt": "关于精简会议的通知\n\n一、基本要求\n\n能合并的会议合并召开，提倡召开视频会议。\n",
}


class Backwards(HashEmbedder):
    """Another model: half as many numbers, and it reads from the end."""

    model = "backwards"
    dimension = 256

    def query(self, text: str) -> np.ndarray:
        return super().query(text[::-1])


class Cut(Backwards):
    """The same, but the process ends in the middle of its work."""

    def passages(self, texts: object, *, progress: object = None) -> np.ndarray:
        raise KeyboardInterrupt


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with LocalLibrary.open(tmp_path / "library", model="hash", create=True) as library:
        library.sync([tmp_path / name for name in FILES])
    return tmp_path / "library"


def facts(library: LocalLibrary) -> list[tuple[str, int, int, str]]:
    return [(p.id, p.start, p.end, p.text) for d in library.documents() for p in library.passages(d.id)]


def served(place: Path) -> LocalLibrary:
    """A library opened as a server does: its model is the one that the catalog names."""
    catalog = Catalog(place / "catalog.sqlite")
    return LocalLibrary(
        place, catalog, lambda: Backwards() if catalog.setting("model") == "backwards" else HashEmbedder()
    )


def test_a_library_is_switched_to_another_model_under_its_readers(place: Path) -> None:
    with served(place) as library:
        before = facts(library)
        (first,) = library.search("多久报告险情", k=1, mode="dense")
        assert prepare(place, Backwards(), silent) == library.stats().windows
        assert prepare(place, Backwards(), silent) == 0
        assert library.search("多久报告险情", k=1, mode="dense")[0].signals == first.signals
        switch(place, Backwards(), "backwards", silent)
        (hit,) = library.search("多久报告险情", k=1, mode="dense")
        assert hit.passage == first.passage
        assert hit.signals["dense"] != first.signals["dense"]
        assert library.stats().model == "backwards"
        assert library.embedder.dimension == 256
        assert facts(library) == before
    assert examine(place) == []


def test_going_back_takes_what_came_since_along(place: Path, tmp_path: Path) -> None:
    switch(place, Backwards(), "backwards", silent)
    (tmp_path / "丁.txt").write_text("关于绿化工作的通知\n\n今年植树三万株，由林业局牵头。\n", encoding="utf-8")
    with LocalLibrary.open(place, embedder=Backwards()) as library:
        library.sync([tmp_path / "丁.txt"])
        after = facts(library)
    assert former(place)[0] == HashEmbedder.model
    switch(place, HashEmbedder(), "hash", silent)
    with LocalLibrary.open(place, embedder=HashEmbedder()) as library:
        assert "植树三万株" in library.search("植树多少株", k=1, mode="dense")[0].passage.text
        assert facts(library) == after
    assert examine(place) == []


def test_a_switch_that_was_cut_off_before_its_last_step_is_finished_when_the_library_is_opened(place: Path) -> None:
    with writing(place), closing(Catalog(place / "catalog.sqlite")) as catalog:
        embed_all(catalog, Backwards(), silent)
        with catalog.transaction() as db:
            rekey(db, catalog, Backwards(), "backwards")
    with LocalLibrary.open(place, embedder=Backwards()) as library:
        (hit,) = library.search("多久报告险情", k=1, mode="dense")
        assert -1 <= hit.signals["dense"] <= 1
        assert library.stats().dimension == 256
    name = current(place)
    assert name
    assert open_generation(place / name).dense.sample(1).shape == (1, 256)
    assert examine(place) == []


def test_a_switch_to_the_model_it_has_changes_nothing(place: Path) -> None:
    switch(place, Backwards(), "backwards", silent)
    name = current(place)
    switch(place, Backwards(), "backwards", silent)
    assert (current(place), former(place)[0]) == (name, HashEmbedder.model)


def test_a_switched_library_is_backed_up_moved_and_exported_with_its_model(place: Path, tmp_path: Path) -> None:
    switch(place, Backwards(), "backwards", silent)
    back_up(place, tmp_path / "kept")
    restore(tmp_path / "kept", tmp_path / "restored", at=backups(tmp_path / "kept")[0].name)
    move(place, tmp_path / "moved")
    export(place, tmp_path / "exported")
    take_over(tmp_path / "exported", tmp_path / "imported", lambda _: Backwards())
    with LocalLibrary.open(place, embedder=Backwards()) as library:
        expected = facts(library)
    for name in ("restored", "moved", "imported"):
        with LocalLibrary.open(tmp_path / name, embedder=Backwards()) as library:
            assert (library.stats().model, library.stats().dimension) == ("backwards", 256)
            assert facts(library) == expected
            assert library.search("多久报告险情", k=1, mode="dense")
        assert examine(tmp_path / name) == []


def test_what_was_embedded_before_an_interruption_is_kept(place: Path) -> None:
    with LocalLibrary.open(place, embedder=HashEmbedder()) as library:
        windows = library.stats().windows
    with pytest.raises(KeyboardInterrupt):
        prepare(place, Cut(), silent)
    with pytest.raises(KeyboardInterrupt):
        switch(place, Cut(), "backwards", silent)
    with LocalLibrary.open(place, embedder=HashEmbedder()) as library:
        assert library.search("视频会议", k=1, mode="dense")
        assert library.stats().model == HashEmbedder.model
    assert prepare(place, Backwards(), silent) == windows
    assert examine(place) == []


def test_compacting_drops_the_former_models_vectors_and_going_back_makes_them_again(place: Path) -> None:
    switch(place, Backwards(), "backwards", silent)
    assert compact(place).vectors > 0
    switch(place, HashEmbedder(), "hash", silent)
    with LocalLibrary.open(place, embedder=HashEmbedder()) as library:
        assert library.search("视频会议", k=1, mode="dense")
    assert examine(place) == []


def test_a_library_that_was_never_switched_cannot_go_back(place: Path) -> None:
    with pytest.raises(LibraryError, match="没有换过模型"):
        former(place)


def test_the_same_questions_are_put_to_both(place: Path) -> None:
    with LocalLibrary.open(place, embedder=HashEmbedder()) as before:
        asked = questions(before)
        assert asked[0] == "关于做好防汛工作的通知 一、值班值守"
        with trial(place, Backwards(), silent) as after:
            assert after.stats().model == "backwards"
            assert facts(after) == facts(before)
            found = compare(before, after, [*asked, "视频会议", "㊣㊣"], progress=silent)
        assert before.stats().model == HashEmbedder.model
    assert not (place / "reembed.making").exists()
    assert len(found) == 5
    assert all(0 <= one.overlap <= 1 for one in found)
    assert [one.overlap for one in found] == sorted(one.overlap for one in found)
    for one in found:
        ids = [hit and hit.passage.id for hit in (one.before, one.after)]
        assert one.same_first == (ids[0] == ids[1])
        assert min(one.took) > 0
    assert examine(place) == []


def test_a_library_compared_with_itself_does_not_differ(place: Path) -> None:
    with LocalLibrary.open(place, embedder=HashEmbedder()) as library:
        for one in compare(library, library, ["值班值守", "小区改造"], progress=silent):
            assert (one.overlap, one.moved, one.same_first) == (1.0, 0.0, True)


@pytest.mark.model
def test_the_command_compares_then_switches_then_goes_back(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "问题.txt").write_text("值班值守\n\n小区改造多少个\n", encoding="utf-8")
    asked = ["--library", str(place), "--json"]
    assert run(["reembed", NAME, "--queries", str(tmp_path / "问题.txt"), *asked]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["model"], told["queries"], told["embedded"]) == (NAME, 2, 3)
    assert {one["query"] for one in told["differences"]} == {"值班值守", "小区改造多少个"}
    report = tmp_path / "比较.md"
    assert (
        run(["reembed", NAME, "--report", str(report), *asked]) == 0
    )  # by the titles and headings of the library itself
    assert json.loads(capsys.readouterr().out)["embedded"] == 0
    head, _, told, _, _, rule, *rows = report.read_text(encoding="utf-8").splitlines()
    assert (head, rule) == (f"# library：换成 {NAME}", "| --- | --- | --- | --- | --- | --- |")
    assert told.startswith("3 个问题：")
    assert len(rows) == 3
    assert run(["stats", *asked]) == 0
    assert json.loads(capsys.readouterr().out)["model"] == HashEmbedder.model
    assert run(["reembed", NAME, "--switch", *asked]) == 0
    assert json.loads(capsys.readouterr().out) == {"model": NAME, "switched": True}
    assert run(["search", "值班", *asked]) == 0
    assert json.loads(capsys.readouterr().out)["hits"][0]["title"] == "关于做好防汛工作的通知"
    assert run(["reembed", "--back", "--library", str(place)]) == 0
    assert "文库现在用模型 hash" in capsys.readouterr().out
    assert examine(place) == []


def test_the_command_says_what_it_needs(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["reembed", "--library", str(place)]) == 2
    assert "yinde reembed 模型" in capsys.readouterr().err
    assert run(["reembed", "--back", "--library", str(place)]) == 2
    assert "没有换过模型" in capsys.readouterr().err
    assert run(["reembed", "hash", "--queries", str(place / "没有.txt"), "--library", str(place)]) == 2
    assert "一行一个问题" in capsys.readouterr().err
