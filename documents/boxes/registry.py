"""The boxes this installation knows."""

from __future__ import annotations

from documents.boxes.base import Box

_boxes: dict[str, Box] = {}


def register(box: Box) -> Box:
    """Make a box known. Raises ValueError for a missing or taken name."""
    if not box.name or box.name in _boxes:
        raise ValueError(f"a box needs a name of its own, not {box.name!r}")
    _boxes[box.name] = box
    return box


def unregister(name: str) -> None:
    """Forget a box (tests)."""
    _boxes.pop(name, None)


def get(name: str) -> Box:
    """The box of that name. Raises KeyError."""
    return _boxes[name]


def label(name: str) -> str:
    """The box's name for people; the bare name of a box that this installation has no more."""
    box = _boxes.get(name)
    return str(box.label) if box else name


def names() -> list[str]:
    return sorted(_boxes)
