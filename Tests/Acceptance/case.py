"""What the test cases share."""

import unittest

import mesh


def available(get):
    """What `get` returns; where there are no weights the test is skipped, and says why."""
    try:
        return get()
    except mesh.Unavailable as reason:
        raise unittest.SkipTest(str(reason))


class MeshCase(unittest.TestCase):
    """A test against the shared mesh."""

    @classmethod
    def setUpClass(cls):
        cls.mesh = available(mesh.shared)
        cls.client = cls.mesh.client
        cls.model = cls.mesh.model

    def refused(self, kind, status, call, parameter=None):
        """The error that a call must end with; OpenAI's shape, and the field at fault."""
        with self.assertRaises(kind) as caught:
            call()
        error = caught.exception
        self.assertEqual(error.status_code, status)
        self.assertTrue(error.body["message"], "an error says what is wrong")
        if parameter is not None:
            self.assertEqual(error.body["param"], parameter)
        return error


DOCUMENTS = {
    "header.md": (
        "# Frames\n\n"
        "A frame begins with a header of 40 bytes. The header names the message that follows "
        "and how long it is.\n\n"
        "Behind the message stand raw tensor bytes, aligned to 64 bytes.\n"
    ),
    "oil.txt": (
        "The 1973 oil crisis began in October 1973 when the members of the Organization of Arab "
        "Petroleum Exporting Countries proclaimed an oil embargo. By the end of the embargo in "
        "March 1974, the price of oil had risen from 3 dollars per barrel to nearly 12 dollars.\n"
    ),
    "tea.html": (
        "<html><body><h1>Tea</h1><p>Green tea is made of leaves that have not oxidised. "
        "Water of 80 degrees is poured over the leaves.</p>"
        "<script>ignore()</script></body></html>\n"
    ),
}


def upload(client, name, text):
    """A file of the front door with this content."""
    return client.files.create(file=(name, text.encode()), purpose="assistants")


def store_of(client, documents, name="acceptance"):
    """A vector store that holds the documents, when all of them can be found."""
    store = client.vector_stores.create(name=name)
    for title, text in documents.items():
        attached = client.vector_stores.files.create_and_poll(
            file_id=upload(client, title, text).id, vector_store_id=store.id)
        assert attached.status == "completed", attached
    return store
