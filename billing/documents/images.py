"""Uploaded logos are never kept as they came: what is kept is a new PNG of their pixels and nothing else."""

import io
import warnings

from PIL import Image, ImageOps

from billing.errors import BillingError

MOST_BYTES = 5_000_000
MOST_PIXELS = 25_000_000
LARGEST = (1200, 400)
KEPT_BYTES = 200_000


class LogoRefused(BillingError):
    pass


def reencode_logo(upload: bytes) -> bytes:
    """A PNG of the picture, no larger than `LARGEST`, without metadata. Only a still PNG or JPEG picture is taken."""
    if len(upload) > MOST_BYTES:
        raise LogoRefused("The picture is larger than 5 MB. Save it smaller and upload it again.")
    try:
        picture = _pixels(upload)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise LogoRefused("The file is not a picture we can read. Upload a PNG or JPEG file.") from error
    drawn = picture.getchannel("A").getbbox()
    if drawn is None:
        raise LogoRefused("The picture is wholly transparent. Upload one that shows your logo.")
    picture = picture.crop(drawn)
    picture.thumbnail(LARGEST, Image.Resampling.LANCZOS)
    png = _png(picture)
    return png if len(png) <= KEPT_BYTES else _png(picture.quantize(method=Image.Quantize.FASTOCTREE))


def _pixels(upload: bytes) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(io.BytesIO(upload), formats=("PNG", "JPEG")) as picture:
            width, height = picture.size
            if width * height > MOST_PIXELS:
                raise LogoRefused("The picture has more than 25 million pixels. Scale it down and upload it again.")
            if getattr(picture, "n_frames", 1) > 1:
                raise LogoRefused("The picture is animated. Upload a still one.")
            picture.load()
            return ImageOps.exif_transpose(picture).convert("RGBA")


def _png(picture: Image.Image) -> bytes:
    picture.info.clear()
    png = io.BytesIO()
    picture.save(png, "PNG", optimize=True)
    return png.getvalue()
