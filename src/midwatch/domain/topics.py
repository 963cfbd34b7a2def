"""Topics of an area, and the kinds of entities that a question names."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Topic:
    """One question type of an area. Names of entity kinds and of other topics are their ids.

    `periods`: 0 when no time matters, 1, or 2 when one period is compared with another. `default_window` reaches back
    from now where no time was given; with one of the features `current` the last quarter of an hour is meant. A window
    above `longest` is asked back with the text `too_long`, which has {window}.

    `takes`: entity kinds that narrow it. `needs`: the kind without which nothing can be asked; the only known name is
    taken. `rests_on`: kinds of which one name has to be known, else the open topic is meant. `strange`: the kind of
    which a name that is not known is taken from its place in the sentence.

    In a follow-up: `inherits` are the kinds whose names are kept from another topic; `named` the topic to go to when a
    kind is named, known or not; `compared` the topic of a comparison with another time.

    `alert`: the topic of an alert whose text matches this one; it may name itself. It counts only where `inherits`
    names kinds of which a name is known (Area.known): the alert is then about the names that are the values of its
    labels, or stand in its text. What an area finds is the answer to its alert when the finding's subject has the name
    of the alert's object, or is the value of a label called as the subject's kind in lower case (`harbour: Dover` for
    Subject(kind="Harbour", name="Dover")). `open`: what is wrong, with nothing in particular
    asked; one topic of all areas is open.
    """

    id: str
    title: str
    area: str
    periods: int = 1
    default_window: timedelta | None = None
    current: tuple[str, ...] = ()
    longest: timedelta | None = None
    too_long: str = ""
    takes: tuple[str, ...] = ()
    needs: str = ""
    rests_on: tuple[str, ...] = ()
    inherits: tuple[str, ...] = ()
    named: tuple[tuple[str, str], ...] = ()
    compared: str = ""
    strange: str = ""
    alert: str = ""
    open: bool = False


@dataclass(frozen=True)
class EntityKind:
    """A kind of entity that a question can name, and the rules that recognise its names.

    `rank`: kinds are read in this order, and what is read as one is none of the next. `label` restates it, with {names}
    (and `labels` several). A question is about one of a `single` kind; of a `sole` kind only one name narrows it.

    Known names: letter by letter, or with `short_names` also by a tail of their own (`1c` of `eks-us-east-1c`) unless
    that is `ambiguous`. A name that is also a word of the grammar counts only before `marker`. Names that are also
    those of `shared_with` are read as that kind, and as both where one of `marks` ({name}) stands in the text.

    Unknown names: `pattern` recognises one (group `name`; a group `sure` overrules `unlike`, which is found in what is
    none). Of a `closed` kind the known names are all there are: any other is answered with `missing` ({name}).
    `partial` recognises a part of a name where `partial_with` is found too. `places` are where a name stands in a
    sentence: a mistyped one is looked for, and found there with less likeness. `one_suffices`: beside a name that is
    sure, one that is not is no name.

    `which` and `unknown` ({name}) ask back which one is meant. `topic` is what a follow-up that names one is about
    where the earlier topic does not take it. `stands`: a question for an attribute that names one needs nothing before
    it.
    """

    name: str
    title: str
    rank: int
    label: str
    labels: str = ""
    single: bool = False
    sole: bool = False
    short_names: bool = False
    ambiguous: tuple[str, ...] = ()
    marker: str = ""
    shared_with: str = ""
    marks: tuple[str, ...] = ()
    pattern: str = ""
    unlike: str = ""
    closed: bool = False
    missing: str = ""
    partial: str = ""
    partial_with: str = ""
    places: str = ""
    one_suffices: bool = False
    which: str = ""
    unknown: str = ""
    topic: str = ""
    stands: bool = False
