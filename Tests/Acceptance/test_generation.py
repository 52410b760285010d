"""Chat and completions through the official OpenAI client."""

import math
import unittest
from concurrent.futures import ThreadPoolExecutor

import openai
from case import MeshCase

GREETING = [{"role": "user", "content": "Name three colours."}]


class ChatTests(MeshCase):
    def chat(self, **parameters):
        settings = {"model": self.model, "messages": GREETING, "max_tokens": 24, "temperature": 0}
        return self.client.chat.completions.create(**{**settings, **parameters})

    def test_plain(self):
        """a chat is answered, and its usage adds up"""
        answer = self.chat()
        self.assertEqual(answer.object, "chat.completion")
        self.assertEqual(answer.model, self.model)
        self.assertEqual(answer.choices[0].message.role, "assistant")
        self.assertTrue(answer.choices[0].message.content.strip())
        self.assertIn(answer.choices[0].finish_reason, ("stop", "length"))
        usage = answer.usage
        self.assertEqual(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens)
        self.assertLessEqual(usage.completion_tokens, 24)

    def test_stream(self):
        """a streamed chat says the same as a plain one, in more than one piece"""
        plain = self.chat().choices[0].message.content
        chunks = list(self.chat(stream=True, stream_options={"include_usage": True}))
        pieces = [c.choices[0].delta.content or "" for c in chunks if c.choices]
        self.assertEqual("".join(pieces), plain)
        self.assertGreater(len([piece for piece in pieces if piece]), 1)
        self.assertEqual(chunks[0].choices[0].delta.role, "assistant")
        self.assertIsNotNone(chunks[-1].usage)
        self.assertEqual(len({chunk.id for chunk in chunks}), 1)
        reasons = [c.choices[0].finish_reason for c in chunks if c.choices]
        self.assertEqual([reason for reason in reasons if reason], [reasons[-1]])

    def test_length(self):
        """max_tokens ends an answer and says so"""
        answer = self.chat(max_tokens=2)
        self.assertEqual(answer.usage.completion_tokens, 2)
        self.assertEqual(answer.choices[0].finish_reason, "length")

    def test_stop(self):
        """an answer ends before its stop sequence"""
        whole = self.chat().choices[0].message.content
        middle = whole[len(whole) // 2:len(whole) // 2 + 3]
        answer = self.chat(stop=[middle])
        self.assertEqual(answer.choices[0].message.content, whole[:whole.index(middle)])
        self.assertEqual(answer.choices[0].finish_reason, "stop")

    def test_seed(self):
        """the same seed draws the same tokens"""
        first, second = (self.chat(temperature=1, seed=7) for _ in range(2))
        self.assertEqual(
            first.choices[0].message.content, second.choices[0].message.content)

    def test_logprobs(self):
        """log probabilities name the tokens that were drawn, likeliest first"""
        answer = self.chat(max_tokens=2, logprobs=True, top_logprobs=3)
        content = answer.choices[0].logprobs.content
        self.assertEqual("".join(c.token for c in content), answer.choices[0].message.content)
        for drawn in content:
            top = [entry.logprob for entry in drawn.top_logprobs]
            self.assertEqual(len(top), 3)
            self.assertEqual(top, sorted(top, reverse=True))
            self.assertLessEqual(sum(math.exp(value) for value in top), 1.0001)
            self.assertAlmostEqual(drawn.logprob, top[0], places=4)

    def test_turns(self):
        """a conversation of several turns and a system message are understood"""
        answer = self.chat(messages=[
            {"role": "system", "content": "You answer in one word."},
            {"role": "user", "content": "The sky is?"},
            {"role": "assistant", "content": "Blue"},
            {"role": "user", "content": [{"type": "text", "text": "And grass?"}]},
        ])
        self.assertTrue(answer.choices[0].message.content.strip())


class CompletionTests(MeshCase):
    def test_plain(self):
        """a completion continues its prompt"""
        answer = self.client.completions.create(
            model=self.model, prompt="The capital of France is", max_tokens=8, temperature=0)
        self.assertEqual(answer.object, "text_completion")
        self.assertIn("Paris", answer.choices[0].text)

    def test_stream(self):
        """a streamed completion says the same as a plain one"""
        plain = self.mesh.complete("Once upon a time")
        stream = self.client.completions.create(
            model=self.model, prompt="Once upon a time", max_tokens=32, temperature=0, stream=True)
        self.assertEqual("".join(chunk.choices[0].text for chunk in stream if chunk.choices), plain)

    def test_together(self):
        """requests that share a batch do not change one another's tokens"""
        prompts = [f"Here are {count} facts about the number {count}:" for count in range(2, 8)]
        alone = [self.mesh.complete(prompt, 16) for prompt in prompts]
        with ThreadPoolExecutor(len(prompts)) as pool:
            together = list(pool.map(lambda prompt: self.mesh.complete(prompt, 16), prompts))
        self.assertEqual(together, alone)


class ModelTests(MeshCase):
    def test_list(self):
        """the served model is listed and can be looked up"""
        listed = self.client.models.list().data
        self.assertEqual([model.object for model in listed], ["model"] * len(listed))
        self.assertEqual(self.client.models.retrieve(self.model).id, self.model)

    def test_unknown(self):
        """a model that is not served is not found, by name"""
        self.refused(openai.NotFoundError, 404, lambda: self.client.models.retrieve("gpt-0"))


if __name__ == "__main__":
    unittest.main()
