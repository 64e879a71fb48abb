"""The folder with the servers' Unix sockets."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from c2s_enrich.embedded.privileges import Account

LONGEST = 107  # bytes in a Unix socket's path
NAME = ".s.PGSQL.5432"  # the longest name that goes into the folder


def socket_folder(data_dir: Path, account: Account) -> Path:
    """Inside DATA_DIR; when that is too long, a short private folder among the temporary files."""
    folder = data_dir / "run"
    if not _fits(folder):
        folder = _short_folder(data_dir, account)
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    account.own(folder)
    return folder


def _fits(folder: Path) -> bool:
    # A comma separates two folders for PostgreSQL and two hosts for its clients.
    return len(os.fsencode(folder / NAME)) <= LONGEST and not set(',"') & set(str(folder))


def _short_folder(data_dir: Path, account: Account) -> Path:
    """The same one at every start, so that a kill -9 leaves one folder and not one per start."""
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    folder = Path(tempfile.gettempdir(), f"c2s-enrich-{digest}")
    if not _fits(folder):
        folder = Path("/tmp", folder.name)  # noqa: S108 - made private below, or refused  # nosec B108
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if not _is_ours(folder, account):
            return Path(tempfile.mkdtemp(prefix="c2s-", dir=folder.parent))
    return folder


def _is_ours(folder: Path, account: Account) -> bool:
    found = folder.lstat()
    private = stat.S_ISDIR(found.st_mode) and not stat.S_IMODE(found.st_mode) & 0o077
    return private and found.st_uid in (os.geteuid(), account.uid)
