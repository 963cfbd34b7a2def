"""Fake topic of Amazon SNS: signed with a key of our own, whose certificate is served at Amazon's address.

What comes without an envelope is not signed, and brings a token in its address.
"""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from midwatch.domain.sender import SenderSettings
from midwatch.integrations.alert_sources.fake_sender import TOKEN, FakeSender, SentWebhook
from midwatch.integrations.alert_sources.normalize import decode
from midwatch.integrations.cloudwatch.sns import envelope

TOPIC = "arn:aws:sns:eu-north-1:210987654321:harbour-alarms"
CERTIFICATE_URL = "https://sns.eu-north-1.amazonaws.com/SimpleNotificationService-0a1b.pem"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_HASHES = {"1": SHA1, "2": SHA256}
_CONFIRMATION = "Message MessageId SubscribeURL Timestamp Token TopicArn Type"
_SIGNED = {
    "Notification": "Message MessageId Subject Timestamp TopicArn Type",
    "SubscriptionConfirmation": _CONFIRMATION,
    "UnsubscribeConfirmation": _CONFIRMATION,
}
_BEGINS, _ENDS = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)  # around the night of the examples


def certificate(key: CertificateIssuerPrivateKeyTypes = KEY, ends: datetime = _ENDS) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    begins = min(_BEGINS, ends - timedelta(days=1))
    return builder.not_valid_before(begins).not_valid_after(ends).sign(key, SHA256()).public_bytes(Encoding.PEM)


def signature(message: dict[str, Any], version: str = "2") -> str:
    """Amazon's signature, over the names and values of fixed fields."""
    names = [name for name in _SIGNED[message["Type"]].split() if name in message]
    signed = "".join(f"{name}\n{message[name]}\n" for name in names).encode()
    return base64.b64encode(KEY.sign(signed, PKCS1v15(), _HASHES[version]())).decode()


def _send(body: bytes, _now: datetime) -> SentWebhook:
    message = envelope(decode(body))
    if not message:
        return SentWebhook(body, token=TOKEN)
    signed = message | {"SignatureVersion": "2", "Signature": signature(message)}
    return SentWebhook(json.dumps(signed).encode())


FAKE_SENDER = FakeSender(
    SenderSettings(topics=(TOPIC,), tokens=(SecretStr(TOKEN),)), _send, {CERTIFICATE_URL: certificate()}
)
