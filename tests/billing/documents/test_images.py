import io
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from billing.documents.images import LogoRefused, reencode_logo
from tests.billing.documents.sheets import picture


def kept(upload: bytes) -> Image.Image:
    logo = Image.open(io.BytesIO(reencode_logo(upload)), formats=("PNG",))
    logo.load()
    return logo


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def animated() -> bytes:
    file = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    frames[0].save(file, "PNG", save_all=True, append_images=frames[1:])
    return file.getvalue()


HUGE = (
    b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)) + chunk(b"IEND", b"")
)
WIDE = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 6_000, 6_000, 8, 2, 0, 0, 0)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("upload", "sentence"),
    [
        (b"", "Upload a PNG or JPEG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "Upload a PNG or JPEG"),
        (b"<!doctype html><script>alert(1)</script>", "Upload a PNG or JPEG"),
        (b"\x89PNG\r\n\x1a\n<script>alert(1)</script>", "Upload a PNG or JPEG"),
        (b"%PDF-1.7\n" + picture(), "Upload a PNG or JPEG"),
        (picture("GIF"), "Upload a PNG or JPEG"),
        (picture("TIFF"), "Upload a PNG or JPEG"),
        (picture()[:-40], "Upload a PNG or JPEG"),
        (picture("JPEG")[:-60], "Upload a PNG or JPEG"),
        (HUGE, "Upload a PNG or JPEG"),
        (WIDE, "25 million pixels"),
        (picture() + b"\0" * 5_000_000, "5 MB"),
        (animated(), "animated"),
    ],
)
def test_refuses_what_is_not_a_still_png_or_jpeg(upload, sentence):
    with pytest.raises(LogoRefused, match=sentence):
        reencode_logo(upload)


def test_refuses_a_picture_of_nothing():
    file = io.BytesIO()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(file, "PNG")

    with pytest.raises(LogoRefused, match="transparent"):
        reencode_logo(file.getvalue())


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1"])
def test_takes_png_of_every_kind(mode):
    assert kept(picture(mode=mode)).size == (300, 100)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_takes_jpeg_of_every_kind(mode):
    assert kept(picture("JPEG", mode=mode)).size == (300, 100)


def test_keeps_the_pixels_and_nothing_else():
    comment = PngImagePlugin.PngInfo()
    comment.add_text("Comment", "<script>alert(1)</script>")
    exif = Image.Exif()
    exif[0x010E] = "taken at home"

    logo = reencode_logo(picture(pnginfo=comment, exif=exif, icc_profile=b"profile") + b"<html>trailing</html>")

    for trace in (b"script", b"home", b"eXIf", b"iCCP", b"tEXt", b"zTXt", b"html"):
        assert trace not in logo
    assert logo.endswith(b"IEND\xaeB`\x82")
    assert Image.open(io.BytesIO(logo)).convert("RGB").getpixel((9, 9)) == (0, 128, 128)


def test_turns_a_photograph_upright():
    exif = Image.Exif()
    exif[0x0112] = 6

    assert kept(picture("JPEG", size=(300, 100), exif=exif)).size == (100, 300)


@pytest.mark.parametrize(
    ("size", "expected"), [((2400, 400), (1200, 200)), ((1000, 2000), (200, 400)), ((50, 40), (50, 40))]
)
def test_scales_down_and_never_up(size, expected):
    assert kept(picture(size=size)).size == expected


def test_cuts_transparent_margins():
    file = io.BytesIO()
    canvas = Image.new("RGBA", (400, 200), (0, 0, 0, 0))
    canvas.paste((10, 20, 30, 255), (50, 60, 350, 140))
    canvas.save(file, "PNG")

    assert kept(file.getvalue()).size == (300, 80)


def test_keeps_a_noisy_photograph_small():
    file = io.BytesIO()
    Image.effect_noise((1500, 900), 90).save(file, "JPEG")

    assert len(reencode_logo(file.getvalue())) < 500_000
