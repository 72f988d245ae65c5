"""Kinds of files that are met under a picture's name, or among pictures, and are not read: each by
its name, with what to do.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Unread:
    """A kind of file that is met under a picture's name, or among pictures, and is not read."""

    #: what follows the file's name in a sentence: what it is, and what to do
    says: str
    #: a pattern of how such files begin
    begins: bytes
    #: how names of such files end, where they are pictures
    endings: tuple[str, ...] = ()


#: no files that somebody took for pictures; "{reads}" becomes "Burnish reads JPEG, ..."
NO_PICTURES = (
    Unread(
        "is a Git LFS pointer, not the picture itself; fetch it with `git lfs pull`",
        rb"version https://git-lfs",
    ),
    Unread(
        "is a web page (HTML), not a picture; download the picture itself",
        rb"\s*(<!--.*?-->\s*)?<(!doctype\s+html|html|head|body)",
    ),
    Unread("is a ZIP archive; unpack it: {reads}", rb"PK\x03\x04|PK\x05\x06"),
    Unread("is an archive; unpack it: {reads}", rb"\x1f\x8b|7z\xbc\xaf|Rar!|BZh|\xfd7zXZ"),
    Unread("is sound, not a picture; {reads}", rb"RIFF....WAVE|ID3|fLaC|OggS"),
    Unread(
        "holds nothing but zeros: it was never written whole; take it again from where it came",
        rb"\0+\Z",
    ),
)
PAGES = (
    Unread(
        "is an SVG drawing; export it as a PNG: {reads}",
        rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*(<!doctype\s+svg[^>]*>\s*)?<svg",
        (".svg",),
    ),
    Unread(
        "is a PDF, which only `burnish restore` and `burnish info` take; {reads}",
        rb"%PDF|.{1,512}%PDF-",
        (".pdf",),
    ),
    Unread("is PostScript (EPS); save it as a PDF or TIFF: {reads}", rb"%!PS|\xc5\xd0\xd3\xc6"),
    Unread("is a DjVu; save its pages as a TIFF: {reads}", rb"AT&TFORM", (".djvu",)),
    Unread("is a JBIG2; save it as a TIFF: {reads}", rb"\x97JB2\r\n\x1a\n", (".jb2",)),
)
FILMS = (
    Unread("is a HEIF of a kind that is not read; save it as a HEIC or AVIF", rb".{4}ftypm[is]f1"),
    Unread(
        "is a film, which `burnish restore` takes by itself; of pictures, {reads}",
        rb".{4}ftyp|RIFF....AVI |\x1aE\xdf\xa3|\0\0\x01[\xba\xb3]|\x06\x0e\x2b\x34\x02\x05\x01",
        (".mov", ".mp4", ".m4v", ".avi", ".mkv", ".webm", ".mpg", ".mxf"),
    ),
    Unread(
        "is an MNG, a film of PNGs; save it as an animated PNG: {reads}", rb"\x8aMNG", (".mng",)
    ),
)
PICTURES = (
    Unread(
        "is a JPEG 2000; save it as a TIFF or PNG: {reads}",
        rb"\0\0\0\x0cjP  \r\n|\xff\x4f\xff\x51",
        (".jp2", ".j2k", ".jpf", ".jpx"),
    ),
    Unread(
        "is a JPEG XR; save it as a TIFF or PNG: {reads}",
        rb"II\xbc[\0\x01]",
        (".jxr", ".wdp", ".hdp"),
    ),
    Unread("is an OpenEXR; save it as a TIFF of floats: {reads}", rb"v/1\x01", (".exr",)),
    Unread(
        "is a Radiance HDR; save it as a TIFF of floats: {reads}",
        rb"#\?(RADIANCE|RGBE)\n",
        (".hdr",),
    ),
    Unread(
        "is an SGI picture; save it as a PNG: {reads}", rb"\x01\xda[\0\x01][\x01\x02]", (".sgi",)
    ),
    Unread("is a QOI; save it as a PNG: {reads}", rb"qoif", (".qoi",)),
    Unread(
        "is a PCX; save it as a PNG: {reads}",
        rb"\x0a[\0\x02-\x05]\x01[\x01\x02\x04\x08]",
        (".pcx",),
    ),
    Unread("is a DDS texture; save it as a PNG: {reads}", rb"DDS ", (".dds",)),
    Unread(
        "is an icon (ICO); save its picture as a PNG: {reads}",
        rb"\0\0[\x01\x02]\0[^\0]\0",
        (".ico",),
    ),
    Unread(
        "is a Photoshop document; save it as a TIFF without layers: {reads}",
        rb"8BPS",
        (".psd", ".psb"),
    ),
    Unread("is a GIMP picture (XCF); export it as a TIFF: {reads}", rb"gimp xcf", (".xcf",)),
)
MEASUREMENTS = (
    Unread(
        "is a FITS, whose values are no colours; export it as a TIFF of floats: {reads}",
        rb"SIMPLE  =",
        (".fits", ".fit"),
    ),
    Unread(
        "is a DICOM, whose values are no colours; export it as a TIFF of 16 bits: {reads}",
        rb".{128}DICM",
        (".dcm",),
    ),
    Unread(
        "is an array of numpy's; load it and give it to burnish.restore, or save it as a TIFF",
        rb"\x93NUMPY",
        (".npy",),
    ),
    Unread(
        "is a file of measurements (HDF5, MATLAB); save its picture as a TIFF: {reads}",
        rb"\x89HDF\r\n|MATLAB 5",
        (".mat", ".h5"),
    ),
)
#: what begins as many things do, and is asked about last
TEXT = (Unread("is text, not a picture; {reads}", rb"[\t\n\f\r\x20-\x7e\x80-\xff]+\Z"),)
UNREAD = (*NO_PICTURES, *PAGES, *FILMS, *PICTURES, *MEASUREMENTS, *TEXT)
