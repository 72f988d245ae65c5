#!/usr/bin/env bash
# tifffile 2026.3.3 reads and writes no tempfile.TemporaryFile, and no SpooledTemporaryFile.
#
# `imread` and `imwrite` take a seekable binary stream. On POSIX the name of a TemporaryFile is a
# number (io.FileIO: its file descriptor), that of a SpooledTemporaryFile is None while it lies in
# memory; tifffile takes either for a path: TypeError, before a byte is read. A stream without a
# name, io.BytesIO, is read and written.
# Exit 0 where this is as described, 1 where it changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq tifffile==2026.3.3
cat > "$folder/run.py" <<'PYTHON'
import io
import tempfile

import numpy as np
import tifffile

given = np.arange(12, dtype=np.uint8).reshape(3, 4)


def outcome(work):
    try:
        return "read as written" if np.array_equal(work(), given) else "other pixels"
    except TypeError as error:
        return f"TypeError: {error}"


def through(stream):
    """The picture, written to a stream and read from it."""
    tifffile.imwrite(stream, given)
    stream.seek(0)
    return tifffile.imread(stream)


def read_alone(stream):
    """The picture out of a stream to which others wrote it."""
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, given)
    stream.write(buffer.getvalue())
    stream.seek(0)
    return tifffile.imread(stream)


print("tifffile", tifffile.__version__)
STREAMS = (io.BytesIO, tempfile.TemporaryFile, tempfile.SpooledTemporaryFile)
for stream in STREAMS:
    found = [outcome(lambda: through(stream())), outcome(lambda: read_alone(stream()))]
    print(f"{stream.__name__}: {found[0]}; read alone: {found[1]}")
    refused = [each.startswith("TypeError: expected str, bytes or os.PathLike") for each in found]
    assert refused == [stream is not io.BytesIO] * 2, "changed"
PYTHON
"$folder/venv/bin/python" "$folder/run.py"
