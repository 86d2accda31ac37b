"""Pictures of the demo town, drawn here: nobody's photograph, nobody's licence, the same ones every time."""

from __future__ import annotations

import io
import math
import random
from dataclasses import dataclass

from django.core.files.images import ImageFile
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFilter
from wagtail.images.models import Image

Colour = tuple[int, int, int]
#: The pictures are drawn twice as large and made smaller, which smooths every edge.
WIDTH, HEIGHT, LARGER = 1600, 1000, 2


@dataclass(frozen=True)
class Scene:
    """The colours of one hour: sky above and below, sun, hills far to near, walls, roofs, windows."""

    sky: tuple[Colour, Colour]
    sun: Colour
    hills: tuple[Colour, Colour, Colour]
    walls: tuple[Colour, ...]
    roofs: tuple[Colour, ...]
    window: Colour
    water: Colour
    trees: int = 26
    houses: bool = True


SCENES = {
    "ranek": Scene(
        ((250, 222, 190), (255, 244, 222)), (255, 214, 140), ((222, 200, 176), (176, 188, 160), (96, 134, 112)),
        ((250, 238, 214), (240, 214, 180), (228, 190, 160), (214, 222, 208)),
        ((176, 67, 42), (150, 84, 58), (120, 60, 48)), (92, 110, 116), (160, 200, 204),
    ),
    "dzien": Scene(
        ((150, 206, 222), (226, 243, 240)), (255, 236, 170), ((170, 204, 186), (120, 170, 136), (66, 124, 92)),
        ((255, 250, 238), (246, 226, 190), (236, 206, 178)), ((176, 67, 42), (196, 96, 60)), (86, 118, 130),
        (110, 178, 196),
    ),
    "wieczor": Scene(
        ((44, 52, 92), (214, 132, 104)), (255, 190, 120), ((96, 78, 108), (66, 62, 92), (38, 46, 66)),
        ((86, 78, 98), (104, 88, 100), (72, 70, 94)), ((58, 44, 58), (70, 48, 56)), (255, 206, 110), (120, 96, 120),
    ),
    "zima": Scene(
        ((186, 206, 222), (240, 245, 248)), (255, 246, 220), ((216, 226, 234), (230, 237, 242), (246, 249, 251)),
        ((226, 206, 186), (206, 182, 168), (240, 230, 214)), ((236, 242, 246), (226, 234, 240)), (84, 100, 116),
        (190, 212, 224),
    ),
    "las": Scene(
        ((206, 226, 206), (246, 246, 222)), (255, 240, 180), ((160, 190, 150), (98, 146, 106), (44, 94, 66)),
        ((240, 230, 210),), ((150, 84, 58),), (80, 100, 90), (134, 190, 186), 90, False,
    ),
}  # fmt: skip


def draw(name: str) -> Pillow.Image:
    """One scene of `SCENES`, 1600 by 1000."""
    scene, dice = SCENES[name], random.Random(name)  # noqa: S311  (a demo, no secret)
    width, height = WIDTH * LARGER, HEIGHT * LARGER
    picture = Pillow.new("RGB", (width, height))
    brush = ImageDraw.Draw(picture)
    for y in range(height):
        share = min(1.0, y / (height * 0.7))
        brush.line([(0, y), (width, y)], fill=_between(scene.sky[0], scene.sky[1], share))
    glow = Pillow.new("RGB", (width, height), scene.sun)
    mask = Pillow.new("L", (width, height))
    x, y, radius = int(width * dice.uniform(0.6, 0.8)), int(height * 0.3), int(height * 0.09)
    ImageDraw.Draw(mask).ellipse((x - radius * 2, y - radius * 2, x + radius * 2, y + radius * 2), fill=90)
    picture.paste(glow, mask=mask.filter(ImageFilter.GaussianBlur(radius)))
    brush.ellipse((x - radius, y - radius, x + radius, y + radius), fill=scene.sun)
    for number, colour in enumerate(scene.hills[:2]):
        _hill(brush, colour, height * (0.5 + 0.1 * number), height * 0.06, dice.uniform(0, 6), width, height)
    if scene.houses:
        _town(brush, scene, dice, width, height)
    _hill(brush, scene.hills[2], height * 0.78, height * 0.035, dice.uniform(0, 6), width, height)
    _river(brush, scene.water, width, height)
    for _tree in range(scene.trees):
        _draw_tree(brush, scene, dice, width, height)
    return picture.resize((WIDTH, HEIGHT), Pillow.Resampling.LANCZOS)


def _between(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _hill(
    brush: ImageDraw.ImageDraw, colour: Colour, base: float, swing: float, phase: float, width: int, height: int
) -> None:
    line = [
        (x, base + swing * (math.sin(x / width * 7 + phase) + 0.5 * math.sin(x / width * 17 + phase * 2)))
        for x in range(0, width + 20, 20)
    ]
    brush.polygon([*line, (width, height), (0, height)], fill=colour)


def _town(brush: ImageDraw.ImageDraw, scene: Scene, dice: random.Random, width: int, height: int) -> None:
    ground, x, raised = height * 0.82, width * 0.04, False
    while x < width * 0.96:
        wide, tall = dice.randint(110, 200) * LARGER / 2, dice.randint(200, 420) * LARGER / 2
        tower = x > width * 0.36 and not raised
        raised = raised or tower
        if tower:
            wide, tall = 150 * LARGER / 2, 760 * LARGER / 2
        wall, roof = dice.choice(scene.walls), dice.choice(scene.roofs)
        top = ground - tall
        brush.rectangle((x, top, x + wide, ground), fill=wall)
        peak = (260 if tower else dice.randint(50, 110)) * LARGER / 2
        brush.polygon([(x - 8, top), (x + wide + 8, top), (x + wide / 2, top - peak)], fill=roof)
        step = 56 * LARGER / 2
        for row in range(int((tall - 40) // step)):
            for column in range(max(1, int((wide - 30) // (46 * LARGER / 2)))):
                if dice.random() < 0.86:
                    left, upper = x + 20 + column * 46 * LARGER / 2, top + 22 + row * step
                    brush.rectangle((left, upper, left + 18 * LARGER / 2, upper + 30 * LARGER / 2), fill=scene.window)
        if tower:
            middle, clock = x + wide / 2, top + 70 * LARGER / 2
            reach = 34 * LARGER / 2
            brush.ellipse((middle - reach, clock - reach, middle + reach, clock + reach), fill=(250, 244, 228))
            brush.line([(middle, clock), (middle, clock - reach * 0.7)], fill=(60, 50, 44), width=6)
            brush.line([(middle, clock), (middle + reach * 0.5, clock)], fill=(60, 50, 44), width=6)
        x += wide + dice.choice((0, 0, 14)) * LARGER / 2


def _river(brush: ImageDraw.ImageDraw, colour: Colour, width: int, height: int) -> None:
    upper = [(x, height * 0.9 + 26 * math.sin(x / width * 9)) for x in range(0, width + 20, 20)]
    lower = [(x, height * 0.955 + 30 * math.sin(x / width * 8 + 0.6)) for x in range(width, -20, -20)]
    brush.polygon([*upper, *lower], fill=colour)


def _draw_tree(brush: ImageDraw.ImageDraw, scene: Scene, dice: random.Random, width: int, height: int) -> None:
    x, foot = dice.uniform(0, width), height * dice.uniform(0.82, 0.89)
    tall = dice.randint(90, 220) * LARGER / 2 * (1.8 if not scene.houses else 1)
    green = _between(scene.hills[2], (20, 44, 36), dice.uniform(0.1, 0.55))
    brush.rectangle((x - 5, foot - 20, x + 5, foot + 16), fill=(84, 66, 52))
    for layer in range(3):
        reach, low = tall * (0.32 - layer * 0.07), foot - tall * layer * 0.26
        brush.polygon([(x - reach, low), (x + reach, low), (x, low - tall * 0.46)], fill=green)


def image(name: str, description: str) -> Image:
    """The picture in Wagtail's library: the one there is, else drawn now."""
    title = f"Obiegowo: {name}"
    known = Image.objects.filter(title=title).first()
    if known is not None:
        return known
    kept = io.BytesIO()
    draw(name).save(kept, "JPEG", quality=88)
    kept.seek(0)
    made: Image = Image.objects.create(
        title=title, description=description, file=ImageFile(kept, name=f"obiegowo-{name}.jpg")
    )
    return made
