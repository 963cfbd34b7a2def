"""The envelope of Amazon SNS and its signature: RSA over a fixed list of lines, with SHA-1 (version 1) or SHA-256
(version 2).

What comes without an envelope (raw delivery, EventBridge) is unsigned and needs a token. An envelope proves
only that
*some* topic of *some* account sent it: our own are the configured topics, or those that know the token.
"""

import base64
import binascii
import re
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509 import load_pem_x509_certificate

from midwatch.domain.alert_source import SignatureInvalid, WebhookRequest
from midwatch.domain.sender import SenderSettings
from midwatch.integrations.alert_sources.authentication import holds_token
from midwatch.integrations.alert_sources.normalize import decode, record, text

NOTIFICATION, SUBSCRIPTION, FAREWELL = "Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"
_SIGNED = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    SUBSCRIPTION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    FAREWELL: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_HASHES = {"1": SHA1, "2": SHA256}
_HOST = r"https://sns\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/"  # not any host of amazonaws.com: a bucket is one as well
_CERTIFICATE = re.compile(_HOST + r"[A-Za-z0-9_./-]+\.pem")
_SUBSCRIBE = re.compile(_HOST + r"\?[^\s\\#]{1,2000}")


def envelope(document: object) -> dict[str, Any]:
    """The envelope if the document is one, otherwise {}."""
    found = record(document)
    return found if found.get("Type") in (NOTIFICATION, SUBSCRIPTION, FAREWELL) and "TopicArn" in found else {}


def subscribe_url(found: dict[str, Any]) -> str:
    """The address that confirms the subscription; "" for any address outside SNS."""
    url = found.get("SubscribeURL")
    return url if isinstance(url, str) and _SUBSCRIBE.fullmatch(url) else ""


def certificate_url(hook: WebhookRequest) -> str:
    found = envelope(decode(hook.body))
    if not found:
        return ""
    url = found.get("SigningCertURL") or found.get("SigningCertUrl")
    if not isinstance(url, str) or not _CERTIFICATE.fullmatch(url):
        raise SignatureInvalid("SigningCertURL is not an Amazon SNS URL.")
    return url


def verify(hook: WebhookRequest, sender: SenderSettings) -> None:
    found = envelope(decode(hook.body))
    if not found:
        if not holds_token(hook, sender):
            raise SignatureInvalid(
                "Requests without SNS envelope are not signed: set senders.cloudwatch.tokens and send a token in a "
                "header or as ?token=."
            )
        return
    certificate_url(hook)
    _check_signature(found, hook)
    if not (sender.open or found.get("TopicArn") in sender.topics or holds_token(hook, sender)):
        raise SignatureInvalid("The SNS topic is not in senders.cloudwatch.topics.")


def _check_signature(found: dict[str, Any], hook: WebhookRequest) -> None:
    algorithm, signature = _HASHES.get(text(found.get("SignatureVersion"), 10)), found.get("Signature")
    if algorithm is None or not isinstance(signature, str):
        raise SignatureInvalid("Signature of version 1 or 2 is missing.")
    try:
        raw = base64.b64decode(signature, validate=True)
        _key(hook).verify(
            raw, _signed_text(found), PKCS1v15(), algorithm()
        )  # version 1, SHA-1, is the default of topics
    except (InvalidSignature, binascii.Error, ValueError) as wrong:
        raise SignatureInvalid(
            "Invalid SNS signature: it does not match the message and the signing certificate."
        ) from wrong


def _key(hook: WebhookRequest) -> RSAPublicKey:
    """The certificate's public key. Raises SignatureInvalid for an invalid certificate, one without RSA, or an expired
    one."""
    try:
        certificate = load_pem_x509_certificate(hook.certificate)
        key, valid = (
            certificate.public_key(),
            certificate.not_valid_before_utc <= hook.received_at <= certificate.not_valid_after_utc,
        )
    except (ValueError, UnsupportedAlgorithm) as unreadable:
        raise SignatureInvalid("The signing certificate could not be read.") from unreadable
    if not valid:
        raise SignatureInvalid("The signing certificate is expired or not valid yet.")
    if not isinstance(key, RSAPublicKey):
        raise SignatureInvalid("The signing certificate does not contain an RSA key.")
    return key


def _signed_text(found: dict[str, Any]) -> bytes:
    """The signed text: `name\\nvalue\\n` of each signed field, in the order Amazon signs them, values as JSON decodes
    them. Only Subject may be absent."""
    names = [name for name in _SIGNED[found["Type"]] if not (name == "Subject" and found.get(name) is None)]
    if not all(isinstance(found.get(name), str) for name in names):
        raise SignatureInvalid("A signed field of the envelope is missing.")
    return "".join(f"{name}\n{found[name]}\n" for name in names).encode(errors="surrogatepass")
