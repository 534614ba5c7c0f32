"""The loop of the wire: posted work, calls from other threads, timers."""

from __future__ import annotations

import os
import threading
import time

import pytest

from safeshell.gateways.wireloop import IN, Loop


@pytest.fixture
def loop():
    made = Loop()
    over = threading.Event()
    thread = threading.Thread(target=made.run, args=(over.is_set,))
    thread.start()
    yield made
    over.set()
    made.post(lambda: None)
    thread.join(5)
    made.close()


def test_a_call_is_done_in_the_loops_thread_and_its_result_comes_back(loop):
    """Another thread gets the value, and the work ran elsewhere."""
    assert loop.call(threading.get_ident) not in {0, threading.get_ident()}


def test_what_a_call_raises_is_raised_in_the_callers_thread(loop):
    """The loop lives on."""

    def broken():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        loop.call(broken)
    assert loop.call(lambda: 7) == 7


def test_a_loop_that_does_not_answer_is_a_timeout(loop):
    """Nobody waits for ever."""
    go = threading.Event()
    loop.post(lambda: go.wait(5))
    with pytest.raises(TimeoutError):
        loop.call(lambda: 1, patience=0.05)
    go.set()


def test_timers_ring_in_their_order_and_cancelled_ones_do_not(loop):
    """The earliest first."""
    rung: list[str] = []
    done = threading.Event()

    def plan():
        loop.later(0.05, lambda: (rung.append("late"), done.set()))
        loop.later(0.01, lambda: rung.append("early"))
        loop.later(0.02, lambda: rung.append("cancelled")).cancel()

    loop.call(plan)
    assert done.wait(5)
    assert rung == ["early", "late"]


def test_many_posts_from_many_threads_are_all_done(loop):
    """None is lost between two wake-ups."""
    counted: list[int] = []
    threads = [
        threading.Thread(target=lambda: [loop.post(lambda: counted.append(1)) for _ in range(500)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until = time.monotonic() + 5
    while len(counted) < 4000 and time.monotonic() < until:
        time.sleep(0.01)
    assert len(counted) == 4000


def test_a_forgotten_descriptor_is_not_handled_any_more(loop):
    """Its handler is called for what came before, and not after."""
    read, write = os.pipe()
    seen: list[int] = []
    loop.call(lambda: loop.watch(read, IN, lambda _events: seen.append(len(os.read(read, 10)))))
    os.write(write, b"abc")
    until = time.monotonic() + 5
    while not seen and time.monotonic() < until:
        time.sleep(0.01)
    loop.call(lambda: loop.forget(read))
    os.write(write, b"de")
    loop.call(lambda: None)
    assert seen == [3]
    os.close(read)
    os.close(write)


def test_a_fault_of_posted_work_does_not_end_the_loop(loop, capfd):
    """It is told, and the next piece is done."""
    loop.post(lambda: 1 / 0)
    assert loop.call(lambda: 5) == 5
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_settling_waits_for_workers_and_serves_them_meanwhile():
    """A worker that asks the loop something on its way out gets its answer; one that hangs is left behind."""
    loop = Loop()
    told: list[int] = []
    loop.work(lambda: told.append(loop.call(lambda: 7)))
    loop.settle(5)
    assert told == [7]
    go = threading.Event()
    loop.work(lambda: go.wait(10))
    begun = time.monotonic()
    loop.settle(0.2)
    assert 0.1 < time.monotonic() - begun < 5
    go.set()
    loop.settle(5)
    loop.close()


def test_what_follows_at_once_is_seen_without_sleeping_and_then_the_loop_sleeps():
    """It looks again for a moment after something was done; idle, it costs no processor."""
    made = Loop()
    read, write = os.pipe()
    made.watch(read, IN, lambda _events: os.read(read, 1))
    os.write(write, b"x")
    made.turn()
    made.later(0.3, lambda: None)
    before = time.process_time()
    while made._timers:
        made.turn()
    assert time.process_time() - before < 0.05
    for descriptor in (read, write):
        made.forget(descriptor)
        os.close(descriptor)
    made.close()
