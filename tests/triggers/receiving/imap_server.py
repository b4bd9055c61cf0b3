"""A small IMAP server on a real socket: as much of the protocol as our reader speaks."""

import re
import socketserver
import threading
import time
from contextlib import suppress
from email.message import EmailMessage
from typing import Any


class Letters:
    """What is in the mailbox; tests put letters in, and may have the server misbehave."""

    def __init__(self) -> None:
        self.validity = 1
        self.letters: dict[int, bytes] = {}
        self.next_uid = 1
        self.user, self.password = "svc", "hunter2"  # noqa: S105
        self.commands: list[str] = []
        self.hangs = False
        # goes on saying something, and never what was asked for
        self.babbles = False
        self.breaks_at = ""
        self.claimed_size: int | None = None

    def put(self, letter: EmailMessage | bytes) -> int:
        uid = self.next_uid
        self.letters[uid] = letter if isinstance(letter, bytes) else letter.as_bytes()
        self.next_uid += 1
        return uid

    def make_anew(self) -> None:
        """The mailbox was restored on another server: same letters, other numbers."""
        letters = list(self.letters.values())
        self.validity += 1
        self.letters, self.next_uid = {}, 1
        for letter in letters:
            self.put(letter)


class ImapServer:
    def __init__(self) -> None:
        self.box = Letters()
        box = self.box

        class Handler(_Handler):
            letters = box

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.box.hangs = self.box.babbles = False
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(socketserver.StreamRequestHandler):
    letters: Letters

    def handle(self) -> None:
        with suppress(OSError):  # who hangs up has heard enough
            self._talk()

    def _talk(self) -> None:
        self._say("* OK ready")
        while line := self.rfile.readline():
            while self.letters.hangs:
                time.sleep(0.05)
            while self.letters.babbles:
                self._babble()
            tag, _space, command = line.decode().strip().partition(" ")
            self.letters.commands.append(command)
            word = command.split(" ")[0].upper()
            if self.letters.breaks_at and self.letters.breaks_at in command:
                return
            getattr(self, f"_on_{word.lower()}", self._on_other)(tag, command)
            if word == "LOGOUT":
                return

    def _babble(self) -> None:
        self._say("* OK still here")
        time.sleep(0.01)

    def _on_capability(self, tag: str, _command: str) -> None:
        self._say("* CAPABILITY IMAP4rev1", f"{tag} OK done")

    def _on_login(self, tag: str, command: str) -> None:
        if command == f'LOGIN "{self.letters.user}" "{self.letters.password}"':
            self._say(f"{tag} OK signed in")
        else:
            # as careless servers do
            self._say(f"{tag} NO wrong password: {command}")

    def _on_examine(self, tag: str, command: str) -> None:
        if '"INBOX"' not in command:
            self._say(f"{tag} NO there is none")
            return
        box = self.letters
        self._say(
            f"* {len(box.letters)} EXISTS",
            f"* OK [UIDVALIDITY {box.validity}] yes",
            f"* OK [UIDNEXT {box.next_uid}] next",
            f"{tag} OK [READ-ONLY] open",
        )

    def _on_uid(self, tag: str, command: str) -> None:
        words = command.split(" ", 3)
        if words[1] == "SEARCH":
            self._say(f"* SEARCH {self._found(command)}".rstrip(), f"{tag} OK done")
            return
        uid, what = int(words[2]), words[3]
        raw = self.letters.letters.get(uid, b"")
        if "RFC822.SIZE" in what:
            size = len(raw) if self.letters.claimed_size is None else self.letters.claimed_size
            self._say(f"* 1 FETCH (UID {uid} RFC822.SIZE {size})", f"{tag} OK done")
            return
        body = raw.partition(b"\n\n")[0] + b"\n\n" if "HEADER" in what else raw
        self._say(f"* 1 FETCH (UID {uid} BODY[] {{{len(body)}}}")
        self.wfile.write(body + b")\r\n")
        self._say(f"{tag} OK done")

    def _found(self, command: str) -> str:
        uids = sorted(self.letters.letters)
        after = re.search(r"UID (\d+):\*", command)
        if after is not None:
            newer = [uid for uid in uids if uid >= int(after[1])]
            uids = newer or uids[-1:]  # the newest there is, as the protocol has it
        return " ".join(map(str, uids))

    def _on_logout(self, tag: str, _command: str) -> None:
        self._say("* BYE", f"{tag} OK bye")

    def _on_other(self, tag: str, _command: str) -> None:
        self._say(f"{tag} BAD what?")

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


def letter(
    subject: str = "Invoice 7", sender: str = "Anna <anna@example.com>", **said: Any
) -> EmailMessage:
    found = EmailMessage()
    found["From"], found["Subject"] = sender, subject
    found["Message-ID"] = said.get("message_id", f"<{subject.replace(' ', '-')}@example.com>")
    found.set_content(said.get("text", "Please pay."))
    for name, content in said.get("files", {}).items():
        found.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    return found
