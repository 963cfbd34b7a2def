"""One file with all evidence of an investigation, redacted as it was stored. Replaying it needs no cluster and gives
the same bytes."""

import gzip
import io
import tarfile
import zlib
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from pydantic import BaseModel, ValidationError

from midwatch.domain.evidence import Evidence, Gap
from midwatch.domain.investigation import Answer, CaseFile, Request
from midwatch.services.errors import Refusal

VERSION = 1
_FOLDER = "midwatch-bundle/"  # of every member
LARGEST = 1024 * 1024 * 1024  # bytes unpacked; a bundle of 5,000 pods has about 12 MB


class Manifest(BaseModel):
    version: int
    request: Request
    source: str
    evidence: int
    gaps: list[Gap]


class Bundle(BaseModel):
    """What a bundle file holds: the request, the evidence and gaps, and the answer that was given."""

    manifest: Manifest
    evidence: list[Evidence]
    answer: str


def save_file(run: CaseFile, file: str) -> None:
    """Writes the bundle; raises Refusal where the file cannot be written. A file of that name is replaced by a whole
    one or stays as it was."""
    path = Path(file)
    part = path if path.exists() and not path.is_file() else path.with_name(f"{path.name}.part")  # a device has no part
    try:
        part.write_bytes(pack(run))
        if part is not path:
            part.replace(path)
    except OSError as error:
        if part is not path:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        raise Refusal(f"{file} cannot be written: {error.strerror}.", "Name a file in a folder that exists") from error


def pack(run: CaseFile) -> bytes:
    """The bundle's bytes; the same investigation gives the same bytes."""
    return pack_answer(Answer.of(run), run.evidence, run.gaps, Answer.of(run).json_text())


def pack_answer(answer: Answer, evidence: Sequence[Evidence], gaps: Sequence[Gap], text: str) -> bytes:
    """The bundle of an answer that was published as `text`, with all that was seen and all that was not."""
    manifest = Manifest(
        version=VERSION, request=answer.request, source=answer.source, evidence=len(evidence), gaps=list(gaps)
    )
    members = {"manifest.json": manifest.model_dump_json(indent=1), "answer.json": text}
    members |= {f"evidence/{e.id}.json": e.model_dump_json() for e in evidence}
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as archive:
        for name, text in members.items():
            info = tarfile.TarInfo(f"{_FOLDER}{name}")
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return packed.getvalue()


def is_bundle(path: Path) -> bool:
    """Whether a file is one, by its first bytes; it may still be damaged."""
    try:
        with gzip.open(path) as unzipped:
            return unzipped.read(len(_FOLDER)) == _FOLDER.encode()
    except (OSError, EOFError, ValueError, zlib.error):
        return False


def load(path: Path) -> Bundle:
    """Reads a bundle; raises Refusal for a file that is none, is damaged, or is from a newer Midwatch."""
    try:
        texts = _members(path)
        manifest = Manifest.model_validate_json(texts["manifest.json"])
        if manifest.version > VERSION:
            raise Refusal(
                f"{path} was written by a newer Midwatch (bundle version {manifest.version}).", "Update Midwatch"
            )
        evidence = [Evidence.model_validate_json(texts[f"evidence/E{n}.json"]) for n in range(1, manifest.evidence + 1)]
        _unchanged(path, evidence)
        return Bundle(manifest=manifest, evidence=evidence, answer=texts["answer.json"])
    except FileNotFoundError as error:
        raise Refusal(f"There is no file {path}.", "midwatch bundle FILE writes one") from error
    except (tarfile.TarError, OSError, EOFError, KeyError, ValidationError, UnicodeDecodeError) as error:
        raise Refusal(
            f"{path} is not a whole Midwatch bundle ({type(error).__name__}).", "midwatch bundle FILE writes one"
        ) from error


def _unchanged(path: Path, evidence: Sequence[Evidence]) -> None:
    """Raises Refusal where an observation is not the one that was recorded."""
    for item in evidence:
        if sha256(item.observation.content).hexdigest() != item.sha256:
            raise Refusal(
                f"{path} was changed: evidence {item.id} does not match its checksum.",
                "Use the bundle as it was written",
            )


def _members(path: Path) -> dict[str, str]:
    texts: dict[str, str] = {}
    room = LARGEST
    with tarfile.open(path, mode="r:gz") as archive:
        for member in archive:
            room -= member.size
            if room < 0:
                raise tarfile.TarError("larger than any bundle")
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None:
                texts[member.name.partition("/")[2]] = content.read().decode()
    return texts
