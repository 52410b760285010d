"""The words around a question: one place for what training, evaluation and the product share."""

SYSTEM = (
    "Answer from the numbered passages in a few words and cite the passage, like [1]. "
    "If the answer is not there, say: Not in the documents."
)
REFUSAL = "Not in the documents."
CHAT_SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
END = "<|im_end|>"


def passages_prefix(passages):
    """The prompt up to the last passage; questions about the same passages share it."""
    numbered = "\n".join(f"[{number}] {text.strip()}" for number, text in enumerate(passages, 1))
    return f"<|im_start|>system\n{SYSTEM}{END}\n<|im_start|>user\n{numbered}"


def question_branch(question):
    """The rest of the prompt after `passages_prefix`, up to where the answer begins."""
    return f"\n\nQuestion: {question.strip()}{END}\n<|im_start|>assistant\n"


def chat_prompt(message):
    """A plain chat turn under the base model's own default system message."""
    return (
        f"<|im_start|>system\n{CHAT_SYSTEM}{END}\n"
        f"<|im_start|>user\n{message.strip()}{END}\n<|im_start|>assistant\n"
    )


def cited(answer, number):
    """An answer with its citation."""
    return f"{answer} [{number}]"
