"""Root starts PostgreSQL and Redis as somebody else, and changes nothing outside DATA_DIR for it."""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from c2s_enrich.embedded.refusal import Refused

NOBODY = 65534
# What lets another user through a folder that is root's alone, the weaker one first.
CAPABILITIES = ("dac_read_search", "dac_override")


@dataclass(frozen=True)
class Account:
    """The user a server runs as. `drops` is false when we are that user already."""

    uid: int
    gid: int
    drops: bool = False
    capability: str | None = None

    def command(self, words: Sequence[str], death_signal: signal.Signals) -> list[str]:
        if not self.drops:
            return list(words)
        # A change of user clears the parent-death signal: setpriv sets it again afterwards.
        who = ["--reuid", str(self.uid), "--regid", str(self.gid), "--clear-groups"]
        until = ["--pdeathsig", death_signal.name.removeprefix("SIG")]
        return ["setpriv", *who, *self._capabilities(), *until, "--no-new-privs", "--", *words]

    def _capabilities(self) -> list[str]:
        kept = f"-all,+{self.capability}" if self.capability else "-all"
        words = [f"--inh-caps={kept}", f"--ambient-caps={kept}"]
        # Without this bit access(2), with which PostgreSQL looks for its own files, ignores the capability.
        return [*words, f"--bounding-set={kept}", "--securebits=+no_setuid_fixup"] if self.capability else words

    def own(self, path: Path) -> None:
        """Gives a file or folder of ours, with all that is in it, to the account."""
        if not self.drops:
            return
        _chown(path, self.uid, self.gid)
        for folder, folders, files in os.walk(path):
            for name in folders + files:
                _chown(Path(folder, name), self.uid, self.gid)

    def can_reach(self, program: Path, folder: Path) -> bool:
        probes = ([str(program), "--version"], ["test", "-x", str(folder)])
        return all(self._succeeds(words) for words in probes)

    def _succeeds(self, words: Sequence[str]) -> bool:
        command = self.command(words, signal.SIGKILL)
        ended = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, cwd="/")
        return ended.returncode == 0


def _chown(path: Path, uid: int, gid: int) -> None:
    if os.lstat(path).st_uid != uid:
        os.chown(path, uid, gid, follow_symlinks=False)


def account_for(data_dir: Path, program: Path) -> Account:
    """Ourselves; for root the owner of DATA_DIR or nobody, able to reach `program` and DATA_DIR."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    if shutil.which("setpriv") is None:
        raise Refused("As root the command `setpriv` (Debian: util-linux) is needed; or start as another user.")
    uid, gid = _unprivileged_owner(data_dir)
    for capability in (None, *CAPABILITIES):
        account = Account(uid, gid, drops=True, capability=capability)
        if account.can_reach(program, data_dir):
            return account
    raise Refused(
        f"The embedded servers do not run as root, and user {uid} cannot reach {program} or {data_dir}:"
        " start as another user, or move the checkout or DATA_DIR to where others may look."
    )


def _unprivileged_owner(data_dir: Path) -> tuple[int, int]:
    owner = data_dir.stat()
    try:
        pwd.getpwuid(owner.st_uid)  # PostgreSQL wants a user with a name
    except KeyError:
        return NOBODY, NOBODY
    return (owner.st_uid, owner.st_gid) if owner.st_uid else (NOBODY, NOBODY)


def hand_over(data_dir: Path) -> None:
    """What root wrote into somebody's DATA_DIR shall not lock that somebody out."""
    owner = data_dir.stat()
    if os.geteuid() == 0 and owner.st_uid:
        Account(owner.st_uid, owner.st_gid, drops=True).own(data_dir)
