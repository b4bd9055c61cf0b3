"""Tampering of each kind is noticed and named; what is right is said to be right."""

import subprocess
from io import BytesIO, StringIO

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.management import CommandError, call_command

from apps.evidence.keys import digest_of, known_public_keys
from apps.evidence.verifying import verify
from tests.evidence.packs import member, names, pack_of, remade
from tests.search.made import item_called

pytestmark = pytest.mark.django_db
STRANGER = Ed25519PrivateKey.generate()
STRANGERS_PEM = STRANGER.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture
def pack(folder, admin):
    item_called("INV-1", folder)
    return pack_of(admin, folder, "INV-1")


def faults(pack, keys=None):
    return verify(BytesIO(pack), known_public_keys() if keys is None else keys).faults


def test_a_pack_is_right_as_it_was_made(pack):
    assert faults(pack) == []
    own = verify(BytesIO(pack), [])
    assert (own.faults, own.is_own_key) == ([], True)


def test_a_file_that_was_changed_is_named(pack):
    for name in set(names(pack)) - {"manifest.json", "manifest.sig"}:
        changed = remade(pack, lambda files, name=name: files | {name: files[name] + b" "})
        assert faults(changed) == [f"{name} was changed."]


def test_a_file_that_was_added_or_taken_out_is_named(pack):
    added = remade(pack, lambda files: files | {"more.json": b"{}"})
    less = remade(pack, lambda files: {k: v for k, v in files.items() if k != "tasks.json"})

    assert faults(added) == ["more.json was added: it is not in the list of files."]
    assert faults(less) == ["tasks.json is missing."]


def test_a_manifest_that_was_changed_does_not_fit_the_signature(pack):
    def backdate(files):
        manifest = orjson.loads(files["manifest.json"]) | {"reason": "Another"}
        return files | {"manifest.json": orjson.dumps(manifest)}

    assert "manifest.json was changed" in faults(remade(pack, backdate))[0]


def test_a_pack_signed_anew_by_somebody_else_is_not_ours(pack):
    def sign_anew(files):
        manifest = orjson.loads(files["manifest.json"])
        for each in manifest["files"]:
            if each["name"] == "public-key.pem":
                each |= {"sha256": digest_of(STRANGERS_PEM), "size": len(STRANGERS_PEM)}
        said = orjson.dumps(manifest)
        signature = STRANGER.sign(said)
        own = {"manifest.json": said, "manifest.sig": signature, "public-key.pem": STRANGERS_PEM}
        return files | own

    forged = remade(pack, sign_anew)

    assert "somebody else signed it" in faults(forged)[0]
    assert faults(forged, [STRANGERS_PEM.decode()]) == []
    assert "somebody else signed it" in faults(pack, [STRANGERS_PEM.decode()])[0]


@pytest.mark.parametrize("missing", ["manifest.json", "manifest.sig", "public-key.pem"])
def test_without_its_parts_it_is_no_pack(pack, missing):
    bare = remade(pack, lambda files: {k: v for k, v in files.items() if k != missing})

    assert faults(bare) == [f"It is no evidence pack: {missing} is missing."]


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04" + b"x" * 200])
def test_what_is_no_archive_is_said_to_be_none(content):
    assert "can't be read as a pack" in faults(content, [])[0]


@pytest.mark.parametrize("said", [b"", b"[]", b"{}", b'{"files": [7]}', b'{"files": 1}'])
def test_a_manifest_of_nonsense_is_no_error_of_ours(pack, said):
    odd = remade(pack, lambda files: files | {"manifest.json": said})

    assert faults(odd)[-1] == "manifest.json is not what a control room writes."


def test_the_command_says_what_is_right_and_what_is_wrong(pack, tmp_path):
    file, key, out = tmp_path / "pack.zip", tmp_path / "key.pem", StringIO()
    file.write_bytes(pack)
    key.write_text(known_public_keys()[0])

    call_command("verify_evidence", file, stdout=out)
    call_command("verify_evidence", file, key=key, stdout=out)
    assert out.getvalue().count("Right: 9 files about “INV-1”") == 2

    key.write_bytes(STRANGERS_PEM)
    with pytest.raises(CommandError, match="1 faults"):
        call_command("verify_evidence", file, key=key, stderr=StringIO())
    for nonsense in (b"", b"-----BEGIN PUBLIC KEY-----"):
        key.write_bytes(nonsense)
        with pytest.raises(CommandError, match="no public key"):
            call_command("verify_evidence", file, key=key)
    with pytest.raises(CommandError, match="No such file"):
        call_command("verify_evidence", tmp_path / "none.zip")


def test_openssl_finds_the_signature_right(pack, tmp_path):
    for name in ("manifest.json", "manifest.sig", "public-key.pem"):
        (tmp_path / name).write_bytes(member(pack, name))
    asked = "openssl pkeyutl -verify -pubin -inkey public-key.pem -rawin -in manifest.json"
    command = [*asked.split(), "-sigfile", "manifest.sig"]

    right = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    (tmp_path / "manifest.json").write_bytes(b"{}")
    wrong = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)

    assert (right.returncode, wrong.returncode) == (0, 1)
