"""Films for the tests, made by PyAV: small, with noise in their frames, and of every kind."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

#: columns and rows of a frame
SIZE = (64, 48)
#: thousandths of a second, as Matroska has times
MILLISECONDS = Fraction(1, 1000)
#: how fast a film made of 24000/1001 frames a second is counted
FILM = Fraction(1, 24000)


@dataclass(frozen=True)
class Kind:
    """What a film of the tests is like."""

    codec: str = "ffv1"
    pixels: str = "yuv420p"
    base: Fraction = MILLISECONDS
    #: when each frame is shown
    times: Sequence[int] = tuple(range(0, 12 * 40, 40))
    size: tuple[int, int] = SIZE
    options: dict[str, str] = field(default_factory=dict)
    aspect: Fraction | None = None
    #: degrees to the left
    turned: int = 0
    #: range, primaries, transfer, matrix
    colours: tuple[int, int, int, int] | None = None
    siting: str = ""
    #: the order of fields, as FFmpeg numbers it
    fields: int = 0
    #: codecs of streams of sound
    sound: tuple[str, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)
    #: what the video stream says of itself
    says: dict[str, str] = field(default_factory=dict)
    chapters: tuple[dict[str, Any], ...] = ()
    #: files that are attached: name, kind, bytes
    attached: tuple[tuple[str, str, bytes], ...] = ()
    #: texts shown from, until (in thousandths of a second)
    subtitles: tuple[tuple[int, int, str], ...] = ()
    #: whether every third frame has a spot, each in another place
    dirty: bool = False
    #: seconds of sound
    lasts: float = 0.5
    #: video streams of the same kind
    videos: int = 1


def make(path: Path, kind: Kind, *, seed: int = 0, faststart: bool = False) -> Path:
    """Makes a film, and returns its path. faststart: whether an MP4 says first where all is."""
    rng = np.random.default_rng(seed)
    flags = {"movflags": "faststart"} if faststart and path.suffix != ".mkv" else {}
    out: Any
    with av.open(str(path), "w", options=flags) as out:
        videos = [_video(out, kind) for _ in range(kind.videos)]
        sounds = [out.add_stream(codec, rate=48000) for codec in kind.sound]
        for sound in sounds:
            sound.metadata["language"] = "fra"
        texts = _texts(out, path, kind)
        for attached in kind.attached:
            out.add_attachment(*attached)
        out.metadata.update(kind.metadata)
        if kind.chapters:
            out.set_chapters(list(kind.chapters))
        for time in kind.times:
            for video in videos:
                out.mux(video.encode(_frame(kind, time, rng)))
        for video in videos:
            out.mux(video.encode(None))
        for sound in sounds:
            _play(out, sound, kind.lasts, rng)
        for stream, packets in texts:
            for packet in packets:
                packet.stream = stream
                out.mux(packet)
    return path


def _video(out: Any, kind: Kind) -> Any:
    options = dict(kind.options)
    if kind.siting:
        options["chroma_sample_location"] = kind.siting
    steps = np.diff(kind.times)
    rate = 1 / (int(steps[0]) * kind.base) if len(steps) else Fraction(25)
    video = out.add_stream(kind.codec, rate=rate.limit_denominator(1001), options=options)
    video.width, video.height = kind.size
    video.pix_fmt = kind.pixels
    video.time_base = kind.base
    context = video.codec_context
    context.time_base = kind.base
    context.field_order = kind.fields
    if kind.aspect:
        context.sample_aspect_ratio = kind.aspect
    if kind.turned:
        video.set_display_rotation(kind.turned)
    if kind.colours:
        context.color_range = kind.colours[0]
        context.color_primaries = kind.colours[1]
        context.color_trc = kind.colours[2]
        context.colorspace = kind.colours[3]
    video.metadata.update(kind.says)
    return video


def _frame(kind: Kind, time: int, rng: np.random.Generator) -> Any:
    """A frame of a soft picture and noise, in whatever kind of pixels."""
    frame: Any = av.VideoFrame(*kind.size, kind.pixels)
    bits = frame.format.components[0].bits
    sample = np.uint8 if bits == 8 else np.uint16
    for plane in frame.planes:
        rows = np.frombuffer(plane, sample).reshape(plane.height, -1)
        across = np.linspace(0.3, 0.7, rows.shape[1])
        soft = across[None] * np.linspace(0.8, 1.2, rows.shape[0])[:, None]
        noisy = soft + rng.normal(0, 0.03, rows.shape)
        rows[:] = (noisy.clip(0, 1) * (2**bits - 1)).astype(sample)
    if kind.dirty and time // kind.times[1] % 3 == 1:
        top, left = (int(rng.integers(8, side - 12)) for side in kind.size[::-1])
        luma = np.frombuffer(frame.planes[0], sample).reshape(kind.size[1], -1)
        luma[top : top + 4, left : left + 4] = 0
    frame.pts = time
    frame.time_base = kind.base
    return frame


def _play(out: Any, sound: Any, lasts: float, rng: np.random.Generator) -> None:
    """Noise, of so many seconds."""
    planar = sound.codec_context.format.is_planar
    for begin in range(0, round(lasts * 48) * 1024, 1024):
        samples = rng.normal(0, 0.1, (2, 1024)).astype(np.float32)
        if not planar:
            samples = (samples.T.reshape(1, -1) * 32767).astype(np.int16)
        kind = "fltp" if planar else "s16"
        frame = av.AudioFrame.from_ndarray(samples, format=kind, layout="stereo")
        frame.sample_rate = 48000
        frame.pts = begin
        frame.time_base = Fraction(1, 48000)
        out.mux(sound.encode(frame))
    out.mux(sound.encode(None))


def _texts(out: Any, path: Path, kind: Kind) -> list[tuple[Any, list[Any]]]:
    """A stream of subtitles, and its packets: read from a file of them."""
    if not kind.subtitles:
        return []
    source = path.with_suffix(".srt")
    blocks = [
        f"{number}\n{_clock(begin)} --> {_clock(end)}\n{text}\n"
        for number, (begin, end, text) in enumerate(kind.subtitles, 1)
    ]
    source.write_text("\n".join(blocks))
    with av.open(str(source)) as texts:
        stream = out.add_stream_from_template(texts.streams[0], opaque=True)
        packets = [packet for packet in texts.demux() if packet.size]
    source.unlink()
    return [(stream, packets)]


def _clock(milliseconds: int) -> str:
    return f"00:00:{milliseconds // 1000:02},{milliseconds % 1000:03}"


def shown(path: Path, stream: int = 0) -> list[tuple[Fraction, list[bytes]]]:
    """When each frame of a film is shown, and the bytes of its planes."""
    found = []
    film: Any
    with av.open(str(path)) as film:
        for frame in film.decode(film.streams[stream]):
            planes = []
            for plane in frame.planes:
                rows = np.frombuffer(plane, np.uint8).reshape(plane.height, -1)
                planes.append(rows[:, : _row(frame, plane)].tobytes())
            assert frame.pts is not None
            found.append((frame.pts * Fraction(frame.time_base), planes))
    return found


def _row(frame: Any, plane: Any) -> int:
    """Bytes of a row of a plane that are samples."""
    bits = frame.format.components[0].bits
    samples = len(frame.format.components) if len(frame.planes) == 1 else 1
    if frame.format.name == "bgr0":
        samples = 4
    return int(plane.width) * (1 if bits == 8 else 2) * samples


def packets(path: Path, kinds: Sequence[str] = ("audio", "subtitle", "data")) -> dict[int, Any]:
    """When each packet of the other streams is shown, and a hash of its bytes."""
    found: dict[int, list[tuple[Fraction, str]]] = {}
    film: Any
    with av.open(str(path)) as film:
        for packet in film.demux():
            if packet.size and packet.stream.type in kinds:
                time = (packet.pts or 0) * Fraction(packet.time_base)
                digest = hashlib.sha256(bytes(packet)).hexdigest()
                found.setdefault(packet.stream.index, []).append((time, digest))
    return found


def spoil(path: Path, number: int, share: float = 0.75) -> Path:
    """Damages the packet of a frame of a film, in place: some bytes behind a share of it."""
    film: Any
    with av.open(str(path)) as film:
        all_of_them = [packet for packet in film.demux(video=0) if packet.size]
        place, size = all_of_them[number].pos, all_of_them[number].size
    assert place is not None
    content = bytearray(path.read_bytes())
    # Matroska says where a packet's frame is, not where its block begins.
    first = place + int(size * share)
    for at in range(first, first + min(200, size // 4)):
        content[at] ^= 0x5A
    path.write_bytes(content)
    return path
