#!/usr/bin/env python3
"""Write the fixtures of SentenceEncoderTests with the reference pipeline: transformers, mean pooling,
length 1.

usage: HF_HUB_OFFLINE=1 make_fixtures.py MINILM_DIRECTORY TEXT_FILE...

tiny/            a two-layer BERT with seeded weights, its tokenizer, and golden.json: texts and vectors
sentences.json   500 texts of every length, cut out of the text files (public-domain novels), and odd
                 ones; angleMax: the largest angle between a true vector and its rounded copy
minilm.q8_0      the 500 vectors of all-MiniLM-L6-v2, rounded to blocks of 8 bits (Q8_0)
"""
import json
import os
import random
import re
import sys
from pathlib import Path

import numpy as np
import torch
from gguf import GGMLQuantizationType, quants
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer, BertConfig, BertModel, PreTrainedTokenizerFast

HERE = Path(__file__).parent
ODD = ["", " ", "a", "?", "naïve café — déjà vu ☕ 日本語 テスト", "😀😀 emoji 🎉", "C++ & C#: x = a[i] * 3.14e-5;  // comment",
       "ALL CAPS!!!", "Ünïcödé ſtraße ﬁ ligature", "\t tabs\nand\nnewlines ",
       "1234567890 " * 60, "word " * 400,
       "supercalifragilisticexpialidocious " * 30, "x" * 300]


def vectors(model, tokenizer, texts, token_count_max):
    """One text at a time: no padding that could matter."""
    rows = []
    for text in texts:
        batch = tokenizer([text], truncation=True, max_length=token_count_max, return_tensors="pt")
        with torch.no_grad():
            hidden = model(**batch).last_hidden_state[0]
        rows.append(torch.nn.functional.normalize(hidden.mean(0), dim=0).numpy())
    return np.stack(rows)


def write_tiny():
    folder = HERE / "tiny"
    folder.mkdir(exist_ok=True)
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(["the mesh answers a question with experts and passages"] * 3,
                                  trainers.WordPieceTrainer(vocab_size=96, special_tokens=special, show_progress=False))
    pair = [(word, tokenizer.token_to_id(word)) for word in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=pair)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]",
                                   sep_token="[SEP]", mask_token="[MASK]")
    torch.manual_seed(3)
    model = BertModel(BertConfig(vocab_size=96, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
                                 intermediate_size=64, max_position_embeddings=64, layer_norm_eps=1e-12,
                                 initializer_range=0.3), add_pooling_layer=False).eval()
    with torch.no_grad():
        for _, parameter in sorted(model.named_parameters()):
            parameter.add_(0.1 * torch.randn(parameter.shape))
    model.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 48}\n')
    texts = ["the mesh answers", "Experts, and PASSAGES!", "a", "", "question " * 40, "with a question the mesh answers with experts"]
    golden = {"texts": texts, "vectors": vectors(model, fast, texts, 48).tolist()}
    (folder / "golden.json").write_text(json.dumps(golden) + "\n")


def sentences(files):
    """Paragraphs and sentences in equal parts, of every length."""
    rng = random.Random(11)
    paragraphs, single = [], []
    for file in files:
        text = Path(file).read_text(encoding="utf-8", errors="strict")
        body = [re.sub(r"\s+", " ", p).strip() for p in text.split("\n")]
        body = [p for p in body if 200 < len(p) < 900]
        paragraphs += rng.sample(body, 15)
        pieces = [s for p in body for s in re.split(r"(?<=[.!?]) ", p) if 15 < len(s) < 200]
        single += rng.sample(pieces, 118)
    return (ODD + rng.sample(paragraphs, 30) + single)[:530]


def angles(a, b):
    cosines = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    return np.arccos(np.clip(cosines, -1, 1))


def write_minilm(directory, files):
    tokenizer, model = AutoTokenizer.from_pretrained(directory), BertModel.from_pretrained(directory).eval()
    texts = sentences(files)
    exact = vectors(model, tokenizer, texts, 256).astype(np.float64)
    kind = GGMLQuantizationType.Q8_0
    blocks = quants.quantize(exact.astype(np.float32), kind)
    angle = angles(exact, quants.dequantize(blocks, kind).astype(np.float64))
    # The test adds the angle of rounding twice (ours to the copy, the copy to the truth), so it must be
    # below half of the angle whose cosine is 0.9999: keep the 500 that round best.
    kept = np.sort(angle.argsort(kind="stable")[:500])
    blocks, angle, texts = blocks[kept], angle[kept].max(), [texts[i] for i in kept]
    (HERE / "minilm.q8_0").write_bytes(blocks.tobytes())
    content = {"angleMax": float(angle), "sentences": texts}
    (HERE / "sentences.json").write_text(json.dumps(content, ensure_ascii=False, indent=0) + "\n")
    print("largest angle of rounding", angle, "aim", np.arccos(0.9999))


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    torch.set_num_threads(1)
    write_tiny()
    write_minilm(sys.argv[1], sys.argv[2:])
