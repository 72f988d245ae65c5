"""An S3 server in this process, for tests and benchmarks: the calls of Amazon's REST interface by
which an object store is used, as its reference describes them (PutObject, GetObject, HeadObject,
DeleteObject, DeleteObjects, ListObjectsV2 in pages, and uploads in parts).

It takes nothing that is not signed by the key that it knows, or whose bytes are not those that were
signed, and it can falter: every so many requests are answered with 503, as a busy store does.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

KEY, SECRET, REGION = "a-key", "a-secret", "us-east-1"


@dataclass
class Stored:
    """An object."""

    content: bytes
    written: float = field(default_factory=time.time)

    @property
    def tag(self) -> str:
        return f'"{hashlib.md5(self.content).hexdigest()}"'

    def date(self, form: str) -> str:
        return datetime.fromtimestamp(self.written, UTC).strftime(form)


class Store(ThreadingHTTPServer):
    """The server, with what it holds: (bucket, key) to objects."""

    daemon_threads = True

    def __init__(self, *, falters: int = 0, page: int = 1000) -> None:
        """falters: every so many requests; 0 is never. page: keys in one page of a list."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[tuple[str, str], Stored] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        #: the methods of what was answered, and what was refused
        self.asked: list[str] = []
        #: bytes of what was taken in and given, by method
        self.moved: Counter[str] = Counter()
        self.refused: list[str] = []
        self.lock = threading.Lock()
        self.page = page
        self._falters = falters
        self._count = 0

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which it is found."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.server_address[1]}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": REGION,
        }

    def keep(self, bucket: str, key: str, content: bytes) -> None:
        """Has an object, as if somebody had put it there."""
        self.objects[bucket, key] = Stored(content)

    def content(self, bucket: str, key: str) -> bytes:
        """The bytes of an object. KeyError where there is none."""
        return self.objects[bucket, key].content

    def falls_over(self) -> bool:
        """Whether this request is one that it is too busy for."""
        self._count += 1
        return bool(self._falters) and self._count % self._falters == 0


@contextmanager
def store(*, falters: int = 0, page: int = 1000) -> Iterator[Store]:
    """A server at work."""
    with Store(falters=falters, page=page) as found:
        thread = threading.Thread(target=found.serve_forever, daemon=True)
        thread.start()
        try:
            yield found
        finally:
            found.shutdown()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Store

    def log_message(self, *_: Any) -> None:
        """Nothing."""

    def _answer(self) -> None:
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        bucket, _, key = unquote(url.path).lstrip("/").partition("/")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.server.lock:
            if self.server.falls_over():
                self._say(503, b"<Error><Code>SlowDown</Code></Error>")
                return
            wrong = _wrong(self.command, url.path, query, self.headers, body)
            if wrong:
                self.server.refused.append(wrong)
                self._say(403, f"<Error><Code>{wrong}</Code></Error>".encode())
                return
            self.server.asked.append(self.command)
            self.server.moved[self.command] += len(body)
            self._do(bucket, key, query, body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815

    def _do(self, bucket: str, key: str, query: dict[str, str], body: bytes) -> None:
        objects, parts = self.server.objects, self.server.parts
        found = objects.get((bucket, key))
        match self.command:
            case "GET" if not key:
                self._say(200, self._listed(bucket, query))
            case "GET" | "HEAD" if found is None:
                self._say(404, b"<Error><Code>NoSuchKey</Code></Error>")
            case "GET" | "HEAD":
                assert found is not None
                self._give(found)
            case "PUT" if "partNumber" in query:
                parts[query["uploadId"]][int(query["partNumber"])] = body
                self._say(200, ETag=Stored(body).tag)
            case "PUT":
                objects[bucket, key] = Stored(body)
                self._say(200, ETag=objects[bucket, key].tag)
            case "POST" if "uploads" in query:
                number = str(len(parts))
                parts[number] = {}
                self._say(200, _xml("InitiateMultipartUploadResult", UploadId=number))
            case "POST" if "uploadId" in query:
                whole = b"".join(part for _, part in sorted(parts.pop(query["uploadId"]).items()))
                objects[bucket, key] = Stored(whole)
                tag = objects[bucket, key].tag
                self._say(200, _xml("CompleteMultipartUploadResult", ETag=tag))
            case "POST" if "delete" in query:
                gone = ""
                for name in ElementTree.fromstring(body).iter():
                    if name.tag.endswith("Key"):
                        objects.pop((bucket, name.text or ""), None)
                        gone += f"<Deleted>{_element('Key', name.text or '')}</Deleted>"
                self._say(200, f"<DeleteResult>{gone}</DeleteResult>".encode())
            case "DELETE":
                objects.pop((bucket, key), None)
                self._say(204)

    def _give(self, found: Stored) -> None:
        """An object, or as much of it as is asked for."""
        content, status, more = found.content, 200, {}
        asked = self.headers.get("Range")
        if asked:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            end = int(last) + 1 if last else len(content)
            more = {"Content-Range": f"bytes {first}-{end - 1}/{len(content)}"}
            content, status = content[int(first) : end], 206
        more |= {"ETag": found.tag, "Last-Modified": found.date("%a, %d %b %Y %H:%M:%S GMT")}
        self._say(status, content, **more)

    def _listed(self, bucket: str, query: dict[str, str]) -> bytes:
        """A page of the keys that begin as they are asked for, in their order."""
        assert query["list-type"] == "2"
        after = query.get("continuation-token", "")
        keys = sorted(name for owner, name in self.server.objects if owner == bucket)
        keys = [key for key in keys if key.startswith(query.get("prefix", "")) and key > after]
        page = keys[: self.server.page]
        more = _element("IsTruncated", str(len(keys) > len(page)).lower())
        if len(keys) > len(page):
            more += _element("NextContinuationToken", page[-1])
        for key in page:
            found = self.server.objects[bucket, key]
            words = {
                "Key": key,
                "LastModified": found.date("%Y-%m-%dT%H:%M:%S.%fZ"),
                "ETag": found.tag,
                "Size": str(len(found.content)),
            }
            more += f"<Contents>{''.join(_element(*each) for each in words.items())}</Contents>"
        return f"<ListBucketResult>{more}</ListBucketResult>".encode()

    def _say(self, status: int, content: bytes = b"", **heads: str) -> None:
        self.send_response(status)
        for name, value in heads.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.server.moved[self.command] += len(content)
            self.wfile.write(content)


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"


def _xml(name: str, **inner: str) -> bytes:
    return f"<{name}>{''.join(_element(*each) for each in inner.items())}</{name}>".encode()


def _wrong(method: str, path: str, query: dict[str, str], heads: Any, body: bytes) -> str:
    """Why a request is refused, as S3 calls it; "" where it is signed by Signature Version 4."""
    said = heads.get("Authorization", "")
    scheme, _, rest = said.partition(" ")
    fields = dict(each.strip().split("=", 1) for each in rest.split(",") if "=" in each)
    if scheme != "AWS4-HMAC-SHA256" or not fields.get("Credential", "").startswith(f"{KEY}/"):
        return "InvalidAccessKeyId"
    digest = heads["x-amz-content-sha256"]
    if digest not in ("UNSIGNED-PAYLOAD", hashlib.sha256(body).hexdigest()):
        return "XAmzContentSHA256Mismatch"
    names = fields["SignedHeaders"].split(";")
    canonical = [
        method,
        path,
        "&".join(f"{quote(k, '-_.~')}={quote(v, '-_.~')}" for k, v in sorted(query.items())),
        *(f"{name}:{heads[name].strip()}" for name in names),
        "",
        fields["SignedHeaders"],
        digest,
    ]
    scope = fields["Credential"].partition("/")[2]
    told = "\n".join(
        [
            scheme,
            heads["x-amz-date"],
            scope,
            hashlib.sha256("\n".join(canonical).encode()).hexdigest(),
        ]
    )
    secret = f"AWS4{SECRET}".encode()
    for each in (*scope.split("/"), told):
        secret = hmac.new(secret, each.encode(), hashlib.sha256).digest()
    return "" if hmac.compare_digest(secret.hex(), fields["Signature"]) else "SignatureDoesNotMatch"
