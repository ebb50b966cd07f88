"""Long work: one at a time, followed, cancelled, surviving whoever asked for it."""

from threading import Event

import pytest

from index.errors import BusyError, NotFoundError, QueryError
from index.staging import Progress
from index.types import SyncReport
from ui.jobs import MOST_WAITING, Cancelled, CrowdedError, Jobs, Work

REPORT = SyncReport(("d1",), (), (), (), (), 3, 3)


def held(entered: Event, go_on: Event) -> Work:
    """Work that waits in its middle until it may go on."""

    def work(progress: Progress) -> SyncReport:
        progress("读取", 1, 2)
        entered.set()
        go_on.wait(10)
        progress("读取", 2, 2)
        return REPORT

    return work


def at_once(progress: Progress) -> SyncReport:
    progress("读取", 1, 1)
    return REPORT


def test_a_follower_sees_every_step_once_and_the_report_last() -> None:
    jobs, entered, go_on = Jobs(), Event(), Event()
    job = jobs.submit("upload", ["通知.docx"], held(entered, go_on), by="张三")
    assert entered.wait(10)
    follower = jobs.follow(job.id)
    now = next(follower)
    assert (now.state, now.stage, now.done, now.total) == ("running", "读取", 1, 2)
    go_on.set()
    later = list(follower)
    assert (later[-1].state, later[-1].report, later[-1].by) == ("done", REPORT, "张三")
    assert [one.version for one in later] == sorted({one.version for one in later})
    jobs.close()


def test_work_is_done_one_after_another_in_the_order_asked() -> None:
    jobs, entered, go_on = Jobs(), Event(), Event()
    first = jobs.submit("upload", [], held(entered, go_on))
    second = jobs.submit("upload", [], at_once)
    assert entered.wait(10)
    assert jobs.get(second.id).state == "queued"
    assert [job.id for job in jobs.all()] == [second.id, first.id]
    go_on.set()
    assert [job.state for job in jobs.follow(second.id)][-1] == "done"
    assert jobs.get(first.id).state == "done"
    jobs.close()


def test_work_that_is_cancelled_breaks_off_at_its_next_step() -> None:
    jobs, entered, go_on, interrupted = Jobs(), Event(), Event(), Event()
    job = jobs.submit("upload", [], held(entered, go_on), interrupt=interrupted.set)
    assert entered.wait(10)
    jobs.cancel(job.id)
    assert interrupted.is_set()
    go_on.set()
    assert [one.state for one in jobs.follow(job.id)][-1] == "cancelled"
    assert jobs.cancel(job.id).state == "cancelled"
    jobs.close()


def test_work_cancelled_in_the_queue_is_called_once_to_undo() -> None:
    jobs, entered, go_on, undone = Jobs(), Event(), Event(), Event()

    def work(progress: Progress) -> SyncReport:
        try:
            progress("读取", 0, 1)
        except Cancelled:
            undone.set()
            raise
        return REPORT

    jobs.submit("upload", [], held(entered, go_on))
    second = jobs.submit("upload", [], work)
    assert jobs.cancel(second.id).state == "cancelled"
    go_on.set()
    assert undone.wait(10)
    jobs.close()


def test_what_is_being_written_is_not_broken_off() -> None:
    jobs, entered, go_on = Jobs(), Event(), Event()

    def work(progress: Progress) -> SyncReport:
        entered.set()
        go_on.wait(10)
        progress("写入", 0, 1)
        return REPORT

    job = jobs.submit("upload", [], work)
    assert entered.wait(10)
    jobs.cancel(job.id)
    go_on.set()
    assert [one.state for one in jobs.follow(job.id)][-1] == "done"
    jobs.close()


def test_a_refusal_and_a_bug_are_told_and_the_next_work_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    jobs = Jobs()

    def refuse(_: Progress) -> SyncReport:
        raise QueryError("不能这样做")

    def break_down(_: Progress) -> SyncReport:
        raise ZeroDivisionError("secret /srv/path")

    ended = [list(jobs.follow(jobs.submit("upload", [], work).id))[-1] for work in (refuse, break_down, at_once)]
    assert [job.state for job in ended] == ["failed", "failed", "done"]
    assert ended[0].error == "不能这样做"
    assert "secret" not in ended[1].error
    assert "ZeroDivisionError" in caplog.text
    jobs.close()


def test_another_programs_writing_is_waited_for() -> None:
    jobs, tries = Jobs(), iter([True, False])

    def work(progress: Progress) -> SyncReport:
        if next(tries):
            raise BusyError("另一个程序正在写入")
        return REPORT

    seen = list(jobs.follow(jobs.submit("upload", [], work).id))
    assert "等待其他程序写完" in [job.stage for job in seen]
    assert seen[-1].state == "done"
    jobs.close()


def test_a_queue_that_is_full_takes_no_more() -> None:
    jobs, entered, go_on = Jobs(), Event(), Event()
    jobs.submit("upload", [], held(entered, go_on))
    assert entered.wait(10)
    for _ in range(MOST_WAITING):
        jobs.submit("upload", [], at_once)
    with pytest.raises(CrowdedError, match="稍后再试"):
        jobs.submit("upload", [], at_once)
    go_on.set()
    jobs.close()


def test_ending_the_program_leaves_what_waits_undone() -> None:
    jobs, entered, go_on = Jobs(), Event(), Event()
    first = jobs.submit("upload", [], held(entered, go_on), interrupt=go_on.set)
    second = jobs.submit("upload", [], at_once)
    assert entered.wait(10)
    jobs.close()
    assert (jobs.get(first.id).state, jobs.get(second.id).state) == ("queued", "queued")
    with pytest.raises(CrowdedError):
        jobs.submit("upload", [], at_once)


def test_an_unknown_job_is_not_found() -> None:
    with pytest.raises(NotFoundError, match="没有编号为 x"):
        Jobs().get("x")
