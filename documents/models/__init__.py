"""What the office keeps."""

from documents.models.cases import Case, CaseGroupObjectPermission, CaseLink, CaseUserObjectPermission, Party
from documents.models.deliveries import Delivery, Receipt
from documents.models.documents import Blob, Document, DocumentVersion, TextPage
from documents.models.letters import Letter
from documents.models.messages import CaseMessage
from documents.models.plan import ClassificationClass, ClassificationScheme
from documents.models.readings import CaseReading, VersionReading
from documents.models.registers import Counter, UnitFolder

__all__ = [
    "Blob", "Case", "CaseGroupObjectPermission", "CaseLink", "CaseMessage", "CaseReading", "CaseUserObjectPermission",
    "ClassificationClass", "ClassificationScheme", "Counter", "Delivery", "Document", "DocumentVersion", "Letter",
    "Party", "Receipt", "TextPage", "UnitFolder", "VersionReading",
]
