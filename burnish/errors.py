"""Every error Burnish raises on purpose.

Each is one sentence (what, which file, what to do) with a stable code and an exit status.

BurnishError                       1
+-- UsageError                     2   E_USAGE               words or arguments that do not fit
|   +-- DialError                  2   E_DIAL                no such dial, or a value out of range
|   +-- RecipeError                2   E_RECIPE              an unknown key, a wrong value
|   +-- MissingExtra               2   E_MISSING_EXTRA       an optional part is not installed
|   +-- DeviceError                2   E_DEVICE              a device that cannot be used
+-- InputError                     3   E_INPUT               one input file; a batch goes on
|   +-- InputMissing               3   E_INPUT_MISSING       no such file
|   +-- NotYet                     3   E_NOT_YET       no such file
|   +-- InputEmpty                 3   E_EMPTY               no bytes
|   +-- InputTruncated             3   E_TRUNCATED           it ends before its picture does
|   +-- InputCorrupt               3   E_CORRUPT             checksum or entropy damage
|   +-- UnsupportedFormat          3   E_UNSUPPORTED_FORMAT  no picture, or of a kind not read
|   +-- UnsupportedChannels        3   E_UNSUPPORTED_CHANNELS
|   +-- NonFiniteInput             3   E_NONFINITE_INPUT     NaN or infinity in a float picture
|   +-- InputTooLarge              3   E_TOO_LARGE           beyond the limit; says what lifts it
|   +-- NonFiniteOutput            3   E_NONFINITE_OUTPUT    the network gave NaN or infinity
|   +-- FormatLimit                3   E_FORMAT_LIMIT        a format cannot hold this picture
|   +-- ProcessDied                3   E_PROCESS_DIED        it took its process down, twice
|   +-- NotKept                    3   E_NOT_KEPT            --strict, and something would be lost
+-- OutputError                    4   E_OUTPUT              not writable, disk full
+-- FolderLocked                  11   E_LOCKED              another run works in this folder
+-- ModelError                     1   E_MODEL
|   +-- ModelMissing               2   E_MODEL_MISSING       no such model
|   +-- ModelCorrupt               1   E_MODEL_CORRUPT       header lies, overlaps, truncation
|   +-- ModelMismatch              1   E_MODEL_MISMATCH      missing or misshapen weights
|   +-- ModelNonFinite             1   E_MODEL_NONFINITE     NaN or infinity among the weights
|   +-- ModelDiffers               3   E_MODEL_DIFFERS       a way through it is not as in training
|   +-- UnsafeModel                1   E_UNSAFE_MODEL        pickles, external data, odd operators
+-- Busy                           1   E_BUSY                a server has enough to do for now
+-- OutOfMemory                    1   E_OUT_OF_MEMORY       the engine answers with smaller tiles
+-- DataError                      3   E_DATA                no data set to train on
+-- TrainingError                  1   E_TRAINING            a run that cannot go on
"""

from __future__ import annotations

from collections.abc import Iterator


class BurnishError(Exception):
    """The root of all errors. `code` and `exit_status` of a class never change once released."""

    code = "E_BURNISH"
    exit_status = 1


class UsageError(BurnishError):
    code = "E_USAGE"
    exit_status = 2


class DialError(UsageError):
    code = "E_DIAL"


class RecipeError(UsageError):
    code = "E_RECIPE"


class MissingExtra(UsageError):
    code = "E_MISSING_EXTRA"


class DeviceError(UsageError):
    code = "E_DEVICE"


class InputError(BurnishError):
    code = "E_INPUT"
    exit_status = 3


class InputMissing(InputError):
    code = "E_INPUT_MISSING"


class NotYet(InputError):
    code = "E_NOT_YET"


class InputEmpty(InputError):
    code = "E_EMPTY"


class InputTruncated(InputError):
    code = "E_TRUNCATED"


class InputCorrupt(InputError):
    code = "E_CORRUPT"


class UnsupportedFormat(InputError):
    code = "E_UNSUPPORTED_FORMAT"


class UnsupportedChannels(InputError):
    code = "E_UNSUPPORTED_CHANNELS"


class NonFiniteInput(InputError):
    code = "E_NONFINITE_INPUT"


class InputTooLarge(InputError):
    code = "E_TOO_LARGE"


class NonFiniteOutput(InputError):
    code = "E_NONFINITE_OUTPUT"


class FormatLimit(InputError):
    code = "E_FORMAT_LIMIT"


class ProcessDied(InputError):
    code = "E_PROCESS_DIED"


class NotKept(InputError):
    code = "E_NOT_KEPT"


class OutputError(BurnishError):
    code = "E_OUTPUT"
    exit_status = 4


class FolderLocked(BurnishError):
    code = "E_LOCKED"
    exit_status = 11


class ModelError(BurnishError):
    code = "E_MODEL"


class ModelMissing(ModelError):
    code = "E_MODEL_MISSING"
    exit_status = 2


class ModelCorrupt(ModelError):
    code = "E_MODEL_CORRUPT"


class ModelMismatch(ModelError):
    code = "E_MODEL_MISMATCH"


class ModelNonFinite(ModelError):
    code = "E_MODEL_NONFINITE"


class ModelDiffers(ModelError):
    code = "E_MODEL_DIFFERS"
    exit_status = 3


class UnsafeModel(ModelError):
    code = "E_UNSAFE_MODEL"


class Busy(BurnishError):
    code = "E_BUSY"


class OutOfMemory(BurnishError):
    code = "E_OUT_OF_MEMORY"


class DataError(BurnishError):
    code = "E_DATA"
    exit_status = 3


class TrainingError(BurnishError):
    code = "E_TRAINING"


def unforeseen(error: Exception) -> BurnishError:
    """The error with the one sentence for what nobody thought of."""
    return BurnishError(
        f"something unforeseen ({type(error).__name__}: {error}); --debug shows where"
    )


def kind_of(code: str) -> type[BurnishError]:
    """The kind of error that has a code; `BurnishError` where none has."""
    return next((kind for kind in _kinds(BurnishError) if kind.code == code), BurnishError)


def _kinds(kind: type[BurnishError]) -> Iterator[type[BurnishError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _kinds(each)
