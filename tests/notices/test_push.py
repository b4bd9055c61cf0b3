"""Push messages: encrypted as RFC 8291 says, signed as RFC 8292 says, taken by a real server."""

import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from apps.notices.channels import push
from apps.notices.channels.push import pack, unpack
from apps.notices.lifecycle import notify, try_address
from apps.notices.models import Address, Notice, PushKeys
from tests.notices.conftest import NOON
from tests.notices.test_delivering import deliver

pytestmark = pytest.mark.django_db


class Device:
    """Has keys, and reads what was encrypted for them."""

    def __init__(self):
        self.key = ec.generate_private_key(push.CURVE)
        self.point = push._point(self.key)
        self.auth = b"sixteen bytes ok"

    def read(self, body: bytes) -> dict:
        salt, length = body[:16], body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(push.CURVE, sender)
        shared = self.key.exchange(ec.ECDH(), theirs)
        info = b"WebPush: info\0" + self.point + sender
        secret = self._derive(shared, self.auth, info, 32)
        key = self._derive(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
        nonce = self._derive(secret, salt, b"Content-Encoding: nonce\0", 12)
        return json.loads(AESGCM(key).decrypt(nonce, sealed, None).removesuffix(b"\2"))

    def _derive(self, secret, salt, info, length):
        return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


@pytest.fixture
def device():
    return Device()


def subscribe(client, listener, device):
    return client.post(
        "/notices/settings/browsers/",
        {
            "endpoint": listener.push,
            "p256dh": pack(device.point),
            "auth": pack(device.auth),
            "title": "Chrome, Linux",
        },
    )


def test_the_example_of_the_standard_comes_out_as_printed_there():
    """RFC 8291, appendix A."""
    private = int.from_bytes(unpack("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")

    body = push.encrypt(
        b"When I grow up, I want to be a watermelon",
        receiver=unpack(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
        ),
        auth=unpack("BTBZMqHH6r4Tts7J_aSIgg"),
        salt=unpack("DGv6ra1nlYgDCS1FRnbzlw"),
        own=ec.derive_private_key(private, push.CURVE),
    )

    assert pack(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS"
        "6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Q"
        "ulcy4a-fN"
    )


def test_a_subscribed_browser_can_read_the_message(supervisor, supervisor_client, chat, device):
    assert subscribe(supervisor_client, chat, device).status_code == 204
    notify([supervisor.pk], "task_mentioned", title="You, please", url="/inbox/7/")
    Notice.objects.update(ready_at=NOON)

    deliver()

    said = device.read(chat.heard[0])
    assert said["title"] == "You, please"
    assert said["url"] == "/inbox/7/"
    assert chat.headers[0]["Content-Encoding"] == "aes128gcm"


def test_the_signature_is_ours_and_names_the_push_service(
    supervisor_client, supervisor, chat, device
):
    subscribe(supervisor_client, chat, device)
    assert try_address(Address.objects.get()) == ""

    header = chat.headers[0]["Authorization"]
    token = header.removeprefix("vapid t=").partition(",")[0]
    signed, _dot, signature = token.rpartition(".")
    claims = json.loads(unpack(signed.partition(".")[2]))
    raw = unpack(signature)
    r, s = (int.from_bytes(half, "big") for half in (raw[:32], raw[32:]))
    key = supervisor_client.get("/notices/settings/push-key/").text
    public = ec.EllipticCurvePublicKey.from_encoded_point(push.CURVE, unpack(key))

    assert header.endswith(f"k={key}")
    assert claims["aud"] == f"http://127.0.0.1:{chat.port}"
    public.verify(encode_dss_signature(r, s), signed.encode(), ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        public.verify(encode_dss_signature(s, r), signed.encode(), ec.ECDSA(hashes.SHA256()))


def test_a_browser_that_is_gone_is_switched_off_at_once(
    supervisor, supervisor_client, chat, device
):
    subscribe(supervisor_client, chat, device)
    chat.status = 410
    notify([supervisor.pk], "task_mentioned", title="You, please")
    Notice.objects.update(ready_at=NOON)

    deliver()

    assert Address.objects.get().off_since is not None
    assert Notice.objects.filter(kind="channel_off").exists()


def test_a_browser_belongs_to_whoever_subscribed_last(
    supervisor_client, admin_client, admin, chat, device
):
    subscribe(supervisor_client, chat, device)
    subscribe(admin_client, chat, device)
    subscribe(admin_client, chat, device)

    assert Address.objects.get().user == admin


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "http://10.0.0.1/x"},
        {"endpoint": "https://10.0.0.1/x"},
        {"endpoint": "file:///etc/passwd"},
        {"endpoint": ""},
        {"p256dh": "AAAA"},
        {"auth": "AAAA"},
        {"p256dh": "ü"},
    ],
)
def test_what_is_no_push_service_or_no_key_is_refused(supervisor_client, chat, device, wrong):
    said = {
        "endpoint": chat.push,
        "p256dh": pack(device.point),
        "auth": pack(device.auth),
        "title": "x",
    }

    answer = supervisor_client.post("/notices/settings/browsers/", {**said, **wrong})

    assert answer.status_code == 422
    assert not Address.objects.exists()


def test_the_private_key_is_sealed_and_made_once():
    assert push.public_key() == push.public_key()
    assert "PRIVATE" not in PushKeys.objects.get().private


def test_the_service_worker_stands_at_the_top_for_everybody(client):
    answer = client.get("/sw.js")

    assert answer["Content-Type"].startswith("text/javascript")
    assert "showNotification" in answer.text
    assert "script-src" in answer["Content-Security-Policy"]
