"""Feeds token ids to llama.cpp for the yardstick: one JSON request a line, one JSON answer a line.

usage: llama_cpp.py MODEL.gguf default|best THREADS CONTEXT

`{"truncate": N}` forgets all but the first N positions. `{"feed": [ids], "logits": bool}` feeds ids
in one call of `llama_decode` and answers the seconds that took, and the greedy choices if logits of
all rows were asked for; finding those is not in the time.
"""

import json
import os
import sys
import time

# What llama.cpp prints must not come between the answers.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import ctypes  # noqa: E402

import llama_cpp as llama  # noqa: E402
import numpy  # noqa: E402

BF16 = 30


def answer(values):
    answers.write(json.dumps(values) + "\n")
    answers.flush()


def open_context(path, mode, threads, length):
    llama.llama_backend_init()
    model = llama.llama_model_load_from_file(path.encode(), llama.llama_model_default_params())
    if not model:
        raise SystemExit(f"{path} cannot be loaded")
    options = llama.llama_context_default_params()
    options.n_ctx = length
    options.n_batch = 512
    options.n_ubatch = 512
    options.n_threads = threads
    options.n_threads_batch = threads
    if mode == "best":
        options.flash_attn_type = llama.LLAMA_FLASH_ATTN_TYPE_DISABLED
        options.type_k = BF16
        options.type_v = BF16
    context = llama.llama_init_from_model(model, options)
    if not context:
        raise SystemExit("no context of this length can be made")
    return model, context


def main():
    path, mode, threads, length = sys.argv[1:5]
    model, context = open_context(path, mode, int(threads), int(length))
    vocabulary = llama.llama_vocab_n_tokens(llama.llama_model_get_vocab(model))
    memory = llama.llama_get_memory(context)
    batch = llama.llama_batch_init(512, 0, 1)
    position = 0
    answer({"version": llama.__version__, "vocabulary": vocabulary})
    for line in sys.stdin:
        request = json.loads(line)
        if "truncate" in request:
            position = request["truncate"]
            llama.llama_memory_seq_rm(memory, 0, position, -1)
            answer({})
            continue
        ids, wanted = request["feed"], request["logits"]
        batch.n_tokens = len(ids)
        for row, token in enumerate(ids):
            batch.token[row] = token
            batch.pos[row] = position + row
            batch.n_seq_id[row] = 1
            batch.seq_id[row][0] = 0
            batch.logits[row] = wanted
        start = time.perf_counter()
        failed = llama.llama_decode(context, batch)
        llama.llama_synchronize(context)
        seconds = time.perf_counter() - start
        if failed:
            answer({"error": f"llama_decode returned {failed}"})
            continue
        position += len(ids)
        choices = []
        if wanted:
            logits = llama.llama_get_logits(context)
            address = ctypes.cast(logits, ctypes.c_void_p).value
            rows = (ctypes.c_float * (len(ids) * vocabulary)).from_address(address)
            rows = numpy.frombuffer(rows, dtype=numpy.float32).reshape(len(ids), vocabulary)
            choices = rows.argmax(axis=1).tolist()
        answer({"seconds": seconds, "choices": choices})


main()
