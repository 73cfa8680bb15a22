"""What must be there after a story, told by a model so small that it can be believed: people and their enquiries."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sent:
    """One enquiry. `entry`: what it is on a timeline; `thread`: continues what was sent under the same name.

    `edit`: no enquiry, but what somebody does to the lead that was made last.
    """

    source: str
    entry: str
    name: str = ""
    phone: str = ""
    email: str = ""
    joins: bool = True
    adopts: bool = True
    verdict: str = ""
    task: bool = False
    thread: str = ""
    counted_as: str = ""
    outcome: str = ""
    state: str = ""
    edit: Callable[["Person"], object] | None = None


@dataclass
class Person:
    """A lead, as far as a reader of the list would tell it from another one."""

    name: str
    source: str
    values: set[str]
    duplicate: str
    entries: Counter[str] = field(default_factory=Counter)
    tasks: int = 0
    state: str = ""


class Model:
    """A workspace without trouble."""

    def __init__(self, story: Iterable[Sent]) -> None:
        self.people, self.threads, self.outcomes = list[Person](), dict[str, Person](), Counter[str]()
        for sent in story:
            if sent.edit:
                sent.edit(self.people[-1])
                self.people[-1].entries[sent.entry] += bool(sent.entry)
                continue
            self.outcomes[f"{sent.counted_as or sent.source} {sent.verdict or self.receive(sent)}"] += 1

    def receive(self, sent: Sent) -> str:
        values, going_on = {sent.email, sent.phone} - {""}, sent.thread in self.threads
        known = next((p for value in (sent.email, sent.phone) for p in self.people if value in p.values), None)
        person = self.threads.get(sent.thread) or (known if sent.joins else None)
        outcome = sent.outcome or ("attached" if person else "created")
        if person is None:
            person = Person(sent.name or "-", sent.source, values, " duplicate" if known else "", state=sent.state)
            self.people.append(person)
        elif sent.adopts and not going_on:
            person.values |= {value for value in values if not any(value in p.values for p in self.people)}
        person.entries["event" if going_on and sent.entry == "call" else sent.entry] += 1
        person.tasks += sent.task and not person.tasks
        self.threads |= {sent.thread: person} if sent.thread else {}
        return outcome
