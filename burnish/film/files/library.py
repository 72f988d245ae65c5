"""PyAV, which is imported here alone: films opened and begun, and what FFmpeg says of them.

Containers, streams, packets and frames are of PyAV's types. The other files of this folder take
them as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...errors import (
    InputCorrupt,
    InputEmpty,
    InputError,
    InputMissing,
    InputTruncated,
    MissingExtra,
    UnsupportedFormat,
)

#: what FFmpeg is told: it follows no address, and opens no list of other files
ALONE = {
    "protocol_whitelist": "file",
    "format_whitelist": "matroska,webm,mov,mp4,avi,mpeg,mpegts,mpegvideo,mxf,dv,flv,asf,ogg,"
    "yuv4mpegpipe,nut,gxf,h264,hevc,m4v,ivf,obu",
}
#: what FFmpeg says where a file ends before its film does
CUT = ("ended prematurely", "partial file", "moov atom not found", "Truncat")


def pyav() -> Any:
    """The module av, which says nothing by itself. MissingExtra where it is not there."""
    try:
        import av
    except ImportError as error:
        raise MissingExtra(
            "films need PyAV, which is not installed; pip install 'burnish[video]' brings it"
        ) from error
    return av


def versions() -> dict[str, str]:
    """The versions of PyAV and of FFmpeg, on which the bytes of a result depend."""
    av = pyav()
    return {"PyAV": av.__version__, "FFmpeg": av.ffmpeg_version_info}


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """A film, open for reading as long as the context lasts.

    Raises InputMissing, InputEmpty, InputTruncated, InputCorrupt, and UnsupportedFormat for what is
    no film. Errors of FFmpeg that come out of the context become one of them, too.
    """
    av = pyav()
    if not path.is_file():
        raise InputMissing(f"{path}: no such file; check the name")
    if path.stat().st_size == 0:
        raise InputEmpty(f"{path}: is empty; take it again from where it came")
    try:
        # And no name is taken for an address.
        with heard():
            container = av.open(f"file:{path}", options=ALONE)
        with container:
            yield container
    except av.FFmpegError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: Exception) -> InputError:
    """The sentence for what FFmpeg could not read."""
    why = in_words(error)
    if "whitelist" in why:
        return UnsupportedFormat(
            f"{path}: is no film, or a list of other files; name a film itself"
        )
    if any(word in why for word in CUT):
        return InputTruncated(f"{path}: ends before its film does ({why}); take it again")
    return InputCorrupt(f"{path}: cannot be read as a film ({why}); take it again")


def in_words(error: Exception) -> str:
    """What FFmpeg says of an error: the last line that it logged, or the error's own words."""
    log = getattr(error, "log", None)
    said = str(log[2]).strip() if log else ""
    return said or str(getattr(error, "strerror", None) or error)


@contextmanager
def heard(verbose: bool = False) -> Iterator[list[str]]:
    """What FFmpeg says of errors meanwhile, as it says them; verbose: everything.

    Some decoders say only in this way that a frame is damaged.
    """
    log = pyav().logging
    said: list[str] = []
    level = log.VERBOSE if verbose else log.ERROR
    before = log.get_level()
    log.set_libav_level(level)
    log.set_level(level)
    with log.Capture(local=False) as lines:
        try:
            yield said
        finally:
            said += [line[2].strip() for line in lines]
            log.set_level(before)
