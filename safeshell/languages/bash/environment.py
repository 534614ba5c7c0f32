"""Variables that mean something to the shell or to programs: setting them runs code or moves names.

What must not live here: expansion of ordinary variables. The tables are data: a new variable is a row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from safeshell.languages.bash import again, nested
from safeshell.languages.bash.assignments import Assignment, text_of
from safeshell.languages.bash.flow import Reach
from safeshell.languages.bash.shared import leaves_guard
from safeshell.languages.bash.state import Known, Listed
from safeshell.languages.words import Piece, PieceKind
from safeshell.model.effects import RISKS, Effect, Risk
from safeshell.model.statements import Claim, Statement

if TYPE_CHECKING:
    from safeshell.languages.bash.call import Call, Draft

_LOADS_CODE = frozenset(
    [
        "LD_PRELOAD",
        "LD_AUDIT",
        "LD_LIBRARY_PATH",
        "BASH_ENV",
        "ENV",
        "PERL5OPT",
        "PERL5DB",
        "PYTHONSTARTUP",
        "RUBYOPT",
        "NODE_OPTIONS",
        "JAVA_TOOL_OPTIONS",
        "PYTHONINSPECT",
        "ZDOTDIR",
        "BASH_LOADABLES_PATH",
    ]
)
"""Programs that start read code from where these point (ld.so(8), bash(1), perlrun(1), node(1))."""

_HOLDS_COMMAND = frozenset(
    [
        "PAGER",
        "MANPAGER",
        "GIT_PAGER",
        "EDITOR",
        "VISUAL",
        "FCEDIT",
        "GIT_EDITOR",
        "SUDO_EDITOR",
        "GIT_SEQUENCE_EDITOR",
        "GIT_SSH_COMMAND",
        "GIT_SSH",
        "GIT_EXTERNAL_DIFF",
        "GIT_PROXY_COMMAND",
        "RSYNC_RSH",
        "CVS_RSH",
        "LESSOPEN",
        "LESSCLOSE",
        "BROWSER",
        "GIT_ASKPASS",
        "SSH_ASKPASS",
        "SUDO_ASKPASS",
        "SYSTEMD_PAGER",
        "KUBE_EDITOR",
        "PSQL_EDITOR",
        "PSQL_PAGER",
    ]
)
"""Programs run what these hold (git(1), man(1), less(1), rsync(1))."""

_OF_THE_GUARD = frozenset({"PROMPT_COMMAND", "PS0"})
_RUN_AT_PROMPT = frozenset({"PROMPT_COMMAND"})
_PROMPTS = frozenset({"PS0", "PS1", "PS2", "PS3", "PS4"})
_TRUSTED_PLACES = frozenset(
    [
        "/bin",
        "/sbin",
        "/usr/bin",
        "/usr/sbin",
        "/usr/local/bin",
        "/usr/local/sbin",
        "/snap/bin",
        "/usr/games",
        "/usr/local/games",
    ]
)

_ANYBODYS = ("/tmp/", "/var/tmp/", "/dev/shm/")  # noqa: S108 - names to be recognised, nothing is put there


def noted(call: Call, draft: Draft, assignment: Assignment, *, lasts: bool = True) -> None:
    """Put into the draft what setting this variable means beyond its value. `lasts`: for the lines to come as well."""
    name, value = assignment.name, assignment.value
    if value is None:
        return
    guarded(call, draft, name)
    if name in call.walker.desk.integers:
        again.assigned(call.walker, value, call.state)
    if name == "PATH":
        if assignment.append:
            return
        _path(call, draft, value, lasts=lasts)
    elif name in _LOADS_CODE and value != Known(()):
        draft.claims.append(
            Claim(Effect.RUNS_OPAQUE_CODE, "bash.loads_code", f"{name} makes programs load code from elsewhere")
        )
    elif name in _HOLDS_COMMAND:
        _command(call, draft, name, value)
    elif name in _RUN_AT_PROMPT:
        _at_prompt(call, draft, value)
    elif (name in _PROMPTS or name in call.walker.dialect.prompts) and _substitutes(value):
        draft.opaque(f"{name} holds a command that runs with every prompt")


def guarded(call: Call, draft: Draft, name: str) -> None:
    """Variables through which the guard's hook lives in the session's shell."""
    if name in _OF_THE_GUARD:
        leaves_guard(call, draft, f"{name} is how the guard comes back at every prompt")


def _path(call: Call, draft: Draft, value: object, *, lasts: bool) -> None:
    """New places behind the old ones, or the usual ones, change nothing about the usual names.

    What the session's own shell looks up first stays there for every line to come, so it is asked about
    unless it is where tools are installed (`~/bin`, `/opt/x/bin`, a virtual environment), or unknown
    (what puts an old PATH back: `PATH="$_OLD_VIRTUAL_PATH"`).
    """
    places = _leading(value)
    if all(place in _TRUSTED_PLACES for place in places):
        return
    call.state.lookup_changed = "PATH was changed on this line, so a name may mean another program"
    if not lasts or call.walker.reach is not Reach.SESSION:
        return
    if places != [""] and not all(place in _TRUSTED_PLACES or _holds_tools(place) for place in places):
        reason = "names of every line to come may mean programs from elsewhere"
        draft.claims.append(Claim(Effect.RUNS_OPAQUE_CODE, "bash.path", reason))


def _leading(value: object) -> list[str]:
    """The places that are looked at before what PATH held so far; "?" for one that nobody knows."""
    if isinstance(value, Listed):
        colon = Piece(PieceKind.LITERAL, ":")
        return _leading(Known(tuple(piece for item in value.items for piece in (*item, colon))[:-1]))
    if not isinstance(value, Known):
        return ["?"]
    text = ""
    for number, piece in enumerate(value.pieces):
        if piece.kind is PieceKind.VARIABLE and piece.text in ("PATH", "path"):
            return [place or "." for place in text.removesuffix(":").split(":")] if number else []
        text += piece.text if piece.kind in (PieceKind.LITERAL, PieceKind.HOME) else "?"
    return text.split(":")


def _holds_tools(place: str) -> bool:
    """A directory for programs by its name, where not everybody may put some."""
    absolute = place.startswith(("/", "~", "?/"))
    return place == "?" or (absolute and place.endswith(("/bin", "/sbin")) and not place.startswith(_ANYBODYS))


def _command(call: Call, draft: Draft, name: str, value: object) -> None:
    """Judged by its text where that is known; plain writes are the program's own business (an editor)."""
    text = text_of(value) if isinstance(value, Known) else None
    if not text:
        return
    if text.lstrip("|").startswith(_ANYBODYS):
        draft.opaque(f"{name} is a program in a place where anybody may put one")
    found = nested.bash_text(call, text.lstrip("|"), call.state.copy(), reach=Reach.PROCESS).statements
    draft.nested += [statement for statement in found if _matters(statement)]


def _matters(statement: Statement) -> bool:
    return any(
        not inner.understood or any(RISKS[effect] >= Risk.HIGH for effect in inner.effects)
        for inner in statement.walk()
    )


def _at_prompt(call: Call, draft: Draft, value: object) -> None:
    texts = value.items if isinstance(value, Listed) else [value.pieces] if isinstance(value, Known) else None
    if texts is None:
        draft.opaque("the command that runs with every prompt is only known while it runs")
        return
    for pieces in texts:
        nested.shell_text(call, draft, pieces, call.state.copy())


def _substitutes(value: object) -> bool:
    """A command in the prompt; a part that the prompt had before (`"(venv) $PS1"`) is none."""
    if not isinstance(value, Known):
        return True
    return any(
        piece.kind is PieceKind.OPAQUE
        or (piece.kind is PieceKind.LITERAL and ("$(" in piece.text or "`" in piece.text))
        for piece in value.pieces
    )
