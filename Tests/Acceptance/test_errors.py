"""What is refused, how, and that the mesh lives on."""

import http.client
import json
import urllib.parse

import openai
from case import MeshCase

HELLO = [{"role": "user", "content": "Hello"}]


class RefusalTests(MeshCase):
    def chat(self, **parameters):
        settings = {"model": self.model, "messages": HELLO, "max_tokens": 4}
        return lambda: self.client.chat.completions.create(**{**settings, **parameters})

    def test_model(self):
        """an unknown model is not found, by its field"""
        self.refused(openai.NotFoundError, 404, self.chat(model="gpt-0"), "model")

    def test_values(self):
        """a value out of range is refused by the name of its field"""
        for field, value in (("temperature", 9), ("top_p", -1), ("max_tokens", 0), ("n", 1000)):
            with self.subTest(field):
                self.refused(openai.BadRequestError, 400, self.chat(**{field: value}), field)

    def test_tiny_value(self):
        """a value that is hardly more than nothing is served like any other"""
        self.assertTrue(self.chat(top_p=1e-50, temperature=1)().choices[0].finish_reason)

    def test_unknown_field(self):
        """a field that does not exist is refused, not ignored"""
        call = self.chat(extra_body={"temprature": 1})
        self.refused(openai.BadRequestError, 400, call, "temprature")

    def test_unsupported_field(self):
        """a field that OpenAI has and this mesh has not is refused by name"""
        call = self.chat(functions=[{"name": "f", "parameters": {}}])
        self.refused(openai.BadRequestError, 400, call, "functions")

    def test_no_messages(self):
        """a chat without messages is refused"""
        self.refused(openai.BadRequestError, 400, self.chat(messages=[]), "messages")

    def test_long_prompt(self):
        """a prompt longer than the context is refused before it is computed"""
        endless = [{"role": "user", "content": "word " * 20000}]
        error = self.refused(openai.BadRequestError, 400, self.chat(messages=endless))
        self.assertEqual(error.code, "context_length_exceeded")

    def test_unknown_store(self):
        """a search in a store that does not exist is not found"""
        tools = [{"type": "file_search", "vector_store_ids": ["vs_nothing"]}]
        self.refused(
            openai.NotFoundError, 404,
            lambda: self.client.responses.create(model=self.model, input="Hello", tools=tools))


class RawTests(MeshCase):
    """What the official client cannot send."""

    def send(self, method, path, body=b"", **headers):
        address = urllib.parse.urlsplit(self.mesh.url)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json", **headers})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def assert_refused(self, status, *request, **headers):
        code, body = self.send(*request, **headers)
        self.assertEqual(code, status, body)
        self.assertTrue(json.loads(body)["error"]["message"])

    def test_json(self):
        """text that is not JSON is refused with where it stops making sense"""
        for body in (b"", b"{", b'{"model": }', b"[1, 2", b"\xff\xfe", b'{"a":1}{"b":2}'):
            with self.subTest(body):
                self.assert_refused(400, "POST", "/v1/chat/completions", body)

    def test_route(self):
        """an unknown route is not found, a wrong method not allowed"""
        self.assert_refused(404, "GET", "/v1/nothing")
        self.assert_refused(405, "DELETE", "/v1/chat/completions")

    def test_size(self):
        """a body that is too large is refused before it is read"""
        code, _ = self.send(
            "POST", "/v1/chat/completions", b"", **{"Content-Length": str(1 << 40)})
        self.assertEqual(code, 413)

    def test_afterwards(self):
        """after all that the mesh still answers"""
        self.assertTrue(self.mesh.complete("Hello", 4))
        self.assertTrue(self.mesh.admin("/readyz")["ready"])


class DisconnectTests(MeshCase):
    def test_disconnect(self):
        """a client that hangs up frees its place at once"""
        for _ in range(8):
            stream = self.client.chat.completions.create(
                model=self.model, messages=HELLO, max_tokens=2000, stream=True,
                temperature=1, seed=1)
            next(iter(stream))
            stream.close()
        # Eight answers of 2,000 tokens take minutes; a short one that need not wait takes seconds.
        self.client.with_options(timeout=60).chat.completions.create(
            model=self.model, messages=HELLO, max_tokens=4)
