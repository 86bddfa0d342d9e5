"""One flow, two drivers: effects are performed, errors go back in, nothing is left running."""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import Future

import pytest

from wechatpay_chain import (
    Call,
    ConfigurationError,
    Headers,
    Request,
    Response,
    Send,
    Sleep,
    Stack,
    TransportError,
    Wait,
)
from wechatpay_chain.flow import error_type, run, run_async
from wechatpay_chain.messages.authority import Origin

REQUEST = Request("GET", "https://api.mch.weixin.qq.com", "/v3/x?q=1", Headers(), b"")


class Line:
    """A transport that answers from a list; an exception in it is raised."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.sent = []

    def send(self, request):
        self.sent.append(request)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    async def send_async(self, request):
        await asyncio.sleep(0)
        return self.send(request)

    def close(self): ...

    async def aclose(self): ...


@pytest.fixture(params=["sync", "async"])
def drive(request):
    """Run a flow in one of the two worlds."""
    if request.param == "sync":
        return run
    return lambda flow, line: asyncio.run(run_async(flow, line))


def test_the_outcome_of_send_is_the_response(drive):
    def flow():
        first = yield Send(REQUEST)
        second = yield Send(REQUEST)
        return first if first.ok else second

    line = Line(Response(500), Response(200))
    assert drive(flow(), line).status_code == 200
    assert line.sent == [REQUEST, REQUEST]


def test_an_error_is_raised_at_the_yield(drive):
    def flow():
        for _ in range(3):
            try:
                return (yield Send(REQUEST))
            except TransportError:
                yield Sleep(0)
        raise AssertionError("never got through")

    line = Line(TransportError("reset"), TransportError("reset"), Response(204))
    assert drive(flow(), line).status_code == 204


def test_an_error_that_nobody_catches_comes_out_as_it_was(drive):
    def flow():
        return (yield Send(REQUEST))

    error = TransportError("reset")
    with pytest.raises(TransportError) as caught:
        drive(flow(), Line(error))
    assert caught.value is error


def test_call_runs_a_function_of_the_users(drive):
    def flow():
        total = yield Call(lambda a, b: a + b, 1, 2)
        return Response(200, content=str(total).encode())

    assert drive(flow(), Line()).content == b"3"


def test_an_async_function_is_awaited_in_an_async_call():
    async def double(number):
        await asyncio.sleep(0)
        return number * 2

    def flow():
        return Response((yield Call(double, 100)))

    assert asyncio.run(run_async(flow(), Line())).status_code == 200


def test_an_async_function_in_a_sync_call_says_what_to_do():
    async def double(number):
        return number * 2

    def flow():
        return Response((yield Call(double, 100)))

    with pytest.raises(ConfigurationError, match=r"double returned an awaitable.*_async form"):
        run(flow(), Line())


async def test_cancelling_runs_a_flows_cleanup():
    events = []

    def flow():
        try:
            yield Sleep(3600)
        finally:
            events.append("cleaned up")

    task = asyncio.create_task(run_async(flow(), Line()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert events == ["cleaned up"]


def test_one_line_is_logged_a_request(drive, caplog):
    def flow():
        return (yield Send(REQUEST))

    with caplog.at_level(logging.DEBUG, logger="wechatpay_chain"):
        drive(flow(), Line(Response(200, {"Request-ID": "08F5"})))
        with pytest.raises(TransportError):
            drive(flow(), Line(TransportError("reset")))
    good, bad = (
        record.getMessage() for record in caplog.records if record.name == "wechatpay_chain"
    )
    assert good.startswith("GET /v3/x?q=1 200 08F5 ")
    assert good.endswith(" ms")
    assert bad.startswith("GET /v3/x?q=1 TransportError - ")


def test_the_line_has_fields_for_programs(drive, caplog):
    sent = REQUEST.replace(
        origin=Origin("https://[::1]:8443"), target="/v3/refund/domestic/refunds/R1?sub_mchid=1"
    )

    def flow(request):
        return (yield Send(request))

    with caplog.at_level(logging.DEBUG, logger="wechatpay_chain"):
        drive(flow(sent), Line(Response(404, {"Request-ID": "08F5-268512771"})))
        drive(flow(sent), Line(Response(200)))
        with pytest.raises(TransportError):
            drive(flow(REQUEST), Line(TransportError("reset")))
    no_fields = vars(logging.makeLogRecord({})).keys() | {"message"}
    found = [{n: v for n, v in vars(r).items() if n not in no_fields} for r in caplog.records]
    assert all(each.pop("http.client.request.duration") >= 0 for each in found)
    known = {
        "http.request.method": "GET",
        "url.template": "v3/refund/domestic/refunds/{out_refund_no}",
        "server.address": "::1",
        "server.port": 8443,
    }
    assert found == [
        {
            **known,
            "http.response.status_code": 404,
            "wechatpay.request_id": "08F5-268512771",
            "wechatpay.number": 268512771,
        },
        {**known, "http.response.status_code": 200},
        {"http.request.method": "GET", "error.type": "wechatpay_chain.errors.TransportError"},
    ]


def layer(name, seen):
    def middleware(request, handle):
        seen.append(f"{name} in")
        response = yield from handle(request)
        seen.append(f"{name} out")
        return response

    return middleware


def test_a_stack_is_composed_outermost_first():
    seen = []
    stack = Stack([("a", layer("a", seen)), ("b", layer("b", seen))])
    run(stack.handler(REQUEST), Line(Response(200)))
    assert seen == ["a in", "b in", "b out", "a out"]


def test_a_stack_is_changed_by_name_and_stays_as_it_was():
    def nothing(request, handle):
        return (yield from handle(request))

    stack = Stack([("a", nothing), ("b", nothing)])
    assert stack.before("a", "x", nothing).names == ("x", "a", "b")
    assert stack.before("b", "x", nothing).names == ("a", "x", "b")
    assert stack.after("a", "x", nothing).names == ("a", "x", "b")
    assert stack.after("b", "x", nothing).names == ("a", "b", "x")
    assert stack.without("a").names == ("b",)
    other = layer("c", [])
    assert stack.replace("b", other)["b"] is other
    assert stack.names == ("a", "b")
    assert stack["b"] is nothing
    assert "a" in stack
    assert len(stack) == 2
    assert repr(stack) == "<Stack a > b>"


def test_a_layer_that_is_not_there_and_one_that_is_twice():
    stack = Stack([("a", layer("a", []))])
    for change in (
        lambda: stack.before("z", "x", layer("x", [])),
        lambda: stack.after("z", "x", layer("x", [])),
        lambda: stack.replace("z", layer("x", [])),
        lambda: stack.without("z"),
        lambda: stack["z"],
    ):
        with pytest.raises(
            ConfigurationError, match="this stack has no layer 'z'; its layers are a"
        ):
            change()
    with pytest.raises(ConfigurationError, match="twice"):
        stack.after("a", "a", layer("a", []))


def test_a_request_that_no_encoder_saw_is_not_sent():
    line = Line(Response(200))
    bare = Request("POST", "https://api.mch.weixin.qq.com", "/v3/x", Headers())
    with pytest.raises(
        ConfigurationError, match="or your own middleware that sets request.content"
    ):
        run(Stack().handler(bare), line)
    assert line.sent == []


def shared_future(result=None):
    future = Future()
    future.set_running_or_notify_cancel()
    if result is not None:
        future.set_result(result)
    return future


def waiting(future, thread=0):
    def flow():
        outcome = yield Wait(future, thread)
        return Response(204 if outcome is None else outcome)

    return flow()


def test_the_outcome_of_wait_is_what_another_call_found(drive):
    assert drive(waiting(shared_future(200)), Line()).status_code == 200
    later = shared_future()
    timer = threading.Timer(0.05, later.set_result, (201,))
    timer.start()
    assert drive(waiting(later), Line()).status_code == 201
    timer.join()


async def test_giving_up_waiting_leaves_the_others_their_result():
    future = shared_future()
    tasks = [asyncio.create_task(run_async(waiting(future), Line())) for _ in range(3)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await tasks[0]
    future.set_result(200)
    assert [one.status_code for one in await asyncio.gather(*tasks[1:])] == [200, 200]


async def test_a_sync_call_does_not_wait_for_its_own_thread():
    here = threading.get_ident()
    assert run(waiting(shared_future(), here), Line()).status_code == 204
    future = shared_future()
    task = asyncio.create_task(run_async(waiting(future, here), Line()))
    await asyncio.sleep(0)
    future.set_result(200)
    assert (await task).status_code == 200


def test_whoever_waits_holds_no_connection(drive):
    """The call that is waited for may need one."""

    class Connection:
        kept = None

        def release(self, keep):
            self.kept = keep

    connection = Connection()

    def flow():
        response = yield Send(REQUEST)
        yield Wait(shared_future(200), 0)
        assert connection.kept is False
        return response

    drive(flow(), Line(Response(200, request=REQUEST, connection=connection)))


def test_an_exception_is_called_by_its_full_name():
    assert error_type(KeyError("x")) == "KeyError"
    assert error_type(TransportError("x")) == "wechatpay_chain.errors.TransportError"
    assert error_type(asyncio.CancelledError()) == "asyncio.exceptions.CancelledError"
