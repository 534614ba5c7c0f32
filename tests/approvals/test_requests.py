"""Requests: what they are bound to, how they are confirmed, redeemed and spent."""

# What stands on the disk is the subject here, in the words of os.

from __future__ import annotations

import json
import multiprocessing
import os
import re
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.approvals.requests import (
    LIFETIME,
    MOST,
    Bound,
    Requests,
    default_directory,
    is_request_id,
    strip_confirmation,
    text_digest,
)
from safeshell.model.errors import RecordError
from safeshell.model.judgement import Exactness, Preview
from safeshell.model.statements import Language

NOW = 1_700_000_000.0
TEXT = "rm -rf data/ --password=S3cr3t"
PREVIEW = Preview("1,284 files", 1284, "files", Exactness.EXACT)


def covered(text: str) -> str:
    return text.replace("S3cr3t", "[redacted]")


@pytest.fixture
def requests(tmp_path):
    return Requests(str(tmp_path / "requests"), redact=covered)


def leave(requests: Requests, text: str = TEXT, *, preview: Preview = PREVIEW, at: float = NOW, **more: str):
    place = {"target": "web-3:/srv", "operator": "ada", "host": "web-3"} | more
    return requests.leave(language=Language.BASH, text=text, preview=preview, at=at, **place)


def redeem(requests: Requests, request_id: str, *, text: str = TEXT, at: float = NOW + 1, **more):
    known = {"language": Language.BASH, "target": "web-3:/srv", "operator": "ada", "host": "web-3"} | more
    unconfirmed = known.pop("unconfirmed", False)
    order = (known["language"], text, known["target"], known["operator"], known["host"], at)
    return requests.redeem(request_id, *order, unconfirmed=unconfirmed)


def test_ids_are_what_scripts_may_rely_on(requests):
    """`[a-z0-9-]{4,}` with at least one digit, each time another."""
    ids = [leave(requests, f"rm {number}").id for number in range(50)]
    assert len(set(ids)) == 50
    for one in ids:
        assert re.fullmatch(r"[a-z0-9-]{4,}", one)
        assert re.search(r"[0-9]", one)
        assert is_request_id(one)


@pytest.mark.parametrize(
    "word", ["", "abc", "abcd", "../x1", "x1/y2", "ABCD1", "ab1", "abcd1\n", "a" * 70 + "1", ".json1"]
)
def test_other_words_are_no_ids_and_never_file_names(requests, word):
    """No path is ever built from them."""
    assert not is_request_id(word)
    assert requests.find(word) is None
    assert not requests.spend(word)
    assert not redeem(requests, word).granted


def test_a_request_is_found_with_everything_it_is_bound_to(requests):
    """And lists show only the redacted text."""
    left = leave(requests)
    found = requests.find(left.id)
    assert found == left
    assert (found.exact, found.text) == (TEXT, "rm -rf data/ --password=[redacted]")
    assert (found.created, found.expires) == (NOW, NOW + LIFETIME)
    assert found.bound == Bound("files", 1284)
    assert found.digest == text_digest(TEXT)
    assert "S3cr3t" not in repr(found)
    assert requests.listing(NOW + 1) == [left]


def test_files_are_private_and_gone_after_their_time(requests, tmp_path):
    """0600 in 0700; expired texts are removed by the next request."""
    first = leave(requests)
    assert stat.S_IMODE(os.stat(tmp_path / "requests").st_mode) == 0o700
    for path in (tmp_path / "requests").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    second = leave(requests, "other", at=NOW + LIFETIME + 1)
    assert requests.find(first.id) is None
    assert {path.name for path in (tmp_path / "requests").iterdir()} == {"lock", f"{second.id}.json"}


def test_unconfirmed_it_is_not_granted_and_names_the_same_id(requests):
    """A failed try spends nothing; leaving it again gives the same id."""
    left = leave(requests)
    answer = redeem(requests, left.id)
    assert (answer.granted, answer.request) == (False, left)
    assert f"safeshell approve --own {left.id}" in answer.why
    again = leave(requests, at=NOW + 60)
    assert (again.id, again.expires) == (left.id, NOW + 60 + LIFETIME)


def test_confirmed_it_is_granted_until_it_is_spent_once(requests):
    """Redeeming may be tried again; spending may not."""
    left = leave(requests)
    assert requests.confirm(left.id, "ada", NOW + 5).granted
    assert redeem(requests, left.id).granted
    assert redeem(requests, left.id).granted
    assert requests.spend(left.id)
    assert not requests.spend(left.id)
    answer = redeem(requests, left.id)
    assert (answer.granted, "used already" in answer.why) == (False, True)
    assert not requests.confirm(left.id, "ada", NOW + 6).granted
    assert requests.listing(NOW + 6) == []


def test_a_spent_request_keeps_no_text(requests, tmp_path):
    """Only that it was used is kept."""
    left = leave(requests)
    requests.spend(left.id)
    assert (tmp_path / "requests" / f"{left.id}.spent").read_bytes() == b""


def test_policy_may_let_the_caller_redeem_without_a_confirmation(requests):
    """`tokens: self`."""
    left = leave(requests)
    assert redeem(requests, left.id, unconfirmed=True).granted
    assert not redeem(requests, left.id, unconfirmed=True, text="rm -rf /").granted


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"text": TEXT + "x"}, "text"),
        ({"text": TEXT.replace(" ", "  ")}, "text"),
        ({"language": Language.POSTGRES}, "language"),
        ({"target": "web-3:/etc"}, "target"),
        ({"operator": "eve"}, "operator"),
        ({"host": "web-4"}, "host"),
    ],
)
def test_anything_else_than_what_was_confirmed_is_refused(requests, change, named):
    """Each thing that the request is bound to, by itself; the request stays good for the right one."""
    left = leave(requests)
    requests.confirm(left.id, "ada", NOW)
    answer = redeem(requests, left.id, **change)
    assert (answer.granted, answer.why) == (False, f"request {left.id} was left for another {named}")
    assert redeem(requests, left.id).granted


@pytest.mark.parametrize(("at", "granted"), [(NOW + LIFETIME - 1, True), (NOW + LIFETIME, False), (NOW - 3600, False)])
def test_after_ten_minutes_it_has_expired(requests, at, granted):
    """And a clock that was set back far does not make it last longer."""
    left = leave(requests)
    requests.confirm(left.id, "ada", NOW)
    assert redeem(requests, left.id, at=at).granted is granted


def test_only_its_operator_confirms_it_and_only_as_it_was_shown(requests):
    """A retry with a larger preview behind the dialog's back is not confirmed with it."""
    left = leave(requests)
    assert not requests.confirm(left.id, "eve", NOW).granted
    leave(requests, preview=Preview("9,999 files", 9999, "files", Exactness.EXACT))
    answer = requests.confirm(left.id, "ada", NOW, seen=left)
    assert (answer.granted, "has changed" in answer.why) == (False, True)
    seen = requests.find(left.id)
    assert requests.confirm(left.id, "ada", NOW, seen=seen).granted


def test_a_preview_beyond_the_bound_takes_the_confirmation_back_under_the_same_id(requests):
    """Within the bound a retry changes nothing."""
    left = leave(requests)
    requests.confirm(left.id, "ada", NOW)
    assert leave(requests, preview=Preview("3 files", 3, "files", Exactness.EXACT)).confirmed_by == "ada"
    grown = leave(requests, preview=Preview("2,000 files", 2000, "files", Exactness.EXACT))
    assert (grown.id, grown.confirmed_by, grown.bound.at_most) == (left.id, "", 2000)
    assert not redeem(requests, left.id).granted


@pytest.mark.parametrize(
    ("preview", "covers"),
    [
        (Preview("", 1284, "files", Exactness.EXACT), True),
        (Preview("", 1285, "files", Exactness.EXACT), False),
        (Preview("", 0, "files", Exactness.AT_MOST), True),
        (Preview("", 5, "files", Exactness.AT_LEAST), False),
        (Preview("", 5, "rows", Exactness.EXACT), False),
        (Preview("", None, "files", Exactness.UNKNOWN), False),
        (Preview("", 5, "files", Exactness.ESTIMATE), True),
    ],
)
def test_a_bound_covers_only_what_was_counted_and_is_not_more(preview, covers):
    """What cannot be counted now does not stay within what was counted then."""
    assert Bound("files", 1284).covers(preview) is covers
    assert Bound.of(Preview("", 9, "files", Exactness.AT_LEAST)).covers(preview)


@pytest.mark.parametrize(
    ("text", "request_id", "rest"),
    [
        ("SAFESHELL_CONFIRM=ab12-cd34 rm -rf x", "ab12-cd34", "rm -rf x"),
        ("  SAFESHELL_CONFIRM='ab12' rm", "ab12", "  rm"),
        ("A=1 B=x SAFESHELL_CONFIRM=ab12 rm", "ab12", "A=1 B=x rm"),
        ("echo SAFESHELL_CONFIRM=ab12 rm", "", "echo SAFESHELL_CONFIRM=ab12 rm"),
        ("SAFESHELL_CONFIRM=$(id) rm", "", "SAFESHELL_CONFIRM=$(id) rm"),
        ("SAFESHELL_CONFIRM=ab12;rm", "", "SAFESHELL_CONFIRM=ab12;rm"),
        ("XSAFESHELL_CONFIRM=ab12 rm", "", "XSAFESHELL_CONFIRM=ab12 rm"),
    ],
)
def test_a_leading_assignment_of_the_id_is_no_part_of_the_text(text, request_id, rest):
    """Only a plain one that begins the text; everything else belongs to it."""
    assert strip_confirmation(text) == (request_id, rest)
    assert text_digest(text) == text_digest(rest)


def test_blanks_around_a_text_change_nothing_that_runs():
    """In front, and newlines at the end; an escaped blank at the end is a different word."""
    assert text_digest("  rm x\n") == text_digest("rm x")
    assert text_digest("rm x\\ ") != text_digest("rm x\\")
    assert text_digest("rm  x") != text_digest("rm x")


@given(st.text(max_size=200))
def test_any_text_has_a_digest(text):
    """Broken characters and all."""
    assert len(text_digest(text)) == 64
    assert len(text_digest(text + "\udcff")) == 64


def _spend(directory: str, request_id: str, gate, won) -> None:
    requests = Requests(directory, redact=str)
    gate.wait()
    granted = requests.redeem(request_id, Language.BASH, TEXT, "web-3:/srv", "ada", "web-3", NOW + 1).granted
    won.put(granted and requests.spend(request_id))


@pytest.mark.timeout(60)
def test_of_many_that_redeem_at_once_one_releases(requests):
    """Single use holds between processes."""
    left = leave(requests)
    requests.confirm(left.id, "ada", NOW)
    context = multiprocessing.get_context("spawn")
    gate, won = context.Event(), context.Queue()
    workers = [context.Process(target=_spend, args=(requests.directory, left.id, gate, won)) for _ in range(4)]
    for worker in workers:
        worker.start()
    gate.set()
    results = [won.get(timeout=40) for _ in workers]
    for worker in workers:
        worker.join(10)
    assert sorted(results) == [False, False, False, True]


def test_a_script_in_a_loop_does_not_fill_the_disk(requests, monkeypatch):
    """The oldest goes when there are too many."""
    monkeypatch.setattr("safeshell.approvals.requests.MOST", 5)
    assert MOST == 500
    ids = [leave(requests, f"rm {number}", at=NOW + number).id for number in range(8)]
    assert [one.id for one in requests.listing(NOW + 8)] == ids[-5:]


def test_withdrawn_it_is_gone(requests):
    """Taken back, not used."""
    left = leave(requests)
    assert requests.withdraw(left.id)
    assert not requests.withdraw(left.id)
    assert requests.find(left.id) is None


@given(
    st.binary(max_size=300)
    | st.dictionaries(st.text(max_size=10), st.none() | st.integers() | st.text()).map(
        lambda found: json.dumps(found).encode()
    )
)
def test_damaged_files_are_no_requests_and_crash_nothing(tmp_path_factory, content):
    """Random bytes and JSON of another shape."""
    directory = tmp_path_factory.mktemp("requests")
    (directory / "abcd-1234.json").write_bytes(content)
    requests = Requests(str(directory), redact=str)
    assert requests.find("abcd-1234") is None
    assert requests.listing(NOW) == []
    assert not redeem(requests, "abcd-1234").granted


def test_a_link_or_a_renamed_file_is_no_request(requests, tmp_path):
    """A request's name is part of it."""
    left = leave(requests)
    path = tmp_path / "requests" / f"{left.id}.json"
    (tmp_path / "requests/abcd-1234.json").symlink_to(path)
    (tmp_path / "requests/abcd-1235.json").write_bytes(path.read_bytes())
    assert requests.find("abcd-1234") is None
    assert requests.find("abcd-1235") is None
    assert [one.id for one in requests.listing(NOW)] == [left.id]


def test_where_nothing_can_be_written_it_is_said(tmp_path):
    """The caller then refuses without an id."""
    (tmp_path / "f").write_text("")
    with pytest.raises(RecordError, match="f"):
        leave(Requests(str(tmp_path / "f/requests"), redact=str))


def test_requests_lie_below_the_state_directory():
    """The same variables as everywhere."""
    assert default_directory({"SAFESHELL_STATE_DIR": "/s"}) == "/s/requests"
    assert default_directory({"XDG_STATE_HOME": "/x"}) == "/x/safeshell/requests"
    assert default_directory({"XDG_STATE_HOME": "x", "HOME": "/h"}) == "/h/.local/state/safeshell/requests"
