"""One file with all evidence of an investigation, redacted as it was stored. Replaying it needs no cluster and gives
the same bytes."""

import gzip
import io
import tarfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from midwatch.domain.evidence import Evidence, Gap
from midwatch.domain.investigation import Answer, CaseFile, Request
from midwatch.services.bundle_format import FOLDER
from midwatch.services.errors import Refusal

VERSION = 1  # of a bundle with one investigation
SEVERAL = 2  # of one with a folder for each of several
_MOST = 1000  # investigations in one file
LARGEST = 1024 * 1024 * 1024  # bytes unpacked; a bundle of 5,000 pods has about 12 MB


class Manifest(BaseModel):
    """`parts` are the investigations of a bundle that has several; each has a manifest of its own in its folder."""

    version: int
    parts: int = Field(default=0, ge=0, le=_MOST)
    request: Request
    source: str
    evidence: int
    gaps: list[Gap]


class Bundle(BaseModel):
    """What a bundle file holds: the request, the evidence and gaps, and the answer that was given."""

    manifest: Manifest
    evidence: list[Evidence]
    answer: str


def save_file(runs: Sequence[CaseFile], file: str) -> None:
    """Writes the bundle of one or several investigations; raises Refusal where the file cannot be written. A file of
    that name is replaced by a whole one or stays as it was."""
    path = Path(file)
    part = path if path.exists() and not path.is_file() else path.with_name(f"{path.name}.part")  # a device has no part
    try:
        part.write_bytes(pack(runs[0]) if len(runs) == 1 else _pack_several(runs))
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
    return _packed(_texts(answer, evidence, gaps, text))


def _pack_several(runs: Sequence[CaseFile]) -> bytes:
    """An earlier version reads the manifest of the file, and says that it is newer."""
    first = Manifest(version=SEVERAL, parts=len(runs), request=runs[0].request, source="", evidence=0, gaps=[])
    members = {"manifest.json": first.model_dump_json(indent=1)}
    for number, run in enumerate(runs, 1):
        answer = Answer.of(run)
        texts = _texts(answer, run.evidence, run.gaps, answer.json_text())
        members |= {f"{number}/{name}": text for name, text in texts.items()}
    return _packed(members)


def _texts(answer: Answer, evidence: Sequence[Evidence], gaps: Sequence[Gap], text: str) -> dict[str, str]:
    """The files of one investigation, by name."""
    manifest = Manifest(
        version=VERSION, request=answer.request, source=answer.source, evidence=len(evidence), gaps=list(gaps)
    )
    members = {"manifest.json": manifest.model_dump_json(indent=1, exclude={"parts"}), "answer.json": text}
    return members | {f"evidence/{e.id}.json": e.model_dump_json() for e in evidence}


def _packed(members: Mapping[str, str]) -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as archive:
        for name, text in members.items():
            info = tarfile.TarInfo(f"{FOLDER}{name}")
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return packed.getvalue()


def load(path: Path) -> list[Bundle]:
    """Reads a bundle: its investigations, one or several. Raises Refusal for a file that is none, is damaged, or is
    from a newer Midwatch."""
    try:
        texts = _members(path)
        manifest = Manifest.model_validate_json(texts["manifest.json"])
        if manifest.version > SEVERAL:
            raise Refusal(
                f"{path} was written by a newer Midwatch (bundle version {manifest.version}).", "Update Midwatch"
            )
        folders = [f"{number}/" for number in range(1, manifest.parts + 1)] or [""]
        return [_bundle(path, texts, folder) for folder in folders]
    except FileNotFoundError as error:
        raise Refusal(f"There is no file {path}.", "midwatch bundle FILE writes one") from error
    except (tarfile.TarError, OSError, EOFError, KeyError, ValidationError, UnicodeDecodeError) as error:
        raise Refusal(f"{path} is not a whole Midwatch bundle.", "midwatch bundle FILE writes one") from error


def _bundle(path: Path, texts: Mapping[str, str], folder: str) -> Bundle:
    manifest = Manifest.model_validate_json(texts[f"{folder}manifest.json"])
    numbers = range(1, manifest.evidence + 1)
    evidence = [Evidence.model_validate_json(texts[f"{folder}evidence/E{n}.json"]) for n in numbers]
    _unchanged(path, evidence)
    return Bundle(manifest=manifest, evidence=evidence, answer=texts[f"{folder}answer.json"])


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
