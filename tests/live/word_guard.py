"""A small real guard for live tests: it refuses or asks by words, on the real terminal.

`deny` in a text: refused. `rm ` or `shutdown`: asked by a plain terminal question, `yes` releases.
`tarry`: the answer waits for the file LOG.go.
`watch` in a line: released with the backstop on. A line with the word `bash`, `screen` or `tmux`
leaves the guard. `boom` makes judging fail. Every call goes to the log file as one JSON line.
"""

import json
import os
import sys
import time
from pathlib import Path

from safeshell.gateways.ports import Doors, PromptStatus, SubmittedLine
from safeshell.gateways.session import run_session
from safeshell.model.effects import Demand, Effect, Mode, Risk, Tier
from safeshell.model.facts import Ask, Question
from safeshell.model.judgement import Assessment, Conclusion, Finding, Verdict
from safeshell.model.places import Environment
from safeshell.model.statements import Action, Context, Language


class WordGuard:
    def __init__(self, doors: Doors) -> None:
        self.doors = doors
        self.unlocked = Path(os.environ["GUARD_LOG"] + ".unlocked")
        self.log = os.open(os.environ["GUARD_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.tell("start", pid=os.getpid(), shell=doors.shell_pid, session=doors.session)

    def tell(self, kind: str, **detail: object) -> None:
        os.write(self.log, (json.dumps({"kind": kind, **detail}) + "\n").encode())

    def judge(self, line: SubmittedLine) -> Conclusion:
        asked = {}
        self.tell("asked", text=line.text)
        if "$D" in line.text or "ask_shell" in line.text:
            wanted = [
                Question(Ask.VARIABLE, "D"),
                Question(Ask.ALIAS, "ll"),
                Question(Ask.FUNCTION, "greet"),
                Question(Ask.VARIABLE, "1"),
            ]
            asked = {f"{q.about.value} {q.subject}": value for q, value in line.ask_shell(wanted).items()}
        released, message = self.decide(line)
        self.tell(
            "judge", id=line.id, text=line.text, cwd=line.cwd, source=line.source, continued=line.continued,
            unseen=line.unseen, pid=line.pid, released=released, answers=asked,
            aliases=sorted(line.aliases), functions=sorted(line.functions),
        )  # fmt: skip
        return self.conclude(line, released, message)

    def decide(self, line: SubmittedLine) -> tuple[bool, str]:
        while "tarry" in line.text and not Path(os.environ["GUARD_LOG"] + ".go").exists():
            time.sleep(0.01)
        if "boom" in line.text:
            raise RuntimeError("boom")
        if "deny" in line.text:
            return False, f"safeshell: refused: {line.text}"
        if "rm " in line.text or "shutdown" in line.text:
            return self.ask(line.text), ""
        return True, "safeshell: noted" if "notice" in line.text else ""

    def ask(self, text: str) -> bool:
        with self.doors.terminal() as screen:
            screen.write(f"QUESTION {text!r} type yes: ")
            screen.flush_input()
            self.tell("question", text=text)
            answer = os.read(screen.fd_in, 1000)
            screen.write("ANSWERED\n")
        return answer.strip() == b"yes"

    def conclude(self, line: SubmittedLine, released: bool, message: str) -> Conclusion:
        here = Environment("test", Tier.PRODUCTION, "web-3")
        action = Action(line.id, self.doors.session, Language.BASH, line.text, Context(cwd=line.cwd), here, 0.0)
        verdict = Verdict(Demand.ALLOW if released else Demand.DENY, "a word")
        return Conclusion(
            released, verdict, Assessment(action, (), self.findings(line, here)), message, backstop="watch" in line.text
        )

    def findings(self, line: SubmittedLine, here: Environment) -> tuple[Finding, ...]:
        if not {"bash", "tmux", "sh"} & set(line.text.split()):
            return ()
        return (Finding("word", Effect.LEAVES_GUARD, Risk.MEDIUM, "a shell", here),)

    def status(self) -> PromptStatus:
        minutes = None
        if self.unlocked.exists():
            minutes = int(self.unlocked.read_text())
        tint = os.environ.get("GUARD_TINT", "")
        mode = Mode.READ_ONLY if minutes is None else Mode.READ_WRITE
        return PromptStatus(Tier.PRODUCTION, "web-3", mode, minutes_left=minutes, tint=tint)

    def note(self, kind: str, detail: str) -> None:
        self.tell("note", note=kind, detail=detail)

    def command_ended(self, id: str, exit_status: int) -> None:  # noqa: A002 - the port's word
        self.tell("ended", id=id, status=exit_status)

    def end(self):
        """Nothing to tell."""

    def control(self, verb: str, arguments: object) -> dict[str, str]:
        if verb != "unlock":
            return {"mode": self.status().mode.value}
        if not self.ask("unlock?"):
            return {"error": "declined"}
        self.unlocked.write_text("14")
        return {"unlocked": "14m"}


if __name__ == "__main__":
    sys.exit(run_session(WordGuard, shell=os.environ.get("GUARD_SHELL", "bash"), login="--login" in sys.argv))
