"""The texts that come with the desk. Managers change them on a settings page (see texts.py)."""

from dataclasses import dataclass

from modules.tasks.letters.models import LetterKind as Kind

FALLBACK = "en"


@dataclass(frozen=True)
class Wording:
    """What a kind of letter says in a language; an empty `html` is made from the text."""

    subject: str
    text: str
    html: str = ""


TAG = "[{brand} #{number}]"
LANGUAGES = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español"}

DEFAULTS: dict[str, dict[Kind, Wording]] = {
    "en": {
        Kind.REPLY: Wording(
            f"Re: {{subject}} {TAG}",
            "{message}\n\n{state}\n\n{files}\n\n{signature}\n\n"
            "Request #{number}: {link}\n{others}\n\n{quote}",
        ),
        Kind.ACKNOWLEDGEMENT: Wording(
            f"We have received your request {TAG}",
            "Hello,\n\nyour request has reached us. Its number is {number}. {expect}\n\n"
            "If there is something to add, just answer this mail.\n\n"
            "{brand}\n\nYour request: {link}",
        ),
        Kind.RESOLVED: Wording(
            f"Resolved: {{subject}} {TAG}",
            "Hello {customer},\n\nyour request “{subject}” has been marked as resolved.\n\n"
            "If it is not, answer this mail, and it is open again.\n\n"
            "{brand}\n\nYour request: {link}",
        ),
        Kind.CLOSED: Wording(
            f"Closed: {{subject}} {TAG}",
            "Hello {customer},\n\nyour request “{subject}” has been closed.\n\n"
            "If you need more help with it, just answer this mail.\n\n"
            "{brand}\n\nYour request: {link}",
        ),
        Kind.HANDED_OVER: Wording(
            f"{{agent}} is on it: {{subject}} {TAG}",
            "Hello {customer},\n\n{agent} now looks after your request “{subject}”.\n\n"
            "{brand}\n\nYour request: {link}",
        ),
        Kind.NOTICE: Wording(
            "{what}: {subject} [{brand} #{number}]",
            "{what}: {subject}\n\n{message}\n\n"
            "From: {customer}. List: {list}.\nOpen the ticket: {link}\n\n{how}",
        ),
    },
    "de": {
        Kind.REPLY: Wording(
            f"Re: {{subject}} {TAG}",
            "{message}\n\n{state}\n\n{files}\n\n{signature}\n\n"
            "Anfrage #{number}: {link}\n{others}\n\n{quote}",
        ),
        Kind.ACKNOWLEDGEMENT: Wording(
            f"Ihre Anfrage ist angekommen {TAG}",
            "Guten Tag,\n\nIhre Anfrage ist bei uns angekommen. Sie hat die Nummer {number}. {expect}\n\n"
            "Wenn Sie etwas ergänzen möchten, antworten Sie einfach auf diese E-Mail.\n\n"
            "{brand}\n\nIhre Anfrage: {link}",
        ),
        Kind.RESOLVED: Wording(
            f"Gelöst: {{subject}} {TAG}",
            "Guten Tag {customer},\n\nIhre Anfrage „{subject}“ wurde als gelöst markiert.\n\n"
            "Falls das nicht stimmt, antworten Sie auf diese E-Mail; dann ist sie wieder offen.\n\n"
            "{brand}\n\nIhre Anfrage: {link}",
        ),
        Kind.CLOSED: Wording(
            f"Geschlossen: {{subject}} {TAG}",
            "Guten Tag {customer},\n\nIhre Anfrage „{subject}“ wurde geschlossen.\n\n"
            "Wenn Sie dazu noch Hilfe brauchen, antworten Sie einfach auf diese E-Mail.\n\n"
            "{brand}\n\nIhre Anfrage: {link}",
        ),
        Kind.HANDED_OVER: Wording(
            f"{{agent}} kümmert sich: {{subject}} {TAG}",
            "Guten Tag {customer},\n\n{agent} kümmert sich jetzt um Ihre Anfrage „{subject}“.\n\n"
            "{brand}\n\nIhre Anfrage: {link}",
        ),
    },
    "fr": {
        Kind.REPLY: Wording(
            f"Re: {{subject}} {TAG}",
            "{message}\n\n{state}\n\n{files}\n\n{signature}\n\n"
            "Demande n° {number} : {link}\n{others}\n\n{quote}",
        ),
        Kind.ACKNOWLEDGEMENT: Wording(
            f"Nous avons bien reçu votre demande {TAG}",
            "Bonjour,\n\nvotre demande nous est bien parvenue. Elle porte le numéro {number}. {expect}\n\n"
            "Pour la compléter, répondez simplement à ce message.\n\n"
            "{brand}\n\nVotre demande : {link}",
        ),
        Kind.RESOLVED: Wording(
            f"Résolue : {{subject}} {TAG}",
            "Bonjour {customer},\n\nvotre demande « {subject} » a été marquée comme résolue.\n\n"
            "Si ce n'est pas le cas, répondez à ce message et elle sera rouverte.\n\n"
            "{brand}\n\nVotre demande : {link}",
        ),
        Kind.CLOSED: Wording(
            f"Clôturée : {{subject}} {TAG}",
            "Bonjour {customer},\n\nvotre demande « {subject} » a été clôturée.\n\n"
            "Si vous avez encore besoin d'aide, répondez simplement à ce message.\n\n"
            "{brand}\n\nVotre demande : {link}",
        ),
        Kind.HANDED_OVER: Wording(
            f"{{agent}} s'en occupe : {{subject}} {TAG}",
            "Bonjour {customer},\n\n{agent} s'occupe désormais de votre demande « {subject} ».\n\n"
            "{brand}\n\nVotre demande : {link}",
        ),
    },
    "es": {
        Kind.REPLY: Wording(
            f"Re: {{subject}} {TAG}",
            "{message}\n\n{state}\n\n{files}\n\n{signature}\n\n"
            "Solicitud n.º {number}: {link}\n{others}\n\n{quote}",
        ),
        Kind.ACKNOWLEDGEMENT: Wording(
            f"Hemos recibido su solicitud {TAG}",
            "Hola:\n\nhemos recibido su solicitud. Su número es {number}. {expect}\n\n"
            "Si desea añadir algo, responda a este mensaje.\n\n"
            "{brand}\n\nSu solicitud: {link}",
        ),
        Kind.RESOLVED: Wording(
            f"Resuelta: {{subject}} {TAG}",
            "Hola, {customer}:\n\nsu solicitud «{subject}» se ha marcado como resuelta.\n\n"
            "Si no es así, responda a este mensaje y se abrirá de nuevo.\n\n"
            "{brand}\n\nSu solicitud: {link}",
        ),
        Kind.CLOSED: Wording(
            f"Cerrada: {{subject}} {TAG}",
            "Hola, {customer}:\n\nsu solicitud «{subject}» se ha cerrado.\n\n"
            "Si necesita más ayuda, responda a este mensaje.\n\n"
            "{brand}\n\nSu solicitud: {link}",
        ),
        Kind.HANDED_OVER: Wording(
            f"{{agent}} se encarga: {{subject}} {TAG}",
            "Hola, {customer}:\n\n{agent} se encarga ahora de su solicitud «{subject}».\n\n"
            "{brand}\n\nSu solicitud: {link}",
        ),
    },
}


@dataclass(frozen=True)
class Phrases:
    """Sentences that stand for a placeholder, where there is something to say."""

    resolved: str
    expect: str
    wrote: str
    others: str
    file: str


PHRASES = {
    "en": Phrases(
        "We think that this resolves your request. Answer this mail if it does not.",
        "You can expect an answer within {hours} hours.",
        "On {date} you wrote:",
        "This mail also went to {names}.",
        "Too large for this mail, to be fetched here: {file}",
    ),
    "de": Phrases(
        "Damit ist Ihre Anfrage aus unserer Sicht gelöst. Wenn nicht, antworten Sie auf diese E-Mail.",
        "Sie erhalten innerhalb von {hours} Stunden eine Antwort.",
        "Am {date} schrieben Sie:",
        "Diese E-Mail ging auch an {names}.",
        "Zu groß für diese E-Mail, hier abzuholen: {file}",
    ),
    "fr": Phrases(
        "Nous pensons que votre demande est ainsi résolue. Sinon, répondez à ce message.",
        "Vous recevrez une réponse sous {hours} heures.",
        "Le {date}, vous avez écrit :",
        "Ce message a aussi été envoyé à {names}.",
        "Trop volumineux pour ce message, à télécharger ici : {file}",
    ),
    "es": Phrases(
        "Creemos que su solicitud queda así resuelta. Si no, responda a este mensaje.",
        "Recibirá una respuesta en un plazo de {hours} horas.",
        "El {date} usted escribió:",
        "Este mensaje se envió también a {names}.",
        "Demasiado grande para este mensaje, se descarga aquí: {file}",
    ),
}

WHAT = {
    "mentioned": "You were mentioned",
    "assigned": "Assigned to you",
    "answered": "The customer has answered",
    "noted": "A colleague left a note",
    "overdue": "Overdue",
    "filed": "New ticket",
    "changed": "Changed",
}
ANSWER_HOW = "Answer this mail to reply to the customer. What you quote is left out."
NOTE_HOW = "Answer this mail to add a note for agents."
"""Where no server vouches for senders: an answer could be anybody's."""
