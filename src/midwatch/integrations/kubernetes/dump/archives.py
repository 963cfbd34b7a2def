"""Members of a .zip or .tar, read in place: nothing is unpacked to disk, no link is followed, no path leaves the
archive."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import PurePosixPath
from stat import S_ISLNK
from typing import BinaryIO, cast

from midwatch.integrations.kubernetes.dump import limits
from midwatch.integrations.kubernetes.dump.files import READ_ERRORS, File, Files, Oversized, reason_of, uncompress
from midwatch.integrations.kubernetes.reader import Refused

Opener = Callable[[], BinaryIO]
_PACKED: Mapping[bytes, Callable[[BinaryIO], BinaryIO]] = {
    b"\x1f\x8b": lambda s: cast(BinaryIO, gzip.GzipFile(fileobj=s)),
    b"BZh": lambda s: cast(BinaryIO, bz2.BZ2File(s)),
    b"\xfd7zXZ\x00": lambda s: cast(BinaryIO, lzma.LZMAFile(s)),  # noqa: SIM115  closed by Files.close
}
_TAR_MAGIC = slice(257, 262)


def archive(name: str, opened: Opener, size: int) -> Files | None:
    """The members, if it is an archive by its content; None when it is not one."""
    with opened() as stream:
        head = stream.read(512)
    try:
        if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
            return _zip(name, opened)
        unpack = next((u for magic, u in _PACKED.items() if head.startswith(magic)), None)
        if unpack is not None:
            return _packed_tar(name, opened, unpack, size)
        return _tar(name, opened(), size, packed=False) if head[_TAR_MAGIC] == b"ustar" else None
    except READ_ERRORS as error:
        raise Refused(
            f"{name} cannot be unpacked: {reason_of(error)}; pack it again, or give the unpacked folder"
        ) from error


def _too_large(name: str) -> Refused:
    most = limits.UNPACKED_BYTES // limits.MIB
    return Refused(
        f"{name} unpacks to more than {most} MiB or {limits.FILES:,} files; unpack it yourself and give the folder"
    )


def _admit(
    files: Files, name: str, size: int, packed: int, open_: Opener, modified: float | None, *, direct: bool = False
) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or any(":" in part for part in path.parts[:1]):
        return files.refuse(name, "its path leads out of the archive: not read")
    if any(part.startswith(".") or part == "__MACOSX" for part in path.parts):
        return None
    if size > limits.RATIO_FROM_BYTES and size > limits.RATIO * max(1, packed):
        return files.refuse(name, str(Oversized.__doc__))
    files.found.append(uncompress(File(path.as_posix(), open_, size, modified, direct)))
    return None


def _zip(name: str, opened: Opener) -> Files:
    stream = opened()
    try:
        whole = zipfile.ZipFile(stream)
    except READ_ERRORS:
        stream.close()
        raise

    def close() -> None:
        whole.close()
        stream.close()

    files = Files(name, close=close)
    members = [m for m in whole.infolist() if not m.is_dir()]
    if len(members) > limits.FILES or sum(m.file_size for m in members) > limits.UNPACKED_BYTES:
        close()
        raise _too_large(name)
    for member in members:
        if S_ISLNK(member.external_attr >> 16):
            files.refuse(member.filename, "a symbolic link: not followed")
        elif member.flag_bits & 0x1:
            files.refuse(member.filename, "encrypted: unpack it with its password and give the folder")
        else:
            open_ = cast(Opener, partial(whole.open, member))
            _admit(files, member.filename, member.file_size, member.compress_size, open_, _zip_time(member))
    return files


def _zip_time(member: zipfile.ZipInfo) -> float | None:
    try:
        return datetime(*member.date_time, tzinfo=UTC).timestamp()
    except ValueError:
        return None


class _Wary(io.RawIOBase):
    """tarfile reads a header's extension in one piece, as long as the header says: this refuses lengths no honest
    header has."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream

    def read(self, size: int = -1, /) -> bytes:
        if size < 0 or size > limits.TAR_READ_BYTES:
            raise tarfile.ReadError("a header of the archive is oversized")
        return self._stream.read(size)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        if offset > limits.UNPACKED_BYTES + limits.FILES * 1024:
            raise Oversized(Oversized.__doc__)
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        self._stream.close()
        super().close()


def _packed_tar(name: str, opened: Opener, unpack: Callable[[BinaryIO], BinaryIO], size: int) -> Files | None:
    with opened() as beneath, unpack(beneath) as stream:
        if stream.read(512)[_TAR_MAGIC] != b"ustar":
            return None
        stream.seek(0)
        whole, trouble = _held(stream)
    if whole is not None:
        files = _tar(name, io.BytesIO(whole), size, packed=True)
        if trouble:
            files.refuse(name, f"the archive breaks off: {trouble}")
        return files
    beneath = opened()
    return _tar(name, unpack(beneath), size, packed=True, beneath=beneath)


def _held(stream: BinaryIO) -> tuple[bytes | None, str]:
    """The unpacked bytes, as far as they can be unpacked; None when they are too many to hold."""
    pieces = bytearray()
    try:
        while piece := stream.read(limits.CHUNK_BYTES):
            pieces += piece
            if len(pieces) > limits.TAR_IN_MEMORY_BYTES:
                return None, ""
    except READ_ERRORS as error:
        return bytes(pieces), reason_of(error)
    return bytes(pieces), ""


def _tar(name: str, stream: BinaryIO, size: int, *, packed: bool, beneath: BinaryIO | None = None) -> Files:
    def close() -> None:
        stream.close()
        if beneath is not None:
            beneath.close()

    try:
        whole = tarfile.open(fileobj=cast(BinaryIO, _Wary(stream)), mode="r:")  # noqa: SIM115  closed by Files.close
    except READ_ERRORS:
        close()
        raise
    files, total, count = Files(name, close=close), 0, 0
    try:
        while (member := whole.next()) is not None:
            total, count = total + member.size, count + 1
            if total > limits.UNPACKED_BYTES or count > limits.FILES:
                raise _too_large(name)
            _take(files, whole, member, size if packed else member.size)
    except Refused:
        close()
        raise
    except READ_ERRORS as error:
        files.refuse(name, f"the archive breaks off or is damaged after {count} members: {reason_of(error)}")
    return files


def _take(files: Files, whole: tarfile.TarFile, member: tarfile.TarInfo, packed: int) -> None:
    if member.isfile():
        _admit(
            files, member.name, member.size, packed, partial(_member, whole, member), float(member.mtime), direct=True
        )
    elif member.issym() or member.islnk():
        files.refuse(member.name, "a link: not followed")
    elif not member.isdir():
        files.refuse(member.name, "not a regular file: not opened")


def _member(whole: tarfile.TarFile, member: tarfile.TarInfo) -> BinaryIO:
    opened = whole.extractfile(member)
    if opened is None:
        raise tarfile.ReadError("not a regular file")
    return cast(BinaryIO, opened)
