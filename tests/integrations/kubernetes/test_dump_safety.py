"""A dump is somebody else's file: whatever it is, reading it ends, stays small, writes nothing and reports."""

import bz2
import gzip
import io
import json
import lzma
import os
import sys
import tarfile
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from midwatch.integrations.kubernetes.dump import DumpReader, limits, open_dump
from midwatch.integrations.kubernetes.dump.yamls import Piece, load
from midwatch.integrations.kubernetes.objects.kinds import ALL
from midwatch.integrations.kubernetes.reader import ListRequest, LogRequest, Refused

POD = json.dumps(
    {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-1", "namespace": "shop", "uid": "u"}}
).encode()


def tar(path: Path, members: dict[str, bytes | tarfile.TarInfo], pack: Callable[[bytes], bytes] = bytes) -> Path:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for name, content in members.items():
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            if isinstance(content, bytes):
                info.size = len(content)
            archive.addfile(info, io.BytesIO(content) if isinstance(content, bytes) else None)
    path.write_bytes(pack(held.getvalue()))
    return path


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


async def pods(reader: DumpReader) -> list[str]:
    return [o.name for o in (await reader.list(ListRequest("pods"))).items]


async def reasons(reader: DumpReader) -> dict[str, str]:
    return {u.file: u.reason for u in (await reader.version()).unreadable}


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("d.tar", bytes),
        ("d.tar.gz", gzip.compress),
        ("d.tgz", gzip.compress),
        ("d.tar.xz", lzma.compress),
        ("d.tar.bz2", bz2.compress),
    ],
)
async def test_tars(tmp_path: Path, name: str, pack: Callable[[bytes], bytes]) -> None:
    reader = open_dump(str(tar(tmp_path / name, {"./shop/pods.json": POD, "shop/web-1.log": b"hello\n"}, pack)))
    assert await pods(reader) == ["web-1"]
    assert (await reader.log(LogRequest("shop", "web-1"))).text == "hello\n"
    assert (await reader.version()).source == f"saved cluster {name} (2 files, 1 object)"
    await reader.close()


async def test_a_tar_too_large_to_hold_is_read_in_place(tmp_path: Path) -> None:
    noise = os.urandom(512 * 1024).hex().encode()
    lines = (b"\n".join(noise[i : i + 100] for i in range(0, len(noise), 100)) + b"\n") * 36
    path = tar(
        tmp_path / "d.tar.gz",
        {"pods.json": POD, "shop/web-1.log": lines + b"end\n"},
        lambda data: gzip.compress(data, 1),
    )
    reader = open_dump(str(path))
    assert len(lines) > limits.TAR_IN_MEMORY_BYTES
    assert (await reader.log(LogRequest("shop", "web-1", tail_lines=1))).text == "end\n"
    assert await pods(reader) == ["web-1"]
    await reader.close()


async def test_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        archive.writestr("shop/pods.json.gz", gzip.compress(POD))
        archive.writestr("shop/web-1.log", "hello\n")
        archive.writestr("inner.zip", b"PK\x03\x04")
        archive.writestr("__MACOSX/._pods.json", b"\x00")
    reader = open_dump(str(tmp_path / "d.zip"))
    assert await pods(reader) == ["web-1"]
    assert (await reader.log(LogRequest("shop", "web-1"))).text == "hello\n"
    assert list(await reasons(reader)) == ["inner.zip"]
    await reader.close()


async def test_members_that_lead_out_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_bytes(POD.replace(b"web-1", b"stolen"))
    evil = {"../secret.json": POD, "/etc/passwd.json": POD, "a/../../b.json": POD, "C:\\x.json": POD}
    links = {"link.json": link("link.json", str(secret)), "hard.json": link("hard.json", "pods.json", tarfile.LNKTYPE)}
    device = {"dev": link("dev", "", tarfile.CHRTYPE)}
    from_tar = open_dump(str(tar(tmp_path / "d.tar", {"pods.json": POD, **evil, **links, **device})))
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        for name, content in {"pods.json": POD, **evil}.items():
            archive.writestr(name, content)
        info = zipfile.ZipInfo("link.json")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, str(secret))
    before = sorted(tmp_path.rglob("*"))
    from_zip = open_dump(str(tmp_path / "d.zip"))
    assert await pods(from_tar) == await pods(from_zip) == ["web-1"]
    assert set(await reasons(from_tar)) == {*evil, *links, *device}
    assert len(await reasons(from_zip)) == len(evil) + 1
    assert sorted(tmp_path.rglob("*")) == before
    await from_tar.close()
    await from_zip.close()


async def test_links_and_pipes_in_a_folder_are_not_opened(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    (tmp_path / "secret.json").write_bytes(POD.replace(b"web-1", b"stolen"))
    (folder / "pods.json").write_bytes(POD)
    (folder / "link.json").symlink_to(tmp_path / "secret.json")
    (folder / "up").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.json")
    reader = open_dump(str(folder))
    assert await pods(reader) == ["web-1"]
    assert set(await reasons(reader)) == {"link.json", "up", "pipe.json"}


def test_archives_that_unpack_to_too_much_are_refused(tmp_path: Path) -> None:
    zeros = b"\x00" * (8 * 1024 * 1024)
    with zipfile.ZipFile(tmp_path / "d.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(65):
            archive.writestr(f"{n}.json", zeros)
    with pytest.raises(Refused, match="unpacks to more than 512 MiB"):
        open_dump(str(tmp_path / "d.zip"))
    info = tarfile.TarInfo("big.log")
    info.size = 2**40
    with pytest.raises(Refused, match="unpacks to more than 512 MiB"):
        open_dump(str(tar(tmp_path / "d.tar.gz", {"pods.json": POD, "big.log": info}, gzip.compress)))


@pytest.mark.parametrize("name", ["d.zip", "d.tar.gz"])
async def test_a_member_out_of_proportion_is_refused(tmp_path: Path, name: str) -> None:
    zeros, path = b"\x00" * (11 * 1024 * 1024), tmp_path / name
    if name.endswith(".zip"):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("pods.json", POD)
            archive.writestr("bomb.json", zeros)
    else:
        tar(path, {"pods.json": POD, "bomb.json": zeros}, gzip.compress)
    reader = open_dump(str(path))
    assert await pods(reader) == ["web-1"]
    assert "far more than its size" in (await reasons(reader))["bomb.json"]
    await reader.close()


async def test_a_packed_file_out_of_proportion_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pods.json").write_bytes(POD)
    (tmp_path / "bomb.json.gz").write_bytes(gzip.compress(b"[" + b" " * (30 * 1024 * 1024)))
    assert "far more than its size" in (await reasons(open_dump(str(tmp_path))))["bomb.json"]


async def test_a_tar_that_breaks_off_gives_what_came_before(tmp_path: Path) -> None:
    path = tar(tmp_path / "d.tar.gz", {"pods.json": POD, "noise.log": os.urandom(200_000)}, gzip.compress)
    path.write_bytes(path.read_bytes()[:100_000])
    reader = open_dump(str(path))
    assert await pods(reader) == ["web-1"]
    assert any("breaks off" in reason for reason in (await reasons(reader)).values())
    await reader.close()


LEVELS = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 12))
MERGES = "\n".join(f"l{n}: &l{n} {{<<: [{', '.join([f'*l{n - 1}'] * 9)}]}}" for n in range(1, 12))


@pytest.mark.parametrize(
    "text",
    [
        *("[" * 50_000, "{a: " * 50_000, "- " * 50_000, "? " * 50_000, "\n".join(" " * n + "a:" for n in range(3000))),
        # Closing brackets that are only text, and levels that appear when what is unprintable is taken out.
        *('["]",' * 30_000, "[']'," * 30_000, "[ # ]\n" * 30_000, "-\x01 " * 20_000),
        *(
            f"kind: Pod\nl0: &l0 [x]\n{LEVELS}\nmetadata: {{name: *l11}}",
            f"kind: Pod\nl0: &l0 {{k: v}}\n{MERGES}\nmetadata: *l11",
        ),
        *(
            "kind: Pod\nmetadata: &m\n  name: x\n  labels: *m",
            '{"a":' * 50_000,
            '{"kind": "Pod", "metadata": {"name": "\\ud800"}}',
        ),
        *(
            "kind: Pod\nmetadata: {name: !!binary AAAA}",
            "kind: Pod\nmetadata: {name: !!set {a, b}}",
            "kind: Pod\n? [a, b]\n: c",
            "a: \x07b",
        ),
    ],
)
async def test_hostile_texts_cost_only_themselves(tmp_path: Path, text: str) -> None:
    (tmp_path / "hostile.yaml").write_text(text)
    (tmp_path / "pods.json").write_bytes(POD)
    assert "web-1" in await pods(open_dump(str(tmp_path)))


def test_nesting_is_counted_and_not_guessed() -> None:
    """What only looks deep is read: rulers, templates, brackets in strings."""
    ruler, braces, brackets = "- " * 200, "{{" * 2000, "[" * 3000
    value, problem = load(Piece(f'a: "{ruler}"\nb: |\n  {braces}\nc: "{brackets}"\nd: {"[" * 900}{"]" * 900}\n', 1))
    assert problem is None
    assert value["a"] == ruler
    assert value["c"] == brackets
    assert load(Piece("[" * 1100 + "]" * 1100, 7)) == (None, (7, "nested deeper than any object: not read"))


@pytest.mark.parametrize("made", ["missing", "empty folder", "empty file", "blank", "bad zip", "nul"])
def test_a_wrong_path_says_what_is_accepted(tmp_path: Path, made: str) -> None:
    path = tmp_path / "x"
    if made == "empty folder":
        path.mkdir()
    elif made == "empty file":
        path.touch()
    elif made == "blank":
        path.write_text("-----\n\n  ...\n")
    elif made == "bad zip":
        path.write_bytes(b"PK\x03\x04" + b"x" * 100)
    with pytest.raises(Refused, match=r"give a folder|give the unpacked folder") as refused:
        open_dump("a\0b" if made == "nul" else str(path))
    assert "\n" not in str(refused.value)


async def test_standard_input_and_pipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(POD)))
    reader = open_dump("-")
    assert await pods(reader) == ["web-1"]
    assert (await reader.version()).source == "saved cluster from standard input (1 file, 1 object)"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(gzip.compress(POD),))
    writer.start()
    with pytest.raises(Refused):
        open_dump(str(pipe))
    writer.join()


FRAGMENTS = st.sampled_from(
    [
        *(
            POD,
            b"---\n",
            b"apiVersion: v1\nkind: List\nitems:\n- ",
            b'{"items": [',
            b"==== START logs for container a of pod b/c ====\n",
            b"\xff\xfe",
            b"&a *a",
        ),
        *(
            b"NAME   READY   STATUS\n",
            b"Name:  x\nNamespace: y\n",
            b"$ kubectl get pods\n",
            b"\x1f\x8b",
            b"PK\x03\x04",
            b"kind: Pod\nmetadata: {name: ",
            b"\t",
            b"\n",
        ),
    ]
)
CONTENT = st.lists(FRAGMENTS | st.binary(max_size=40), max_size=8).map(b"".join)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["a.yaml", "a.json", "a.txt", "a.log", "a.gz", "a.zip", "a.tar", "a.tar.gz", "a"]),
    content=CONTENT,
    alone=st.booleans(),
)
async def test_any_bytes_give_an_answer_or_a_refusal(tmp_path: Path, name: str, content: bytes, alone: bool) -> None:
    folder = tmp_path / "d"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    (folder / name).write_bytes(content)
    try:
        reader = open_dump(str(folder / name if alone else folder))
    except Refused:
        return
    for plural in ALL:
        try:
            await reader.list(ListRequest(plural, "y"))
            await reader.log(LogRequest("b", "c"))
        except Refused:
            continue
    await reader.close()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_a_damaged_archive_gives_an_answer_or_a_refusal(tmp_path: Path, data: st.DataObject) -> None:
    pack = data.draw(st.sampled_from([bytes, gzip.compress, bz2.compress, lzma.compress]))
    whole = bytearray(tar(tmp_path / "d", {"pods.json": POD, "shop/web-1.log": b"hello\n" * 50}, pack).read_bytes())
    for at in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=4)):
        whole[at] = data.draw(st.integers(0, 255))
    (tmp_path / "d").write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    try:
        reader = open_dump(str(tmp_path / "d"))
        await reader.log(LogRequest("shop", "web-1"))
        await reader.close()
    except Refused:
        return
