"""The screens of the dialogs, as text: golden files in screens/, and what must hold for every size.

After a change that is meant, `SAFESHELL_NEW_SCREENS=1 pytest tests/dialogs/test_text.py` writes the
golden files anew; look at them before you keep them.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from safeshell.dialogs.text import Entry, draw_full, draw_key, draw_reason, full_prompt, key_prompt
from safeshell.dialogs.visible import cells
from safeshell.model.effects import Demand
from safeshell.model.judgement import Reversibility
from safeshell.model.values import replace
from tests.dialogs.samples import SAMPLES

SCREENS = Path(__file__).parent / "screens"
SIZES = [(80, 24), (40, 24)]


def draw(name: str, columns: int, rows: int, entry: Entry = Entry()):  # noqa: B008 - frozen
    request = SAMPLES[name]
    form = draw_key if request.verdict.demand is Demand.KEY else draw_full
    return form(request, columns, rows - 1, entry)


@pytest.mark.parametrize(("columns", "rows"), SIZES)
@pytest.mark.parametrize("name", SAMPLES)
def test_the_screen_is_the_one_that_was_looked_at(name, columns, rows):
    """Every sample question looks, letter for letter, as its golden screen at 80 and 40 columns."""
    golden = SCREENS / f"{name}.{columns}x{rows}.txt"
    drawn = "\n".join(line.rstrip() for line in draw(name, columns, rows).plain().split("\n")) + "\n"
    if os.environ.get("SAFESHELL_NEW_SCREENS"):
        golden.write_text(drawn)
    assert drawn == golden.read_text()


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("columns", [10, 20, 33, 34, 40, 80, 200])
@pytest.mark.parametrize("rows", [2, 5, 10, 24, 60])
def test_nothing_overflows_any_screen(name, columns, rows):
    """No line or dialog is larger than the terminal less one column and row; the cursor stands inside it."""
    for entry in (Entry(), Entry("x" * 90, "That was not it. One more try, or Esc."), Entry(ready=False)):
        drawing = draw(name, columns, rows, entry)
        assert len(drawing.lines) <= rows - 1
        assert all(cells(row) <= columns - 1 for row in drawing.plain().split("\n"))
        assert 0 <= drawing.cursor[0] < len(drawing.lines)
        assert drawing.cursor[1] <= columns - 1


@pytest.mark.parametrize("rows", [4, 8, 24])
def test_the_last_line_is_always_whole(rows):
    """However little room there is, what is asked stands there word for word."""
    request = SAMPLES["long"]
    rows_of_it = draw("long", 80, rows).plain().split("\n")
    assert rows_of_it[-1] == full_prompt(request) == 'Type "web-prod-3" to run it, Esc to cancel: '


def test_the_sample_is_cut_first():
    """With one row too few it is the sample that gets shorter, and says so; the count stands in the summary."""
    whole, cut = draw("rm", 80, 60).plain(), draw("rm", 80, 27).plain()
    lost = [row for row in whole.split("\n") if row not in cut.split("\n")]
    assert lost
    assert all("data/orders/" in row or "more" in row for row in lost)
    assert cut.count("data/orders/") < 15
    assert "… and more" in cut


def test_key_lines_offer_only_what_is_offered():
    """The line of keys names unlock and remember only where the question allows them."""
    assert key_prompt(SAMPLES["key"]) == "[u] unlock writes 15 min  [o] once  [Esc] no: "
    assert key_prompt(SAMPLES["key_reason"]) == "[u] unlock writes 20 min  [o] once  [Esc] no: "
    assert key_prompt(SAMPLES["key_program"]) == "[o] once  [r] remember 90 days  [Esc] no: "


@pytest.mark.parametrize("name", [name for name in SAMPLES if name.startswith("key")])
@pytest.mark.parametrize("columns", [40, 80])
def test_the_one_key_question_is_short(name, columns):
    """Title, two rows of the line, what it does, two rows of damage: six lines stand above the line of keys at most."""
    request = SAMPLES[name]
    lines = draw_key(request, columns, 23, Entry()).plain().split("\n")
    above = [line for line in lines if not line.startswith(("[", "no:"))]
    assert len(above) <= 6


def test_the_full_dialog_says_everything():
    """Statement, place, tier, operator, reasons, effect, targets, damage, way back, advice: all there."""
    text = " ".join(draw("rm", 80, 40).plain().split())
    for part in (
        "rm -rf data/ /srv/shop/cache",
        "PROD web-prod-3 as ada",
        'the host name has the word "prod"',
        "removes files: data/, /srv/shop/cache, with everything below",
        "1,284 files in 96 directories, 3.2 GiB",
        "2 files are open by postgres",
        "This cannot be undone.",
        "move them aside first",
        "ls -ld -- data/ /srv/shop/cache",
    ):
        assert part in text


def test_a_second_place_on_the_line_is_named():
    """A line that acts on two machines shows both, and which effect is whose."""
    text = draw("two_places", 80, 24).plain()
    assert "also on  stage-1 (staging)" in text
    assert "removes untracked files on stage-1" in text


def test_what_closed_hours_say_is_shown():
    """The verdict's reason wins over the finding's own: it carries the closed window."""
    from safeshell.model.values import replace

    request = SAMPLES["rm"]
    verdict = replace(request.verdict, reason="removes files (frozen until Monday)")
    drawn = draw_full(replace(request, verdict=verdict), 80, 40, Entry()).plain()
    assert "removes files (frozen until Monday): data/" in drawn


def test_the_reason_is_asked_below_the_same_question():
    """After `u` the question stays and its last line asks for the reason."""
    drawing = draw_reason(SAMPLES["key_reason"], 80, 23, Entry("ticket 12"))
    assert drawing.plain().split("\n")[-1] == "Reason for unlocking (Enter alone means no): ticket 12"


def test_an_entry_longer_than_the_line_shows_its_end():
    """What is typed last stays in sight, on one line."""
    last = draw("rm", 40, 24, Entry("a" * 80 + "z")).plain().split("\n")[-1]
    assert last.endswith("z")
    assert cells(last) <= 39


def test_a_safer_way_that_the_damage_lists_is_not_told_twice():
    """Step by step in the sample, or in one line as `instead`: not both."""
    steps = ("safer, ready to run:", "  SET lock_timeout = '5s';", "  ALTER TABLE t ADD COLUMN x int;")
    base = SAMPLES["rm"]
    told = replace(base.assessment.findings[0], instead="SET lock_timeout = '5s'; ALTER TABLE t ADD COLUMN x int;")
    asked = replace(
        base,
        assessment=replace(base.assessment, findings=(told,)),
        verdict=replace(base.verdict, deciding=told),
        preview=replace(base.preview, safer=steps),
    )
    assert draw_full(asked, 80, 40, Entry()).plain().count("ADD COLUMN") == 1
    alone = replace(asked, preview=replace(base.preview, safer=()))
    assert draw_full(alone, 80, 40, Entry()).plain().count("ADD COLUMN") == 1


def test_the_safer_way_goes_last():
    """Sample rows first, then the smaller print; the safer way shrinks only when nothing else is left to leave out."""
    request = SAMPLES["ddl"]
    parts = {
        "sample": "1  cancelled",
        "reason": "the host name has",
        "disk": "79 MiB more",
        "way": "in the way",
        "advice": "advice",
        "safer way": "ADD COLUMN id_new",
        "damage": "rewrites orders",
        "place": "web-prod-3",
        "challenge": 'Type "shop@db.prod" to run it',
    }
    height_of = {}
    for height in range(60, 3, -1):
        text = draw_full(request, 80, height, Entry()).plain()
        for name, words in parts.items():
            if words in text:
                height_of[name] = height
    order = sorted(height_of, key=lambda name: -height_of[name])
    assert set(order) == set(parts)
    assert order.index("sample") < order.index("disk") < order.index("way") < order.index("safer way")
    assert order.index("advice") < order.index("safer way") < order.index("damage")
    assert {"place", "challenge"} == set(order[-2:])


def test_the_remedy_stands_above_the_challenge():
    """With its key and its state; the key is another one where the challenge begins with it."""
    request = SAMPLES["ddl"]
    *_, offer, last = draw_full(request, 80, 30, Entry(chosen=True)).plain().split("\n")
    assert offer == "[r] wait 2 s for its lock at most, and try up to 10 times: on"
    assert last == 'Type "shop@db.prod" to run it, Esc to cancel: '
    other = replace(request, verdict=replace(request.verdict, challenge="Reports@db"))
    assert "[t] wait 2 s" in draw_full(other, 80, 30, Entry()).plain()
    assert "[r]" not in draw_full(SAMPLES["rm"], 80, 40, Entry()).plain()


def test_a_line_of_keys_shows_lines_as_lines():
    """A statement of several lines is no row of ^J; what does not fit ends in an ellipsis, the damage takes two rows."""
    rows = draw("key_sql", 80, 24).plain().split("\n")
    assert "^J" not in "".join(rows)
    assert rows[1:3] == ["  insert into visits (customer, at)", "    select id, now()   from customers   where vip;"]
    assert rows[-3:-1] == ["  nobody is in the way of visits: about 1,200,000 rows, 512 MiB and 96 MiB of", "  indexes"]
    assert rows[-1].startswith("[u] unlock writes")


def test_what_hangs_on_a_table_and_what_is_left_out():
    """Tables have nothing below them; notes that no screen has room for are counted."""
    shown = draw("cascade", 80, 40).plain()
    assert "drops a table with its rows: customers, and what depends on it" in shown
    assert "thing number 6 depends on it\n         … 3 more to know\n         This cannot be undone." in shown


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (Reversibility.UNDO_KIT, "Until you COMMIT, ROLLBACK takes it back; afterwards safeshell undo does."),
        (Reversibility.IRREVERSIBLE, "Until you COMMIT, ROLLBACK takes it back; afterwards nothing does."),
        (Reversibility.UNKNOWN, "Until you COMMIT, ROLLBACK takes it back."),
    ],
)
def test_inside_a_transaction_the_way_back_is_told_whole(after, said):
    """Never "cannot be undone" beside a ROLLBACK that does it."""
    asked = SAMPLES["cascade"]
    within = replace(asked, preview=replace(asked.preview, rollback=True, reversibility=after))
    shown = " ".join(draw_full(within, 80, 40, Entry()).plain().split())
    assert said in shown
    assert "cannot be undone" not in shown
