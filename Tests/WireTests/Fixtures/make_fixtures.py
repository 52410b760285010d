"""Prints messages encoded by Google's protobuf for Python, for OracleTests.swift, and writes them as frames for the fuzzer.

pip install protobuf; protoc -I../../../Proto -I/usr/include --python_out=/tmp/pb ../../../Proto/*.proto \
    /usr/include/protobuf-c/protobuf-c.proto; PYTHONPATH=/tmp/pb python3 make_fixtures.py
"""

import struct
from pathlib import Path

import envelope_pb2 as envelope
import expert_pb2 as expert
import knowledge_pb2 as knowledge


frames = b""


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def frame(kind, body, flags=0, attachment=b""):
    padding = bytes(-(40 + len(body)) % 64) if attachment else b""
    rest = body + padding + attachment
    header = struct.pack(
        "<4sBBHIIIIQI", b"XMSH", 2, kind, flags, 7, len(body), len(attachment), 250, 0, crc32c(rest))
    return header + struct.pack("<I", crc32c(header)) + rest


def show(name, message):
    global frames
    body = message.SerializeToString(deterministic=True)
    print(name, body.hex())
    kinds = {"hello": 1, "fault": 3, "dispatch": 24, "search": 56, "passages": 57}
    frames += frame(kinds[name], body, attachment=b"rows" if name == "dispatch" else b"")


digest = bytes(range(32))
show("hello", envelope.Hello(
    role=envelope.ROLE_EXPERT_WORKER, name="worker-1", protocol_version_min=1, protocol_version_max=3,
    numeric_class="avx2-1", capacity_bytes=1 << 40, core_count=8, memory_bytes_per_second=50_000_000_000,
    host="node-1", instance=0x0102030405060708))
show("fault", envelope.Fault(
    code=envelope.FAULT_CODE_EXPERT_UNAVAILABLE, message="gone", retry_after_milliseconds=250,
    artifact=digest))
show("dispatch", expert.ExpertDispatch(
    row_count=4, hidden_size=576,
    activation_type=expert.ACTIVATION_TYPE_FLOAT32, reduction=expert.REDUCTION_PER_CHOICE,
    groups=[expert.ExpertGroup(digest=digest, rows=[0, 3, 70000], weights=[0.5, -1, float("inf")]),
            expert.ExpertGroup(digest=digest[::-1])]))
show("search", knowledge.Search(
    collections=["a", "b"], query="why", limit=5, mode=knowledge.SEARCH_MODE_DENSE, lexical_weight=0.25, exact=True))
show("passages", knowledge.SearchReply(passages=[knowledge.FoundPassage(
    collection="a", document_id="d", title="t", digest=digest, byte_start=10, byte_end=20, text="line\nline",
    score=1, lexical_score=2, dense_score=3)], plan="exact scan"))
seed = Path(__file__).parents[2] / "Fuzz/Seeds/frames/valid"
seed.parent.mkdir(exist_ok=True)
seed.write_bytes(frames)
