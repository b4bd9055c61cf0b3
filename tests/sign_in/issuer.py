"""A small issuer of OpenID Connect on this machine, which tests can have lie in many ways."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID, CLIENT_SECRET = "controlroom", "s3cret-of-the-client"
Claims = dict[str, Any]


def make_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Issuer:
    """Who signs in next is in `person`; `twist` changes the claims, `sign` makes the token."""

    def __init__(self) -> None:
        self.key, self.kid = make_key(), "first"
        self.person: Claims = {"sub": "u-1", "email": "ann@example.com", "email_verified": True}
        self.discovery: Claims = {}
        self.twist: Callable[[Claims], Claims] = lambda claims: claims
        self.sign: Callable[[Claims], str] = self.sign_well
        self.user_info: Claims | None = None
        self.token_answer: tuple[int, bytes] | None = None
        self.redirects_discovery_to = ""
        self.calls: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/realm"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def sign_well(self, claims: Claims) -> str:
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": self.kid})

    def authorize(self, location: str) -> str:
        """Do what a browser and a person do there; return the address they are sent back to."""
        asked = dict(parse_qsl(urlsplit(location).query))
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self._codes[code] = asked
        return f"{urlsplit(asked['redirect_uri']).path}?code={code}&state={asked['state']}"

    def _answer(self, path: str, body: Claims, bearer: str) -> tuple[int, bytes]:
        self.calls.append(path)
        if path == "/realm/.well-known/openid-configuration":
            return 200, self._describe()
        if path == "/realm/keys":
            key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
            keys = [{**key, "kid": "first", "use": "sig", "alg": "RS256"}]
            return 200, json.dumps({"keys": keys}).encode()
        if path == "/realm/token":
            return self.token_answer or self._token(body)
        if path == "/realm/me" and bearer == "Bearer an-access-token":
            found = self.user_info if self.user_info is not None else self.person
            return 200, json.dumps(found).encode()
        return 404, b"{}"

    def _describe(self) -> bytes:
        return json.dumps(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "userinfo_endpoint": f"{self.url}/me",
                "jwks_uri": f"{self.url}/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
                **self.discovery,
            }
        ).encode()

    def _token(self, body: Claims) -> tuple[int, bytes]:
        asked = self._codes.pop(body.get("code", ""), None)  # good for once
        digest = hashlib.sha256(body.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or body.get("client_secret") != CLIENT_SECRET:
            return 400, b'{"error": "invalid_grant"}'
        if challenge != asked["code_challenge"]:
            return 400, b'{"error": "invalid_grant"}'
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 300}
        claims |= {"nonce": asked["nonce"], **self.person}
        token = self.sign(self.twist(claims))
        answer = {"access_token": "an-access-token", "token_type": "Bearer", "id_token": token}
        return 200, json.dumps(answer).encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._respond({})

            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._respond({name: values[0] for name, values in parse_qs(text).items()})

            def _respond(self, body: Claims) -> None:
                path = urlsplit(self.path).path
                bearer = self.headers.get("Authorization", "")
                status, text = issuer._answer(path, body, bearer)
                if issuer.redirects_discovery_to and path.endswith("openid-configuration"):
                    status = 302
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", issuer.redirects_discovery_to)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_arguments: Any) -> None:
                pass

        return Handler
