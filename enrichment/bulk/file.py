"""A file between its upload and its import: in the database, in sealed pieces, for the worker may be elsewhere."""

import io
from typing import BinaryIO, cast

from django.conf import settings

from c2s_enrich import sealed_cache
from enrichment.bulk.unreadable import Unreadable
from enrichment.models import BulkChunk, BulkImport, BulkState

# below what any request may be long
PIECE = 4 * 1024 * 1024
_SEAL = "import"


class NotWaitedFor(Exception):
    """This piece does not belong to a file that is being uploaded."""


def most_bytes() -> int:
    return int(settings.IMPORT_MAX_MB) * 1024 * 1024


def pieces_of(size: int) -> int:
    return -(-size // PIECE)


def piece_take(*, bulk: BulkImport, number: int, content: bytes) -> None:
    """In any order, and as often as the line breaks down."""
    last = pieces_of(bulk.size) - 1
    wanted = bulk.size - last * PIECE if number == last else PIECE
    if bulk.state != BulkState.UPLOADING or not 0 <= number <= last or len(content) != wanted:
        raise NotWaitedFor
    sealed = sealed_cache.seal(_SEAL, content).encode()
    BulkChunk.objects.update_or_create(bulk_import=bulk, number=number, defaults={"content": sealed})


def file_of(bulk: BulkImport) -> BinaryIO:
    if bulk.chunks.count() != pieces_of(bulk.size):
        raise Unreadable("incomplete")
    return cast(BinaryIO, io.BufferedReader(_Pieces(bulk), buffer_size=64 * 1024))


class _Pieces(io.RawIOBase):
    """The file as one, of which a piece at a time is in memory."""

    def __init__(self, bulk: BulkImport) -> None:
        self._bulk, self._at, self._held, self._piece = bulk, 0, -1, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._bulk.size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        number, within = divmod(self._at, PIECE)
        given = self._read(number)[within : within + len(buffer)] if self._at < self._bulk.size else b""
        buffer[: len(given)] = given
        self._at += len(given)
        return len(given)

    def _read(self, number: int) -> bytes:
        if number != self._held:
            sealed = self._bulk.chunks.values_list("content", flat=True).get(number=number)
            opened = sealed_cache.unseal(_SEAL, bytes(sealed).decode())
            if opened is None:
                raise Unreadable("incomplete")
            self._held, self._piece = number, opened
        return self._piece
