"""A server of our own making on the loopback: completions, chats, Anthropic's messages and SGLang's /generate.

It answers by a rule, so that every way to one value must give that value, and plays faults that tests ask for.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Fault = Callable[["Handler", dict[str, Any]], bool]  # whether it has answered


def value(model: str, before: Sequence[int], token: int) -> float:
    """The log-probability of a token after others, by the rule."""
    return -0.5 - zlib.crc32(repr((model, list(before)[-3:], token)).encode()) % 9000 / 1000


class Api:
    """The server. names: it serves these. can: what it gives of "echo", "named", "top", "stream", "usage", and
    "switch", a chat template that switches thinking.

    say: what a chat writes to its last message. played: faults for the next requests to write or score, in order.
    requests: (path, body, headers) of all that came; times: of those to write or score.
    """

    def __init__(
        self, tokenizer: Any = None, names: Sequence[str] = ("toy",), can: str = "echo named top stream usage"
    ):
        self.tokenizer, self.names, self.can = tokenizer, tuple(names), set(can.split())
        self.say: Callable[[str], str] = lambda text: ("negative", "neutral", "positive")[zlib.crc32(text.encode()) % 3]
        self.played: list[Fault] = []
        self.requests: list[tuple[str, dict[str, Any], dict[str, str]]] = []
        self.times: list[float] = []  # at which they came, in seconds
        self.builds: list[str] = []  # the system_fingerprint of the next answers, in order; the last one stays
        self.refused: set[str] = set()  # parameters that are answered with an error
        self.same: set[str] = set()  # names that answer as the first one
        self.owner, self.context, self.flat, self.shift = "own", 2048, None, 0
        self.candidates: Sequence[int] = ()  # tokens that compete for the first place
        self.lock = threading.Lock()
        self.url, self.below = "", "/v1"  # its address, and the path that its endpoints are below

    def voice(self, model: str) -> str:
        return self.names[0] if model in self.same else model

    def tokens(self, prompt: Any) -> list[int]:
        return list(prompt) if not isinstance(prompt, str) else list(self.tokenizer.encode(prompt))

    def build(self) -> dict[str, str]:
        """What the next answer says of the server."""
        if not self.builds:
            return {}
        with self.lock:
            return {"system_fingerprint": self.builds.pop(0) if len(self.builds) > 1 else self.builds[0]}

    def asked(self, path: str) -> list[dict[str, Any]]:
        """The bodies of the requests to a path."""
        return [body for one, body, _ in self.requests if one == path]


class Handler(BaseHTTPRequestHandler):
    api: Api
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def reply(self, data: Any, status: int = 200, **headers: str) -> None:
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.send_response(status)
        self.send_header("content-type", headers.pop("kind", "application/json"))
        self.send_header("content-length", headers.pop("length", str(len(body))))
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(body)

    def do_GET(self) -> None:
        api = self.api
        api.requests.append((self.path, {}, dict(self.headers)))
        if self.path == "/v1/models":
            entries = [{"id": name, "owned_by": api.owner, "max_model_len": api.context} for name in api.names]
            self.reply({"data": entries})
        elif self.path == "/version":
            self.reply({"version": "9.9"})
        elif self.path == "/get_model_info" and api.owner == "sglang":
            self.reply({"model_path": "/nowhere/toy"})
        elif self.path == "/get_server_info" and api.owner == "sglang":
            self.reply({"version": "0.9", "context_length": api.context, "dtype": "bfloat16", "lora_paths": []})
        else:
            self.reply({"error": {"message": "no such page"}}, 404)

    def do_POST(self) -> None:
        api = self.api
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with api.lock:
            api.requests.append((self.path, body, dict(self.headers)))
            api.times.append(time.monotonic())
            fault = api.played.pop(0) if api.played else None
        if fault is not None and fault(self, body):
            return
        if bad := next((name for name in sorted(api.refused) if name in body), None):
            self.reply({"error": {"message": f"Unsupported parameter: '{bad}' is not supported with this model."}}, 400)
            return
        if self.path != "/generate" and body["model"] not in api.names:
            self.reply({"error": {"message": f"The model `{body['model']}` does not exist"}}, 404)
            return
        kinds = {
            "/v1/completions": completion, "/v1/chat/completions": chat, "/v1/messages": message, "/generate": generate,
        }  # fmt: skip
        kinds[self.path.replace(f"{api.below}/", "/v1/", 1)](self, body)

    def events(self, events: Sequence[Any], *, end: bool = True, pause: float = 0.0) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        for event in events:
            time.sleep(pause)
            self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
            self.wfile.flush()
        if end:
            self.wfile.write(b"data: [DONE]\n\n")


def usage(api: Api, tokens_in: int, tokens_out: int) -> dict[str, Any]:
    counts = {"prompt_tokens": tokens_in + api.shift, "completion_tokens": tokens_out}
    return {"usage": counts} if "usage" in api.can else {}


def completion(handler: Handler, body: dict[str, Any]) -> None:
    api = handler.api
    model, prompt = api.voice(body["model"]), api.tokens(body["prompt"])
    if len(prompt) + body["max_tokens"] > api.context:
        handler.reply({"error": {"message": f"This model's maximum context length is {api.context} tokens."}}, 400)
        return
    named = body.get("logprob_token_ids") if "named" in api.can else None
    told: dict[str, Any] | None = None
    text = " " + api.say(str(body["prompt"]))
    if body.get("echo") and "echo" in api.can:
        values = [None] + [value(model, prompt[:at], token) for at, token in enumerate(prompt) if at]
        values = values if api.flat is None else [None] + [api.flat] * (len(prompt) - 1)
        pieces = [api.tokenizer.decode([token]) for token in prompt]
        offsets = [len("".join(pieces[:at])) for at in range(len(pieces))]
        told = {
            "token_logprobs": [*values, -0.1], "tokens": [*pieces, "x"],
            "text_offset": [*offsets, len("".join(pieces))],
            "top_logprobs": [{"best": -0.25 if one is not None else -9.0} for one in [*values, -0.1]],
        }  # fmt: skip
        text = "".join(pieces) + " x"
    elif named:
        told = {"top_logprobs": [{f"token_id:{token}": value(model, prompt, token) for token in named}]}
    elif body.get("logprobs") and "top" in api.can:
        if body["logprobs"] > 20:
            handler.reply({"error": {"message": "logprobs may be at most 20"}}, 400)
            return
        scored = sorted(((value(model, prompt, token), token) for token in api.candidates), reverse=True)
        told = {"top_logprobs": [{api.tokenizer.decode([t]): v for v, t in scored[: body["logprobs"]]}]}
    if body.get("stream") and "stream" in api.can:
        head = {"model": body["model"], "choices": [{"index": 0, "text": text, "finish_reason": None}], **api.build()}
        last = {"model": body["model"], "choices": [{"index": 0, "text": "", "finish_reason": "stop"}]}
        handler.events([head, last, {"choices": [], **usage(api, len(prompt), 1)}])
        return
    choice = {"index": 0, "text": text, "logprobs": told, "finish_reason": "stop"}
    handler.reply({"model": body["model"], "choices": [choice], **usage(api, len(prompt), 1), **api.build()})


def chat(handler: Handler, body: dict[str, Any]) -> None:
    api = handler.api
    text, tokens = api.say(body["messages"][-1]["content"]), 50
    if "switch" in api.can:  # as Qwen3's template: without a thought, an empty one is in the prompt
        on = body.get("chat_template_kwargs", {}).get("enable_thinking", True)
        text, tokens = (f"<think>Is it negative?</think>{text}", tokens) if on else (text, tokens + 4)
    if body.get("stream") and "stream" in api.can:
        parts, head = [text[:2], text[2:]], {"model": body["model"], **api.build()}
        events: list[Any] = [{**head, "choices": [{"delta": {"content": part}}]} for part in parts]
        events.append({"choices": [{"delta": {}, "finish_reason": "stop"}]})
        handler.events([*events, {"choices": [], **usage(api, tokens, 2)}])
        return
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    name = f"{body['model']}-2026-01-01"
    handler.reply({"model": name, "choices": [choice], **usage(api, tokens, 2), **api.build()})


def message(handler: Handler, body: dict[str, Any]) -> None:
    api = handler.api
    text = api.say(body["messages"][-1]["content"])
    counts = {"input_tokens": 40, "cache_read_input_tokens": 10, "output_tokens": 2}
    if body.get("stream") and "stream" in api.can:
        start = {"model": body["model"], "usage": {**counts, "output_tokens": 0}}
        handler.events(
            [
                {"type": "message_start", "message": start},
                {"type": "content_block_delta", "delta": {"type": "text_delta", "text": text}},
                {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
                {"type": "message_stop"},
            ],
            end=False,
        )
        return
    content = [{"type": "text", "text": text}]
    handler.reply({"model": body["model"], "content": content, "stop_reason": "end_turn", "usage": counts})


def generate(handler: Handler, body: dict[str, Any]) -> None:
    api = handler.api
    model = api.voice(body.get("lora_path") or api.names[0])
    prompt = api.tokens(body.get("input_ids") or body["text"])
    meta: dict[str, Any] = {
        "prompt_tokens": len(prompt) + api.shift, "completion_tokens": 1, "finish_reason": {"type": "stop"},
    }  # fmt: skip
    if body.get("return_logprob"):
        start = body["logprob_start_len"]
        if start >= 0:
            entries = [[value(model, prompt[:at], token), token, None] for at, token in enumerate(prompt)]
            entries[0][0] = None
            meta["input_token_logprobs"] = entries[start:]
            meta["input_top_logprobs"] = [None] + [[[-0.1, -1, None]] for _ in entries[start + 1 :]]
        if named := body.get("token_ids_logprob"):
            meta["output_token_ids_logprobs"] = [[[value(model, prompt, token), token, None] for token in named]]
            meta["output_token_logprobs"] = [[-0.1, named[0], None]]
        if count := body.get("top_logprobs_num"):
            scored = sorted(((value(model, prompt, token), token) for token in api.candidates), reverse=True)
            texts = [[v, t, api.tokenizer.decode([t])] for v, t in scored[:count]]
            meta["output_top_logprobs"] = [texts]
    data = {"text": " " + api.say(str(prompt)), "meta_info": meta}
    if body.get("stream") and "stream" in api.can:
        handler.events([data])
        return
    handler.reply(data)


@contextlib.contextmanager
def serving(api: Api) -> Iterator[Api]:
    """The server runs within the block; its address is `api.url`."""
    handler = type("Own", (Handler,), {"api": api})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    api.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def status(code: int, text: str = "busy", **headers: str) -> Fault:
    """An error, with headers such as retry_after."""

    def play(handler: Handler, body: dict[str, Any]) -> bool:
        handler.reply({"error": {"message": text}}, code, **headers)
        return True

    return play


def silent(seconds: float) -> Fault:
    """No answer for so long."""

    def play(handler: Handler, body: dict[str, Any]) -> bool:
        time.sleep(seconds)
        handler.close_connection = True
        return True

    return play


def half(text: bytes = b'{"choices": [{"text": " pos', *, length: int | None = None) -> Fault:
    """The beginning of an answer: bad JSON, or fewer bytes than were promised."""

    def play(handler: Handler, body: dict[str, Any]) -> bool:
        handler.close_connection = True
        handler.reply(text, length=str(length or len(text)))
        return True

    return play


def broken_stream(events: Sequence[Any]) -> Fault:
    """A stream that ends in the middle."""

    def play(handler: Handler, body: dict[str, Any]) -> bool:
        handler.events(events, end=False)
        return True

    return play


def answer(data: Any) -> Fault:
    """Another answer."""

    def play(handler: Handler, body: dict[str, Any]) -> bool:
        handler.reply(data)
        return True

    return play
