"""Embeddings, files, vector stores and cited answers through the official OpenAI client."""

import hashlib
import math

import openai
from case import DOCUMENTS, MeshCase, store_of, upload

QUESTION = "When did the 1973 oil crisis begin?"


class EmbeddingTests(MeshCase):
    def embed(self, texts, **parameters):
        answer = self.client.embeddings.create(model=self.encoder(), input=texts, **parameters)
        return [entry.embedding for entry in answer.data]

    def encoder(self):
        """The model that embeds: the one listed beside the language model, else that one."""
        names = [model.id for model in self.client.models.list().data]
        return next((name for name in names if "minilm" in name.lower()), self.model)

    def test_meaning(self):
        """sentences of like meaning are near, and every vector has length one"""
        cat, kitten, tax = self.embed(
            ["A cat sleeps.", "A kitten is asleep.", "Taxes are due in April."])
        for vector in (cat, kitten, tax):
            self.assertEqual(len(vector), 384)
            self.assertAlmostEqual(math.hypot(*vector), 1, places=3)
        near, far = (sum(a * b for a, b in zip(cat, other)) for other in (kitten, tax))
        self.assertGreater(near, far + 0.3)

    def test_formats(self):
        """base64 and plain numbers say the same, and order is kept"""
        texts = ["one", "two", "three"]
        plain = self.embed(texts, encoding_format="float")
        packed = self.embed(texts)
        for left, right in zip(plain, packed):
            for a, b in zip(left, right):
                self.assertAlmostEqual(a, b, places=5)


class FileTests(MeshCase):
    def test_life(self):
        """a file is stored byte for byte, listed, and gone once deleted"""
        text = "Line one\r\nLine two: é, 漢字, 🙂\n"
        file = upload(self.client, "näme.txt", text)
        self.assertEqual(file.bytes, len(text.encode()))
        self.assertEqual(file.filename, "näme.txt")
        self.assertIn(file.id, [entry.id for entry in self.client.files.list()])
        self.assertEqual(self.client.files.content(file.id).read(), text.encode())
        self.assertTrue(self.client.files.delete(file.id).deleted)
        self.refused(openai.NotFoundError, 404, lambda: self.client.files.retrieve(file.id))


class VectorStoreTests(MeshCase):
    def test_life(self):
        """documents of a store are found by words and by meaning, until they are removed"""
        store = store_of(self.client, DOCUMENTS, "life")
        self.assertEqual(self.client.vector_stores.retrieve(store.id).file_counts.completed, 3)
        found = self.client.vector_stores.search(store.id, query="oil embargo").data
        self.assertEqual(found[0].filename, "oil.txt")
        self.assertIn("October 1973", found[0].content[0].text)
        found = self.client.vector_stores.search(store.id, query="a hot drink from leaves").data
        self.assertEqual(found[0].filename, "tea.html")
        self.assertNotIn("ignore()", found[0].content[0].text)

        files = {f.id for f in self.client.vector_stores.files.list(store.id)}
        oil = next(f for f in files if self.client.files.retrieve(f).filename == "oil.txt")
        self.client.vector_stores.files.delete(oil, vector_store_id=store.id)
        left = self.client.vector_stores.search(store.id, query="oil embargo").data
        self.assertNotIn("oil.txt", [entry.filename for entry in left])
        self.assertTrue(self.client.vector_stores.delete(store.id).deleted)
        self.refused(
            openai.NotFoundError, 404, lambda: self.client.vector_stores.retrieve(store.id))

    def test_unknown_file(self):
        """a file that does not exist cannot be put into a store"""
        store = self.client.vector_stores.create(name="empty")
        self.refused(
            openai.NotFoundError, 404,
            lambda: self.client.vector_stores.files.create(store.id, file_id="file-nothing"))


class ResponseTests(MeshCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.store = store_of(cls.client, DOCUMENTS, "responses")

    def respond(self, question=QUESTION, **parameters):
        return self.client.responses.create(
            model=self.model, input=question, temperature=0, max_output_tokens=48,
            include=["file_search_call.results"],
            tools=[{"type": "file_search", "vector_store_ids": [self.store.id]}], **parameters)

    def test_plain(self):
        """an answer names its search, its results, and the file that it cites"""
        response = self.respond()
        self.assertIn(response.status, ("completed", "incomplete"))
        search = next(item for item in response.output if item.type == "file_search_call")
        self.assertEqual(search.results[0].filename, "oil.txt")
        annotations = self.annotations(response)
        self.assertTrue(annotations, f"no citation in {response.output_text!r}")
        self.assertEqual(annotations[0].type, "file_citation")
        self.assertEqual(annotations[0].filename, "oil.txt")

    def test_bytes(self):
        """a citation's byte range is the cited passage of the document, and its digest agrees"""
        response = self.respond()
        search = next(item for item in response.output if item.type == "file_search_call")
        for note in self.annotations(response):
            place = note.model_extra["mesh"]
            content = self.client.files.content(note.file_id).read()
            self.assertEqual(place["digest"], hashlib.sha256(content).hexdigest())
            cited = content[place["byte_start"]:place["byte_end"]].decode()
            passage = next(r for r in search.results if r.model_extra["mesh"] == place)
            self.assertEqual(" ".join(cited.split()), " ".join(passage.text.split()))
            self.assertIn("October 1973", cited)

    def test_support(self):
        """an answer says how far the passages bear it out"""
        support = self.respond().model_extra["mesh"]["support"]
        self.assertIn(support, ("supported", "partial"))

    def test_experts(self):
        """an answer names the experts that computed it, and on which workers, when asked"""
        self.assertNotIn("experts", self.respond().model_extra["mesh"])
        response = self.respond(extra_body={"mesh": {"routing": True}})
        experts = response.model_extra["mesh"]["experts"]
        workers = {name for use in experts for name in use["workers"]}
        self.assertEqual(workers, {"expert-worker-1", "expert-worker-2"})
        layers = {use["layer"] for use in experts}
        tokens = {
            layer: sum(use["tokens"] for use in experts if use["layer"] == layer)
            for layer in layers
        }
        self.assertEqual(len(set(tokens.values())), 1, "every layer has seen every token")

    def test_stream(self):
        """a streamed answer has the events of its kind, in order, and ends in the same text"""
        events = list(self.respond(stream=True))
        kinds = [event.type for event in events]
        self.assertEqual(kinds[0], "response.created")
        self.assertIn(kinds[-1], ("response.completed", "response.incomplete"))
        self.assertLess(
            kinds.index("response.file_search_call.completed"),
            kinds.index("response.output_text.delta"))
        numbers = [event.sequence_number for event in events]
        self.assertEqual(numbers, sorted(set(numbers)))
        text = "".join(e.delta for e in events if e.type == "response.output_text.delta")
        self.assertEqual(text, events[-1].response.output_text)
        self.assertEqual(text, self.respond().output_text)

    def test_without_tools(self):
        """a response without tools is a plain chat"""
        response = self.client.responses.create(
            model=self.model, input="Say hello.", max_output_tokens=16)
        self.assertTrue(response.output_text.strip())
        self.assertEqual(self.annotations(response), [])

    def annotations(self, response):
        return [
            annotation for item in response.output if item.type == "message"
            for content in item.content for annotation in content.annotations
        ]
