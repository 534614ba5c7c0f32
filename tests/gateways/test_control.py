"""The control socket: who is heard, and what may be said."""

import json
import socket
import threading

import pytest

from safeshell.gateways.control import ControlSocket, request


@pytest.fixture
def control(tmp_path):
    made = ControlSocket(str(tmp_path / "control"))
    yield made
    made.close()


def serving(control, answer, times=1):
    import select

    def run() -> None:
        for _ in range(times):
            select.select([control], [], [], 5)
            control.serve(answer)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_request_and_its_reply(control):
    """Verb and arguments arrive, the reply goes back."""
    thread = serving(control, lambda verb, words: {"verb": verb, **words})
    assert request(control.path, "unlock", {"reason": "deploy é"}) == {"verb": "unlock", "reason": "deploy é"}
    thread.join()


def test_the_socket_is_private(control):
    """Mode 0600 from the first moment."""
    from pathlib import Path

    assert Path(control.path).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("raw", [b"\n", b"[]\n", b"{\n", b"\xff\xfe\n", b'{"verb": "approve"}\n', b'{"verb": 3}\n'])
def test_nonsense_is_answered_and_asks_nothing(control, raw):
    """Anything but the three verbs is an error, and the guard isn't called."""
    called = []
    thread = serving(control, lambda verb, words: called.append(verb) or {})
    with socket.socket(socket.AF_UNIX) as end:
        end.settimeout(5)
        end.connect(control.path)
        end.sendall(raw)
        assert "error" in json.loads(end.recv(4096))
    thread.join()
    assert called == []


def test_a_client_that_says_nothing_does_not_block(control):
    """One second, then the next client is served."""
    thread = serving(control, lambda _verb, _words: {"ok": "1"}, times=2)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.connect(control.path)
        assert request(control.path, "status", patience=8) == {"ok": "1"}
    thread.join()


def test_a_session_that_is_gone(tmp_path):
    """An OSError tells the caller that nobody listens."""
    with pytest.raises(OSError, match=r"No such file|refused"):
        request(str(tmp_path / "nothing"), "status")
