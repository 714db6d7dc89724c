"""The search over everything that left the program finds what it is there for, and no more."""

import pytest

from tests.leaks import ADDRESS, LOG, MESSAGE, REDIS, ROW, SERVER, TASK, leaks_in

PEOPLE = {("Ursula", "Ode", "1961-05-04")}
TOKENS = {"q7Yw0cK3mB1xN8vRz5tLpA"}


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (MESSAGE, "Your Baclofen is due"),
        (LOG, "pump set to 300 mcg/day"),
        (TASK, "tick ([], {'volume': '18 mL'})"),
        (MESSAGE, "votre spasticité"),
        (LOG, "saved Ode, Ursula born 1961-05-04"),
        (LOG, "GET /l/q7Yw0cK3mB1xN8vRz5tLpA 200"),
        (TASK, "send ('q7Yw0cK3mB1xN8vRz5tLpA',)"),
        (ADDRESS, "GET /l/open/?next=q7Yw0cK3mB1xN8vRz5tLpA"),
        (ADDRESS, "GET /c/riverside/?drug=morphine"),
        (ADDRESS, "GET /l/nCCY5Zd9ZCf06BUpQu/morphine"),
        (ADDRESS, "GET /?next=/join/?invitation=q7Yw0cK3mB1xN8vRz5tLpA"),
        (ADDRESS, "GET /accounts/login/?next=%2Fjoin%2F%3Finvitation%3Dq7Yw0cK3mB1xN8vRz5tLpA"),
        (ADDRESS, "POST /join/?invitation=q7Yw0cK3mB1xN8vRz5tLpA"),
        (ADDRESS, "GET /join/?invitation=q7Yw0cK3mB1xN8vRz5tLpA&lang=en"),
        (LOG, "GET /join/?invitation=q7Yw0cK3mB1xN8vRz5tLpA"),
        (REDIS, "throttle:q7Yw0cK3mB1xN8vRz5tLpA"),
        (REDIS, "unacked Ode Ursula 1961-05-04"),
        (SERVER, "ERROR:  invalid input: Baclofen"),
        (ROW, "scheduling_visit: (1,q7Yw0cK3mB1xN8vRz5tLpA)"),
    ],
)
def test_what_must_not_leave_is_found(kind: str, text: str) -> None:
    assert [leak.text for leak in leaks_in([(kind, text)], people=PEOPLE, tokens=TOKENS)] == [text]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (
            MESSAGE,
            "Ursula, your visit is on Tuesday 5 January at 09:00. https://x.org/l/q7Yw0cK3mB1xN8vRz5tLpA",
        ),
        (ADDRESS, "GET /l/q7Yw0cK3mB1xN8vRz5tLpA"),
        (ADDRESS, "GET /l/nCCY5Zd9ZCf06BUpQu-6mg"),
        (ADDRESS, "GET /join/?invitation=q7Yw0cK3mB1xN8vRz5tLpA"),
        (MESSAGE, "Ursula, your visit is on Tuesday. https://x.org/l/nCCY5Zd9ZCf06BUpQu-6mg"),
        (ADDRESS, "GET /c/riverside/patients/?q=Ode"),
        (ADDRESS, "GET /c/riverside/worklist/?drug=morphine&group=due"),
        (LOG, "night of clinic 3 for 1961-05-04: 4 expected"),
        (LOG, "chunk 12 raised DeadlockDetected and stays queued"),
    ],
)
def test_what_may_be_said_is_not(kind: str, text: str) -> None:
    assert list(leaks_in([(kind, text)], people=PEOPLE, tokens=TOKENS)) == []
