"""Reads the end of one container's log, however long the log is, in bounded memory and time."""

from collections import deque
from urllib.parse import quote, urlencode

from midwatch.integrations.kubernetes.live.errors import ApiAnswer, ApiRequest, TooSlow, refuse_answer
from midwatch.integrations.kubernetes.live.sender import ApiSender
from midwatch.integrations.kubernetes.reader import LogRequest, LogText, Refused

# A kubelet that reads its own disk needs milliseconds; one that does not answer must not hold up the other logs.
LOG_SECONDS = 5.0
# limitBytes counts from the beginning of the tail, so a tight limit would cut off the newest lines, those that matter.
# Hence more is asked for than is kept.
READ_AHEAD = 4
_NOT_YET = ("is waiting to start", "previous terminated container", "ContainerCreating", "PodInitializing")


class Tail:
    """Keeps the last `limit` bytes of a stream and gives up after READ_AHEAD times as many."""

    def __init__(self, limit: int) -> None:
        self._limit, self._most = limit, limit * READ_AHEAD
        self._chunks: deque[bytes] = deque()
        self._kept = 0
        self.seen = 0
        self.lines = 0
        self.broken = False  # the stream stopped before its end

    def clear(self) -> None:
        self._chunks.clear()
        self._kept = self.seen = self.lines = 0

    def add(self, chunk: bytes) -> bool:
        chunk = chunk[: self._most - self.seen]
        self._chunks.append(chunk)
        self._kept += len(chunk)
        self.seen += len(chunk)
        self.lines += chunk.count(b"\n")
        while self._kept - len(self._chunks[0]) >= self._limit:
            self._kept -= len(self._chunks.popleft())
        return not self.full

    @property
    def full(self) -> bool:
        """The newest lines may be missing."""
        return self.seen >= self._most

    @property
    def cut(self) -> bool:
        """The oldest lines were dropped."""
        return self.seen > self._limit

    @property
    def text(self) -> str:
        kept = b"".join(self._chunks)[-self._limit :]
        if self.cut and (newline := kept.find(b"\n")) >= 0:
            kept = kept[newline + 1 :]
        return kept.decode(errors="replace")


def log_url(request: LogRequest, lines: int) -> str:
    wanted = {
        "container": request.container,
        "previous": "true" if request.previous else "",
        "tailLines": str(lines),
        "limitBytes": str(request.limit_bytes * READ_AHEAD),
        "sinceTime": request.since.isoformat() if request.since else "",
    }
    query = urlencode({k: v for k, v in wanted.items() if v}, quote_via=quote)
    return f"/api/v1/namespaces/{request.namespace}/pods/{request.pod}/log?{query}"


async def read_log(sender: ApiSender, request: LogRequest, question: ApiRequest) -> LogText:
    """Raises Refused. When the wanted lines are too long to reach the newest one, fewer are asked for, once."""
    tail, question = await _read(sender, request, question, request.tail_lines)
    fewer = min(tail.lines, request.tail_lines) // READ_AHEAD if tail.full else 0
    if fewer:
        tail, question = await _read(sender, request, question, fewer)
    truncated = tail.cut or tail.broken or tail.full or tail.lines >= (fewer or request.tail_lines)
    return LogText(tail.text, question.query, truncated)


async def _read(sender: ApiSender, request: LogRequest, question: ApiRequest, lines: int) -> tuple[Tail, ApiRequest]:
    question = ApiRequest(log_url(request, lines), question.permission, question.missing, question.place)
    tail = Tail(request.limit_bytes)
    try:
        # A 5xx here speaks of a kubelet that cannot be reached; asking again would only take its time-out twice.
        answer = await sender.get(
            question, tail, {"Accept": "*/*", "Accept-Encoding": "identity"}, again=(429,), seconds=LOG_SECONDS
        )
    except TooSlow:
        if not tail.seen:
            raise
        tail.broken = True
        return tail, question
    if answer.status != 200:
        raise _refuse(answer, request, question)
    return tail, question


def _refuse(answer: ApiAnswer, request: LogRequest, question: ApiRequest) -> Refused:
    said = answer.message
    if answer.status == 400 and any(words in said for words in _NOT_YET):
        which = "previous log" if request.previous else "log"
        return Refused(
            f"Pod {request.namespace}/{request.pod} has no {which} yet: {said}.", query=question.query, absent=True
        )
    return refuse_answer(answer, question)
