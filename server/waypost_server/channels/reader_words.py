"""What Waypost itself says to the people it writes to, by language: below a mail, and on the pages behind its links.

`{}` stands for the product's name where nothing else is said.
"""

from __future__ import annotations

from dataclasses import dataclass

from waypost_server.domain.locale import nearest


@dataclass(frozen=True, slots=True)
class MailWords:
    """Below a mail."""

    why: str  # {product} and {account}
    stop: str
    choose: str


@dataclass(frozen=True, slots=True)
class StopWords:
    """The page that stops mails."""

    ask: str
    ask_more: str
    button: str
    done: str
    done_more: str


@dataclass(frozen=True, slots=True)
class ChoiceWords:
    """The page on which people choose what they get."""

    title: str
    lead: str
    mail: str
    mail_more: str
    inside: str
    inside_more: str
    first: str
    first_more: str
    none: str
    chat: str
    save: str
    saved: str


@dataclass(frozen=True, slots=True)
class BrokenWords:
    """A link that is not ours, or not any more."""

    cut: str
    cut_more: str
    gone: str
    gone_more: str


@dataclass(frozen=True, slots=True)
class Words:
    """One language."""

    mail: MailWords
    stop: StopWords
    choice: ChoiceWords
    broken: BrokenWords


ENGLISH = Words(
    MailWords(
        "You get this because you use {product} at {account}.",
        "Stop these e-mails",
        "Choose what you get",
    ),
    StopWords(
        "Stop these e-mails?",
        "Nothing else about your use of the product changes.",
        "Stop these e-mails",
        "You will get no more of these e-mails",
        "If one was just on its way, it may still arrive.",
    ),
    ChoiceWords(
        "What you get from {}",
        "It holds from the moment you save it. Messages you need, such as passwords, still arrive.",
        "E-mail",
        "Tips and news by e-mail. Without the tick, none at all.",
        "Inside the product",
        "Hints and news while you work.",
        "What reaches you first",
        "For messages that could come by more than one way. What you switched off above is never used.",
        "No preference",
        "The chat room we share",
        "Save",
        "Saved.",
    ),
    BrokenWords(
        "This link is not complete",
        "Copy the whole address from the e-mail.",
        "This link leads to nobody any more",
        "Whoever it was for is no longer known here.",
    ),
)
GERMAN = Words(
    MailWords(
        "Sie bekommen diese E-Mail, weil Sie {product} bei {account} nutzen.",
        "Diese E-Mails abbestellen",
        "Auswählen, was Sie bekommen",
    ),
    StopWords(
        "Diese E-Mails abbestellen?",
        "Sonst ändert sich für Sie im Produkt nichts.",
        "Abbestellen",
        "Diese E-Mails sind abbestellt",
        "Eine, die gerade unterwegs ist, kann noch ankommen.",
    ),
    ChoiceWords(
        "Was Sie von {} bekommen",
        "Es gilt, sobald Sie es speichern. Nötige Nachrichten, etwa zum Passwort, kommen weiterhin an.",
        "E-Mail",
        "Tipps und Neues per E-Mail. Ohne Haken gar keine.",
        "Im Produkt",
        "Hinweise und Neues, während Sie arbeiten.",
        "Was Sie zuerst erreicht",
        "Für Nachrichten, die auf mehreren Wegen kommen könnten. Was Sie oben abgeschaltet haben, wird nie benutzt.",
        "Egal",
        "Unser gemeinsamer Chat-Raum",
        "Speichern",
        "Gespeichert.",
    ),
    BrokenWords(
        "Dieser Link ist nicht vollständig",
        "Kopieren Sie die ganze Adresse aus der E-Mail.",
        "Dieser Link führt zu niemandem mehr",
        "Die Person, für die er war, ist hier nicht mehr bekannt.",
    ),
)
FRENCH = Words(
    MailWords(
        "Vous recevez cet e-mail parce que vous utilisez {product} chez {account}.",
        "Ne plus recevoir ces e-mails",
        "Choisir ce que vous recevez",
    ),
    StopWords(
        "Ne plus recevoir ces e-mails ?",
        "Rien d’autre ne change dans votre usage du produit.",
        "Ne plus recevoir ces e-mails",
        "Vous ne recevrez plus ces e-mails",
        "S’il y en avait un en route, il peut encore arriver.",
    ),
    ChoiceWords(
        "Ce que vous recevez de {}",
        "Votre choix vaut dès l’enregistrement. Les messages nécessaires (mot de passe…) arrivent toujours.",
        "E-mail",
        "Conseils et nouveautés par e-mail. Sans la coche, aucun.",
        "Dans le produit",
        "Conseils et nouveautés pendant que vous travaillez.",
        "Ce qui vous parvient en premier",
        "Pour les messages qui peuvent venir par plusieurs voies. Ce que vous avez désactivé plus haut ne sert jamais.",
        "Sans préférence",
        "Notre salon de discussion commun",
        "Enregistrer",
        "C’est enregistré.",
    ),
    BrokenWords(
        "Ce lien n’est pas complet",
        "Copiez l’adresse entière depuis l’e-mail.",
        "Ce lien ne mène plus à personne",
        "La personne à qui il était destiné n’est plus connue ici.",
    ),
)
SPANISH = Words(
    MailWords(
        "Recibe este correo porque usa {product} en {account}.",
        "No recibir más estos correos",
        "Elegir lo que recibe",
    ),
    StopWords(
        "¿No recibir más estos correos?",
        "No cambia nada más en su uso del producto.",
        "No recibir más estos correos",
        "Ya no recibirá estos correos",
        "Si alguno estaba en camino, todavía puede llegar.",
    ),
    ChoiceWords(
        "Lo que recibe de {}",
        "Vale desde que lo guarda. Los mensajes necesarios, como los de la contraseña, siguen llegando.",
        "Correo electrónico",
        "Consejos y novedades por correo. Sin la marca, ninguno.",
        "Dentro del producto",
        "Consejos y novedades mientras trabaja.",
        "Lo que le llega primero",
        "Para los mensajes que pueden llegar por varias vías. Lo que desactivó arriba no se usa nunca.",
        "Sin preferencia",
        "Nuestra sala de chat compartida",
        "Guardar",
        "Guardado.",
    ),
    BrokenWords(
        "Este enlace no está completo",
        "Copie la dirección entera del correo.",
        "Este enlace ya no lleva a nadie",
        "La persona a la que iba dirigido ya no se conoce aquí.",
    ),
)
WORDS = {"en": ENGLISH, "de": GERMAN, "fr": FRENCH, "es": SPANISH}


def language(wanted: str | None, default: str = "en") -> str:
    """Which of them a reader gets: their own (de-AT is de), else the default one, else English."""
    return nearest(WORDS, wanted, default)
