"""Commands of the database clients inside SQL texts: psql's backslash commands, mysql's own words.

What must not live here: SQL itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from safeshell.languages import sqlwords as words
from safeshell.languages.reading import UNKNOWN_PART
from safeshell.model.effects import Effect
from safeshell.model.statements import Claim, Language, Target, TargetKind

if TYPE_CHECKING:
    from safeshell.languages.reading import ReadShell
    from safeshell.model.statements import Statement

_MYSQL: dict[str, tuple[Effect, str]] = {
    ".": (Effect.RUNS_OPAQUE_CODE, "runs a file that is not read here"),
    "source": (Effect.RUNS_OPAQUE_CODE, "runs a file that is not read here"),
    "e": (Effect.LEAVES_GUARD, "opens an editor"),
    "edit": (Effect.LEAVES_GUARD, "opens an editor"),
    "r": (Effect.LEAVES_GUARD, "connects to another server"),
    "connect": (Effect.LEAVES_GUARD, "connects to another server"),
    "t": (Effect.WRITES, "copies output to a file"),
    "T": (Effect.WRITES, "copies output to a file"),
    "tee": (Effect.WRITES, "copies output to a file"),
    "d": (Effect.NOT_UNDERSTOOD, "changes what ends a statement"),
    "delimiter": (Effect.NOT_UNDERSTOOD, "changes what ends a statement"),
    "u": (Effect.WRITES, "changes the current database"),
}
_MYSQL_READS = frozenset({*"gGcpqwWxsh?", "status", "help", "warnings", "nowarning"})
_SHELL = frozenset({"!", "system", "P", "pager"})

_RUN_LATER = frozenset({"PAGER", "PSQL_PAGER", "EDITOR", "VISUAL", "PSQL_EDITOR", "SHELL"})
"""Variables whose value psql runs as a shell command."""

Judged = tuple[list[Claim], "tuple[Statement, ...]"]


def read_meta(text: str, shell: ReadShell, language: Language) -> Judged:
    """Claims and nested shell statements of one client command, given with its backslash."""
    name, arguments = _split(text)
    if language is Language.MYSQL:
        return _mysql(name, arguments, shell)
    run = _runs(name, arguments)
    if run is not None:
        return _shelled(run, shell, language)
    if name == "copy":
        return _copy(arguments, shell)
    if "`" in arguments and name not in ("h", "help"):
        return _backticks(arguments, shell)
    file = _after_options(name, arguments)
    if name in ("g", "gx", "s", "watch") and file:
        return _to_file(name, file)
    if name in words.PSQL_EFFECTS:
        effect, reason = words.PSQL_EFFECTS[name]
        reads = name in ("o", "out") and not arguments
        return [_claim(language, name, Effect.READS if reads else effect, reason)], ()
    if name in words.PSQL_READS or name.startswith("d") or name in ("l+", "list+", "z+"):
        return [_claim(language, name, Effect.READS, "shows something")], ()
    return [_claim(language, "unknown", Effect.NOT_UNDERSTOOD, f"\\{name} is not known here")], ()


def _runs(name: str, arguments: str) -> str | None:
    """The shell text that a psql command runs, or sets to be run; "" for a whole shell, None for no shell."""
    if name == "!":
        return arguments
    parts = arguments.split(None, 1)
    if name == "setenv" and parts[1:] and parts[0] in _RUN_LATER:
        return parts[1].strip("'\"")
    file = _after_options(name, arguments)
    return file[1:] if name in ("g", "gx", "o", "out", "w", "write") and file.startswith("|") else None


def _after_options(name: str, arguments: str) -> str:
    r"""Where the output goes: options of the output may stand before it (`\g (format=csv) |less`)."""
    optional = name in ("g", "gx") and arguments.startswith("(")
    return arguments.partition(")")[2].strip() if optional else arguments


def _split(text: str) -> tuple[str, str]:
    """A command's name and its arguments."""
    body = text[1:].removesuffix("\\\\")
    if body and not (body[0].isalpha() or body[0] == "_"):
        return body[0], body[1:].strip()
    name = body.split(None, 1)[0] if body.strip() else ""
    return name, body[len(name) :].strip()


def _claim(language: Language, name: str, effect: Effect, reason: str, target: str = "") -> Claim:
    targets = (Target(TargetKind.PATH, target, target),) if target else ()
    return Claim(effect=effect, rule=f"{language.value}.client.{name}", reason=reason, targets=targets)


def _shelled(command: str, shell: ReadShell, language: Language) -> Judged:
    """A shell text, or a whole shell where none is given."""
    if not command.strip():
        return [_claim(language, "shell", Effect.LEAVES_GUARD, "opens a shell")], ()
    return [_claim(language, "shell", Effect.READS, "runs a shell command")], shell(command)


def _backticks(arguments: str, shell: ReadShell) -> Judged:
    """What psql runs: that which stands between backticks."""
    parts = arguments.split("`")
    nested = tuple(statement for part in parts[1::2] for statement in shell(part))
    unclear = _claim(Language.POSTGRES, "backticks", Effect.NOT_UNDERSTOOD, "has an open backtick")
    ran = _claim(Language.POSTGRES, "backticks", Effect.WRITES, "runs a shell command for its arguments")
    return [ran if len(parts) % 2 else unclear], nested


def _to_file(name: str, arguments: str) -> Judged:
    if name == "watch":
        return [_claim(Language.POSTGRES, name, Effect.READS, "runs the query again and again")], ()
    target = arguments.split(maxsplit=1)[0]
    return [_claim(Language.POSTGRES, name, Effect.WRITES, "writes its output to a file", target)], ()


def _copy(arguments: str, shell: ReadShell) -> Judged:
    r"""`\copy` moves rows between the server and a file, program or stream of the client."""
    from safeshell.languages.postgres.reader import read  # noqa: PLC0415 - the two read each other's texts

    text = "COPY " + _quoted_name(arguments)
    upper = f" {arguments.upper()} "
    if " PROGRAM " in upper:
        return _copy_program(text, shell)
    inner = read(text.removesuffix(";"), shell=shell).statements
    claims = [_here(claim, text) for statement in inner for claim in statement.claims]
    nested = tuple(item for statement in inner for item in statement.nested)
    if len(inner) != 1:
        claims.append(_claim(Language.POSTGRES, "copy", Effect.NOT_UNDERSTOOD, "is not one COPY"))
    return claims or [_claim(Language.POSTGRES, "copy", Effect.WRITES, "copies rows")], nested


def _quoted_name(arguments: str) -> str:
    r"""The same with the file name in quotes: for psql, unlike for the server, a bare word will do."""
    from safeshell.languages.sqllexer import WORD, tokens  # noqa: PLC0415 - as above

    depth = 0
    for token in tokens(arguments, Language.POSTGRES):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth == 0 and token.kind == WORD and token.text in ("TO", "FROM"):
            name = arguments[token.end :].lstrip().partition(" ")[0].rstrip(";")
            if name.lower() in ("pstdin", "pstdout"):  # the client's own, where stdin is that of the script
                return f"{arguments[: token.end]} {name[1:]}{arguments[token.end :].lstrip().removeprefix(name)}"
            if not name or name[0] in "'\"" or name.lower() in ("stdin", "stdout", "program"):
                return arguments
            rest = arguments[token.end :].lstrip().removeprefix(name)
            return f"{arguments[: token.end]} '{name.replace(chr(39), 2 * chr(39))}'{rest}"
    return arguments


def _here(claim: Claim, text: str) -> Claim:
    """The file that psql itself writes: on the client's host."""
    from safeshell.languages.sqllexer import STRING, tokens, unquoted  # noqa: PLC0415 - as above

    if claim.rule.endswith(".copy-from"):
        return _claim(Language.POSTGRES, "copy-from", claim.effect, "loads rows")
    if not claim.rule.endswith(".copy-to"):
        return claim
    strings = [token for token in tokens(text, Language.POSTGRES) if token.kind == STRING]
    name = unquoted(strings[0]) if strings else ""
    target = Target(TargetKind.PATH, name, None if UNKNOWN_PART in name else name)
    return Claim(
        Effect.DESTROYS_DATA,
        claim.rule,
        "writes rows over a file here",
        targets=(target,),
        if_missing=Effect.WRITES,
        preview="files",
        unbounded=target.value is None,
    )


def _copy_program(text: str, shell: ReadShell) -> Judged:
    r"""Here the program runs on the CLIENT's host, unlike that of COPY itself."""
    from safeshell.languages.sqllexer import STRING, tokens, unquoted  # noqa: PLC0415 - as above

    strings = [token for token in tokens(text, Language.POSTGRES) if token.kind == STRING]
    claims = [_claim(Language.POSTGRES, "copy", Effect.WRITES, "copies rows from or to a program")]
    if not strings:
        claims.append(_claim(Language.POSTGRES, "copy", Effect.NOT_UNDERSTOOD, "has a program that was not found"))
    return claims, tuple(item for token in strings for item in shell(unquoted(token)))


def _mysql(name: str, arguments: str, shell: ReadShell) -> Judged:
    language = Language.MYSQL
    known = name if len(name) == 1 else name.lower()
    if known in _SHELL:
        return _shelled(arguments, shell, language)
    if known in _MYSQL:
        return [_claim(language, known, *_MYSQL[known])], ()
    if known in _MYSQL_READS:
        return [_claim(language, known, Effect.READS, "shows something")], ()
    return [_claim(language, "unknown", Effect.NOT_UNDERSTOOD, f"\\{name} is not known here")], ()
