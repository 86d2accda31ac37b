"""The secret and signature of a webhook, as the open specification "Standard Webhooks" 1.0 has them
(standardwebhooks.com): HMAC-SHA256 over "id.timestamp.body", in the header `webhook-signature`."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from workflow.webhooks.models import Webhook

#: How long messages carry the old signature too, after a new secret was made.
OVERLAP = dt.timedelta(hours=24)
PREFIX = "whsec_"


def secret_of(webhook: Webhook, generation: int | None = None) -> str:
    """The secret as its receiver types it in: "whsec_" and base64. It is derived from the installation's SECRET_KEY
    and kept nowhere; a new SECRET_KEY is a new secret of every webhook."""
    number = webhook.generation if generation is None else generation
    derive = HKDF(SHA256(), 32, salt=None, info=f"obieg webhook {webhook.pk} {number}".encode())
    return PREFIX + base64.b64encode(derive.derive(settings.SECRET_KEY.encode())).decode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """One signature, "v1," and base64."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = b".".join([message_id.encode(), str(timestamp).encode(), body])
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(webhook: Webhook, message_id: str, now: dt.datetime, body: bytes) -> dict[str, str]:
    """The headers of a message that is sent now; with two signatures while the old secret still holds."""
    timestamp = int(now.timestamp())
    secrets = [secret_of(webhook)]
    if webhook.overlap_until and webhook.overlap_until > now and webhook.generation > 1:
        secrets.append(secret_of(webhook, webhook.generation - 1))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(secret, message_id, timestamp, body) for secret in secrets),
    }
