"""What the dialogs say, as lines of styled fragments for a given width and height.

Pure: a question and a size go in, lines come out, so every screen can be tested as text. The last
line is always there and complete; what does not fit is cut from the sample first, then from what
matters less. What must not live here: terminals, keys, prompt_toolkit.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from safeshell.dialogs.visible import ELLIPSIS, cells, clip, one_line, visible, wrap
from safeshell.guard.requests import AskOperator
from safeshell.model.effects import HARMLESS, Mode, Tier
from safeshell.model.judgement import Finding, Reversibility
from safeshell.model.places import Environment
from safeshell.model.statements import TargetKind
from safeshell.model.values import dataclass, replace


class Style(StrEnum):
    """What a fragment is; a terminal gives each a look, without which everything reads as well."""

    TIER = "tier"
    EDGE = "edge"
    PLACE = "place"
    COMMAND = "command"
    LABEL = "label"
    TEXT = "text"
    FAINT = "faint"
    WARNING = "warning"
    NOTE = "note"
    PROMPT = "prompt"
    TYPED = "typed"


Line = tuple[tuple[Style, str], ...]

LABEL_COLUMN = 9
_LABELS_FROM = 34
"""Below this width labels stand on no column of their own."""
_SAMPLE_MOST = 15
_TARGETS_MOST = 4
_FINDINGS_MOST = 4
_SAFER_MOST = 16
_KEY_ROWS = 2
"""Rows of the line itself, and of the damage, in the one-key question."""
_HOLDING = frozenset({TargetKind.PATH, TargetKind.DEVICE, TargetKind.REMOTE})
"""Kinds of targets that have something below them."""

REASON_PROMPT = "Reason for unlocking (Enter alone means no): "

_TAKEN_BACK = {
    Reversibility.REVERSIBLE: "This can be taken back.",
    Reversibility.UNDO_KIT: "safeshell keeps what is needed to take it back: safeshell undo.",
    Reversibility.IRREVERSIBLE: "This cannot be undone.",
    Reversibility.UNKNOWN: "Whether it can be undone is not known.",
}


_UNTIL_COMMIT = {
    Reversibility.REVERSIBLE: "Until you COMMIT, ROLLBACK takes it back.",
    Reversibility.UNDO_KIT: "Until you COMMIT, ROLLBACK takes it back; afterwards safeshell undo does.",
    Reversibility.IRREVERSIBLE: "Until you COMMIT, ROLLBACK takes it back; afterwards nothing does.",
    Reversibility.UNKNOWN: "Until you COMMIT, ROLLBACK takes it back.",
}
"""The same inside a transaction of the person's own."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The state of the last line: what was typed, a note above it, whether it listens yet, the remedy's choice."""

    typed: str = ""
    note: str = ""
    ready: bool = True
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """Lines for a screen, and where the cursor stands (row, column)."""

    lines: tuple[Line, ...]
    cursor: tuple[int, int]

    def plain(self) -> str:
        """The same as bare text."""
        return "\n".join("".join(text for _, text in line) for line in self.lines)


@dataclass(frozen=True, slots=True)
class _Limits:
    """How much of each part is shown; the generous form first, see `_diets`."""

    sample: int
    gaps: bool = True
    reasons: int = 3
    caveats: int = 6
    findings: int = _FINDINGS_MOST
    statement: int = 8
    advice: bool = True
    safer: int = _SAFER_MOST


def place_of(request: AskOperator) -> Environment:
    """The environment that decided: where the worst of it would happen."""
    deciding = request.verdict.deciding
    return deciding.environment if deciding else request.assessment.action.environment


def full_prompt(request: AskOperator) -> str:
    """The last line of the full dialog."""
    return f'Type "{one_line(request.verdict.challenge)}" to run it, Esc to cancel: '


def remedy_key(request: AskOperator) -> str:
    """The key that chooses the remedy: one that the challenge does not begin with; "" where there is no remedy."""
    begins = request.verdict.challenge.strip()[:1].lower()
    return next(key for key in "rt" if key != begins) if request.remedy else ""


def remedy_line(request: AskOperator, *, chosen: bool) -> str:
    """`[r] wait at most 2 seconds for its lock, try up to 10 times: off`."""
    return f"[{remedy_key(request)}] {one_line(request.remedy)}: {'on' if chosen else 'off'}"


def key_prompt(request: AskOperator) -> str:
    """The last line of the one-key question."""
    parts = [f"[u] unlock writes {request.unlock_minutes} min  "] * request.unlockable
    parts += ["[o] once  "]
    parts += ["[r] remember 90 days  "] * request.rememberable
    return "".join(parts) + "[Esc] no: "


def draw_full(request: AskOperator, width: int, height: int, entry: Entry) -> Drawing:
    """The full dialog in at most `height` lines of at most `width` columns."""
    foot = _foot(full_prompt(request), width, entry)
    if request.remedy:
        offer = remedy_line(request, chosen=entry.chosen)
        foot = _stack([((Style.NOTE, row),) for row in wrap(offer, width - 1)], foot, height)
    room = max(height - len(foot.lines), 1)
    body: list[Line] = []
    for limits in _diets(min(len(request.preview.sample), _SAMPLE_MOST)):
        body = list(_body(request, width, limits))
        if len(body) <= room:
            break
    return _stack(body[:room], foot, max(height, 1))


def draw_key(request: AskOperator, width: int, height: int, entry: Entry) -> Drawing:
    """The one-key question: at most six lines, and the line of keys."""
    foot = _foot(key_prompt(request), width, entry)
    lines = list(_key_body(request, width))
    return _stack(lines[: max(height - len(foot.lines), 1)], foot, max(height, 1))


def draw_reason(request: AskOperator, width: int, height: int, entry: Entry) -> Drawing:
    """The question for a reason that follows `u` where policy asks for one."""
    foot = _foot(REASON_PROMPT, width, entry)
    lines = list(_key_body(request, width))
    return _stack(lines[: max(height - len(foot.lines), 1)], foot, max(height, 1))


def _stack(body: list[Line], foot: Drawing, height: int) -> Drawing:
    lines = [*body, *foot.lines]
    over = max(len(lines) - height, 0)
    return Drawing(tuple(lines[over:]), (max(len(body) + foot.cursor[0] - over, 0), foot.cursor[1]))


def _foot(prompt: str, width: int, entry: Entry) -> Drawing:
    """The note, if any, and the line that is answered; its place is kept while it does not listen yet."""
    notes: list[Line] = [((Style.NOTE, line),) for line in wrap(entry.note, width - 1)] if entry.note else []
    rows = wrap(prompt, width - 1)
    if not entry.ready:
        return Drawing((*notes, *(((Style.TEXT, ""),) for _ in rows)), (len(notes), 0))
    last = rows.pop()
    lines: list[Line] = [((Style.PROMPT, row),) for row in rows]
    fitting = width - 1 - cells(last)
    typed = visible(entry.typed)
    if cells(typed) > fitting and cells(last) > width // 2:
        lines.append(((Style.PROMPT, last),))
        last, fitting = "", width - 1
    while cells(typed) > fitting and typed:
        typed = typed[1:]
    lines.append(((Style.PROMPT, last), (Style.TYPED, typed)))
    return Drawing((*notes, *lines), (len(notes) + len(lines) - 1, cells(last) + cells(typed)))


def _diets(sample: int) -> Iterator[_Limits]:
    """From everything to the least: the sample goes first, then air, then the smaller print.

    Of the damage its gravest fact stays until the safer way is down to its first lines.
    """
    for count in range(sample, 0, -1):
        yield _Limits(count)
    least = _Limits(0)
    for change in (
        {},
        {"gaps": False},
        {"reasons": 1},
        {"caveats": 4},
        {"statement": 4},
        {"caveats": 3},
        {"caveats": 2},
        {"reasons": 0},
        {"findings": 1},
        {"caveats": 1},
        {"safer": 12},
        {"advice": False},
        {"safer": 8},
        {"safer": 6},
        {"statement": 2},
        {"safer": 4},
        {"caveats": 0},
        {"statement": 1},
        {"safer": 3},
        {"safer": 2},
        {"safer": 0},
    ):
        least = replace(least, **change)
        yield least


def _body(request: AskOperator, width: int, limits: _Limits) -> Iterator[Line]:
    gap: list[Line] = [((Style.TEXT, ""),)] * limits.gaps
    yield _header(request, width)
    yield from gap
    yield from _statement(request, width, limits.statement)
    yield from gap
    yield from _where(request, width, limits)
    yield from _does(request, width, limits)
    yield from _damage(request, width, limits)
    if limits.advice:
        yield from _advice(request, width)
    if limits.safer:
        yield from _safer(request, width, limits.safer)
    yield from gap


def _header(request: AskOperator, width: int) -> Line:
    """` PROD ── web-3 as alice ────`: the tier word as a badge, the place, a rule to the edge."""
    place = place_of(request)
    operator = place.operator or request.assessment.action.environment.operator
    who = f" as {one_line(operator)}" if operator else ""
    badge, name = _title(place, who, width)
    rest = width - 1 - cells(badge[1]) - cells(name[1])
    return (badge, name, (Style.EDGE, "─" * rest))


def _title(place: Environment, more: str, width: int) -> Line:
    """The tier word as a badge, and the place: two fragments."""
    badge = clip(f" {place.tier.word} ", width - 1)
    name = clip(f" {one_line(place.target) or 'this host'}{more} ", width - 1 - cells(badge))
    return ((Style.TIER, badge), (Style.PLACE, name))


def _statement(request: AskOperator, width: int, most: int) -> Iterator[Line]:
    """The person's own line, every character of it visible; the middle of a long one is left out."""
    rows = wrap(visible(request.assessment.action.text.strip("\n")), width - 3)
    hidden = len(rows) - most + 1 if len(rows) > most else 0
    head = max(most - 2, 1) if hidden else len(rows)
    for row in rows[:head]:
        cut = hidden and most == 1
        yield ((Style.COMMAND, clip(f"  {row} {ELLIPSIS}", width - 1) if cut else f"  {row}"),)
    if hidden and most > 1:
        yield ((Style.FAINT, clip(f"  {ELLIPSIS} {hidden} more {'line' if hidden == 1 else 'lines'}", width - 1)),)
        for row in rows[head + hidden :]:
            yield ((Style.COMMAND, f"  {row}"),)


def _where(request: AskOperator, width: int, limits: _Limits) -> Iterator[Line]:
    """Why we think that this place is what it is; other places of the same line as well."""
    main = place_of(request)
    others = {f.environment.target: f.environment for f in _told(request) if f.environment.target != main.target}
    if limits.reasons:
        reasons = [one_line(reason) for reason in main.reasons[: limits.reasons]] or ["nothing says what this place is"]
        yield from _labelled("why", f"{_tier_name(main.tier)}: {'; '.join(reasons)}", width)
    for place in sorted(others.values(), key=lambda other: -other.tier.strictness):
        reason = f": {one_line(place.reasons[0])}" if place.reasons and limits.reasons else ""
        yield from _labelled("also on", f"{one_line(place.target)} ({_tier_name(place.tier)}){reason}", width)


def _tier_name(tier: Tier) -> str:
    return "unknown, so treated as production" if tier is Tier.UNKNOWN else tier.value


def _told(request: AskOperator) -> list[Finding]:
    """The findings that a person has to know of, the riskiest first, the deciding one before all."""
    deciding = request.verdict.deciding
    found = [finding for finding in request.assessment.findings if finding.effect not in HARMLESS]
    return sorted(found, key=lambda finding: (finding is not deciding, finding != deciding, -finding.risk))


def _does(request: AskOperator, width: int, limits: _Limits) -> Iterator[Line]:
    """What it would do, one line a finding."""
    told = list(dict.fromkeys(_sentence(finding, request) for finding in _told(request)))
    label = "does"
    for sentence in told[: limits.findings] or [one_line(request.verdict.reason)]:
        yield from _labelled(label, sentence, width)
        label = ""
    if len(told) > limits.findings:
        yield from _labelled("", f"{ELLIPSIS} {len(told) - limits.findings} more effects", width, Style.FAINT)
    if any(finding.unbounded for finding in _told(request)):
        yield from _labelled("", "It reaches further than the line shows.", width, Style.WARNING)


def _sentence(finding: Finding, request: AskOperator) -> str:
    """`removes files: a, b, … 3 more`; the verdict knows more about the finding that decided."""
    main, verdict = place_of(request), request.verdict
    reason = verdict.reason if finding is verdict.deciding and verdict.reason else finding.reason
    names = [one_line(target.text) for target in finding.targets[:_TARGETS_MOST]]
    hidden = len(finding.targets) - len(names)
    listed = ", ".join(names) + (f", {ELLIPSIS} {hidden} more" if hidden else "")
    below = f", {_below(finding)}" if finding.recursive and names else ""
    where = f" on {one_line(finding.environment.target)}" if finding.environment.target != main.target else ""
    return f"{one_line(reason)}{where}" + (f": {listed}{below}" if names else "")


def _below(finding: Finding) -> str:
    """What goes along: directories hold things, tables are referred to."""
    paths = all(target.kind in _HOLDING for target in finding.targets)
    return "with everything below" if paths else "and what depends on it"


def _damage(request: AskOperator, width: int, limits: _Limits) -> Iterator[Line]:
    """The preview: its one line, the sample, the caveats, and whether there is a way back."""
    preview = request.preview
    label = "damage"
    if preview.summary:
        yield from _labelled(label, one_line(preview.summary), width, Style.WARNING)
        label = ""
    for row in preview.sample[: limits.sample]:
        yield (*_label("", width), (Style.TEXT, clip("  " + one_line(row), _text_width(width))))
    hidden = len(preview.sample) - limits.sample
    if hidden > 0 and limits.sample:
        yield (*_label("", width), (Style.FAINT, clip(f"  {ELLIPSIS} and more", _text_width(width))))
    for caveat in preview.caveats[: limits.caveats]:
        yield from _labelled(label, one_line(caveat), width)
        label = ""
    unsaid = len(preview.caveats) - limits.caveats
    if unsaid > 0 and limits.caveats > 1:
        yield (*_label("", width), (Style.FAINT, clip(f"{ELLIPSIS} {unsaid} more to know", _text_width(width))))
    if preview.summary:
        said = _UNTIL_COMMIT if preview.rollback else _TAKEN_BACK
        yield from _labelled("", said[preview.reversibility], width)


def _advice(request: AskOperator, width: int) -> Iterator[Line]:
    """The first advice of the findings told."""
    advice = next((finding.advice for finding in _told(request) if finding.advice), "")
    if advice:
        yield from _labelled("advice", one_line(advice), width)


def _safer(request: AskOperator, width: int, most: int) -> Iterator[Line]:
    """What to run instead: step by step as the preview knows it, else the first line of the findings told."""
    told = next((finding.instead for finding in _told(request) if finding.instead), "")
    steps = [one_line(line) for line in request.preview.safer]
    if " ".join(told.split()) not in " ".join(" ".join(steps).split()):  # else it stands there already
        steps.append(one_line(told))
    rows: list[Line] = []
    for step in steps:
        rows += _labelled("" if rows else "instead", step, width, Style.COMMAND)
    shown = rows if len(rows) <= most else rows[: most - 1]
    yield from shown
    if len(shown) < len(rows):
        yield from _labelled("", f"{ELLIPSIS} {len(rows) - len(shown)} more lines of it", width, Style.FAINT)


def _key_body(request: AskOperator, width: int) -> Iterator[Line]:
    """Where and what, the line itself, and the damage if it was looked at."""
    place = place_of(request)
    told = _told(request)
    what = _sentence(told[0], request) if told else one_line(request.verdict.reason)
    more = f" (and {len(told) - 1} more)" if len({finding.reason for finding in told}) > 1 else ""
    locked = " read-only" if request.mode is Mode.READ_ONLY else ""
    last = _key_last(request, told, width)
    yield _title(place, locked, width)
    rows = wrap(visible(request.assessment.action.text.strip("\n")), width - 3)
    most = _KEY_ROWS
    for row in rows[: most - 1] if len(rows) > most else rows:
        yield ((Style.COMMAND, f"  {row}"),)
    if len(rows) > most:
        yield ((Style.COMMAND, "  " + clip(" ".join(rows[most - 1 :]), width - 3)),)
    yield ((Style.TEXT, "  " + clip(what + more, width - 3)),)
    yield from last


def _key_last(request: AskOperator, told: list[Finding], width: int) -> Iterator[Line]:
    """What is worth another line or two: the damage, else a safer way."""
    if request.preview.summary:
        style, text = Style.WARNING, one_line(request.preview.summary)
    elif told and told[0].instead:
        style, text = Style.FAINT, f"instead: {one_line(told[0].instead)}"
    else:
        return
    rows = wrap(text, width - 3)
    if len(rows) > _KEY_ROWS:
        rows[_KEY_ROWS - 1 :] = [clip(" ".join(rows[_KEY_ROWS - 1 :]), width - 3)]
    yield from (((style, f"  {row}"),) for row in rows)


def _label(label: str, width: int) -> Line:
    if width < _LABELS_FROM:
        return ((Style.LABEL, "  " if not label else ""),)
    return ((Style.LABEL, label.ljust(LABEL_COLUMN)),)


def _text_width(width: int) -> int:
    return width - 1 - (LABEL_COLUMN if width >= _LABELS_FROM else 2)


def _labelled(label: str, text: str, width: int, style: Style = Style.TEXT) -> Iterator[Line]:
    """A paragraph beside its label; on very narrow screens the label leads the text."""
    if width < _LABELS_FROM and label:
        text = f"{label}: {text}"
    for index, row in enumerate(wrap(text, _text_width(width))):
        yield (*_label(label if index == 0 else "", width), (style, row))
