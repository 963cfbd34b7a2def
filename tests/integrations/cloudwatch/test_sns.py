"""Signatures of SNS, made here with a key of our own, and the addresses that may be asked for a certificate."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pydantic import SecretStr

from midwatch.domain.alert_source import SignatureInvalid
from midwatch.domain.sender import SenderSettings
from midwatch.integrations.cloudwatch.fake_sender import TOPIC, certificate, signature
from midwatch.integrations.cloudwatch.sns import subscribe_url
from tests.integrations.examples import NOW, body, hook
from tests.plugged import alert_sources

OURS = SenderSettings(topics=(TOPIC,))
CERTIFICATE = certificate()
Change = Callable[[dict[str, Any]], None]

SOURCE = alert_sources()["cloudwatch"]


def message(
    example: str = "sns-alarm", version: str = "2", before: Change = lambda _: None, after: Change = lambda _: None
) -> bytes:
    """An example signed as Amazon does it; changed before and after it is signed."""
    found = json.loads(body("cloudwatch", example)) | {"SignatureVersion": version}
    before(found)
    found["Signature"] = signature(found, version)
    after(found)
    return json.dumps(found).encode()


def verify(raw: bytes, sender: SenderSettings = OURS, pem: bytes = CERTIFICATE, token: str = "") -> None:
    SOURCE.verify(hook(raw, certificate=pem, token=token), sender)


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("example", ["sns-alarm", "sns-composite", "sns-subscription"])
def test_both_versions_of_the_signature(version: str, example: str) -> None:
    verify(message(example, version))


def test_a_message_without_a_subject_and_with_other_letters() -> None:
    verify(message(before=lambda m: m.pop("Subject")))
    verify(message(before=lambda m: m.update(Subject="Nynäshamn")))


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.update(Message="{}"),
        lambda m: m.update(TopicArn=TOPIC + "x"),
        lambda m: m.update(Timestamp="2027-01-01T00:00:00.000Z"),
        lambda m: m.update(Message={"AlarmName": "not signed"}),
        lambda m: m.pop("Subject"),
        lambda m: m.pop("MessageId"),
        lambda m: m.pop("Signature"),
        lambda m: m.update(Signature="%%%"),
        lambda m: m.update(Signature=7),
        lambda m: m.update(SignatureVersion="1"),
        lambda m: m.update(SignatureVersion="3"),
        lambda m: m.update(SignatureVersion=None),
    ],
)
def test_whatever_was_changed_after_signing_is_forged(change: Change) -> None:
    with pytest.raises(SignatureInvalid):
        verify(message(after=change))


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        certificate(ends=NOW - timedelta(days=1)),
        certificate(rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        certificate(ec.generate_private_key(ec.SECP256R1())),
    ],
    ids=["none", "broken", "out of date", "of another key", "not RSA"],
)
def test_another_certificate_is_forged(pem: bytes) -> None:
    with pytest.raises(SignatureInvalid):
        verify(message(), pem=pem)


def test_a_good_signature_of_somebody_elses_topic_is_forged() -> None:
    theirs = message(before=lambda m: m.update(TopicArn="arn:aws:sns:eu-north-1:999999999999:theirs"))
    for sender in (OURS, SenderSettings(tokens=(SecretStr("gangway"),))):
        with pytest.raises(SignatureInvalid, match="topic is not in"):
            verify(theirs, sender)
    verify(theirs, SenderSettings(tokens=(SecretStr("gangway"),)), token="gangway")
    verify(theirs, SenderSettings())


@pytest.mark.parametrize("example", ["raw-alarm", "eventbridge-alarm"])
def test_without_an_envelope_only_a_token_proves_anything(example: str) -> None:
    raw = body("cloudwatch", example)
    for sender in (SenderSettings(), OURS, SenderSettings(tokens=(SecretStr("gangway"),))):
        with pytest.raises(SignatureInvalid, match="are not signed"):
            verify(raw, sender)
    verify(raw, SenderSettings(tokens=(SecretStr("gangway"),)), token="gangway")
    assert SOURCE.certificate_url(hook(raw)) == ""


@pytest.mark.parametrize(
    "url",
    [
        "https://sns.eu-north-1.amazonaws.com/SimpleNotificationService-0a.pem",
        "https://sns.cn-north-1.amazonaws.com.cn/x.pem",
    ],
)
def test_addresses_of_amazons_certificates(url: str) -> None:
    assert SOURCE.certificate_url(hook(message(before=lambda m: m.update(SigningCertURL=url)))) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-north-1.amazonaws.com/x.pem",
        "https://sns.eu-north-1.amazonaws.com.gull.example/x.pem",
        "https://gull.example/sns.eu-north-1.amazonaws.com/x.pem",
        "https://nest.s3.amazonaws.com/sns.pem",
        "https://sns.eu-north-1.amazonaws.com@gull.example/x.pem",
        "https://gull@sns.eu-north-1.amazonaws.com/x.pem",
        "https://sns.eu-north-1.amazonaws.com:8443/x.pem",
        "https://sns.eu-north-1.amazonaws.com/x.pem?y=1",
        "https://sns.eu-north-1.amazonaws.com/x.pem#.pem",
        "https://sns.eu-north-1.amazonaws.com/x.txt",
        "https://xsns.eu-north-1.amazonaws.com/x.pem",
        "https://sns.eu-north-1.amazonaws.com\\@gull.example/x.pem",
        "https://sns.eu-north-1.amazonaws.com/\n.pem",
        "file:///etc/passwd",
        "",
        None,
        ["https://sns.eu-north-1.amazonaws.com/x.pem"],
    ],
)
def test_any_other_address_is_not_asked(url: Any) -> None:
    with pytest.raises(SignatureInvalid, match="not an Amazon SNS URL"):
        SOURCE.certificate_url(hook(message(before=lambda m: m.update(SigningCertURL=url))))


@pytest.mark.parametrize(
    "url",
    [
        "https://gull.example/?Action=ConfirmSubscription",
        "https://sns.eu-north-1.amazonaws.com:80/?a",
        "http://sns.a.amazonaws.com/?a",
        None,
    ],
)
def test_a_confirmation_elsewhere_is_not_followed(url: Any) -> None:
    assert subscribe_url({"SubscribeURL": url}) == ""
    raw = message("sns-subscription", before=lambda m: m.update(SubscribeURL=url or ""))
    assert SOURCE.parse(hook(raw), OURS).confirm == ""
