"""Cards about sending domains: the list, and one domain with what to publish."""

from bot.domain.sending_domain import domain_name
from bot.domain.views import Choice, DomainCard, DomainLine, DomainList
from cards import verbs
from cards.blocks import (
    Block,
    bold,
    button,
    card,
    choice,
    facts,
    field,
    group,
    heading,
    line,
    more,
    problems,
    run,
    text,
)
from cards.words import moment

_MOST_LINES = 20


def domain_list(view: DomainList) -> Block:
    """Draw all sending domains, a way to open one, and a way to add one."""
    shown = view.domains[:_MOST_LINES]
    body = [heading("Sending domains"), *problems(view.problems)]
    if not shown:
        body.append(text("There is none yet. With your own domain we can send in your name."))
    body += [group([line(bold(each.name)), _status(each)]) for each in shown]
    body += more(len(view.domains) - len(shown))
    buttons = [button("Add the domain", verbs.DOMAIN_ADD, inputs=True)]
    if shown:
        choices = [Choice(title=each.name, value=domain_name(each.name)) for each in shown]
        body.append(choice("domain", "Open a domain", choices, choices[0].value))
        buttons.insert(0, button("Open", verbs.DOMAIN_SHOW, inputs=True))
    body.append(field("new_domain", "Add a domain, for example example.com", view.typed, most=200))
    return card(body, buttons)


def domain_card(view: DomainCard) -> Block:
    """Draw one domain: whether it may be used, and the DNS records that make it so."""
    domain = view.domain
    body = [heading("Sending domain"), line(bold(domain.name)), _status(domain)]
    body += problems((domain.problem,) if domain.problem else ())
    body += [
        facts(("Added by", view.added_by)),
        text("Whoever looks after your DNS publishes these as TXT records. Then press Verify."),
    ]
    for number, record in enumerate(view.records, 1):
        label = f"Record {number}"
        if not record.needed:
            label += ", unless there is one already"
        body.append(
            group(
                [
                    field(f"name_{number}", f"{label}: name", record.name, most=300),
                    field(f"value_{number}", f"{label}: value", record.value, most=600),
                ]
            )
        )
    here = {"domain": domain_name(domain.name)}
    return card(
        body,
        [
            button("Verify", verbs.DOMAIN_VERIFY, here, primary=True),
            button("Sending domains", verbs.DOMAINS_LIST),
        ],
    )


def _status(domain: DomainLine) -> Block:
    words = "Not verified: nothing is sent under it"
    if domain.verified_at is not None:
        words = f"Verified {moment(domain.verified_at)}"
    return line(run(words, isSubtle=True)) | {"spacing": "None"}
