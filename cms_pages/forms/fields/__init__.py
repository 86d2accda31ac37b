"""Kinds of fields. Importing this package fills the registry; a new kind is one class in one of its modules."""

from cms_pages.forms.fields import files, identity, ordered, plain
from cms_pages.forms.fields.base import KINDS, Kind, SenderFacts, Unfit, kind_of
from cms_pages.forms.fields.files import Files

__all__ = ["KINDS", "Files", "Kind", "SenderFacts", "Unfit", "files", "identity", "kind_of", "ordered", "plain"]
