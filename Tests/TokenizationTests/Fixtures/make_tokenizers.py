"""Writes tokenizers/: small vocabularies in the style of each family, and the token ids of the
`tokenizers` and `sentencepiece` libraries.

    HF_HUB_OFFLINE=1 python make_tokenizers.py      (needs tokenizers, sentencepiece, gguf)

    lines.json        300 lines of mixed text, our own
    NAME.json         a tokenizer.json trained here (sentencepiece.json: the fields of GGUF metadata)
    NAME.ids          the ids of each line
    digests.json      for SmolLM2 and MiniLM, which are fetched into the cache, one digest per 100 of
                      10,000 lines (half of them from the data folder); for ours, of the first 1,000;
                      and one of the decoded text of the 300 lines
"""

import io
import json
import os
import sys
from pathlib import Path

import gguf
import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers
from tokenizers import pre_tokenizers, processors, trainers

import mixed_text

HERE = Path(__file__).parent
FOLDER = HERE / "tokenizers"
CACHE = Path(os.environ.get("EXPERTMESH_CACHE") or Path.home() / ".cache" / "expertmesh")
VOCABULARY_SIZE = 1000
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
MARK = "\u2581"
LLAMA_REGEX = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|NUMBERS| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+")


def fnv(data, state=0xCBF29CE484222325):
    for byte in data:
        state = ((state ^ byte) * 0x100000001B3) & mixed_text.MASK
    return state


def digest(lines_of_ids):
    """One number for the ids of some lines."""
    data = io.BytesIO()
    for ids in lines_of_ids:
        data.write(b"".join(token.to_bytes(4, "little") for token in ids) + b"\xff\xff\xff\xff")
    return f"{fnv(data.getvalue()):016x}"


def trained(pre_tokenizer, lines, normalizer=None, specials=(), alphabet=True, **model):
    """A BPE tokenizer with a vocabulary from `lines`, its special tokens first."""
    tokenizer = Tokenizer(models.BPE(**({"unk_token": "<unk>"} if "byte_fallback" in model else {})))
    tokenizer.pre_tokenizer = pre_tokenizer
    if normalizer:
        tokenizer.normalizer = normalizer
    characters = (
        {"initial_alphabet": pre_tokenizers.ByteLevel.alphabet()} if alphabet else {"limit_alphabet": 120})
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY_SIZE, special_tokens=list(specials), show_progress=False,
        max_token_length=12, **characters)
    tokenizer.train_from_iterator(lines, trainer)
    state = json.loads(tokenizer.to_str())["model"]
    merges = [tuple(pair) for pair in state["merges"]]
    return models.BPE(vocab=state["vocab"], merges=merges, **model)


def byte_level(lines, pre_tokenizer, specials, normalizer=None, **model):
    tokenizer = Tokenizer(trained(pre_tokenizer, lines, normalizer, specials, **model))
    tokenizer.pre_tokenizer = pre_tokenizer
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(list(specials))
    return tokenizer


def gpt2(lines):
    tokenizer = byte_level(lines, pre_tokenizers.ByteLevel(add_prefix_space=True), ["<|endoftext|>"])
    tokenizer.add_special_tokens([
        AddedToken("<mask>", lstrip=True, special=True), AddedToken("<r>", rstrip=True, special=True)])
    tokenizer.add_tokens([
        AddedToken("expert", single_word=True, normalized=False), AddedToken("   ", normalized=True)])
    return tokenizer


def split_then_bytes(numbers):
    expression = LLAMA_REGEX.replace("NUMBERS", numbers)
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(expression), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def llama3(lines):
    specials = ["<|begin_of_text|>", "<|eot_id|>", "<|im_start|>", "<|im_end|>"]
    tokenizer = byte_level(lines, split_then_bytes(r"\p{N}{1,3}"), specials, ignore_merges=True)
    begin = tokenizer.token_to_id(specials[0])
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single=f"{specials[0]} $A", special_tokens=[(specials[0], begin)])])
    return tokenizer


def qwen2(lines):
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    return byte_level(lines, split_then_bytes(r"\p{N}"), specials, normalizers.NFC())


def smollm(lines):
    pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    return byte_level(lines, pre_tokenizer, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"])


def olmoe(lines):
    tokenizer = byte_level(
        lines, pre_tokenizers.ByteLevel(add_prefix_space=False), ["<|endoftext|>"], normalizers.NFC())
    tokenizer.add_tokens([AddedToken(" " * count, normalized=True) for count in range(24, 1, -1)])
    return tokenizer


def characters(lines, pre_tokenizer):
    specials = ["<unk>", "<s>", "</s>"]
    tokenizer = Tokenizer(trained(
        pre_tokenizer, lines, normalizers.Replace(" ", MARK), specials + BYTES, alphabet=False,
        byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    tokenizer.add_special_tokens(specials)
    tokenizer.decoder = decoders.Sequence([
        decoders.Replace(MARK, " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return tokenizer


def llama2(lines):
    tokenizer = characters(lines, pre_tokenizers.Metaspace(split=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend(MARK), normalizers.Replace(" ", MARK)])
    return tokenizer


def mistral(lines):
    """Trained without cuts, so that tokens have spaces inside, unlike the published vocabularies."""
    tokenizer = characters(lines, pre_tokenizers.Metaspace(prepend_scheme="first", split=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    return tokenizer


def metaspace(lines):
    """No bytes to fall back to: what is unknown becomes one token."""
    pre_tokenizer = pre_tokenizers.Metaspace(split=True)
    tokenizer = Tokenizer(trained(
        pre_tokenizer, lines, None, ["<unk>"], alphabet=False, byte_fallback=False, fuse_unk=True,
        unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens(["<unk>"])
    return tokenizer


def wordpiece(lines):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(lines, trainers.WordPieceTrainer(
        vocab_size=VOCABULARY_SIZE, special_tokens=specials, show_progress=False, limit_alphabet=150))
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return tokenizer


class SentencePiece:
    """A true SentencePiece model, with the calls of a `Tokenizer` that are needed here."""

    def __init__(self, lines):
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines), model_writer=model, model_type="bpe",
            vocab_size=VOCABULARY_SIZE + 256, byte_fallback=True, character_coverage=0.98,
            normalization_rule_name="identity", remove_extra_whitespaces=False, minloglevel=2,
            num_threads=1)
        self.model = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())

    def ids(self, line):
        return [1] + self.model.encode(line) if line else [1]

    def decode(self, ids):
        return self.model.decode(ids)

    def fields(self):
        """The fields of GGUF metadata; types as gguf.TokenType numbers them."""
        model, numbers = self.model, range(self.model.get_piece_size())
        types = [
            2 if model.is_unknown(n) else 3 if model.is_control(n) else 6 if model.is_byte(n) else 1
            for n in numbers]
        return {
            "tokens": [model.id_to_piece(n) for n in numbers],
            "scores": [model.get_score(n) for n in numbers], "types": types}


def smollm2():
    """SmolLM2 from its GGUF file, with the rules that `tokenizer.ggml.pre` = smollm stands for."""
    path = CACHE / "smollm2-135m-instruct" / "SmolLM2-135M-Instruct.Q4_1.gguf"
    field = gguf.GGUFReader(path).get_field
    tokens = field("tokenizer.ggml.tokens").contents()
    types = field("tokenizer.ggml.token_type").contents()
    merges = [tuple(merge.split(" ")) for merge in field("tokenizer.ggml.merges").contents()]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([token for token, kind in zip(tokens, types) if kind == 3])
    return tokenizer


def minilm():
    tokenizer = Tokenizer.from_file(str(CACHE / "all-minilm-l6-v2" / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def encoder(tokenizer):
    if isinstance(tokenizer, SentencePiece):
        return tokenizer.ids
    return lambda line: tokenizer.encode(line).ids


def decoder(tokenizer):
    if isinstance(tokenizer, SentencePiece):
        return tokenizer.decode
    return lambda ids: tokenizer.decode(ids, skip_special_tokens=False)


def record(name, tokenizer, lines, many):
    """Writes the ids of `lines`, unless the vocabulary is not ours; returns the digests."""
    encode, decode = encoder(tokenizer), decoder(tokenizer)
    ids = [encode(line) for line in lines]
    is_ours = name not in ("smollm2", "minilm")
    if is_ours:
        text = "".join(" ".join(map(str, one)) + "\n" for one in ids)
        (FOLDER / f"{name}.ids").write_text(text, encoding="utf-8")
        if isinstance(tokenizer, SentencePiece):
            content = json.dumps(tokenizer.fields(), ensure_ascii=False, separators=(",", ":"))
        else:
            content = json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False, separators=(",", ":"))
        (FOLDER / f"{name}.json").write_text(content + "\n", encoding="utf-8")
    decoded = "\n".join(decode(one) for one in ids).encode("utf-8")
    hundreds = range(0, 1000 if is_ours else len(many), 100)
    return {
        "decoded": f"{fnv(decoded):016x}",
        "hundreds": [digest([encode(line) for line in many[start:start + 100]]) for start in hundreds]}


def main():
    FOLDER.mkdir(exist_ok=True)
    data = mixed_text.data_folder()
    many = mixed_text.mixed_lines(2, 10_000, data)
    lines = mixed_text.synthetic_lines(1, 300)
    training = mixed_text.data_lines(data)[::40] + mixed_text.synthetic_lines(3, 500)
    (FOLDER / "lines.json").write_text(json.dumps(lines, ensure_ascii=False) + "\n", encoding="utf-8")
    styles = [gpt2, llama3, qwen2, smollm, olmoe, llama2, mistral, metaspace, wordpiece]
    tokenizers = {style.__name__: style(training) for style in styles}
    tokenizers["sentencepiece"] = SentencePiece(
        [part for line in training for part in line.replace("\0", "").split("\n")])
    tokenizers |= {"smollm2": smollm2(), "minilm": minilm()}
    digests = {name: record(name, tokenizer, lines, many) for name, tokenizer in tokenizers.items()}
    (FOLDER / "digests.json").write_text(json.dumps(digests, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
