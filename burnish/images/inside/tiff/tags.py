"""Numbers of TIFF 6.0 and its extensions: fields, kinds of colours, compressions."""

from __future__ import annotations

# Fields

#: what a page is to the others, by two fields, and the pages that it has below itself
NEW_KIND, OLD_KIND, SUBFILES = 254, 255, 330
WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
STRIPS, SAMPLES, ROWS, LENGTHS, PLANAR = 273, 277, 278, 279, 284
ACROSS, DOWN, UNIT, PREDICTOR, EXTRA_SAMPLES, SAMPLE_FORMAT = 282, 283, 296, 317, 338, 339
TILES, TILE_LENGTHS = 324, 325
INKS, INK_NUMBER = 332, 334
COEFFICIENTS, SUBSAMPLING, BLACK_WHITE = 529, 530, 532
#: the tables of where strips and tiles are, and how long
SEGMENTS = frozenset({STRIPS, LENGTHS, TILES, TILE_LENGTHS})
XMP, IPTC, PHOTOSHOP, ICC, LAYERS = 700, 33723, 34377, 34675, 37724
EXIF, GPS = 34665, 34853

#: microscopes' own fields, in whose files one page may be a whole stack, or not what it seems
MICROSCOPES = {
    33628: "STK",
    33629: "STK",
    34412: "LSM",
    34361: "FluoView",
    65420: "NDPI",
}

# Kinds of colours (PhotometricInterpretation)

WHITE_IS_ZERO, GREY, RGB, PALETTE, MASK, CMYK, YCBCR, CIELAB, ICCLAB = 0, 1, 2, 3, 4, 5, 6, 8, 9

# Compressions

NONE, CCITT_RLE, CCITT_3, CCITT_4, LZW, OLD_JPEG, JPEG, DEFLATE = 1, 2, 3, 4, 5, 6, 7, 8
PACKBITS, OLD_DEFLATE, LZMA = 32773, 32946, 34925
ZSTD, NEW_ZSTD = 50000, 34926
WEBP, NEW_WEBP, LERC, PNG = 50001, 34927, 34887, 34933
JPEG_XL, DNG_JPEG_XL, LOSSY_DNG, OTHER_JPEG = 50002, 52546, 34892, 33007
JPEG_2000 = (33003, 33004, 33005, 34712)
#: these in words
PACKED = {
    NONE: "not compressed",
    CCITT_RLE: "CCITT RLE",
    CCITT_3: "CCITT Group 3",
    CCITT_4: "CCITT Group 4",
    LZW: "LZW",
    OLD_JPEG: "JPEG (old)",
    JPEG: "JPEG",
    DEFLATE: "deflate",
    PACKBITS: "PackBits",
    OLD_DEFLATE: "deflate",
    LZMA: "LZMA",
    ZSTD: "ZSTD",
    NEW_ZSTD: "ZSTD",
    WEBP: "WebP",
    NEW_WEBP: "WebP",
    LERC: "LERC",
    PNG: "PNG",
    JPEG_XL: "JPEG XL",
    DNG_JPEG_XL: "JPEG XL",
    LOSSY_DNG: "JPEG",
    OTHER_JPEG: "JPEG",
    **dict.fromkeys(JPEG_2000, "JPEG 2000"),
}
JPEGS = frozenset({OLD_JPEG, JPEG, LOSSY_DNG, OTHER_JPEG})

# What a sample beside the colours is (ExtraSamples)

#: not said, alpha by which the colours were multiplied, alpha
UNSPECIFIED, PREMULTIPLIED, ALPHA = 0, 1, 2
